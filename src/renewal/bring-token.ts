/**
 * A token that a person brings (`set-amazon`): proved by a real exchange before it replaces anything. The old one is
 * used until then and kept inside the record after. What cannot be proved now is kept beside it, as pending.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import { withNewToken, withPendingToken } from '../tokens/replace.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import { type AccountHeader, type Issued, merge, type Region, type TokenSet } from '../tokens/token-set.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { changesApp, recordFor } from './brought-record.ts'
import { withGap } from './gap.ts'
import type { RenewalPorts } from './ports.ts'
import { appKeysOf, requireEnvironment } from './preconditions.ts'
import { Presentation } from './presentation.ts'
import { recover } from './recover.ts'

export interface Brought {
  readonly account: AccountRef
  readonly token: Secret
  /** The app whose keys prove it; null keeps the account's own, or `default`. */
  readonly app: string | null
  /** Null keeps the account's own. */
  readonly region: Region | null
}

export interface BroughtResult {
  /** `stored`: proved and in use · `pending`: kept, unproven, for the reason in `error`. */
  readonly outcome: 'stored' | 'pending'
  readonly error: TokenctlError | null
  readonly header: AccountHeader
}

/**
 * Stores a token that a person brought.
 *
 * @throws {GRANT_REJECTED} when the marketplace refuses it; {USAGE} when it is the one that is stored already;
 *   {ENVIRONMENT_MISMATCH} when the stored one belongs elsewhere.
 *   Nothing is changed then, nor where a token of another app than the stored one's cannot be proven now.
 *   Also what the vault and the lock throw.
 */
export async function bringToken(brought: Brought, ports: RenewalPorts): Promise<BroughtResult> {
  const { account } = brought
  const adapter = ports.adapterOf(account.marketplace)
  return ports.locks.hold(formatAccount(account), async () => {
    const now = ports.clock.now()
    // What was cut off before may be this very token.
    await recover(account, ports)
    const stored = await ports.vault.account(account)
    // A shop that was only tracked by its dates has nothing that belongs anywhere yet.
    if (stored?.header.holdsToken === true) requireEnvironment(stored.header, adapter, ports)
    if (stored?.secrets.refreshToken?.equals(brought.token) === true && stored.header.refused === null) {
      throw sameToken(account)
    }
    const { environment } = ports.destinationOf(adapter)
    const before = recordFor(account, stored, brought, environment)
    const bringing = new Bringing({ brought, adapter, now, stored, before }, ports)
    try {
      const result = await bringing.result()
      bringing.note(result.outcome, result.error)
      return result
    } catch (error) {
      if (isTokenctlError(error)) bringing.note('failed', error)
      throw error
    }
  })
}

interface Attempt {
  readonly brought: Brought
  readonly adapter: MarketplaceAdapter
  readonly now: EpochMs
  readonly stored: StoredAccount | undefined
  /** The record that the token goes into. */
  readonly before: TokenSet
}

class Bringing {
  readonly #attempt: Attempt
  readonly #ports: RenewalPorts
  #requestId: string | undefined

  constructor(attempt: Attempt, ports: RenewalPorts) {
    this.#attempt = attempt
    this.#ports = ports
  }

  note(outcome: BroughtResult['outcome'] | 'failed', error: TokenctlError | null): void {
    this.#ports.history.note({
      // The one command that brings a token; another marketplace's would be another word here.
      action: 'set-amazon',
      subject: formatAccount(this.#attempt.brought.account),
      outcome,
      code: error?.code ?? null,
      failure: error?.failure ?? null,
      requestId: error?.requestId ?? this.#requestId ?? null,
    })
  }

  async result(): Promise<BroughtResult> {
    const { brought, adapter, before } = this.#attempt
    let keys: readonly AppKeys[]
    try {
      keys = await appKeysOf(before.header, adapter, this.#ports)
    } catch (error) {
      return await this.#pending(keptDespite(error))
    }
    const { account, token } = brought
    const { now } = this.#attempt
    const presentation = await Presentation.begin(
      { account, header: before.header, purpose: 'brought', token, keys, adapter, now, lostAt: null },
      this.#ports,
    )
    try {
      return await this.#proved(presentation)
    } finally {
      presentation.close()
    }
  }

  async #proved(presentation: Presentation): Promise<BroughtResult> {
    const { brought, adapter, now, stored, before } = this.#attempt
    let issued: Issued
    try {
      issued = await presentation.send()
      this.#requestId = issued.requestId
    } catch (error) {
      // A refused token, and one that cannot be kept, must not be found again by the next run.
      const result = await this.#pendingOrEnd(error, presentation)
      await presentation.end()
      return result
    }
    const next = merge(withNewToken(before, brought.token, now), issued, now, true)
    const header = withGap(before.header, next.header, this.#ports.policyOf(adapter), now)
    const after = stored?.revision ?? null
    const saved = await presentation.store({ header, secrets: next.secrets }, after)
    return { outcome: 'stored', error: null, header: saved.header }
  }

  async #pendingOrEnd(error: unknown, presentation: Presentation): Promise<BroughtResult> {
    try {
      return await this.#pending(keptDespite(error))
    } catch (reason) {
      if (isTokenctlError(reason) && reason.exit !== 5) await presentation.end()
      throw reason
    }
  }

  /** The token kept beside the stored one, unproven, for this reason. */
  async #pending(reason: TokenctlError): Promise<BroughtResult> {
    const { brought, now, stored, before } = this.#attempt
    if (changesApp(stored, before)) throw notKept(reason, brought.account)
    const pending = withPendingToken(before, brought.token, now)
    const saved = await this.#ports.vault.saveAccount(pending, stored?.revision ?? null)
    const header = { ...saved.header, presentedAt: null, awaitsRecovery: false }
    return { outcome: 'pending', error: reason, header }
  }
}

/** The failure, where it speaks against the way to the marketplace and not against the token or the vault; else thrown. */
function keptDespite(error: unknown): TokenctlError {
  const keeps = isTokenctlError(error) && error.failure !== undefined && error.failure !== 'permanent'
  if (keeps) return error
  throw error
}

function notKept(proof: TokenctlError, account: AccountRef): TokenctlError {
  return new TokenctlError(
    proof.code,
    `${proof.message} The new token was not kept: it is of another app than the stored one.`,
    { account: formatAccount(account), fix: `${proof.fix} Then paste the token again.`, cause: proof },
  )
}

function sameToken(account: AccountRef): TokenctlError {
  const name = formatAccount(account)
  return new TokenctlError('USAGE', `This is the token that ${name} holds already.`, {
    account: name,
    fix: `Get a new one as described above. If the seller did authorize again and was shown the same token, record that with \`tokenctl renewed ${name}\`.`,
  })
}
