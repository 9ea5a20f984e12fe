import { describe, expect, test } from 'vitest'
import { Market } from '../../src/simulator/market.ts'
import { NOW, seed } from './calls.ts'

function issued(codeReuseRevokes = false) {
  const market = new Market(seed())
  market.codeReuseRevokes = codeReuseRevokes
  const account = market.accounts.get('ebay:main')
  const [app, other] = [market.appOf('ebay', 'ebay-id'), market.appOf('ebay', 'ebay-other-id')]
  if (account === undefined || app === undefined || other === undefined) throw new Error('no account')
  const { code } = market.codeFor(account, NOW)
  /** The refresh token that the code brought, or why it brought none. */
  const redeem = (text = code, by = app, ruName: string | null = 'Ru_Name', laterMs = 0) => {
    const result = market.redeem(by, text, ruName, NOW + laterMs)
    return 'refused' in result ? result.refused : result.refreshToken
  }
  const refresh = (token: string) => {
    const result = market.refresh(app, token, NOW)
    return 'refused' in result ? result.refused : 'taken'
  }
  return { code, redeem, refresh, other }
}

describe('a code', () => {
  test('is good once', () => {
    const { redeem, refresh } = issued()
    const token = redeem()
    expect(refresh(token)).toBe('taken')
    expect(redeem()).toBe('code used twice')
    expect(refresh(token)).toBe('taken')
  })

  test('used twice ends what it gave, where the server is told to', () => {
    const { redeem, refresh } = issued(true)
    const token = redeem()
    expect(redeem()).toBe('code used twice')
    expect(refresh(token)).toBe('consent revoked')
  })

  test('is not used up by a wrong try', () => {
    const { code, redeem, other } = issued()
    expect(redeem(code, other)).toBe('code of another app')
    expect(redeem(code, undefined, 'No')).toBe('wrong redirect_uri')
    expect(redeem(code, undefined, null)).toBe('wrong redirect_uri')
    expect(redeem(code, undefined, 'Ru_Name', 299_000)).toBe('code expired')
    expect(redeem()).toMatch(/^v\^1\.1#/)
  })

  test('encoded once more is told apart in the log', () => {
    const { code, redeem } = issued()
    expect(redeem(encodeURIComponent(code))).toBe('code encoded twice')
    expect(redeem('%')).toBe('unknown code')
    expect(redeem('x')).toBe('unknown code')
  })
})
