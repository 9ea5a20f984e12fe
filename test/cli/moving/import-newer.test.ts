/** Which of two states of one record is the newer: an export that is older than what is here must take nothing's place. */
import { describe, expect, test } from 'vitest'
import { planApp } from '../../../src/cli/moving/import-app-plan.ts'
import type { GivenAccount, GivenApp } from '../../../src/cli/moving/import-document.ts'
import { type Change, planAccount } from '../../../src/cli/moving/import-plan.ts'
import type { GivenRecord } from '../../../src/cli/moving/import-record.ts'
import type { Rotation } from '../../../src/marketplaces/adapter.ts'
import { amazon } from '../../../src/marketplaces/amazon/index.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import type { AccountHeader, AccountSecrets } from '../../../src/tokens/token-set.ts'
import type { StoredAccount, StoredApp } from '../../../src/vault/vault.ts'
import { at, delivery, tokenSet } from '../../support/accounts.ts'

const CONSENT = at('2026-08-01')
const LATER = at('2026-11-01')

const record = (change: Partial<GivenRecord> = {}): GivenRecord => ({
  generation: 5,
  acceptedAt: at('2026-10-05'),
  seller: null,
  refused: null,
  gap: null,
  previous: null,
  pending: null,
  ...change,
})

/** An account as an export has it: renewed five times since its consent. */
const given = (change: Partial<GivenAccount> = {}, more: Partial<GivenRecord> = {}): GivenAccount => ({
  account: 'aliexpress:main',
  app: 'default',
  environment: 'production',
  refreshToken: new Secret('exported'),
  consentAt: CONSENT,
  renewedAt: at('2026-10-05'),
  endsAt: at('2027-01-01'),
  accessToken: null,
  accessExpiresAt: null,
  region: null,
  record: record(more),
  ...change,
})

const stored = (
  header: Partial<AccountHeader> = {},
  secrets: Partial<AccountSecrets> = {},
): StoredAccount => ({
  ...tokenSet(
    {
      account: 'aliexpress:main',
      generation: 5,
      consentAt: CONSENT,
      acceptedAt: at('2026-10-05'),
      ...header,
    },
    secrets,
  ),
  revision: 9,
})

