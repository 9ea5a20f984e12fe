import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/errors.ts'
import {
  type Answer,
  failureByCode,
  failureByStatus,
  malformed,
  requestIdOf,
} from '../../src/oauth/error-reply.ts'
import { OAUTH_ERRORS } from '../../src/oauth/oauth-errors.ts'
import { Secret } from '../../src/tokens/secret.ts'

function answer(status: number, headers: Record<string, string> = {}): Answer {
  return {
    response: { status, headers, body: '' },
    rules: {
      title: 'Shop',
      mediaTypes: ['application/json'],
      requestIdHeaders: ['x-best', 'x-next'],
      errors: [
        { code: 'gone', statuses: [400], becomes: 'GRANT_REJECTED', failure: 'permanent', words: 'says no' },
        {
          code: 'gone',
          statuses: [401],
          becomes: 'CLIENT_REJECTED',
          failure: 'configuration',
          words: 'says so',
        },
        ...OAUTH_ERRORS,
      ],
    },
    now: 0,
    sent: [new Secret('very-secret-token')],
  }
}

describe('a failure by status', () => {
  it.each([
    [429, 'RATE_LIMITED', 'transient'],
    [408, 'MARKETPLACE_DOWN', 'ambiguous'],
    [500, 'MARKETPLACE_DOWN', 'ambiguous'],
    [599, 'MARKETPLACE_DOWN', 'ambiguous'],
  ])('%d is %s, %s', (status, code, failure) => {
    expect(failureByStatus(answer(status))).toMatchObject({ code, failure })
  })

  it.each([200, 204, 302, 400, 401, 403, 404])('%d alone tells nothing', status => {
    expect(failureByStatus(answer(status))).toBeUndefined()
  })
})

describe('what a person reads', () => {
  it('of a status alone is what the marketplace does, with the status, and the mend of the code', () => {
    expect(failureByStatus(answer(429))?.message).toBe('Shop asks for a pause (HTTP 429).')
    const down = failureByStatus(answer(503))
    expect([down?.message, down?.fix]).toEqual([
      'Shop is out of order (HTTP 503).',
      ERROR_CODES.MARKETPLACE_DOWN.fix,
    ])
  })

  it('of a code that nobody knows is where to look, and that the token was not harmed', () => {
    const error = failureByCode(answer(400), { vendorCode: 'new' })
    expect(error).toMatchObject({ code: 'CLIENT_REJECTED', failure: 'configuration' })
    expect(error.fix).toMatch(/developer console\. The refresh token was not harmed\.$/)
  })

  it('of a row is its own mend, or that of its code where it has none', () => {
    const own = failureByCode(answer(400), { vendorCode: 'invalid_scope' })
    expect(own.fix).toMatch(/^Restore the app's scopes/)
    const code = failureByCode(answer(400), { vendorCode: 'gone' })
    expect(code.fix).toBe(ERROR_CODES.GRANT_REJECTED.fix)
  })

  it('of an answer that is none is what was wrong, and the id of the exchange', () => {
    const error = malformed(answer(200), 'mumbled', 'id-7')
    expect(error).toMatchObject({
      code: 'REPLY_MALFORMED',
      failure: 'ambiguous',
      message: 'Shop mumbled (HTTP 200).',
      requestId: 'id-7',
      retryAfterMs: undefined,
    })
    expect(malformed(answer(200), 'mumbled').requestId).toBeUndefined()
    expect(failureByCode(answer(400), { requestId: 'id-8' }).requestId).toBe('id-8')
  })
})

describe('a failure by code', () => {
  it.each([
    ['gone', 400, 'GRANT_REJECTED', 'Shop says no (gone, HTTP 400).'],
    ['gone', 401, 'CLIENT_REJECTED', 'Shop says so (gone, HTTP 401).'],
    ['Gone', 400, 'CLIENT_REJECTED', 'reason that tokenctl does not know (Gone, HTTP 400).'],
    ['gone', 418, 'CLIENT_REJECTED', 'reason that tokenctl does not know (gone, HTTP 418).'],
    ['a b', 400, 'CLIENT_REJECTED', 'reason that tokenctl does not know (HTTP 400).'],
    ['very-secret-token', 400, 'CLIENT_REJECTED', 'reason that tokenctl does not know (HTTP 400).'],
    ['secret-token', 400, 'CLIENT_REJECTED', 'reason that tokenctl does not know (HTTP 400).'],
    [undefined, 400, 'CLIENT_REJECTED', 'reason that tokenctl does not know (HTTP 400).'],
    [['gone'], 400, 'CLIENT_REJECTED', 'reason that tokenctl does not know (HTTP 400).'],
  ])('%j under %d is %s', (vendorCode, status, code, words) => {
    const error = failureByCode(answer(status), { vendorCode })
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
  })

  it('takes the wait of the body before that of the header', () => {
    const there = answer(400, { 'retry-after': '9' })
    expect(failureByCode(there, { retryAfterMs: 5 }).retryAfterMs).toBe(5)
    expect(failureByCode(there, {}).retryAfterMs).toBe(9000)
  })

  it('never keeps a cause, which could quote the answer', () => {
    expect(malformed(answer(200), 'mumbled').cause).toBeUndefined()
  })
})

describe('the vendor’s id of an exchange', () => {
  it.each<[string, Record<string, string>, unknown, string | undefined]>([
    ['the best header', { 'x-best': 'a', 'x-next': 'b' }, 'c', 'a'],
    ['the next header', { 'x-next': 'b' }, 'c', 'b'],
    ['the body', {}, 'c', 'c'],
    ['not one with a blank', { 'x-best': 'a b' }, 'c', 'c'],
    ['not one with an escape code', { 'x-best': '\u001b[2J' }, 5, undefined],
    ['not one that echoes a secret', {}, 'id-very-secret-token-id', undefined],
    ['not one without end', {}, 'x'.repeat(129), undefined],
  ])('is %s', (_, headers, fromBody, expected) => {
    expect(requestIdOf(answer(400, headers), fromBody)).toBe(expected)
  })
})

describe('the codes of RFC 6749', () => {
  it.each([
    ['invalid_request', 'BUG', 'configuration'],
    ['unsupported_grant_type', 'BUG', 'configuration'],
    ['unauthorized_client', 'CLIENT_REJECTED', 'configuration'],
    ['invalid_scope', 'CLIENT_REJECTED', 'configuration'],
    ['access_denied', 'CLIENT_REJECTED', 'configuration'],
    ['server_error', 'MARKETPLACE_DOWN', 'transient'],
    ['temporarily_unavailable', 'MARKETPLACE_DOWN', 'transient'],
  ])('say by %s: %s, %s', (vendorCode, code, failure) => {
    const error = failureByCode(answer(400), { vendorCode })
    expect([error.code, error.failure]).toEqual([code, failure])
    expect(error.message).not.toContain('tokenctl does not know')
  })

  it('have words that follow a name, and a mend that is a sentence or none', () => {
    expect(OAUTH_ERRORS).toHaveLength(7)
    for (const { words, fix } of OAUTH_ERRORS) {
      expect(words).toMatch(/^[a-z].*[a-z]$/)
      expect(fix ?? 'None.').toMatch(/^[A-Z].*\.$/)
    }
  })

  it('leave the grant and the client to each vendor, and never cost a consent', () => {
    const codes = OAUTH_ERRORS.map(row => row.code)
    expect(codes).not.toContain('invalid_grant')
    expect(codes).not.toContain('invalid_client')
    expect(OAUTH_ERRORS.filter(row => row.failure === 'permanent')).toEqual([])
    expect(new Set(codes).size).toBe(codes.length)
  })
})
