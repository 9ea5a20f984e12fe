/** What an error's code says about where the request was, by table. */
import { describe, expect, it } from 'vitest'
import { cutShort, networkFailure, tookTooLong } from '../../src/platform/network-failure.ts'

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

describe('after the headers came', () => {
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
    expect(tookTooLong('h', 1500)).toMatchObject({ failure: 'ambiguous' })
    expect(tookTooLong('h', 1500).message).toContain('1.5 s')
  })
})