describe('another token than the stored one', () => {
  const rotating = (): readonly [string, GivenAccount, StoredAccount, Change][] => [
    ['renewed here since', given(), stored({ generation: 6, acceptedAt: at('2026-10-12') }), 'older'],
    ['renewed there since', given(), stored({ generation: 4, acceptedAt: at('2026-09-28') }), 'replaced'],
    ['renewed on both sides as often', given(), stored(), 'older'],
    [
      'more often there, and later here',
      given(),
      stored({ generation: 4, acceptedAt: at('2026-10-12') }),
      'older',
    ],
    ['of a later consent there', given({ consentAt: LATER }, { generation: 1 }), stored(), 'replaced'],
    ['of a later consent here', given(), stored({ consentAt: LATER, generation: 1 }), 'older'],
    [
      'of a consent whose day nobody said, renewed there',
      given({ consentAt: null }),
      stored({ generation: 3 }),
      'replaced',
    ],
    [
      'of a consent whose day nobody said, renewed here',
      given({ consentAt: null }),
      stored({ generation: 8 }),
      'older',
    ],
    [
      'refused here',
      given({}, { generation: 1 }),
      stored({ refused: { code: 'GRANT_REJECTED', at: LATER } }),
      'replaced',
    ],
    ['never accepted here', given({}, { generation: 1 }), stored({ acceptedAt: null }), 'replaced'],
    ['a document of a person', given({ record: null }), stored({ generation: 1 }), 'older'],
  ]
  test.each(rotating())('where tokens rotate: %s', (_, from, here, change) => {
    expect(planAccount(from, here, 'unknown').change).toBe(change)
    expect(planAccount(from, here, 'strict').change).toBe(change)
  })

  test.each<[string, GivenAccount, StoredAccount, Change]>([
    ['of a later consent here', given(), stored({ consentAt: LATER }), 'older'],
    ['of a later consent there', given({ consentAt: LATER }), stored(), 'replaced'],
    ['of one consent, and behind', given({}, { generation: 2, acceptedAt: CONSENT }), stored(), 'older'],
    ['of one consent, as often used', given(), stored(), 'replaced'],
    ['of one consent, and ahead', given({}, { generation: 9 }), stored(), 'replaced'],
    ['a document of a person, of one consent', given({ record: null }), stored(), 'replaced'],
    [
      'a document that does not say of which consent',
      given({ record: null, consentAt: null }),
      stored(),
      'replaced',
    ],
    [
      'refused here',
      given(),
      stored({ consentAt: LATER, refused: { code: 'GRANT_REJECTED', at: LATER } }),
      'replaced',
    ],
  ])('where tokens stay as they are: %s', (_, from, here, change) => {
    expect(planAccount(from, here, 'none').change).toBe(change)
  })

  test('an older one is never what would be stored', () => {
    const here = stored({ generation: 6, acceptedAt: LATER })
    const planned = planAccount(given(), here, 'unknown')
    expect(planned).toMatchObject({ change: 'older', next: here })
    expect(planned.differs).toContain('refreshToken')
  })

  test('a newer one keeps counting, keeps the old token inside, and goes where the old one went', () => {
    const way = { command: ['/bin/store'] } as const
    const here = stored({ generation: 2, acceptedAt: CONSENT, delivery: delivery() }, { delivery: way })
    const { next } = planAccount(
      given({}, { previous: { refreshToken: new Secret('x'), generation: 4 } }),
      here,
      'unknown',
    )
    expect(next.header).toMatchObject({ generation: 5, delivery: delivery() })
    expect(next.secrets.delivery).toEqual(way)
    expect(next.secrets.previous?.refreshToken.reveal()).toBe('old-token')
  })
})

describe('no token', () => {
  const tracked = given({ refreshToken: null, app: null })
  const waits = (text: string) =>
    given({ refreshToken: null }, { pending: { refreshToken: new Secret(text), at: LATER } })
  test.each<[string, GivenAccount, StoredAccount | undefined, Change]>([
    ['nothing is here', tracked, undefined, 'added'],
    ['a token is here', tracked, stored(), 'older'],
    [
      'none is here either',
      tracked,
      stored({ holdsToken: false, app: null }, { refreshToken: null }),
      'replaced',
    ],
    ['one that waits, and a token is here', waits('pasted'), stored(), 'older'],
    [
      'one that waits, and has been proven here',
      waits('old-token'),
      stored({ generation: 6, endsAt: LATER }),
      'replaced',
    ],
    [
      'one that waits, as it does here',
      given(
        { refreshToken: null, renewedAt: null, endsAt: null },
        { pending: { refreshToken: new Secret('p'), at: LATER } },
      ),
      stored({ pendingAt: LATER }, { refreshToken: null, pending: new Secret('p') }),
      'same',
    ],
  ])('%s', (_, from, here, change) => {
    expect(planAccount(from, here, 'none').change).toBe(change)
  })

  test('in the document never takes one away that is here', () => {
    for (const from of [tracked, waits('old-token'), waits('another')]) {
      const { next } = planAccount(from, stored({ generation: 1 }), 'none' satisfies Rotation)
      expect(next.secrets.refreshToken?.reveal()).toBe('old-token')
    }
  })
})

