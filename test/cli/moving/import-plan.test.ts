/** What an import would change, by what is stored: added, the same, replaced, or older than what is here. */
import { describe, expect, test } from 'vitest'
import { planApp } from '../../../src/cli/moving/import-app-plan.ts'
import type { GivenAccount, GivenApp } from '../../../src/cli/moving/import-document.ts'
import { type Change, planAccount } from '../../../src/cli/moving/import-plan.ts'
import { ebay } from '../../../src/marketplaces/ebay/index.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import type { StoredAccount, StoredApp } from '../../../src/vault/vault.ts'
import { at, delivery, tokenSet } from '../../support/accounts.ts'

const given = (change: Partial<GivenAccount> = {}): GivenAccount => ({
  account: 'ebay:main',
  app: 'default',
  environment: 'production',
  refreshToken: new Secret('old-token'),
  consentAt: null,
  renewedAt: null,
  endsAt: null,
  accessToken: null,
  accessExpiresAt: null,
  region: null,
  record: null,
  ...change,
})

const stored = (...parts: Parameters<typeof tokenSet>): StoredAccount => ({
  ...tokenSet(
    { consentAt: at('2026-08-01'), renewedAt: at('2026-10-01'), generation: 4, ...parts[0] },
    parts[1],
  ),
  revision: 7,
})

describe('an account whose tokens are handed on', () => {
  const handsOn = stored({ delivery: delivery() }, { delivery: { command: ['/usr/local/bin/store'] } })

  test.each<[string, Partial<GivenAccount>]>([
    ['another token goes the same way', { refreshToken: new Secret('another') }],
    ['other facts change nothing of it', { consentAt: at('2026-07-01') }],
  ])('%s', (_, change) => {
    const { next } = planAccount(given(change), handsOn, 'none')
    expect(next.header.delivery).toEqual(delivery())
    expect(next.secrets.delivery).toEqual({ command: ['/usr/local/bin/store'] })
  })

  test('a new account hands nothing on', () => {
    const { next } = planAccount(given(), undefined, 'none')
    expect([next.header.delivery, next.secrets.delivery]).toEqual([null, null])
  })
})

describe('an account', () => {
  test.each<[string, Partial<GivenAccount>, StoredAccount | undefined, Change]>([
    ['nothing is stored', {}, undefined, 'added'],
    ['the same token, nothing else said', {}, stored(), 'same'],
    ['the same token and day of consent', { consentAt: at('2026-08-01') }, stored(), 'same'],
    ['another day of consent', { consentAt: at('2026-07-01') }, stored(), 'replaced'],
    ['an earlier renewal than the stored one', { renewedAt: at('2026-09-01') }, stored(), 'same'],
    ['a later renewal', { renewedAt: at('2026-11-01') }, stored(), 'replaced'],
    ['an end that was not known', { endsAt: at('2027-08-01') }, stored(), 'replaced'],
    ['another app', { app: 'second' }, stored(), 'replaced'],
    ['another environment', { environment: 'local' }, stored(), 'elsewhere'],
    [
      'another environment than one that was only tracked',
      { environment: 'local' },
      stored({ holdsToken: false }, { refreshToken: null }),
      'replaced',
    ],
    ['another token', { refreshToken: new Secret('another') }, stored(), 'replaced'],
    [
      'the token before the stored one',
      { refreshToken: new Secret('before') },
      stored({}, { previous: { refreshToken: new Secret('before'), generation: 3 } }),
      // It still is good where tokens stay as they are, and takes a mistaken import back.
      'replaced',
    ],
    [
      'a token for an account that was only tracked',
      {},
      stored({ holdsToken: false }, { refreshToken: null }),
      'replaced',
    ],
  ])('%s: it would be %#', (_, change, before, outcome) => {
    expect(planAccount(given(change), before, 'none').change).toBe(outcome)
  })

  const spent = { previous: { refreshToken: new Secret('before'), generation: 3 } }
  const another = { refreshToken: new Secret('another') }
  const accepted = { acceptedAt: at('2026-10-01') }
  test.each<[string, Partial<GivenAccount>, StoredAccount, Change]>([
    ['the token before the stored one', { refreshToken: new Secret('before') }, stored({}, spent), 'older'],
    [
      'one of before that, by its consent',
      { ...another, consentAt: at('2026-08-01') },
      stored(accepted),
      'older',
    ],
    ['one that says nothing of its consent', another, stored(accepted), 'older'],
    ['one of a later consent', { ...another, consentAt: at('2026-11-01') }, stored(accepted), 'replaced'],
    ['the stored one was never accepted', another, stored(), 'replaced'],
    [
      'the stored one was refused',
      another,
      stored({ ...accepted, refused: { code: 'GRANT_REJECTED', at: at('2026-11-01') } }),
      'replaced',
    ],
  ])('where tokens rotate: %s', (_, change, before, outcome) => {
    expect(planAccount(given(change), before, 'unknown').change).toBe(outcome)
  })

  test('a new token keeps the old one inside, and begins a generation', () => {
    const { next } = planAccount(
      given({ refreshToken: new Secret('another') }),
      stored({ region: 'eu' }),
      'none',
    )
    expect(next.secrets.refreshToken?.reveal()).toBe('another')
    expect(next.secrets.previous?.refreshToken.reveal()).toBe('old-token')
    expect(next.secrets.previous?.generation).toBe(4)
    expect(next.header).toMatchObject({
      generation: 5,
      region: 'eu',
      refused: null,
      consentAt: null,
      renewedAt: null,
    })
  })

  test('facts about the same token never lose a later renewal', () => {
    const { next } = planAccount(
      given({ consentAt: at('2026-07-01'), renewedAt: at('2026-09-01') }),
      stored(),
      'none',
    )
    expect(next.header).toMatchObject({
      consentAt: at('2026-07-01'),
      renewedAt: at('2026-10-01'),
      generation: 4,
    })
    expect(next.secrets.refreshToken?.reveal()).toBe('old-token')
  })

  test('an older token changes nothing', () => {
    const before = stored({}, { previous: { refreshToken: new Secret('before'), generation: 3 } })
    expect(planAccount(given({ refreshToken: new Secret('before') }), before, 'unknown').next).toBe(before)
  })
})

