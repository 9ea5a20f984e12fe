import { describe, expect, it, test } from 'vitest'
import {
  DEFAULT_SCOPES,
  IDENTITY_SCOPE,
  scopesOf,
  scopesProblem,
} from '../../../src/marketplaces/ebay/scopes.ts'
import { asKeys } from '../samples.ts'

const SCOPE = 'https://api.ebay.com/oauth/api_scope'

describe('the scopes that an app asks for', () => {
  test.each([
    ['none named', {}, DEFAULT_SCOPES],
    ['an empty list', { scopes: ' ' }, DEFAULT_SCOPES],
    ['its own, and no other', { scopes: `${SCOPE} ${SCOPE}/sell.account` }, [SCOPE, `${SCOPE}/sell.account`]],
  ])('%s', (_, app, scopes) => {
    expect(scopesOf(asKeys(app))).toEqual(scopes)
  })

  it('are few by default: stock, orders, and who the seller is', () => {
    expect(DEFAULT_SCOPES).toEqual([`${SCOPE}/sell.inventory`, `${SCOPE}/sell.fulfillment`, IDENTITY_SCOPE])
    expect(scopesProblem(DEFAULT_SCOPES.join(' '))).toBeUndefined()
  })
})

test.each([
  [SCOPE, true],
  [`${SCOPE}/sell.inventory ${SCOPE}/sell.fulfillment.readonly`, true],
  ['https://api.ebay.com/oauth/scope/sell.edelivery', true],
  ['sell.inventory', false],
  [`${SCOPE}/sell.inventory sell.fulfillment`, false],
  ['https://api.ebay.com.evil.example/oauth/api_scope', false],
  ['http://api.ebay.com/oauth/api_scope', false],
  ['https://api.ebay.com/oauth/', false],
  [`${SCOPE}/"`, false],
  [`${SCOPE}/\\`, false],
  ['', false],
])('scopesProblem(%j): fits %s', (text, fits) => {
  expect(scopesProblem(text) === undefined).toBe(fits)
})
