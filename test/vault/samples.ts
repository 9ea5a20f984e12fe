/** Accounts, apps and arbitraries for the tests of this room. */
import fc from 'fast-check'
import type { App } from '../../src/tokens/app-keys.ts'
import { DELIVERED_TOKENS } from '../../src/tokens/delivery.ts'
import { Secret } from '../../src/tokens/secret.ts'
import {
  type AccountHeader,
  type AccountSecrets,
  ENVIRONMENTS,
  NO_SECRETS,
  newHeader,
  REGIONS,
  type TokenSet,
} from '../../src/tokens/token-set.ts'

export const MAIN = { marketplace: 'ebay', name: 'main' }
export const AT = Date.UTC(2026, 10, 22, 10)

/** An account with this refresh token. */
export function account(token = 'v^1.1#refresh', header: Partial<AccountHeader> = {}): TokenSet {
  return {
    header: newHeader({
      account: 'ebay:main',
      app: 'default',
      environment: 'production',
      holdsToken: true,
      consentAt: AT,
      ...header,
    }),
    secrets: {
      ...NO_SECRETS,
      refreshToken: new Secret(token),
      accessToken: new Secret(`access of ${token}`),
    },
  }
}

export const APP: App = {
  header: {
    marketplace: 'ebay',
    name: 'default',
    environment: 'production',
    secretIssuedAt: null,
    isPublic: true,
    previousEndsAt: null,
  },
  keys: { clientId: new Secret('id'), clientSecret: new Secret('very secret') },
  previous: null,
}

/** The texts of an account's secrets, so that two can be compared. */
export function revealed(secrets: AccountSecrets) {
  const text = (secret: Secret | null) => secret?.reveal() ?? null
  return {
    refreshToken: text(secrets.refreshToken),
    previous: secrets.previous && {
      refreshToken: text(secrets.previous.refreshToken),
      generation: secrets.previous.generation,
    },
    pending: text(secrets.pending),
    delivery:
      secrets.delivery !== null && 'url' in secrets.delivery
        ? { url: text(secrets.delivery.url), key: text(secrets.delivery.key) }
        : secrets.delivery,
    accessToken: text(secrets.accessToken),
  }
}

const date = fc.integer({ min: 0, max: Date.UTC(9998, 0, 1) })
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength })
const secret = (maxLength: number) => text(maxLength).map(value => new Secret(value))

/** Any header of `ebay:main`; the fingerprint is the store's to make. */
export const anyHeader: fc.Arbitrary<AccountHeader> = fc.record({
  account: fc.constant('ebay:main'),
  app: orNull(fc.constantFrom('default', 'second-app')),
  environment: fc.constantFrom(...ENVIRONMENTS),
  holdsToken: fc.boolean(),
  generation: fc.nat(),
  consentAt: orNull(date),
  renewedAt: orNull(date),
  endsAt: orNull(date),
  acceptedAt: orNull(date),
  accessExpiresAt: orNull(date),
  seller: orNull(text(60)),
  region: orNull(fc.constantFrom(...REGIONS)),
  refused: orNull(
    fc.record({ code: fc.constantFrom('GRANT_REJECTED' as const, 'ANSWER_LOST' as const), at: date }),
  ),
  isAppPublic: fc.constant(null),
  presentedAt: fc.constant(null),
  awaitsRecovery: fc.constant(false),
  failing: orNull(
    fc.record({
      code: fc.constantFrom('NETWORK_FAILED', 'RATE_LIMITED'),
      count: fc.integer({ min: 1, max: 1000 }),
      since: date,
      notBefore: orNull(date),
    }),
  ),
  gap: orNull(fc.record({ from: date, to: date })),
  tags: fc.dictionary(fc.constantFrom('client', 'team-7', '1', 'constructor'), text(64), {
    noNullPrototype: true,
  }),
  delivery: orNull(
    fc.record({
      how: fc.constantFrom('command', 'url'),
      target: text(40),
      tokens: fc.subarray([...DELIVERED_TOKENS], { minLength: 1 }),
      setAt: date,
      marginMs: orNull(fc.nat()),
      deliveredGeneration: orNull(fc.nat()),
      deliveredAt: orNull(date),
      failing: orNull(
        fc.record({
          code: fc.constantFrom('DELIVERY_PENDING', 'DELIVERY_FAILED'),
          count: fc.integer({ min: 1, max: 1000 }),
          since: date,
          lastAt: date,
          notBefore: orNull(date),
        }),
      ),
    }),
  ),
  pendingAt: orNull(date),
  lastAttempt: orNull(
    fc.record({ at: date, outcome: fc.constantFrom('renewed', 'proved', 'failed'), code: orNull(text(20)) }),
  ),
  fingerprint: fc.constant(null),
})

/** Any secrets, up to this long each. */
export const anySecrets = (maxLength: number): fc.Arbitrary<AccountSecrets> =>
  fc.record({
    refreshToken: orNull(secret(maxLength)),
    previous: orNull(fc.record({ refreshToken: secret(maxLength), generation: fc.nat() })),
    pending: orNull(secret(maxLength)),
    accessToken: orNull(secret(maxLength)),
    delivery: orNull(
      fc.oneof(
        fc.record({ command: fc.array(text(30), { minLength: 1, maxLength: 4 }) }),
        fc.record({ url: secret(80), key: secret(44) }),
      ),
    ),
  })
