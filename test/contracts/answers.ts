/**
 * What every answer with tokens keeps to, whether it came to a refresh or to the exchange of a code. The suites of both
 * run it on the vendor's samples.
 */
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { isTokenctlError, TokenctlError } from '../../src/errors.ts'
import type { HttpResponse } from '../../src/platform/http.ts'
import { DAY } from '../../src/tokens/time.ts'
import type { Issued } from '../../src/tokens/token-set.ts'
import { type AnswerSamples, answer, NOW, reveal, thrownBy } from '../marketplaces/samples.ts'

/** What each answer of a token endpoint becomes, by the vendor's samples and by its status. */
export function testAnswers(
  title: string,
  samples: AnswerSamples,
  read: (response: HttpResponse) => Issued,
): void {
  it.each(samples.successes)('reads $name', ({ response, issued }) => {
    // toStrictEqual: a member that is absent must be absent, not undefined.
    expect(reveal(read(response))).toStrictEqual(issued)
  })

  it.each(samples.failures)('reads $name', ({ response, code, failure, retryAfterMs }) => {
    const error = thrownBy(() => read(response))
    expect([error.code, error.failure, error.retryAfterMs]).toEqual([code, failure, retryAfterMs])
    expect(error.message).toMatch(new RegExp(`^${title} .+ \\(.*HTTP \\d{3}\\)\\.$`))
    expect(error.fix).toMatch(/\.$/)
  })

  it.each(samples.documentedCodes)('has a sample of the documented code %s', code => {
    expect(samples.failures.filter(({ response }) => response.body.includes(`"${code}"`))).not.toEqual([])
  })

  it.each([429, 500, 502, 503, 504])('goes by the status %d alone, whatever the body says', status => {
    for (const { response } of [...samples.successes, ...samples.failures]) {
      const error = thrownBy(() => read({ ...response, status }))
      expect([error.code, error.failure]).toEqual(
        status === 429 ? ['RATE_LIMITED', 'transient'] : ['MARKETPLACE_DOWN', 'ambiguous'],
      )
    }
  })

  it.each([
    ['120', 120_000],
    ['Sun, 22 Nov 2026 10:05:00 GMT', 300_000],
    ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
    ['999999999999999', DAY],
    ['-5', undefined],
    ['NaN', undefined],
    ['soon', undefined],
  ])('takes the wait from `Retry-After: %s`', (value, expected) => {
    for (const status of [429, 503]) {
      const response = answer(status, '', { 'content-type': 'text/html', 'retry-after': value })
      expect(thrownBy(() => read(response)).retryAfterMs).toBe(expected)
    }
  })
}

/**
 * What is no token answer, and what in a good one may be missing.
 *
 * @param needsRefreshToken whether an answer without a refresh token is none.
 */
