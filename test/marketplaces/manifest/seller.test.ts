import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { withSeller } from '../../../src/marketplaces/manifest/seller.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import type { Issued } from '../../../src/tokens/token-set.ts'
import { answer, NOW } from '../samples.ts'

const ACCESS = 'access-CANARY-0123456789abcdef'
const REFRESH = '4711.refresh-CANARY-0123456789'

/** The seller of an answer with these members, by a place in it. */
function sellerOf(
  place: Parameters<typeof withSeller>[2],
  members: object = {},
  tokens: { readonly access?: string; readonly refresh?: string } = {},
): string | undefined {
  const { access = ACCESS, refresh = REFRESH } = tokens
  const issued: Issued = {
    accessToken: new Secret(access),
    accessExpiresAt: NOW,
    refreshToken: new Secret(refresh),
  }
  const response = answer(200, { access_token: access, refresh_token: refresh, ...members })
  const rules = { title: 'Shop', mediaTypes: [], requestIdHeaders: [], errors: [] }
  const sent = [new Secret('sent-CANARY'), new Secret('42')]
  return withSeller(issued, { response, rules, now: NOW, sent }, place).seller
}

const member = (name: string) => ({ in: 'answer', member: name }) as const
const BEFORE = (sign: string) => ({ in: 'refresh-token', before: sign }) as const

describe('the seller of an answer', () => {
  test.each([
    ['a text', member('user'), { user: 'anna-4711' }, 'anna-4711'],
    ['a number', member('user'), { user: 4711 }, '4711'],
    ['one that has a short client id in it', member('user'), { user: '94211' }, '94211'],
    ['one that stands in the tokens', member('user'), { user: '4711' }, '4711'],
    ['what stands before the dot', BEFORE('.'), {}, '4711'],
    ['nothing', member('user'), {}, undefined],
    ['no id', member('user'), { user: 'Anna (4711)' }, undefined],
    ['a place that the token has not', BEFORE('|'), {}, undefined],
  ])('is taken from its place: %s', (_, place, members, seller) => {
    expect(sellerOf(place, members)).toBe(seller)
  })

  test.each([
    ['the access token', member('access_token'), {}],
    ['the refresh token', member('refresh_token'), {}],
    ['the access token under another name', member('user'), { user: ACCESS }],
    ['one with a sign before it', member('user'), { user: `u${ACCESS}` }],
    ['all but the end of it', member('user'), { user: ACCESS.slice(0, -4) }],
    ['half of it', member('user'), { user: ACCESS.slice(0, 15) }],
    ['what was sent', member('user'), { user: 'sent-CANARY' }],
    ['what was sent, with more', member('user'), { user: 'sent-CANARY-1' }],
  ])('is never %s', (_, place, members) => {
    expect(sellerOf(place, members)).toBeUndefined()
  })

  it('is never most of a refresh token, whatever stands after the sign', () => {
    const secret = 'CANARY0123456789abcdef'
    expect(sellerOf(BEFORE('.'), {}, { refresh: `${secret}.1` })).toBeUndefined()
    expect(sellerOf(BEFORE('.'), {}, { refresh: `${secret}.${'1'.repeat(22)}` })).toBe(secret)
  })

  it('leaves at least half of each token untold, wherever it is said to stand', () => {
    const token = fc.string({ unit: fc.constantFrom(...'ab.-'), minLength: 1, maxLength: 40 })
    const user = fc.string({ unit: fc.constantFrom(...'ab-'), minLength: 1, maxLength: 40 })
    const place = fc.constantFrom(member('user'), member('access_token'), BEFORE('.'), BEFORE('-'))
    fc.assert(
      fc.property(token, token, user, place, (access, refresh, name, from) => {
        const seller = sellerOf(from, { user: name }, { access, refresh })
        for (const each of [access, refresh])
          if (seller !== undefined && each.includes(seller))
            expect(each.length).toBeGreaterThanOrEqual(2 * seller.length)
      }),
    )
  })
})
