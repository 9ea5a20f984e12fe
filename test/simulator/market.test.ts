import { describe, expect, test } from 'vitest'
import { Market } from '../../src/simulator/market.ts'
import { type RotationRule, rotationRule } from '../../src/simulator/rotation.ts'
import { seedApp } from '../../src/simulator/seed.ts'
import { DAY } from '../../src/tokens/time.ts'
import { EBAY_TOKEN, market, NOW, seed } from './calls.ts'

function rotating(rule: Partial<RotationRule> & Pick<RotationRule, 'mode'>) {
  const state = market()
  state.rotation.ebay = rotationRule(rule)
  const app = state.appOf('ebay', 'ebay-id')
  if (app === undefined) throw new Error('no app')
  /** The next refresh token, or why there is none. */
  const refresh = (token: string, atSeconds = 0) => {
    const result = state.refresh(app, token, NOW + atSeconds * 1000)
    return 'refused' in result ? result.refused : result.refreshToken
  }
  return { state, refresh }
}

describe('rotation', () => {
  test('none: the token stays, however often it is used', () => {
    const { refresh } = rotating({ mode: 'none' })
    expect([refresh(EBAY_TOKEN), refresh(EBAY_TOKEN, 9)]).toEqual([EBAY_TOKEN, EBAY_TOKEN])
  })

  test('strict: the old one is dead at once, the new one lives', () => {
    const { refresh } = rotating({ mode: 'strict' })
    const next = refresh(EBAY_TOKEN)
    expect(refresh(EBAY_TOKEN)).toBe('spent token')
    expect(refresh(next)).toMatch(/^v\^1\.1/)
  })

  test('grace: the old one answers that long after its first use, and no longer', () => {
    const { refresh } = rotating({ mode: 'grace', graceSeconds: 30 })
    const tokens = [refresh(EBAY_TOKEN), refresh(EBAY_TOKEN, 29), refresh(EBAY_TOKEN, 30)]
    expect(new Set(tokens).size).toBe(3)
    expect(tokens).toEqual(Array(3).fill(expect.stringMatching(/^v\^1\.1/)))
    expect(refresh(EBAY_TOKEN, 30.001)).toBe('spent token')
  })

  test('reuse ends the consent where the server suspects a thief', () => {
    const { refresh } = rotating({ mode: 'strict', reuseRevokes: true })
    const next = refresh(EBAY_TOKEN)
    expect(refresh(EBAY_TOKEN)).toBe('spent token')
    expect(refresh(next)).toBe('consent revoked')
  })

  test('what is spent stays spent when the mode changes', () => {
    const { state, refresh } = rotating({ mode: 'strict' })
    refresh(EBAY_TOKEN)
    state.rotation.ebay = rotationRule({ mode: 'none' })
    expect(refresh(EBAY_TOKEN)).toBe('spent token')
  })
})

describe('consents', () => {
  test('end at their end, to the millisecond', () => {
    const { refresh } = rotating({ mode: 'none' })
    const seconds = 40 * 86_400
    expect(refresh(EBAY_TOKEN, seconds - 0.001)).toBe(EBAY_TOKEN)
    expect(refresh(EBAY_TOKEN, seconds)).toBe('consent ended')
  })

  test('of one seller live beside each other until they are ended', () => {
    const { state, refresh } = rotating({ mode: 'none' })
    const account = state.accounts.get('ebay:main')
    if (account === undefined) throw new Error('no account')
    const second = state.consentAgain(account, NOW).current
    expect([refresh(EBAY_TOKEN), refresh(second)]).toEqual([EBAY_TOKEN, second])
    state.endConsents(account, NOW)
    expect([refresh(EBAY_TOKEN), refresh(second)]).toEqual(['consent ended', 'consent ended'])
  })
})

test('AliExpress’ access tokens live a day in a consent of two days', () => {
  const app = seedApp('aliexpress')
  const life = { consentAt: NOW, consentUntil: NOW + 2 * DAY }
  const state = new Market({
    apps: [app],
    accounts: [{ account: 'aliexpress:test', ...life, refreshToken: 't' }],
  })
  expect(state.refresh(app, 't', NOW)).toMatchObject({ accessSeconds: 86_400, consentLeftSeconds: 172_800 })
})

test('ended access tokens are forgotten, others kept', () => {
  const { state, refresh } = rotating({ mode: 'none' })
  refresh(EBAY_TOKEN)
  refresh(EBAY_TOKEN, 7199)
  const account = state.accounts.get('ebay:main')
  const first = account?.access[0]?.text ?? ''
  expect(account?.access).toHaveLength(2)
  expect(state.whose(first)?.account).toBe(account)
  refresh(EBAY_TOKEN, 7200)
  expect(account?.access).toHaveLength(2)
  expect(state.whose(first)).toBeUndefined()
})

test.each(['ebay:x', 'etsy:x'])('an account without its app is refused: %s', account => {
  const bad = { account, app: 'nobody', consentAt: NOW, consentUntil: NOW + DAY }
  expect(() => new Market({ ...seed(), accounts: [bad] })).toThrow(expect.objectContaining({ code: 'USAGE' }))
})
