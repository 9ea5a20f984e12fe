/**
 * One account, brought to the best state that a program can reach now. The order is what keeps tokens: lock, finish what
 * a killed run left in the journal, read again, and only then present the token (`presentation.ts`, I1).
 */
import { asTokenctlError, ERROR_CODES, isTokenctlError, knownCode, TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import { afterFailure, proven, withNewToken, withoutPendingToken } from '../tokens/replace.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { AccountHeader, Issued, TokenSet } from '../tokens/token-set.ts'
import type { Purpose } from '../vault/journal-head.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { assess } from './assess.ts'
import { backingOff, UNKNOWN_CODE, waitingOut } from './back-off.ts'
import { withGap } from './gap.ts'
import { merged } from './merged.ts'
import { planFor, type RenewMode } from './plan.ts'
import type { Outcome, RenewalPorts, RenewResult } from './ports.ts'
import { appKeysOf, requireEnvironment } from './preconditions.ts'
import { Presentation } from './presentation.ts'
import { type Recovered, recover } from './recover.ts'

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
    // What a run before this one left may be its first token.
    if (!seen.holdsToken && !seen.awaitsRecovery) return run.result('needs-person', seen)
    const twin = adapter.rotation === 'none' ? undefined : ports.vault.twinOf(account)
    if (twin !== undefined) return run.refused(sharedToken(account, twin), seen)
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
  /** Whether the marketplace has accepted, so that a failure is the store's. */
  #isStoring = false
  #requestId: string | undefined
  /** Whether the history has this renewal already. */
  #isNoted = false
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
    const recovered = await recover(this.#account, this.#ports)
    const done = this.#finishedBy(recovered)
    if (done !== undefined) return done
    const stored = await this.#ports.vault.account(this.#account)
    if (stored === undefined) throw gone(this.#account)
    this.#header = stored.header
    // What this run has just finished itself was no other run's doing.
    const isOthers = recovered.stored === undefined && stored.header.generation !== seen.generation
    if (isOthers && stored.header.refused === null) return this.result('fresh', stored.header)
    const theirs = this.#mode === 'token' ? failedMeanwhile(seen, stored.header) : undefined
    if (theirs !== undefined) return this.refused(theirs, stored.header)
    const settled = this.#settledMeanwhile(stored.header)
    if (settled !== undefined) return settled
    requireEnvironment(stored.header, this.#adapter, this.#ports)
    const keys = await appKeysOf(stored.header, this.#adapter, this.#ports)
    return stored.secrets.pending === null
      ? await this.#refresh(stored, keys, recovered.lostAt)
      : await this.#provePending(stored, stored.secrets.pending, keys, recovered.pendingLostAt)
  }

  /** With `--due`, what another run left behind since our first reading can mean that nobody should be asked any more. */
  #settledMeanwhile(header: AccountHeader): RenewResult | undefined {
    const policy = this.#ports.policyOf(this.#adapter)
    const plan = planFor(header, this.#mode, this.#adapter, policy, this.#now)
    if (plan === 'ask') return undefined
    if (plan === 'needs-person') return this.result('needs-person', header)
    const held = { account: this.#account, header, assessment: this.#assess(header) }
    if (plan === 'backing-off') return backingOff(held, this.#now)
    return plan === 'answer-lost' ? waitingOut(held) : this.result('fresh', header)
  }

  /**
   * The result where the journal's answer was the renewal that is wanted now. Not where the token that it brought has
   * run out by now, nor where a pasted one still waits.
   */
  #finishedBy({ stored, outcome }: Recovered): RenewResult | undefined {
    if (stored === undefined || outcome === 'pending' || stored.secrets.pending !== null) return undefined
    const { accessExpiresAt } = stored.header
    if (accessExpiresAt === null || accessExpiresAt <= this.#now) return undefined
    this.#isNoted = true
    return this.#accepted(stored.header, outcome)
  }

  /** A token that was pasted when nobody could prove it goes first: it is the newer word of the seller. */
  async #provePending(
    stored: StoredAccount,
    pending: Secret,
    keys: readonly AppKeys[],
    lostAt: EpochMs | null,
  ): Promise<RenewResult> {
    const candidate = withNewToken(stored, pending, stored.header.pendingAt ?? this.#now)
    const presentation = await this.#present(stored, 'pending', pending, keys, lostAt)
    try {
      const issued = await presentation.send()
      const next = proven(candidate, issued, this.#now)
      return this.result('renewed', await this.#store(presentation, stored, next, issued))
    } catch (error) {
      if (!isTokenctlError(error) || !isFinal(error)) throw await this.#noted(presentation, stored, error)
      const kept = await this.#save(withoutPendingToken(stored), stored.revision)
      await presentation.end()
      if (kept.secrets.refreshToken === null) throw await this.#noted(presentation, kept, error)
      // The person must hear that the token they brought is dead, whatever becomes of the old one.
      const refused = pastedRefused(error)
      this.#ports.tell?.(`${formatAccount(this.#account)}: ${refused.message}`)
      await this.#refresh(kept, keys, null)
      throw refused
    } finally {
      presentation.close()
    }
  }

  async #refresh(
    stored: StoredAccount,
    keys: readonly AppKeys[],
    lostAt: EpochMs | null,
  ): Promise<RenewResult> {
    const token = stored.secrets.refreshToken
    if (token === null)
      throw new TokenctlError('RECORD_UNREADABLE', `${formatAccount(this.#account)} holds no token.`)
    if (lostAt !== null) this.#ports.tell?.(risk(formatAccount(this.#account)))
    const presentation = await this.#present(stored, 'refresh', token, keys, lostAt)
    try {
      const issued = await presentation.send()
      const next = merged(stored, issued, this.#now, this.#adapter)
      return this.#accepted(await this.#store(presentation, stored, next, issued))
    } catch (error) {
      throw await this.#noted(presentation, stored, error)
    } finally {
      presentation.close()
    }
  }

  /** What the vendor's yes is worth: with `--due` an account that still needs a person is counted as such. */
  #accepted(
    header: AccountHeader,
    outcome: Outcome = this.#adapter.refreshRenews ? 'renewed' : 'proved',
  ): RenewResult {
    const stillNeedsPerson = this.#assess(header).mender === 'person'
    return this.result(this.#mode === 'due' && stillNeedsPerson ? 'needs-person' : outcome, header)
  }

  #present(
    { header }: StoredAccount,
    purpose: Purpose,
    token: Secret,
    keys: readonly AppKeys[],
    lostAt: EpochMs | null,
  ): Promise<Presentation> {
    const [account, adapter, now] = [this.#account, this.#adapter, this.#now]
    return Presentation.begin({ account, header, purpose, token, keys, adapter, now, lostAt }, this.#ports)
  }

  async #store(
    presentation: Presentation,
    before: StoredAccount,
    next: TokenSet,
    { requestId }: Issued,
  ): Promise<AccountHeader> {
    const policy = this.#ports.policyOf(this.#adapter)
    const header = withGap(before.header, next.header, policy, this.#now)
    this.#isStoring = true
    const saved = await presentation.store({ header, secrets: next.secrets }, before.revision)
    this.#header = saved.header
    this.#requestId = requestId
    return saved.header
  }

  /**
   * The failure, after it was written down. A store that cannot take the note is the graver failure. What failed in
   * storing an answer is not the marketplace's failure, and its journal stays.
   */
  async #noted(presentation: Presentation, stored: StoredAccount, error: unknown): Promise<unknown> {
    if (this.#isStoring) this.#header = { ...stored.header, presentedAt: this.#now, awaitsRecovery: true }
    if (!isTokenctlError(error) || this.#isStoring) return error
    const { code, retryAfterMs } = error
    const header = afterFailure(stored.header, { code, at: this.#now, retryAfterMs })
    try {
      const saved = await this.#save({ header, secrets: stored.secrets }, stored.revision)
      const isCleared = await presentation.fail(error)
      if (isCleared) this.#header = { ...saved.header, presentedAt: null, awaitsRecovery: false }
      return error
    } catch (writeError) {
      return writeError
    }
  }

  #assess(header: AccountHeader) {
    return assess(header, this.#adapter, this.#ports.policyOf(this.#adapter), this.#now)
  }

  async #save(next: TokenSet, after: number): Promise<StoredAccount> {
    const saved = await this.#ports.vault.saveAccount(next, after)
    this.#header = saved.header
    return saved
  }

  result(outcome: Outcome, header: AccountHeader): RenewResult {
    this.#note(outcome, null)
    return { account: this.#account, outcome, error: null, header, assessment: this.#assess(header) }
  }

  /** Failed without anybody being asked, which is nothing for the history. */
  refused(error: TokenctlError, header: AccountHeader): RenewResult {
    return { account: this.#account, outcome: 'failed', error, header, assessment: this.#assess(header) }
  }

  failed(thrown: unknown): RenewResult {
    const header = this.#header
    const assessment = header === null ? null : this.#assess(header)
    const error = asTokenctlError(thrown)
    this.#note('failed', error)
    return { account: this.#account, outcome: 'failed', error, header, assessment }
  }

  #note(outcome: Outcome, error: TokenctlError | null): void {
    if (this.#isNoted) return
    this.#ports.history.note({
      action: 'renew',
      subject: formatAccount(this.#account),
      outcome,
      code: error?.code ?? null,
      failure: error?.failure ?? null,
      requestId: error?.requestId ?? this.#requestId ?? null,
    })
  }
}

/** What a person should know before a token is sent again that may be spent: docs/reliability.md, when an answer is lost. */
function risk(account: string): string {
  return `${account}: the answer to its last renewal was lost. Asking again can win it back; but where the marketplace has replaced the token, it refuses the old one, and may end the access token that still works.`
}

/** Presented under two names, a token that is replaced at each use would end the consent of both. */
function sharedToken(account: AccountRef, twin: string): TokenctlError {
  const name = formatAccount(account)
  return new TokenctlError(
    'RECORD_UNREADABLE',
    `${name} holds the same token as ${twin}, so neither is asked.`,
    {
      account: name,
      fix: 'After a rename that was cut off, the same `tokenctl accounts rename` finishes it; else remove one of them.',
    },
  )
}

/**
 * The failure of another run while this one waited for the lock, where the next may succeed: of many that want a token at
 * once, one asks, and all of them hear what came of it.
 */
function failedMeanwhile(
  seen: AccountHeader,
  { account, lastAttempt }: AccountHeader,
): TokenctlError | undefined {
  if (lastAttempt?.outcome !== 'failed' || lastAttempt.at === seen.lastAttempt?.at) return undefined
  const code = knownCode(lastAttempt.code) ?? UNKNOWN_CODE
  if (ERROR_CODES[code].exit !== 4) return undefined
  return new TokenctlError(code, `Another run asked just now, and it failed (${code}).`, {
    account,
    fix: `Try again in a moment; \`tokenctl renew ${account}\` says more.`,
  })
}

/** The marketplace's last word on a token. */
function isFinal({ code }: TokenctlError): boolean {
  return code === 'GRANT_REJECTED' || code === 'ANSWER_LOST'
}

function pastedRefused(refusal: TokenctlError): TokenctlError {
  return new TokenctlError(
    refusal.code,
    'The token that was pasted and waited to be proven was refused, and is removed. The one before it is kept.',
    { fix: refusal.fix, failure: 'permanent', cause: refusal },
  )
}

function gone(account: AccountRef): TokenctlError {
  return new TokenctlError('ACCOUNT_UNKNOWN', `${formatAccount(account)} was removed meanwhile.`, {
    account: formatAccount(account),
  })
}
