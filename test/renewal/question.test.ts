/** What is asked with a secret: a refresh token's question and a code's, with the time of each try. */
import { describe, expect, test } from 'vitest'
import type { TokenctlError } from '../../src/errors.ts'
import type { RedeemInput, RefreshInput } from '../../src/marketplaces/adapter.ts'
import { questionOf, refreshTokenOf } from '../../src/renewal/question.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { Issued } from '../../src/tokens/token-set.ts'
import type { Purpose } from '../../src/vault/journal-head.ts'
import { fakeAdapter, issued } from '../support/accounts.ts'
import { fakeLogin } from '../support/fake-login.ts'

const app = { clientSecret: new Secret('app-secret') }
const token = new Secret('the-secret')
const origin = 'https://a.test'
const RESPONSE = { status: 200, headers: {}, body: 'the answer' }
const NEW = issued({ accessExpiresAt: 1, refreshToken: new Secret('new') })

/** A marketplace whose refresh and whose consent issue this, and note what they were given. */
function marketplace(answer: Issued) {
  const given: [string, string, RefreshInput | RedeemInput][] = []
  const refresh = async () => ({
    request: (input: RefreshInput) => {
      given.push(['refresh', 'request', input])
      return { method: 'POST' as const, url: `${input.origin}/refresh`, headers: {}, body: '' }
    },
    read: ({ body }: { readonly body: string }, input: RefreshInput) => {
      given.push(['refresh', body, input])
      return answer
    },
  })
  const flow = fakeLogin((body, input) => {
    given.push(['redeem', body, input])
    return answer
  })
  return { adapter: fakeAdapter('ebay', () => answer, { refresh, login: async () => flow }), given }
}

describe.each<Purpose>(['refresh', 'pending', 'brought'])('a token (%s)', purpose => {
  test('is presented to the refresh, each try with its own time', async () => {
    const { adapter, given } = marketplace(issued({ accessExpiresAt: 1 }))
    const question = await questionOf(adapter, { purpose, token, app, origin })
    expect(question.request({ now: 5 })).toMatchObject({ url: 'https://a.test/refresh' })
    expect(question.read(RESPONSE, { now: 7 })).toMatchObject({ accessExpiresAt: 1 })
    expect(given).toEqual([
      ['refresh', 'request', { app, refreshToken: token, origin, now: 5 }],
      ['refresh', 'the answer', { app, refreshToken: token, origin, now: 7 }],
    ])
  })
})

describe('a code', () => {
  test('is presented to the consent’s own exchange, each try with its own time', async () => {
    const { adapter, given } = marketplace(NEW)
    const question = await questionOf(adapter, { purpose: 'consent', token, app, origin })
    expect(question.request({ now: 5 })).toEqual({
      method: 'POST',
      url: 'https://a.test/redeem',
      headers: { 'client-secret': 'app-secret' },
      body: 'the-secret',
    })
    expect(question.read(RESPONSE, { now: 7 })).toBe(NEW)
    expect(given).toEqual([['redeem', 'the answer', { app, code: token, origin, now: 7 }]])
  })

  test('that is answered without a refresh token has no answer', async () => {
    const { adapter } = marketplace(issued({ accessExpiresAt: 1 }))
    const question = await questionOf(adapter, { purpose: 'consent', token, app, origin })
    expect(() => question.read(RESPONSE, { now: 7 })).toThrow(
      expect.objectContaining({
        code: 'REPLY_MALFORMED',
        failure: 'ambiguous',
        message: 'The consent was answered without a refresh token.',
      }),
    )
  })

  test('is none at a marketplace without a consent by the browser', async () => {
    const adapter = fakeAdapter('amazon', () => NEW)
    const error = await questionOf(adapter, { purpose: 'consent', token, app, origin }).catch(
      (thrown: TokenctlError) => thrown,
    )
    expect(error).toMatchObject({ code: 'USAGE', message: 'Amazon has no consent by the browser.' })
  })
})

test('the refresh token of an answer is the one that it brought', () => {
  expect(refreshTokenOf(NEW).reveal()).toBe('new')
})
