/** The checks around a save: what stops one, and what counts as the same. */
import { describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { type AccountSecrets, NO_SECRETS, newHeader } from '../../src/tokens/token-set.ts'
import { writeAccountHeader, writeAppHeader } from '../../src/vault/records.ts'
import { holdTheSame, refuseStale, sameRecord } from '../../src/vault/save-checks.ts'
import type { SecretRecord } from '../../src/vault/secret-store.ts'
import { APP } from './samples.ts'

const HEADER = newHeader({ account: 'ebay:main', app: null, environment: 'production', holdsToken: false })
const account = (revision: number): SecretRecord => ({
  header: writeAccountHeader(HEADER, revision),
  body: '{}',
  perishable: null,
})
const app = (revision: number): SecretRecord => ({
  ...account(1),
  header: writeAppHeader(APP.header, revision),
})

function failure(work: () => unknown): TokenctlError | undefined {
  try {
    work()
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  return undefined
}

describe('a save over another revision', () => {
  it.each<[string, string, SecretRecord | undefined, number | null, string]>([
    ['removed', 'account/ebay:main', undefined, 4, 'ebay:main was removed by another run meanwhile.'],
    ['made', 'account/ebay:main', account(1), null, 'ebay:main was made by another run meanwhile.'],
    [
      'changed',
      'account/ebay:main',
      account(5),
      4,
      'ebay:main was changed by another run meanwhile (revision 5, not 4).',
    ],
    [
      'changed back',
      'app/ebay:default',
      app(3),
      4,
      'ebay:default was changed by another run meanwhile (revision 3, not 4).',
    ],
  ])('is stopped where it was %s', (_, key, before, after, message) => {
    const error = failure(() => refuseStale(key, before, after))
    expect([error?.code, error?.message, error?.fix]).toEqual([
      'LOCK_HELD',
      message,
      'Nothing was changed. Run it again.',
    ])
    expect(error?.account).toBe(key.slice(key.indexOf('/') + 1))
  })

  it.each<[string, string, SecretRecord | undefined, number | null]>([
    ['there is none, as there was', 'account/ebay:main', undefined, null],
    ['an account is as it was', 'account/ebay:main', account(4), 4],
    ['an app is as it was', 'app/ebay:default', app(4), 4],
  ])('goes on where %s', (_, key, before, after) => {
    expect(failure(() => refuseStale(key, before, after))).toBeUndefined()
  })

  it('does not go on over what cannot be read', () => {
    const broken = { ...account(4), header: { record: 2 } }
    expect(failure(() => refuseStale('account/ebay:main', broken, 4))?.code).toBe('RECORD_UNREADABLE')
    expect(failure(() => refuseStale('app/ebay:default', broken, 4))?.code).toBe('RECORD_UNREADABLE')
  })
})

describe('what was read back', () => {
  const written: SecretRecord = {
    header: { account: 'ebay:main', ends: { at: null, days: [1, 2], by: 'us' } },
    body: '{"b":{"x":1,"y":[2,3]},"a":"t"}',
    perishable: 'access',
  }

  it('is the same where only fields stand in another order', () => {
    const header = { ends: { by: 'us', days: [1, 2], at: null }, account: 'ebay:main' }
    const body = '{"a":"t","b":{"y":[2,3],"x":1}}'
    expect(sameRecord(written, { ...written, header, body })).toBe(true)
  })

  it.each<[string, Partial<SecretRecord>]>([
    ['its header', { header: { account: 'ebay:main', ends: { at: 0, days: [1, 2], by: 'us' } } }],
    ['a field of its header', { header: { account: 'ebay:main' } }],
    ['its body', { body: '{"b":{"x":1,"y":[2,3]},"a":"u"}' }],
    ['a list in its body', { body: '{"b":{"x":1,"y":[3,2]},"a":"t"}' }],
    ['what can be had again', { perishable: null }],
    ['what can be had again, by a blank', { perishable: 'access ' }],
  ])('is not the same where %s differs', (_, change) => {
    expect(sameRecord(written, { ...written, ...change })).toBe(false)
    expect(sameRecord({ ...written, ...change }, written)).toBe(false)
  })
})

describe('two accounts', () => {
  const secrets = (more: Partial<AccountSecrets> = {}): AccountSecrets => ({
    ...NO_SECRETS,
    refreshToken: new Secret('t'),
    previous: { refreshToken: new Secret('s'), generation: 1 },
    pending: new Secret('p'),
    ...more,
  })

  it.each<[string, AccountSecrets, AccountSecrets, boolean]>([
    ['all is the same', secrets(), secrets(), true],
    ['only the access token differs', secrets(), secrets({ accessToken: new Secret('a') }), true],
    ['neither has one before it', secrets({ previous: null }), secrets({ previous: null }), true],
    ['the token differs', secrets(), secrets({ refreshToken: new Secret('u') }), false],
    ['one has no token', secrets(), secrets({ refreshToken: null }), false],
    ['both have only one that waits', secrets({ refreshToken: null }), secrets({ refreshToken: null }), true],
    [
      'neither has a token',
      secrets({ refreshToken: null, pending: null }),
      secrets({ refreshToken: null, pending: null }),
      false,
    ],
    [
      'the one before differs',
      secrets(),
      secrets({ previous: { refreshToken: new Secret('r'), generation: 1 } }),
      false,
    ],
    ['one has none before', secrets(), secrets({ previous: null }), false],
    ['what waits differs', secrets(), secrets({ pending: new Secret('q') }), false],
    ['nothing waits in one', secrets(), secrets({ pending: null }), false],
  ])('where %s', (_, one, other, same) => {
    expect(holdTheSame(one, other)).toBe(same)
    expect(holdTheSame(other, one)).toBe(same)
  })
})
