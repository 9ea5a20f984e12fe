/** One account renewed, by the way of every renewal: lock, journal, record. */
import { renewReport } from '../cli/render/renew.ts'
import { renewHeaders } from '../cli/renewing/renewing.ts'
import { TokenctlError } from '../errors.ts'
import type { OpenVault } from './open-vault.ts'
import type { Ends } from './status.ts'
import { accountIn } from './world-of.ts'

/** How an account came out, as `tokenctl renew --json` has it. */
export interface Renewed {
  readonly account: string
  /**
   * - `renewed`: the marketplace accepted, and Renew by has moved
   * - `proved`: it accepted, which on Amazon moves no date
   * - `fresh`: another run renewed it meanwhile
   * - `needs-person`: no program can mend it
   * - `failed`: `code` and `message` say why
   */
  readonly outcome: 'renewed' | 'proved' | 'fresh' | 'needs-person' | 'failed'
  /** Of tokenctl's error codes; null where nothing failed. */
  readonly code: string | null
  /** One sentence for people. */
  readonly message: string
  readonly renewBy: string | null
  readonly ends: Ends
}

/**
 * Asks the marketplace now, whatever the account's state; what it issues is stored before this returns. A failure of the
 * account is a result and no exception. Hooks, notices and deliveries are the command line's: they come with its next run.
 *
 * @param account `ebay:main`
 * @throws {USAGE} · {ACCOUNT_UNKNOWN} · {CANCELLED} where the signal came first · {SETTINGS_INVALID} · {VAULT_UNAVAILABLE} · {VAULT_LOCKED}
 *   · {RECORD_UNREADABLE} where it cannot be listed
 */
export async function renewAccount(vault: OpenVault, account: string): Promise<Renewed> {
  const { header, records, world } = await accountIn(vault, account)
  const results = await renewHeaders([header], { mode: 'named', concurrency: 1 }, records, world)
  const [renewed] = renewReport(results, world).results
  if (renewed !== undefined) return renewed
  throw new TokenctlError('CANCELLED', `${account} was not begun: the run was stopped.`)
}