describe('the same token', () => {
  const same = (change: Partial<GivenAccount> = {}, more: Partial<GivenRecord> = {}) =>
    given({ refreshToken: new Secret('old-token'), ...change }, more)
  const access = { accessToken: new Secret('newer-access'), accessExpiresAt: LATER }

  test('a later state of it brings what was learnt there, and takes nothing that is this machine’s', () => {
    const gap = { from: CONSENT, to: LATER }
    const attempt = { at: CONSENT, outcome: 'failed', code: 'NETWORK_FAILED' } as const
    const here = stored(
      { generation: 2, delivery: delivery(), lastAttempt: attempt, seller: 'shop' },
      { accessToken: new Secret('older-access'), pending: new Secret('pasted') },
    )
    const { change, next } = planAccount(
      same(access, { gap, refused: { code: 'ANSWER_LOST', at: LATER } }),
      here,
      'none',
    )
    expect(change).toBe('replaced')
    expect(next.header).toMatchObject({
      generation: 5,
      gap,
      refused: { code: 'ANSWER_LOST' },
      accessExpiresAt: LATER,
      renewedAt: at('2026-10-05'),
      delivery: delivery(),
      lastAttempt: attempt,
      seller: 'shop',
    })
    expect(next.secrets.accessToken?.reveal()).toBe('newer-access')
    expect(next.secrets.pending?.reveal()).toBe('pasted')
  })

  test('an earlier state of it takes nothing back', () => {
    const here = stored({
      generation: 7,
      endsAt: at('2027-03-01'),
      app: 'second',
      renewedAt: LATER,
      region: 'eu',
    })
    const from = same(access, {
      gap: { from: CONSENT, to: LATER },
      refused: { code: 'GRANT_REJECTED', at: CONSENT },
    })
    expect(planAccount(from, here, 'none')).toMatchObject({ change: 'same', next: { header: here.header } })
  })

  test('a gap that was acknowledged here does not come back', () => {
    const { next } = planAccount(same({}, { gap: { from: CONSENT, to: LATER } }), stored(), 'none')
    expect(next.header.gap).toBeNull()
  })
})

describe('an app', () => {
  const keys = (secret: string) => ({ clientId: new Secret('id'), clientSecret: new Secret(secret) })
  const app = (secret: string, issued: number | null, more: GivenApp['record'] = null): GivenApp => ({
    header: { marketplace: 'amazon', name: 'default', environment: 'production', secretIssuedAt: issued },
    keys: keys(secret),
    record: more,
  })
  const here = (secret: string, issued: number | null, previous: string | null = null): StoredApp => ({
    header: {
      ...app(secret, issued).header,
      isPublic: false,
      previousEndsAt: previous === null ? null : LATER,
    },
    keys: keys(secret),
    previous: previous === null ? null : keys(previous),
    revision: 2,
  })
  const exported = { isPublic: false, previous: null }
  test.each<[string, GivenApp, StoredApp, Change]>([
    ['a secret that was issued before', app('a', CONSENT), here('b', LATER), 'older'],
    ['a secret that was issued later', app('a', LATER), here('b', CONSENT), 'replaced'],
    ['one whose day nobody said', app('a', null), here('b', LATER), 'replaced'],
    ['the secret of before a rotation, exported', app('a', null, exported), here('b', null, 'a'), 'older'],
    ['the secret of before a rotation, typed', app('a', null), here('b', null, 'a'), 'replaced'],
    ['the same, with an earlier day', app('a', CONSENT), here('a', LATER), 'replaced'],
  ])('%s', (_, from, stored, change) => {
    expect(planApp(from, stored, amazon).change).toBe(change)
  })

  test('that was rotated there brings both of its secrets', () => {
    const previous = { keys: keys('a'), endsAt: LATER }
    const { change, next, differs } = planApp(
      app('b', LATER, { isPublic: true, previous }),
      here('a', CONSENT),
      amazon,
    )
    expect(change).toBe('replaced')
    expect(next.header).toMatchObject({ isPublic: true, secretIssuedAt: LATER, previousEndsAt: LATER })
    expect(next.previous?.['clientSecret']?.reveal()).toBe('a')
    expect(differs).toEqual(['keys', 'secretIssuedAt', 'previous'])
  })
})
