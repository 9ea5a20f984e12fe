/**
 * One account, brought to the best state that a program can reach now. The order is what keeps tokens: lock, read
 * again, mark a rotating token as presented (which also proves that the store can be written), send, store what was
 * issued before anything else happens (I1), and only then say so.
 */
import { asTokenctlError, isTokenctlError, TokenctlError } from '../errors.ts'
import type { Exchange, MarketplaceAdapter, RefreshInput } from '../marketplaces/adapter.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import { afterFailure, withNewToken, withoutPendingToken } from '../tokens/replace.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import { type AccountHeader, type Issued, merge, type TokenSet } from '../tokens/token-set.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { assess } from './assess.ts'
import { planFor, type RenewMode } from './plan.ts'
import type { Outcome, RenewalPorts, RenewResult } from './ports.ts'
import { appKeysOf, requireEnvironment } from './preconditions.ts'
import { answerLost, sendRefresh } from './send.ts'
import { storeIssued } from './store-issued.ts'

/**
 * Renews one account. Never throws for what can happen to one account: its failure is in the result, so that it
 * cannot stop the others.
 *
 * @param seen the header as this run first read it; another generation under the lock means another run was here.
 */
export async function renewOne(
  account: AccountRef,
  seen: AccountHeader,
  mode: RenewMode,
  ports: RenewalPorts,
): Promise<RenewResult> {
  const adapter = ports.adapterOf(account.marketplace)
  const run = new OneRenewal(account, adapter, mode, ports)
  try {
    if (!seen.holdsToken) return run.result('needs-person', seen)
    return await ports.locks.hold(formatAccount(account), () => run.underLock(seen))
  } catch (error) {
    return run.failed(error)
  }
}

class OneRenewal {
  readonly #account: AccountRef
  readonly #adapter: MarketplaceAdapter
  readonly #mode: RenewMode
  readonly #ports: RenewalPorts
  /** One `now` for the account in this run (I3), read under the lock. */
  #now: EpochMs
  #exchange: Exchange<RefreshInput> | undefined
  /** The header as it is stored now, as far as this run knows. */
  #header: AccountHeader | null = null

  constructor(account: AccountRef, adapter: MarketplaceAdapter, mode: RenewMode, ports: RenewalPorts) {
    this.#account = account
    this.#adapter = adapter
    this.#mode = mode
    this.#ports = ports
    this.#now = ports.clock.now()
  }

