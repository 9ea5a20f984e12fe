/**
 * The checks around a save: nobody else saved meanwhile, what reads back is what was written, and whether two accounts
 * are one.
 */

import { TokenctlError } from '../errors.ts'
import { sameSecret } from '../tokens/same-secret.ts'
import type { AccountSecrets } from '../tokens/token-set.ts'
import { readChannelHeader } from './channel-header.ts'
import { keySubject, type Revision, readAccountHeader, readAppHeader, type Stored } from './records.ts'
import type { HeaderJson, SecretRecord } from './secret-store.ts'

/**
 * Stops a save or a removal over another revision than the one it was made from; null is "there is none".
 *
 * @throws {LOCK_HELD} · {RECORD_UNREADABLE} when the stored revision cannot be read
 */
export function refuseStale(key: string, before: SecretRecord | undefined, after: Revision | null): void {
  const now = before === undefined ? null : revisionOf(key, before.header)
  if (now === after) return
  const subject = keySubject(key)
  const what =
    now === null
      ? `${subject} was removed by another run meanwhile.`
      : after === null
        ? `${subject} was made by another run meanwhile.`
        : `${subject} was changed by another run meanwhile (revision ${now}, not ${after}).`
  throw new TokenctlError('LOCK_HELD', what, { account: subject, fix: 'Nothing was changed. Run it again.' })
}

function revisionOf(key: string, header: HeaderJson): Revision {
  const stored: Stored<unknown> = key.startsWith('account/')
    ? readAccountHeader(key, header)
    : key.startsWith('channel/')
      ? readChannelHeader(key, header)
      : readAppHeader(key, header)
  return stored.revision
}

/** Whether two records say the same: by value, since a store may order a header's fields its own way. */
export function sameRecord(one: SecretRecord, other: SecretRecord): boolean {
  return (
    canonical(one.header) === canonical(other.header) &&
    canonical(JSON.parse(one.body)) === canonical(JSON.parse(other.body)) &&
    one.perishable === other.perishable
  )
}

/**
 * Whether two accounts hold one token, as a rename that was cut off leaves them: there is one, if only one that waits to
 * be proven, and all but the access token, which can be had again, are the same.
 */
export function holdTheSame(one: AccountSecrets, other: AccountSecrets): boolean {
  return (
    (one.refreshToken ?? one.pending) !== null &&
    sameSecret(one.refreshToken, other.refreshToken) &&
    sameSecret(one.previous?.refreshToken ?? null, other.previous?.refreshToken ?? null) &&
    sameSecret(one.pending, other.pending)
  )
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
