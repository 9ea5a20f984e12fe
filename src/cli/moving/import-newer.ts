/** Which of two tokens of one account is the newer, as far as a document and a record can tell. Pure. */
import type { Rotation } from '../../marketplaces/adapter.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { StoredAccount } from '../../vault/vault.ts'
import type { GivenAccount } from './import-document.ts'
import type { GivenRecord } from './import-record.ts'

/**
 * Whether the document's token, another than the stored one, is one that must not take its place: where tokens rotate,
 * one that a renewal has spent; elsewhere, one of an earlier consent. A stored one that was refused or never accepted
 * stands in nobody's way.
 */
export function isOlder(given: GivenAccount, stored: StoredAccount, rotation: Rotation): boolean {
  const { header, secrets } = stored
  // No token at all takes the place of one.
  if (given.refreshToken === null) return secrets.refreshToken !== null
  const rotates = rotation !== 'none'
  if (rotates && secrets.previous?.refreshToken.equals(given.refreshToken) === true) return true
  if (header.refused !== null || header.acceptedAt === null) return false
  if (given.consentAt !== null && given.consentAt !== header.consentAt) {
    return header.consentAt !== null && given.consentAt < header.consentAt
  }
  // Of one consent, or nobody said of which: the number of renewals tells, where the document has it.
  if (given.record === null) return rotates
  return rotates ? !isAhead(given.record, header) : isBehind(given.record, header)
}

/** Two machines that renewed apart count apart, so both the count and the time must say so. */
function isAhead(record: GivenRecord, header: AccountHeader): boolean {
  return record.generation > header.generation && (record.acceptedAt ?? 0) >= (header.acceptedAt ?? 0)
}

function isBehind(record: GivenRecord, header: AccountHeader): boolean {
  return record.generation < header.generation && (record.acceptedAt ?? 0) <= (header.acceptedAt ?? 0)
}
