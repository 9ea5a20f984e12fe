/** What an error's code says about where the request was, by table. */
import { describe, expect, it } from 'vitest'
import {
  brokenOff,
  cutShort,
  networkFailure,
  neverSent,
  neverTaken,
  tookTooLong,
} from '../../src/platform/network-failure.ts'

const coded = (code: string, more: object = {}) => Object.assign(new Error('secret'), { code, ...more })
const failed = (cause: unknown) => new TypeError('fetch failed', { cause })

describe('networkFailure', () => {
  const table: [what: string, error: unknown, failure: string, code: string][] = [
    [
      'a name that does not resolve',
      failed(coded('ENOTFOUND', { syscall: 'getaddrinfo' })),
      'transient',
      'N',
    ],
    ['any failure of connect', failed(coded('ETIMEDOUT', { syscall: 'connect' })), 'transient', 'N'],
    ['a new failure of connect', failed(coded('EWHATEVER', { syscall: 'connect' })), 'transient', 'N'],
    ['the same in reading', failed(coded('EHOSTUNREACH', { syscall: 'read' })), 'ambiguous', 'N'],
    ['a reset in reading', failed(coded('ECONNRESET', { syscall: 'read' })), 'ambiguous', 'N'],
    ['a reset in writing', failed(coded('EPIPE', { syscall: 'write' })), 'ambiguous', 'N'],
    [
      'every address refused',
      failed(
        Object.assign(new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]), {
          code: 'ECONNREFUSED',
        }),
      ),
      'transient',
      'N',
    ],
    [
      'one of several addresses broke later',
      failed(
        Object.assign(new AggregateError([coded('ECONNREFUSED'), coded('ECONNRESET')]), {
          code: 'ECONNREFUSED',
        }),
      ),
      'ambiguous',
      'N',
    ],
    [
      'a peer that hangs up in the TLS handshake',
      failed(
        Object.assign(
          new Error('Client network socket disconnected before secure TLS connection was established'),
          { code: 'ECONNRESET' },
        ),
      ),
      'transient',
      'N',
    ],
    ['garbage that may come after sending', failed(coded('ERR_SSL_WRONG_VERSION_NUMBER')), 'ambiguous', 'N'],
    ['what is no HTTP', failed(coded('HPE_INVALID_CONSTANT')), 'ambiguous', 'R'],
    [
      'what is no HTTP, where undici 7 leaves the code out',
      failed(Object.assign(new Error('secret'), { name: 'HTTPParserError', code: undefined })),
      'ambiguous',
      'R',
    ],
    ['no code at all', failed(new Error('secret')), 'ambiguous', 'N'],
    ['no error at all', undefined, 'ambiguous', 'N'],
    ['a code that is none', failed(coded('tok en')), 'ambiguous', 'N'],
    ['a name that objects inherit', failed(coded('CONSTRUCTOR')), 'ambiguous', 'N'],
  ]
  it.each(table)('%s', (_, error, failure, code) => {
    const told = networkFailure(error, 'api.example.com')
    expect(told.failure).toBe(failure)
    expect(told.code).toBe(code === 'N' ? 'NETWORK_FAILED' : 'REPLY_MALFORMED')
    expect(told.message).toContain('api.example.com')
    expect(`${told.message}${told.fix}`).not.toMatch(/secret|tok en/)
    expect(told.cause).toBeUndefined()
  })
})

