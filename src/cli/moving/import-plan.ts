/** What an import would change of an account, decided before anything is stored: one conflict stops all of it. */

import type { Rotation } from '../../marketplaces/adapter.ts'
import { sameSecret } from '../../tokens/same-secret.ts'
import {
  type AccountHeader,
  type AccountSecrets,
  NO_SECRETS,
  newHeader,
  type TokenSet,
} from '../../tokens/token-set.ts'
import type { StoredAccount } from '../../vault/vault.ts'
import { type Difference, differences } from './import-differences.ts'
import type { GivenAccount } from './import-document.ts'
import { isOlder } from './import-newer.ts'

/**
 * What becomes of a record. `older`: the document holds a token, or an app's secret, that a later one has replaced here,
 * and taking it back would lose the shop. `elsewhere`: the stored one was made in another environment; to relabel it would
 * send a real token to a simulator, or the reverse. `shared`: another account here has the token already.
 */
export type Change = 'added' | 'same' | 'replaced' | 'older' | 'elsewhere' | 'shared'

export interface Planned<Next> {
  readonly change: Change
  readonly next: Next
  /** In what the document and the stored record differ; empty where there is no record, or nothing to do. */
  readonly differs: readonly Difference[]
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
  if (stored === undefined) return { change: 'added', next: withGivenToken(given, undefined), differs: [] }
  const { secrets, header } = stored
  const refused = (change: Change) => {
    const differs = differences(stored, withGivenToken(given, stored))
    return { change, next: stored, differs }
  }
  if (header.holdsToken && header.environment !== given.environment) return refused('elsewhere')
  if (!isSameToken(given, secrets)) {
    if (isOlder(given, stored, rotation)) return refused('older')
    return replaced(withGivenToken(given, stored), stored)
  }
  const next = withSameToken(given, stored)
  const isSame = JSON.stringify(next.header) === JSON.stringify(header)
  return isSame ? { change: 'same', next, differs: [] } : replaced(next, stored)
}

function replaced(next: TokenSet, stored: StoredAccount): Planned<TokenSet> {
  return { change: 'replaced', next, differs: differences(stored, next) }
}

/** Whether the document's account has the stored one's token, or as little as that has none. */
function isSameToken({ refreshToken, record }: GivenAccount, secrets: AccountSecrets): boolean {
  if (refreshToken !== null) return sameSecret(refreshToken, secrets.refreshToken)
  const pending = record?.pending?.refreshToken ?? null
  if (secrets.refreshToken === null) return sameSecret(pending, secrets.pending)
  // What waited to be proven when it was exported has been proven here since.
  return sameSecret(pending, secrets.refreshToken)
}

/** The stored record with what else the document says. Where generations tell which of the two is newer, that one holds. */
function withSameToken(given: GivenAccount, { header, secrets }: StoredAccount): TokenSet {
  const newer = given.record === null ? 0 : given.record.generation - header.generation
  if (newer > 0 && (given.refreshToken !== null || secrets.refreshToken === null))
    return newerState(given, { header, secrets })
  const facts = newer < 0 ? withMissingFacts(header, given) : withGivenFacts(header, given)
  return { header: facts, secrets }
}

function withGivenFacts(header: AccountHeader, given: GivenAccount): AccountHeader {
  return {
    ...header,
    app: given.app ?? header.app,
    consentAt: given.consentAt ?? header.consentAt,
    // The later renewal holds: a document written before a renewal here knows nothing of it.
    renewedAt: laterOf(given.renewedAt, header.renewedAt),
    endsAt: given.endsAt ?? header.endsAt,
    acceptedAt: laterOf(given.record?.acceptedAt ?? null, header.acceptedAt),
    seller: given.record?.seller ?? header.seller,
    region: given.region ?? header.region,
    refused: header.refused ?? given.record?.refused ?? null,
    tags: given.tags ?? header.tags,
  }
}

/** A state of before the stored one still tells what was never known here. */
function withMissingFacts(header: AccountHeader, given: GivenAccount): AccountHeader {
  return {
    ...header,
    consentAt: header.consentAt ?? given.consentAt,
    renewedAt: laterOf(given.renewedAt, header.renewedAt),
    endsAt: header.endsAt ?? given.endsAt,
    seller: header.seller ?? given.record?.seller ?? null,
    region: header.region ?? given.region,
  }
}

/** A later state of the stored record, with the same token: what belongs to this machine stays. */
function newerState(given: GivenAccount, stored: TokenSet): TokenSet {
  const { header, secrets } = withGivenToken(given, undefined)
  const waits = secrets.pending === null ? stored : { header, secrets }
  const access = secrets.accessToken === null ? stored : { header, secrets }
  return {
    header: {
      ...withGivenFacts(stored.header, given),
      holdsToken: header.holdsToken || stored.header.holdsToken,
      generation: header.generation,
      accessExpiresAt: access.header.accessExpiresAt,
      refused: header.refused,
      pendingAt: waits.header.pendingAt,
      failing: null,
      gap: header.gap,
    },
    secrets: {
      refreshToken: secrets.refreshToken,
      previous: secrets.previous ?? stored.secrets.previous,
      pending: waits.secrets.pending,
      accessToken: access.secrets.accessToken,
      delivery: stored.secrets.delivery,
    },
  }
}

function laterOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

function withGivenToken(given: GivenAccount, stored: StoredAccount | undefined): TokenSet {
  const { account, app, environment, consentAt, renewedAt, endsAt, accessExpiresAt, region, record } = given
  const old = stored?.secrets.refreshToken ?? null
  const pending = record?.pending ?? null
  const next = stored === undefined ? 0 : stored.header.generation + 1
  return {
    header: newHeader({
      account,
      app,
      environment,
      holdsToken: given.refreshToken !== null || pending !== null,
      generation: Math.max(next, record?.generation ?? 0),
      consentAt,
      renewedAt,
      endsAt,
      acceptedAt: record?.acceptedAt ?? null,
      accessExpiresAt: given.accessToken === null ? null : accessExpiresAt,
      seller: record?.seller ?? null,
      region: region ?? stored?.header.region ?? null,
      refused: record?.refused ?? null,
      pendingAt: pending?.at ?? null,
      gap: record?.gap ?? null,
      // The shop's integration needs the new token as it needed the old one.
      delivery: stored?.header.delivery ?? null,
      tags: given.tags ?? stored?.header.tags ?? {},
    }),
    secrets: {
      ...NO_SECRETS,
      refreshToken: given.refreshToken,
      accessToken: given.accessToken,
      previous:
        old === null || stored === undefined
          ? (record?.previous ?? null)
          : { refreshToken: old, generation: stored.header.generation },
      pending: pending?.refreshToken ?? null,
      delivery: stored?.secrets.delivery ?? null,
    },
  }
}
