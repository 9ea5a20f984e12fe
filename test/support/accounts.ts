/**
 * Accounts, policies and marketplaces as the tests of renewals use them: the vendors' facts, none of their wires.
 */
import type { MarketplaceAdapter, RefreshInput } from '../../src/marketplaces/adapter.ts'
import type { Policy } from '../../src/renewal/policy.ts'
import type { Delivery } from '../../src/tokens/delivery.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { type Duration, parseDate } from '../../src/tokens/time.ts'
import {
  type AccountHeader,
  type AccountSecrets,
  type Issued,
  NO_SECRETS,
  newHeader,
  type TokenSet,
} from '../../src/tokens/token-set.ts'

/** A date's text as milliseconds; fails the test when it is none. */
export function at(text: string): number {
  const ms = parseDate(text)
  if (ms === undefined) throw new Error(`${text} is no date`)
  return ms
}

/** The default lengths; only the lifetime differs by marketplace. */
export function policy(lifetime: Duration, changes: Partial<Policy> = {}): Policy {
  return { window: { months: 3 }, warning: { days: 30 }, lead: { days: 14 }, lifetime, ...changes }
}

export const POLICIES = {
  ebay: policy({ years: 1 }),
  amazon: policy({ years: 1 }),
  aliexpress: policy({ months: 6 }),
} as const

/** What decides states, by marketplace. */
export const FACTS = {
  ebay: { refreshRenews: true, reportsEnd: false },
  amazon: { refreshRenews: false, reportsEnd: false },
  aliexpress: { refreshRenews: true, reportsEnd: true },
} as const

export type FakeMarketplace = keyof typeof FACTS

/** A header of an account that holds a token and of which nothing else is known but what is given. */
export function header(given: Partial<AccountHeader> = {}): AccountHeader {
  return newHeader({
    account: 'ebay:main',
    app: 'default',
    environment: 'production',
    holdsToken: true,
    ...given,
  })
}

/** A delivery to an https address that nothing has arrived at yet. */
export function delivery(given: Partial<Delivery> = {}): Delivery {
  return {
    how: 'url',
    target: 'hooks.example.com',
    tokens: ['access'],
    setAt: at('2026-11-01'),
    marginMs: null,
    deliveredGeneration: null,
    deliveredAt: null,
    failing: null,
    ...given,
  }
}

/** A record with one refresh token. */
export function tokenSet(
  given: Partial<AccountHeader> = {},
  secrets: Partial<AccountSecrets> = {},
): TokenSet {
  return {
    header: header(given),
    secrets: { ...NO_SECRETS, refreshToken: new Secret('old-token'), ...secrets },
  }
}

/** What an adapter made of an answer. */
export function issued(given: Partial<Issued> & { readonly accessExpiresAt: number }): Issued {
  return { accessToken: new Secret('access-token'), ...given }
}

/**
 * A marketplace whose wire is plain: the request's body is the refresh token, and the answer's body is handed to
 * `read`, which a test writes.
 */
export function fakeAdapter(
  id: FakeMarketplace,
  read: (body: string, input: RefreshInput) => Issued,
  changes: Partial<MarketplaceAdapter> = {},
): MarketplaceAdapter {
  return {
    id,
    title: { ebay: 'eBay', amazon: 'Amazon', aliexpress: 'AliExpress' }[id],
    docs: 'https://example.test/docs',
    appFields: [],
    origins: { production: `https://${id}.test` },
    rotation: id === 'aliexpress' ? 'unknown' : 'none',
    ...FACTS[id],
    estimatedLifetime: POLICIES[id].lifetime,
    renewBeforeSeconds: 60,
    consentCommand: name =>
      id === 'amazon' ? `tokenctl set-amazon ${name}` : `tokenctl login ${id}:${name}`,
    refresh: async () => ({
      request: input => ({
        method: 'POST',
        url: `${input.origin}/token`,
        headers: {},
        body: input.refreshToken.reveal(),
      }),
      read: (response, input) => read(response.body, input),
    }),
    ...changes,
  }
}