  async underLock(seen: AccountHeader): Promise<RenewResult> {
    this.#now = this.#ports.clock.now()
    const stored = await this.#ports.vault.account(this.#account)
    if (stored === undefined) throw gone(this.#account)
    this.#header = stored.header
    if (stored.header.generation !== seen.generation && stored.header.refused === null) {
      return this.result('fresh', stored.header)
    }
    const settled = this.#settledMeanwhile(stored.header)
    if (settled !== undefined) return settled
    requireEnvironment(stored.header, this.#adapter, this.#ports)
    const keys = await appKeysOf(stored.header, this.#adapter, this.#ports)
    // Imported before anything is marked as sent: a broken installation must not leave such a mark.
    this.#exchange = await this.#adapter.refresh()
    return stored.secrets.pending === null
      ? await this.#refresh(stored, keys)
      : await this.#provePending(stored, stored.secrets.pending, keys)
  }

  /** With `--due`, what another run left behind since our first reading can mean that nobody should be asked any more. */
  #settledMeanwhile(header: AccountHeader): RenewResult | undefined {
    const policy = this.#ports.policyOf(this.#adapter)
    const plan = planFor(header, this.#mode, this.#adapter, policy, this.#now)
    if (plan === 'ask') return undefined
    if (plan === 'needs-person') return this.result('needs-person', header)
    if (header.presentedAt === null) return this.result('fresh', header)
    throw new TokenctlError(
      'LOCK_HELD',
      'Another run has sent this renewal, and its answer is still awaited.',
      {
        account: header.account,
        fix: 'A later run tries again, before the access token runs out.',
      },
    )
  }

  /** A token that was pasted when nobody could prove it goes first: it is the newer word of the seller. */
  async #provePending(stored: StoredAccount, pending: Secret, keys: AppKeys): Promise<RenewResult> {
    const candidate = withNewToken(stored, pending, stored.header.pendingAt ?? this.#now)
    let issued: Issued
    try {
      issued = await this.#send(pending, keys)
    } catch (error) {
      if (!isTokenctlError(error) || error.code !== 'GRANT_REJECTED')
        throw await this.#noted(stored, stored, error)
      const kept = await this.#save(withoutPendingToken(stored), stored.revision)
      if (kept.secrets.refreshToken === null) throw await this.#noted(kept, kept, error)
      await this.#refresh(kept, keys)
      // The old token lives, but the person must hear that the one they brought does not.
      throw pastedRefused(error)
    }
    const proved = merge(candidate, issued, this.#now, false)
    const lastAttempt = { at: this.#now, outcome: 'renewed', code: null } as const
    const next = { header: { ...proved.header, lastAttempt }, secrets: proved.secrets }
    const saved = await this.#storeIssued(next, stored.revision)
    return this.result('renewed', saved.header)
  }

  async #refresh(stored: StoredAccount, keys: AppKeys): Promise<RenewResult> {
    const token = stored.secrets.refreshToken
    if (token === null)
      throw new TokenctlError('RECORD_UNREADABLE', `${formatAccount(this.#account)} holds no token.`)
    const marked = this.#adapter.rotation === 'none' ? stored : await this.#markPresented(stored)
    let issued: Issued
    try {
      issued = await this.#send(token, keys)
    } catch (error) {
      const lost =
        isTokenctlError(error) && error.code === 'GRANT_REJECTED' && stored.header.presentedAt !== null
      throw await this.#noted(marked, stored, lost ? answerLost(error) : error)
    }
    const moves = this.#adapter.refreshRenews
    const saved = await this.#storeIssued(merge(marked, issued, this.#now, moves), marked.revision)
    return this.#accepted(saved.header)
  }

  /** What the vendor's yes is worth: with `--due` an account that still needs a person is counted as such. */
  #accepted(header: AccountHeader): RenewResult {
    const outcome = this.#adapter.refreshRenews ? 'renewed' : 'proved'
    const stillNeedsPerson = this.#assess(header).mender === 'person'
    return this.result(this.#mode === 'due' && stillNeedsPerson ? 'needs-person' : outcome, header)
  }

  async #send(refreshToken: Secret, app: AppKeys): Promise<Issued> {
    const { origin } = this.#ports.destinationOf(this.#adapter)
    const input = { app, refreshToken, now: this.#now, origin }
    return sendRefresh(
      this.#exchange ?? (await this.#adapter.refresh()),
      input,
      this.#adapter.rotation,
      this.#ports,
    )
  }

  #markPresented(stored: StoredAccount): Promise<StoredAccount> {
    const header = { ...stored.header, presentedAt: stored.header.presentedAt ?? this.#now }
    return this.#save({ header, secrets: stored.secrets }, stored.revision)
  }

  /**
   * The failure, after it was written down. A store that cannot take the note is the graver failure.
   *
   * @param before the record as it was before this try marked it.
   */
  async #noted(stored: StoredAccount, before: StoredAccount, error: unknown): Promise<unknown> {
    if (!isTokenctlError(error)) return error
    const failure = { code: error.code, at: this.#now, ambiguous: error.failure === 'ambiguous' }
    const header = afterFailure(stored.header, failure, before.header.presentedAt)
    const next: TokenSet = { header, secrets: stored.secrets }
    try {
      await this.#save(next, stored.revision)
      return error
    } catch (writeError) {
      return writeError
    }
  }

  #assess(header: AccountHeader) {
    return assess(header, this.#adapter, this.#ports.policyOf(this.#adapter), this.#now)
  }

  async #storeIssued(next: TokenSet, after: number): Promise<StoredAccount> {
    const saved = await storeIssued(this.#account, next, after, this.#ports)
    this.#header = saved.header
    return saved
  }

  async #save(next: TokenSet, after: number): Promise<StoredAccount> {
    const saved = await this.#ports.vault.saveAccount(next, after)
    this.#header = saved.header
    return saved
  }

  result(outcome: Outcome, header: AccountHeader): RenewResult {
    return { account: this.#account, outcome, error: null, header, assessment: this.#assess(header) }
  }

  failed(error: unknown): RenewResult {
    const header = this.#header
    const assessment = header === null ? null : this.#assess(header)
    return { account: this.#account, outcome: 'failed', error: asTokenctlError(error), header, assessment }
  }
}

function pastedRefused(refusal: TokenctlError): TokenctlError {
  return new TokenctlError(
    'GRANT_REJECTED',
    'The token that was pasted and waited to be proven was refused, and is removed. The one before it is kept and still accepted.',
    { fix: refusal.fix, failure: 'permanent', cause: refusal },
  )
}

function gone(account: AccountRef): TokenctlError {
  return new TokenctlError('ACCOUNT_UNKNOWN', `${formatAccount(account)} was removed meanwhile.`, {
    account: formatAccount(account),
  })
}
