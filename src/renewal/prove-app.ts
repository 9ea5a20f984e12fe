/**
 * Whether a marketplace takes an app's new keys: one of the app's accounts is refreshed with them alone, through the same
 * lock and journal as a renewal (I1), so that the answer is stored like any other. What an account's own token is refused
 * for says nothing against the keys: then the next account is tried. The app's record is not touched here, and no lock of
 * it is held: whoever changes it takes that lock alone, after.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { type AccountRef, formatAccount, parseAccount } from '../tokens/account.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import { afterFailure } from '../tokens/replace.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { ACCOUNT_STATES, assess } from './assess.ts'
import { withGap } from './gap.ts'
import { merged } from './merged.ts'
import type { RenewalPorts } from './ports.ts'
import { requireEnvironment } from './preconditions.ts'
import { Presentation } from './presentation.ts'
import { appOf } from './ration.ts'
import { recover } from './recover.ts'

export interface AppProof {
  readonly adapter: MarketplaceAdapter
  /** The app's name. */
  readonly app: string
  /** The new keys, all of them. */
  readonly keys: AppKeys
  /** Aborted when the person stops the run: no other account is asked then. */
  readonly stop?: AbortSignal
}

/** How a proof came out; `account` is the one that was asked, `amazon:main`. */
export type ProofResult =
  | { readonly outcome: 'accepted'; readonly account: string }
  | { readonly outcome: 'refused'; readonly account: string; readonly error: TokenctlError }
  /** What was asked said nothing of the keys, for this reason; or nobody was found to ask, and both are null. */
  | { readonly outcome: 'unproven'; readonly account: string | null; readonly error: TokenctlError | null }

/**
 * What the marketplace says of an app's keys.
 *
 * @throws {CANCELLED} when the run was stopped between two accounts · {CLOCK_WRONG} · {BUG} when it called the request
 *   malformed. What the vault throws; where that was after the marketplace accepted, the journal holds its answer.
 */
export async function proveApp(proof: AppProof, ports: RenewalPorts): Promise<ProofResult> {
  let unproven: ProofResult = { outcome: 'unproven', account: null, error: null }
  for (const { account } of await provers(proof, ports)) {
    if (proof.stop?.aborted === true) throw new TokenctlError('CANCELLED', 'Nothing was changed.')
    try {
      if (await proveWith(refOf(account), proof, ports)) return { outcome: 'accepted', account }
    } catch (error) {
      if (!isTokenctlError(error) || !isOfOneAccount(error)) return said(account, error)
      if (unproven.error === null) unproven = { outcome: 'unproven', account, error }
    }
  }
  return unproven
}

/** Whether this may be wrong with one account alone. */
function isOfOneAccount({ code }: TokenctlError): boolean {
  return ['GRANT_REJECTED', 'ANSWER_LOST', 'LOCK_HELD', 'RECORD_UNREADABLE'].includes(code)
}

/** What a failure says that every account would meet: the way to the marketplace, and the keys, are the same. */
function said(account: string, error: unknown): ProofResult {
  if (!isTokenctlError(error)) throw error
  if (error.code === 'CLIENT_REJECTED') return { outcome: 'refused', account, error }
  if (error.exit === 4) return { outcome: 'unproven', account, error }
  throw error
}

/** The app's accounts that the marketplace should know, the healthiest first. */
async function provers(
  { adapter, app }: AppProof,
  { vault, clock, policyOf, destinationOf }: RenewalPorts,
): Promise<readonly AccountHeader[]> {
  const { accounts } = await vault.listing()
  const { environment } = destinationOf(adapter)
  const [now, policy] = [clock.now(), policyOf(adapter)]
  return accounts
    .filter(header => isOf(header, adapter, app) && header.environment === environment)
    .map(header => ({ header, ...assess(header, adapter, policy, now) }))
    .filter(({ header, state }) => header.holdsToken && state !== 'rejected' && state !== 'expired')
    .sort((a, b) => gravity(b) - gravity(a) || (b.ends?.at ?? 0) - (a.ends?.at ?? 0))
    .map(({ header }) => header)
}

function gravity({ state }: Pick<ReturnType<typeof assess>, 'state'>): number {
  return ACCOUNT_STATES.indexOf(state)
}

function isOf(header: AccountHeader, { id }: MarketplaceAdapter, app: string): boolean {
  return header.account.startsWith(`${id}:`) && appOf(header) === app
}

function refOf(account: string): AccountRef {
  const { marketplace, name = '' } = parseAccount(account)
  return { marketplace, name }
}

/** Refreshes one account with the keys; false where it has, by now, nothing to ask with. @throws what came of asking */
async function proveWith(account: AccountRef, proof: AppProof, ports: RenewalPorts): Promise<boolean> {
  const { adapter, app } = proof
  return await ports.locks.hold(formatAccount(account), async () => {
    const { lostAt } = await recover(account, ports)
    const stored = await ports.vault.account(account)
    if (stored === undefined || !isOf(stored.header, adapter, app)) return false
    requireEnvironment(stored.header, adapter, ports)
    return await refreshed(account, stored, { ...proof, lostAt }, ports)
  })
}

async function refreshed(
  account: AccountRef,
  stored: StoredAccount,
  { adapter, keys, lostAt }: AppProof & { readonly lostAt: number | null },
  ports: RenewalPorts,
): Promise<boolean> {
  const { header } = stored
  const token = stored.secrets.refreshToken
  if (token === null) return false
  const now = ports.clock.now()
  const presentation = await Presentation.begin(
    { account, header, purpose: 'refresh', token, keys: [keys], adapter, now, lostAt },
    ports,
  )
  try {
    const issued = await presentation.send().catch(async (error: unknown) => {
      if (isTokenctlError(error)) await noted(stored, presentation, error, ports)
      throw error
    })
    const next = merged(stored, issued, now, adapter)
    const held = withGap(header, next.header, ports.policyOf(adapter), now)
    await presentation.store({ header: held, secrets: next.secrets }, stored.revision)
    note(header.account, adapter.refreshRenews ? 'renewed' : 'proved', null, issued.requestId, ports)
    return true
  } finally {
    presentation.close()
  }
}

/**
 * Ends a presentation that failed. The marketplace's last word on the token is written down as a renewal would; keys that
 * were refused were not the account's own, so nothing else is.
 */
async function noted(
  { header, secrets, revision }: StoredAccount,
  presentation: Presentation,
  error: TokenctlError,
  ports: RenewalPorts,
): Promise<void> {
  const { code } = error
  if (code === 'GRANT_REJECTED' || code === 'ANSWER_LOST') {
    const failed = afterFailure(header, { code, at: ports.clock.now() })
    await ports.vault.saveAccount({ header: failed, secrets }, revision)
    note(header.account, 'failed', error, error.requestId, ports)
  }
  await presentation.fail(error)
}

function note(
  subject: string,
  outcome: 'renewed' | 'proved' | 'failed',
  error: TokenctlError | null,
  requestId: string | undefined,
  { history }: RenewalPorts,
): void {
  const { code = null, failure = null } = error ?? {}
  history.note({ action: 'renew', subject, outcome, code, failure, requestId: requestId ?? null })
}
