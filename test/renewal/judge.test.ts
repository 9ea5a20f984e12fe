import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { findMarketplace } from '../../src/marketplaces/registry.ts'
import { asResponse, judge, speaksOfTokens } from '../../src/renewal/judge.ts'
import { Secret } from '../../src/tokens/secret.ts'

const NOW = Date.UTC(2026, 10, 22, 10)
const BODY = JSON.stringify({
  access_token: 'access-1',
  refresh_token: '50001600030new',
  expires_in: 3600,
  refresh_expires_in: 86_400,
  code: '0',
})
const JSON_TYPE = { 'content-type': 'application/json' }
const input = {
  app: { appKey: new Secret('500102'), appSecret: new Secret('very secret') },
  refreshToken: new Secret('50001600030old'),
  now: NOW,
  origin: 'https://api-sg.aliexpress.com',
}
const cut = new TokenctlError('NETWORK_FAILED', 'It broke off.', { failure: 'ambiguous' })

async function judged(response: Parameters<typeof judge>[0]) {
  const exchange = await findMarketplace('aliexpress').refresh()
  try {
    return judge(response, exchange, input).refreshToken?.reveal()
  } catch (error) {
    if (error instanceof TokenctlError) return error.code
    throw error
  }
}

describe('an answer', () => {
  test.each<[string, Parameters<typeof judge>[0], string | undefined]>([
    ['whole', { status: 200, headers: JSON_TYPE, body: BODY }, '50001600030new'],
    [
      'with another label',
      { status: 200, headers: { 'content-type': 'text/plain' }, body: BODY },
      '50001600030new',
    ],
    ['without a label', { status: 200, headers: {}, body: BODY }, '50001600030new'],
    ['with the last success', { status: 299, headers: {}, body: BODY }, '50001600030new'],
    ['before any success', { status: 199, headers: {}, body: BODY, cut }, 'NETWORK_FAILED'],
    ['after the last success', { status: 300, headers: {}, body: BODY, cut }, 'NETWORK_FAILED'],
    ['with another success', { status: 201, headers: JSON_TYPE, body: BODY }, '50001600030new'],
    [
      'cut behind the token',
      { status: 200, headers: JSON_TYPE, body: BODY.slice(0, 66), cut },
      '50001600030new',
    ],
    ['cut in the token', { status: 200, headers: JSON_TYPE, body: BODY.slice(0, 55), cut }, 'NETWORK_FAILED'],
    [
      'cut before the token',
      { status: 200, headers: JSON_TYPE, body: BODY.slice(0, 30), cut },
      'NETWORK_FAILED',
    ],
    [
      'whole, and the connection broke after it',
      { status: 200, headers: JSON_TYPE, body: BODY, cut },
      '50001600030new',
    ],
    ['of a server that failed', { status: 503, headers: JSON_TYPE, body: BODY }, 'MARKETPLACE_DOWN'],
    [
      "a portal's page",
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
      'REPLY_MALFORMED',
    ],
    ['cut, of a server that failed', { status: 503, headers: JSON_TYPE, body: BODY, cut }, 'NETWORK_FAILED'],
    [
      'with another label and no new token',
      { status: 200, headers: {}, body: '{"access_token":"access-1","code":"0"}' },
      'REPLY_MALFORMED',
    ],
    [
      'that refuses',
      { status: 200, headers: JSON_TYPE, body: '{"code":"IllegalRefreshToken","message":"x"}' },
      'GRANT_REJECTED',
    ],
  ])('%s', async (_, response, expected) => {
    expect(await judged(response)).toBe(expected)
  })

  test('from a journal is what it was, and one that broke off still is', () => {
    const response = { status: 200, headers: JSON_TYPE, body: BODY }
    expect(asResponse({ sentAt: NOW, response, isCut: false })).toBe(response)
    const broken = asResponse({ sentAt: NOW, response, isCut: true })
    expect(broken).toMatchObject({ ...response, cut: { code: 'NETWORK_FAILED', failure: 'ambiguous' } })
    expect(broken.cut?.message).toBe('The answer to the last renewal broke off.')
  })
})

describe('a second look, past the label', () => {
  const failure = (kind: 'permanent' | 'ambiguous', message: string) =>
    new TokenctlError(kind === 'permanent' ? 'GRANT_REJECTED' : 'REPLY_MALFORMED', message, { failure: kind })
  const issued = { accessToken: new Secret('a'), accessExpiresAt: NOW, refreshToken: new Secret('new') }
  /** What is made of an answer whose first reading ends so, and its second, under the right label, so. */
  const looked = (first: unknown, second: unknown) => () => {
    const read = ({ headers }: Parameters<typeof judge>[0]) => {
      const result = headers['content-type'] === 'application/json' ? second : first
      if (result instanceof Error) throw result
      return issued
    }
    const request = () => ({ method: 'POST' as const, url: '', headers: {}, body: '' })
    return judge({ status: 200, headers: {}, body: BODY }, { request, read }, input)
  }

  test('is taken where the first says nothing of the token', () => {
    expect(looked(failure('ambiguous', 'first'), issued)()).toBe(issued)
  })

  test('never overturns a refusal, nor a fault of ours', () => {
    expect(looked(failure('permanent', 'first'), issued)).toThrow('first')
    expect(looked(new TypeError('ours'), issued)).toThrow(TypeError)
  })

  test('that finds nothing leaves the first word', () => {
    const [first, second] = [failure('ambiguous', 'first'), failure('permanent', 'second')]
    expect(looked(first, second)).toThrow('first')
  })

  test('hides no fault of ours', () => {
    expect(looked(failure('ambiguous', 'first'), new TypeError('ours'))).toThrow(TypeError)
  })
})

describe('an answer that nobody can read', () => {
  test.each([
    [200, '{"new_refreshToken":1}', true],
    [299, 'TOKEN', true],
    [300, 'token', false],
    [503, 'token', false],
    [200, 'all is well', false],
    [200, '', false],
  ])('under %d that says %s may hold a token: %s', (status, body, expected) => {
    expect(speaksOfTokens({ status, body })).toBe(expected)
  })
})
