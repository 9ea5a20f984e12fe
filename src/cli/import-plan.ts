/** What an import would change, decided before anything is stored: one conflict stops all of it. */

import type { MarketplaceAdapter, Rotation } from '../marketplaces/adapter.ts'
import { type App, sameKeys } from '../tokens/app-keys.ts'
import { type AccountHeader, NO_SECRETS, newHeader, type TokenSet } from '../tokens/token-set.ts'
import type { StoredAccount, StoredApp } from '../vault/vault.ts'
import { type EnteredApp, enteredApp } from './entered-app.ts'
import type { GivenAccount } from './import-document.ts'

/**
 * What becomes of a record. `older`: the document holds a token that a later one has replaced here, and taking it back
 * would lose the shop. `elsewhere`: the stored one was made in another environment; to relabel it would send a real
 * token to a simulator, or the reverse.
 */
export type Change = 'added' | 'same' | 'replaced' | 'older' | 'elsewhere'

export interface Planned<Next> {
  readonly change: Change
  readonly next: Next
}

/** What becomes of one app. */
export function planApp(
  given: EnteredApp,
  stored: StoredApp | undefined,
  adapter: Pick<MarketplaceAdapter, 'appFields' | 'appSecretOverlapDays' | 'isPublic'>,
): Planned<App> {
  const next = enteredApp(given, stored, adapter)
  if (stored === undefined) return { change: 'added', next }
  if (given.header.environment !== stored.header.environment) return { change: 'elsewhere', next: stored }
  const issued = given.header.secretIssuedAt
  const same =
    sameKeys(given.keys, stored.keys) && (issued === null || issued === stored.header.secretIssuedAt)
  return { change: same ? 'same' : 'replaced', next }
}

/**
 * What becomes of one account. Fields that the document leaves out keep what is stored while the token is the same.
 *
 * @param rotation what the marketplace does to a token that is used.
 */
export function planAccount(
  given: GivenAccount,
  stored: StoredAccount | undefined,
  rotation: Rotation,
): Planned<TokenSet> {
  if (stored === undefined) return { change: 'added', next: withGivenToken(given, undefined) }
  const { secrets, header } = stored
  if (header.holdsToken && header.environment !== given.environment)
    return { change: 'elsewhere', next: stored }
  if (secrets.refreshToken?.equals(given.refreshToken) !== true) {
    if (rotation !== 'none' && isOlder(given, stored)) return { change: 'older', next: stored }
    return { change: 'replaced', next: withGivenToken(given, stored) }
  }
  const next = { header: withGivenFacts(header, given), secrets }
  return { change: JSON.stringify(next.header) === JSON.stringify(header) ? 'same' : 'replaced', next }
}

/**
 * Whether another token than the stored one must be taken for one that a renewal has spent: where tokens rotate, only a
 * later consent brings a good one, unless the stored one was refused or never accepted.
 */
function isOlder(given: GivenAccount, { header, secrets }: StoredAccount): boolean {
  if (secrets.previous?.refreshToken.equals(given.refreshToken) === true) return true
  if (header.refused !== null || header.acceptedAt === null) return false
  return given.consentAt === null || (header.consentAt !== null && given.consentAt <= header.consentAt)
}

function withGivenFacts(header: AccountHeader, given: GivenAccount): AccountHeader {
  return {
    ...header,
    app: given.app,
    consentAt: given.consentAt ?? header.consentAt,
    // The later renewal holds: a document written before a renewal here knows nothing of it.
    renewedAt: laterOf(given.renewedAt, header.renewedAt),
    endsAt: given.endsAt ?? header.endsAt,
    region: given.region ?? header.region,
  }
}

function laterOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

function withGivenToken(given: GivenAccount, stored: StoredAccount | undefined): TokenSet {
  const { account, app, environment, consentAt, renewedAt, endsAt, accessExpiresAt, region } = given
  const old = stored?.secrets.refreshToken ?? null
  const generation = stored === undefined ? 0 : stored.header.generation + 1
  return {
    header: newHeader({
      account,
      app,
      environment,
      holdsToken: true,
      generation,
      consentAt,
      renewedAt,
      endsAt,
      accessExpiresAt: given.accessToken === null ? null : accessExpiresAt,
      region: region ?? stored?.header.region ?? null,
      // The shop's integration needs the new token as it needed the old one.
      delivery: stored?.header.delivery ?? null,
    }),
    secrets: {
      ...NO_SECRETS,
      refreshToken: given.refreshToken,
      accessToken: given.accessToken,
      previous:
        old === null || stored === undefined
          ? null
          : { refreshToken: old, generation: stored.header.generation },
      delivery: stored?.secrets.delivery ?? null,
    },
  }
}