describe('what comes before the first byte of a request', () => {
  const table: [words: RegExp, codes: string[]][] = [
    [/could not be found: its name does not resolve/, ['ENOTFOUND', 'EAI_AGAIN']],
    [/refused the connection/, ['ECONNREFUSED']],
    [/cannot be reached from here/, ['ENETUNREACH', 'EHOSTUNREACH']],
    [/did not take the connection in time/, ['UND_ERR_CONNECT_TIMEOUT']],
    [
      /no authority known here vouches for/,
      [
        'UNABLE_TO_GET_ISSUER_CERT',
        'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'DEPTH_ZERO_SELF_SIGNED_CERT',
        'SELF_SIGNED_CERT_IN_CHAIN',
        'CERT_UNTRUSTED',
        'CERT_REJECTED',
        'CERT_REVOKED',
        'CERT_SIGNATURE_FAILURE',
        'CERT_CHAIN_TOO_LONG',
        'INVALID_CA',
        'INVALID_PURPOSE',
      ],
    ],
    [/not valid today/, ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']],
    [/belongs to another host/, ['ERR_TLS_CERT_ALTNAME_INVALID']],
    [
      /ended the TLS handshake/,
      [
        'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
        'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
        'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
        'ERR_SSL_UNSUPPORTED_PROTOCOL',
      ],
    ],
  ]
  it.each(table.flatMap(([words, codes]) => codes.map(code => [code, words] as const)))(
    '%s: nothing was sent, and the words say so',
    (code, words) => {
      const told = networkFailure(failed(coded(code)), 'api.example.com')
      expect(told).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
      expect(told.message).toMatch(words)
      expect(told.message).toMatch(new RegExp(`^api\\.example\\.com .+ \\(${code}\\)\\.$`))
      expect(told.fix).toMatch(/token was not sent\.|Nothing was sent\./)
    },
  )

  it.each<[string, object, string, string]>([
    ['a name lookup', { syscall: 'getaddrinfo' }, 'ENOTFOUND', 'does not resolve'],
    ['a name lookup with a new code', { syscall: 'getaddrinfo' }, 'ENEW', 'cannot be reached from here'],
    ['a connection with a known code', { syscall: 'connect' }, 'ECONNREFUSED', 'refused the connection'],
    ['every address refused', { errors: [coded('ECONNREFUSED')] }, 'ECONNREFUSED', 'refused the connection'],
    ['every address unreachable', { errors: [coded('ENETUNREACH')] }, 'ENEW', 'cannot be reached from here'],
    ['a list of no addresses', { errors: [] }, 'ECONNREFUSED', 'refused the connection'],
    ['errors that are no list', { errors: 'secret' }, 'ECONNREFUSED', 'refused the connection'],
    ['a call that is no text', { syscall: 7 }, 'ECONNREFUSED', 'refused the connection'],
    ['words that are no text', { message: 7 }, 'ECONNREFUSED', 'refused the connection'],
  ])('%s', (_, more, code, words) => {
    const told = networkFailure(failed(coded(code, more)), 'h')
    expect(told).toMatchObject({ failure: 'transient', message: expect.stringContaining(words) })
  })

  it.each<[string, unknown]>([
    ['a code met in reading', coded('ECONNREFUSED', { syscall: 'read' })],
    ['a code met in writing', coded('ECONNREFUSED', { syscall: 'write' })],
    ['addresses of which one is no error', coded('ECONNREFUSED', { errors: [coded('ECONNREFUSED'), 'x'] })],
    ['a code that is a number', coded(7 as unknown as string)],
    ['a code that is a list', coded(['ECONNREFUSED'] as unknown as string)],
    ['a code in small letters', coded('econnrefused')],
    ['a code with something before it', coded('x ECONNREFUSED')],
    ['a code with something behind it', coded('ECONNREFUSED\n')],
    ['a code of one letter', coded('E')],
    ['a code beyond belief', coded('E'.repeat(62))],
  ])('is not told by %s', (_, error) => {
    const told = networkFailure(failed(error), 'h')
    expect(told).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
    expect(told.message).toMatch(/^The connection to h broke before an answer came( \(ECONNREFUSED\))?\.$/)
    expect(told.fix).toMatch(/may have been carried out all the same/)
  })

  /** An error with this many causes, the last of which has the code. */
  const deep = (depth: number): unknown =>
    depth === 0 ? coded('ECONNREFUSED') : new Error('secret', { cause: deep(depth - 1) })
  it.each([
    [4, 'transient'],
    [5, 'ambiguous'],
  ])('is looked for down a chain of %d causes: %s', (depth, failure) => {
    expect(networkFailure(deep(depth), 'h').failure).toBe(failure)
  })

  it('is not looked for without end in an error that causes itself, nor in what is none', () => {
    const round = new Error('secret')
    round.cause = round
    expect(networkFailure(round, 'h').failure).toBe('ambiguous')
    for (const error of [null, 'ECONNREFUSED', new Error('x', { cause: null })])
      expect(networkFailure(error, 'h').message).toBe('The connection to h broke before an answer came.')
  })
})

describe('what answers and does not speak HTTP', () => {
  it.each([
    ['HPE_INVALID_CONSTANT', true],
    ['UND_ERR_HEADERS_OVERFLOW', true],
    ['UND_ERR_HEADERS_OVERFLOW_X', false],
    ['X_UND_ERR_HEADERS_OVERFLOW', false],
    ['X_HPE_INVALID', false],
  ])('is told by %s: %s', (code, malformed) => {
    const told = networkFailure(failed(coded(code)), 'h')
    expect([told.code, told.failure]).toEqual([malformed ? 'REPLY_MALFORMED' : 'NETWORK_FAILED', 'ambiguous'])
    expect(told.message).toBe(
      malformed
        ? `What answered for h does not speak HTTP (${code}).`
        : `The connection to h broke before an answer came (${code}).`,
    )
  })
})

describe('after the headers came', () => {
  it.each([
    ['Z_DATA_ERROR', true],
    ['ERR__ERROR_FORMAT_PADDING_1', true],
    ['ERR_BROTLI_DECODER', true],
    ['ERR_ZLIB_INITIALIZATION_FAILED', true],
    ['X_Z_DATA_ERROR', false],
    ['X_ERR__ERROR_FORMAT', false],
    ['X_ERR_BROTLI', false],
    ['X_ERR_ZLIB', false],
    ['ECONNRESET', false],
  ])('an answer that does not unpack is told from one that did not come whole: %s', (code, unpacks) => {
    const told = cutShort(failed(coded(code)), 'h')
    expect(told.message).toBe(
      unpacks ? `The answer of h cannot be unpacked (${code}).` : `The answer of h was cut short (${code}).`,
    )
    expect(told.code).toBe(unpacks ? 'REPLY_MALFORMED' : 'NETWORK_FAILED')
    expect(told.fix.includes('may have been carried out')).toBe(!unpacks)
  })
  it('one without a code is cut short', () => {
    expect(cutShort(new Error('secret'), 'h').message).toBe('The answer of h was cut short.')
  })

  it('an answer cut short is ambiguous', () => {
    expect(cutShort(failed(coded('UND_ERR_SOCKET')), 'h')).toMatchObject({
      code: 'NETWORK_FAILED',
      failure: 'ambiguous',
    })
  })
  it('one that cannot be unpacked is malformed', () => {
    expect(cutShort(failed(coded('Z_DATA_ERROR')), 'h')).toMatchObject({
      code: 'REPLY_MALFORMED',
      failure: 'ambiguous',
    })
  })
  it('a deadline is ambiguous and says how long it was', () => {
    expect(tookTooLong('h', 1500)).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
    expect(tookTooLong('h', 1500).fix).toMatch(/may have been carried out/)
    expect(tookTooLong('h', 1500).message).toContain('1.5 s')
  })
})

describe('where the client saw whether writing began', () => {
  it.each([
    ['ENOTFOUND', /^h could not be found: .*\(ENOTFOUND\)\.$/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /^h cannot be reached from here \(ERR_SSL_WRONG_VERSION_NUMBER\)\.$/],
    ['ECONNRESET', /^h cannot be reached from here \(ECONNRESET\)\.$/],
  ])('and it had not, nothing was sent: %s', (code, words) => {
    const told = neverSent(coded(code), 'h')
    expect(told).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
    expect(told.message).toMatch(words)
    expect(told.fix).toMatch(/was not sent\.$/)
  })

  it('nor can be where the error has no code', () => {
    expect(neverSent(new Error('secret'), 'h').message).toBe('h cannot be reached from here.')
  })

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'ECONNRESET'])(
    'and it had, it may have been carried out: %s',
    code => {
      const told = brokenOff(coded(code), 'h')
      expect(told).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
      expect(told.message).toBe(`The connection to h broke before an answer came (${code}).`)
      expect(told.fix).toMatch(/may have been carried out all the same/)
    },
  )

  it('a request that no connection took in time was not sent', () => {
    const told = neverTaken('h', 1500)
    expect(told).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
    expect(told.message).toBe('No connection to h was free within 1.5 s.')
    expect(told.fix).toMatch(/^Nothing was sent\./)
  })
})
