/**
 * Saying again in the journal that a stored token was presented and that its answer was lost: what nobody has settled
 * must outlive whatever took the journal's place meanwhile.
 */
import type { EpochMs } from '../tokens/time.ts'
import type { Journal } from '../vault/journal.ts'
import type { StoredAccount } from '../vault/vault.ts'

/** Which token of a record was presented, and when. */
export interface LostMark {
  readonly purpose: 'refresh' | 'pending'
  readonly stored: StoredAccount
  readonly at: EpochMs
}

/** Puts the mark in the place of what the journal says. @throws {WRITE_FAILED} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE} */
export async function markLost(journal: Journal, { purpose, stored, at }: LostMark): Promise<void> {
  const { header, secrets } = stored
  const token = purpose === 'pending' ? secrets.pending : secrets.refreshToken
  if (token === null) return
  const { account, generation, app, region, environment } = header
  const clear = { account, purpose, mayReplace: true, wasLost: true, generation, at }
  const open = await journal.present({ ...clear, token, app, region, environment })
  open.close()
}