export function testMalformed(
  samples: AnswerSamples,
  read: (response: HttpResponse) => Issued,
  needsRefreshToken = false,
): void {
  const good = samples.successes[0]?.response ?? answer(200, {})
  const members: Record<string, unknown> = JSON.parse(good.body)
  const withMember = (name: string, value: unknown): HttpResponse => ({
    ...good,
    body: JSON.stringify({ ...members, [name]: value }),
  })

  it.each<[string, HttpResponse]>([
    ['a page under 200', answer(200, '<html>Sign in to the Wi-Fi</html>', { 'content-type': 'text/html' })],
    ['a page that calls itself JSON', answer(200, '<html></html>')],
    ['a page under 403', answer(403, '<html>Access Denied</html>', { 'content-type': 'text/html' })],
    ['the right body under the wrong type', { ...good, headers: { 'content-type': 'text/html' } }],
    ['the right body as plain text', { ...good, headers: { 'content-type': 'text/plain' } }],
    ['no type at all', { ...good, headers: {} }],
    ['204', answer(204, '')],
    ['a redirect', answer(302, good.body)],
    ['an empty body', answer(200, '')],
    ['a list', answer(200, '[]')],
    ['null', answer(200, 'null')],
    ['a bare string', answer(200, '"token"')],
    ['a number', answer(200, '42')],
    ['an empty object', answer(200, '{}')],
    ['half of it', { ...good, body: good.body.slice(0, good.body.length / 2) }],
    ['two answers in one', { ...good, body: good.body + good.body }],
    ['no access token', { ...good, body: JSON.stringify(without(members, 'access_token')) }],
    ['a null for an access token', withMember('access_token', null)],
    ['a number for an access token', withMember('access_token', 12345678)],
    ['an empty access token', withMember('access_token', '')],
    ['an access token with a line break', withMember('access_token', 'abc\ndef')],
    ['an access token with a blank', withMember('access_token', 'abc def')],
    ['an access token with an escape code', withMember('access_token', 'abc\u001b[2Jdef')],
    ['an access token beyond ASCII', withMember('access_token', 'abc\u0085\u202edef')],
    ['an empty refresh token', withMember('refresh_token', '')],
    ['a refresh token with a line break', withMember('refresh_token', 'abc\r\ndef')],
    ['a number for a refresh token', withMember('refresh_token', 12345678)],
  ])('calls it malformed, and the token perhaps spent: %s', (_, response) => {
    const error = thrownBy(() => read(response))
    expect([error.code, error.failure]).toEqual(['REPLY_MALFORMED', 'ambiguous'])
  })

  it('ignores members that it does not know, and those that would change a prototype', () => {
    const body = `${good.body.slice(0, -1)},"new_member":{"a":[1]},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}`
    expect(reveal(read({ ...good, body }))).toStrictEqual(samples.successes[0]?.issued)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('reads a null as absent, and passes over a byte order mark', () => {
    if (!needsRefreshToken)
      expect(reveal(read(withMember('refresh_token', null)))).not.toHaveProperty('refreshToken')
    expect(reveal(read({ ...good, body: `\ufeff${good.body}` }))).toStrictEqual(samples.successes[0]?.issued)
  })

  it.each([
    ['1e99 seconds', 1e99, 400 * DAY],
    ['more than a number holds', 'a', undefined],
    ['negative seconds', -5, 0],
    ['no seconds', 0, 0],
    ['ten years', 315_360_000, 400 * DAY],
  ])('keeps an access token within 0 and 400 days: %s', (_, seconds, expected) => {
    const json = JSON.stringify({ ...without(members, 'expire_time'), expires_in: seconds })
    const body = json.replace('"a"', '1e999')
    const life = read({ ...good, body }).accessExpiresAt - NOW
    expect(life).toBe(expected ?? 400 * DAY)
  })

  it.each([
    [{ expires_in: 600 }],
    [{ expires_in: '600' }],
    [{ expires_in: ' 600 ' }],
    [{ expires_in: '600.0' }],
  ])('reads seconds as a number or a string: %j', given => {
    const body = JSON.stringify({ ...without(members, 'expire_time'), ...given })
    expect(read({ ...good, body }).accessExpiresAt - NOW).toBe(600_000)
  })

  it('takes the documented life when the answer does not say, or says nonsense', () => {
    const lives = [undefined, null, 'soon', '', {}, true].map(given => {
      const body = JSON.stringify({ ...without(members, 'expire_time'), expires_in: given })
      return read({ ...good, body }).accessExpiresAt - NOW
    })
    expect(new Set(lives).size).toBe(1)
    expect(lives[0]).toBeGreaterThanOrEqual(3_600_000)
    expect(lives[0]).toBeLessThanOrEqual(DAY)
  })
}

/** Any bytes, and every echo of what was sent. */
export function testHostile(
  samples: AnswerSamples,
  read: (response: HttpResponse) => Issued,
  secrets: readonly string[],
): void {
  const status = fc.constantFrom(
    100,
    200,
    200,
    200,
    201,
    204,
    302,
    400,
    400,
    401,
    403,
    404,
    418,
    429,
    500,
    503,
  )
  const type = fc.constantFrom('application/json', 'application/json; charset=utf-8', 'text/html', '')
  const word = fc.oneof(
    fc.constantFrom(...samples.documentedCodes, ...secrets, '0', 0, 1, null, '', '__proto__', 'toString'),
    fc.string({ maxLength: 60 }),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const known = fc.dictionary(
    fc.constantFrom(
      ...['access_token', 'refresh_token', 'expires_in', 'token_type', 'error', 'error_description', 'code'],
      ...[
        'type',
        'message',
        'msg',
        'request_id',
        '_trace_id_',
        'error_response',
        'gopResponseBody',
        'gopErrorCode',
      ],
      ...[
        'refresh_expires_in',
        'refresh_token_valid_time',
        'expire_time',
        'refresh_token_expires_in',
        'user_id',
      ],
    ),
    word,
  )
  const body = fc.oneof(
    known.map(members => JSON.stringify(members)),
    fc.tuple(known, known).map(([inner, outer]) => JSON.stringify({ ...outer, error_response: inner })),
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes).toString('utf8')),
  )
  const header = fc.oneof(fc.constantFrom(...secrets), fc.string())

  it('answers any bytes with something issued or a TokenctlError, and never shows a secret', () => {
    fc.assert(
      fc.property(
        fc.record({ status, type, body, retryAfter: header, id: header }),
        ({ status, type, body, retryAfter, id }) => {
          const response: HttpResponse = {
            status,
            headers: {
              'content-type': type,
              'retry-after': retryAfter,
              rlogid: id,
              'x-amzn-requestid': id,
            },
            body,
          }
          const error = outcomeOf(() => read(response))
          if (error === undefined) return
          expect(error).toBeInstanceOf(TokenctlError)
          expect(error.failure).toBeDefined()
          expect(error.cause).toBeUndefined()
          expectNoSecret(error, secrets)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('does not show a secret that the marketplace echoes in each place it has', () => {
    for (const secret of secrets) {
      for (const { response } of samples.failures) {
        if (!response.body.startsWith('{')) continue
        const echoed = JSON.parse(response.body, (_, value: unknown) =>
          typeof value === 'string' ? secret : value,
        )
        expectNoSecret(
          thrownBy(() => read({ ...response, body: JSON.stringify(echoed) })),
          secrets,
        )
      }
    }
  })
}

/** The TokenctlError that a call throws; undefined when it returns what holds no NaN. */
function outcomeOf(call: () => Issued): TokenctlError | undefined {
  try {
    const issued = call()
    expect(Number.isSafeInteger(issued.accessExpiresAt)).toBe(true)
    if (issued.endsAt !== undefined) expect(Number.isSafeInteger(issued.endsAt)).toBe(true)
    return undefined
  } catch (error) {
    if (isTokenctlError(error)) return error
    throw error
  }
}

/** Fails when an error shows one of the secrets, in any encoding. */
export function expectNoSecret(error: TokenctlError, secrets: readonly string[]): void {
  const shown = [
    error.message,
    error.fix,
    error.requestId,
    JSON.stringify(error),
    inspect(error, { depth: 9 }),
  ].join('\n')
  expect(shown).not.toContain('CANARY')
  for (const secret of secrets) {
    expect(shown).not.toContain(secret)
    expect(shown).not.toContain(encodeURIComponent(secret))
    expect(shown).not.toContain(Buffer.from(secret).toString('base64'))
  }
}

/** The members but for one. */
export function without<Value>(
  members: Readonly<Record<string, Value>>,
  name: string,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(members).filter(([key]) => key !== name))
}