describe('an app', () => {
  const app = (
    secret: string,
    issued: number | null = null,
    environment: 'production' | 'local' = 'production',
  ): GivenApp => ({
    header: {
      marketplace: 'ebay',
      name: 'default',
      environment,
      secretIssuedAt: issued,
    },
    keys: { clientId: new Secret('id'), clientSecret: new Secret(secret) },
    record: null,
  })
  const kept = (...parts: Parameters<typeof app>): StoredApp => {
    const { header, keys } = app(...parts)
    return { header: { ...header, isPublic: true, previousEndsAt: null }, keys, previous: null, revision: 3 }
  }

  test.each<[string, GivenApp, StoredApp | undefined, Change]>([
    ['nothing is stored', app('a'), undefined, 'added'],
    ['the same keys', app('a'), kept('a'), 'same'],
    ['the same keys, no day of issue said', app('a'), kept('a', 5), 'same'],
    ['another secret', app('b'), kept('a'), 'replaced'],
    ['a day of issue', app('a', 6), kept('a', 5), 'replaced'],
    ['another environment', app('a', null, 'local'), kept('a'), 'elsewhere'],
  ])('%s', (_, next, before, outcome) => {
    expect(planApp(next, before, ebay).change).toBe(outcome)
  })

  test('that was rotated keeps the secret before, where a day of issue or another secret is brought', () => {
    const previous = app('old').keys
    const rotated = kept('a', 5)
    const before = { ...rotated, header: { ...rotated.header, previousEndsAt: 9 }, previous }
    expect(planApp(app('b', 6), before, ebay).next).toMatchObject({
      header: { secretIssuedAt: 6, previousEndsAt: 6 },
      previous,
    })
    expect(planApp(app('old', 6), before, ebay)).toMatchObject({
      change: 'replaced',
      next: { header: { previousEndsAt: null }, previous: null },
    })
  })

  test('never leads to another host than the stored keys were entered for', () => {
    const manifest = {
      ...ebay,
      origins: { production: 'https://api.thief.example' },
      isOwn: true,
    } as const
    const before = kept('a')
    const held = { ...before, header: { ...before.header, tokenOrigin: 'https://api.shop.example' } }
    for (const next of [app('b'), { ...app('b'), record: { isPublic: true, previous: null } }])
      expect(planApp(next, held, manifest).next.header.tokenOrigin).toBe('https://api.shop.example')
    expect(planApp(app('b'), undefined, manifest).next.header.tokenOrigin).toBe('https://api.thief.example')
  })
})
