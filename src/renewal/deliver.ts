/**
 * Handing an account's newest tokens on, and remembering what arrived. It comes after everything else: after the renewal
 * is stored and the account's lock is gone, so that no receiver, however slow or broken, can touch a renewal. At least
 * once: a run that is killed between handing over and remembering hands over again, under the same id.
 */
import { asTokenctlError, TokenctlError } from '../errors.ts'
import type { Locks } from '../platform/file-lock.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import {
  type Delivery,
  type DeliverySecrets,
  withDelivered,
  withDeliveryFailure,
} from '../tokens/delivery.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { deliverAgainAt, deliveryState } from './delivery-state.ts'
import { type RecoverPorts, recover } from './recover.ts'

/** What is handed over: one generation of an account's tokens. */
export interface HandOver {
  readonly stored: StoredAccount
  readonly delivery: Delivery
  readonly way: DeliverySecrets
  /** When it was asked for anew, of what had arrived before; null for everything else. */
  readonly again: EpochMs | null
}

export interface DeliverPorts extends RecoverPorts {
  readonly locks: Locks
  /**
   * Hands tokens over; resolves once they were taken.
   *
   * @throws {DELIVERY_PENDING} when it may be tried again · {DELIVERY_FAILED} when a person must act first
   */
  readonly handOver: (what: HandOver) => Promise<void>
}

/**
 * `due` keeps to pauses and refusals, as a run that nobody watches; `named` tries now whatever failed before; `again` hands
 * over what has arrived already, too.
 */
export type DeliverMode = 'due' | 'named' | 'again'

/**
 * - `delivered`: the receiver took it now
 * - `already`: it had arrived before, or nothing is handed on any more
 * - `waiting`: not tried now, for the reason in `error`
 * - `failed`: `error` says why
 */
export interface DeliverResult {
  readonly account: AccountRef
  readonly outcome: 'delivered' | 'already' | 'waiting' | 'failed'
  readonly error: TokenctlError | null
  /** As it is stored now, as far as is known; null when it could not be read. */
  readonly header: AccountHeader | null
}

/** Hands one account's tokens on. Never throws for what can happen to one account: its failure is in the result. */
export async function deliverOne(
  account: AccountRef,
  mode: DeliverMode,
  ports: DeliverPorts,
): Promise<DeliverResult> {
  const name = formatAccount(account)
  try {
    // A lock of its own: a receiver may take half a minute, and no renewal may have to wait for it.
    return await ports.locks.hold(`deliver-${name}`, () => new OneDelivery(account, mode, ports).run())
  } catch (error) {
    return { account, outcome: 'failed', error: asTokenctlError(error), header: null }
  }
}

class OneDelivery {
  readonly #account: AccountRef
  readonly #name: string
  readonly #mode: DeliverMode
  readonly #ports: DeliverPorts
  /** One `now` for the account in this run (I3). */
  readonly #now: EpochMs

  constructor(account: AccountRef, mode: DeliverMode, ports: DeliverPorts) {
    this.#account = account
    this.#name = formatAccount(account)
    this.#mode = mode
    this.#ports = ports
    this.#now = ports.clock.now()
  }

  async run(): Promise<DeliverResult> {
    const stored = await this.#ports.locks.hold(this.#name, async () => {
      // What a run before this one left may be the newest token.
      await recover(this.#account, this.#ports)
      return await this.#ports.vault.account(this.#account)
    })
    const delivery = stored?.header.delivery ?? null
    if (stored === undefined || delivery === null) return this.#result('already', stored?.header ?? null)
    const isThere = deliveryState(stored.header) === 'delivered'
    if (isThere && this.#mode !== 'again') return this.#result('already', stored.header)
    const kept = this.#mode === 'due' ? whyNotNow(stored.header, delivery, this.#now) : undefined
    const unfit = kept ?? whyNothingToHandOver(stored, delivery, this.#now)
    if (unfit !== undefined) return this.#result('waiting', stored.header, unfit)
    const way = stored.secrets.delivery
    if (way === null)
      throw new TokenctlError(
        'RECORD_UNREADABLE',
        `${this.#name}: where its tokens go is not in its record.`,
        {
          account: this.#name,
          fix: `Set it up anew for ${this.#name}: \`tokenctl accounts deliver-to --help\` says how.`,
        },
      )
    const again = isThere ? this.#now : null
    return await this.#handOver({ stored, delivery, way, again })
  }

  async #handOver(what: HandOver): Promise<DeliverResult> {
    const { stored, delivery } = what
    const { generation } = stored.header
    try {
      await this.#ports.handOver(what)
    } catch (thrown) {
      const error = asTokenctlError(thrown)
      this.#note(error)
      // Only what the receiver said or did speaks of it; a bug of ours must not silence it until a person acts.
      const isIts = error.code === 'DELIVERY_PENDING' || error.code === 'DELIVERY_FAILED'
      const header = isIts
        ? await this.#remember(stored, before => withDeliveryFailure(before, error, this.#ports.clock.now()))
        : stored.header
      return this.#result('failed', header, error)
    }
    this.#note(null)
    const at = this.#ports.clock.now()
    const header = await this.#remember(stored, before => withDelivered(before, generation, at)).catch(
      (error: unknown) => Promise.reject(notRemembered(asTokenctlError(error), delivery)),
    )
    return this.#result('delivered', header)
  }

  /** Writes down what became of it, in whatever the record is by now; nothing where it was set up anew meanwhile. */
  async #remember(
    { header: { delivery: known } }: StoredAccount,
    change: (before: Delivery) => Delivery,
  ): Promise<AccountHeader | null> {
    const { locks, vault } = this.#ports
    return await locks.hold(this.#name, async () => {
      const stored = await vault.account(this.#account)
      const before = stored?.header.delivery ?? null
      if (stored === undefined || before === null || before.setAt !== known?.setAt)
        return stored?.header ?? null
      const header = { ...stored.header, delivery: change(before) }
      return (await vault.saveAccount({ header, secrets: stored.secrets }, stored.revision)).header
    })
  }

  #result(
    outcome: DeliverResult['outcome'],
    header: AccountHeader | null,
    error: TokenctlError | null = null,
  ): DeliverResult {
    return { account: this.#account, outcome, error, header }
  }

  #note(error: TokenctlError | null): void {
    this.#ports.history.note({
      action: 'deliver',
      subject: this.#name,
      outcome: error === null ? 'done' : 'failed',
      code: error?.code ?? null,
      failure: null,
      requestId: null,
    })
  }
}

/** Why a run that nobody watches leaves it alone now. */
function whyNotNow(header: AccountHeader, delivery: Delivery, now: EpochMs): TokenctlError | undefined {
  const { account } = header
  if (deliveryState(header) === 'failed')
    return new TokenctlError(
      'DELIVERY_FAILED',
      `Not tried: it failed before, and ${delivery.target} has to be mended.`,
      {
        account,
      },
    )
  if (deliverAgainAt(delivery, now) === null) return undefined
  return new TokenctlError('DELIVERY_PENDING', `Not tried now: ${delivery.target} failed again and again.`, {
    account,
  })
}

/** Why there is nothing that would be of use where it goes. */
function whyNothingToHandOver(
  { header, secrets }: StoredAccount,
  { tokens }: Delivery,
  now: EpochMs,
): TokenctlError | undefined {
  const { account, refused, presentedAt, accessExpiresAt } = header
  const first = `Then \`tokenctl deliver ${account}\`.`
  if (tokens.includes('refresh')) {
    if (refused !== null)
      return new TokenctlError(
        refused.code,
        'Not delivered: the marketplace has refused its refresh token.',
        {
          account,
          fix: `The seller must consent again. ${first}`,
        },
      )
    if (presentedAt !== null || secrets.refreshToken === null)
      return unready(account, 'nobody knows whether its refresh token is still good')
  }
  if (!tokens.includes('access')) return undefined
  if (secrets.accessToken === null || accessExpiresAt === null)
    return unready(account, 'no access token of it is stored')
  return accessExpiresAt <= now ? unready(account, 'its access token has run out') : undefined
}

function unready(account: string, why: string): TokenctlError {
  return new TokenctlError('DELIVERY_PENDING', `Not delivered: ${why}.`, {
    account,
    fix: `Get one that works: \`tokenctl renew ${account}\` delivers it, too.`,
  })
}

function notRemembered(error: TokenctlError, { target }: Delivery): TokenctlError {
  return new TokenctlError(
    error.code,
    `${target} took it, but that could not be written down: ${error.message}`,
    { fix: `${error.fix} It is delivered again then, under the same id.`, cause: error },
  )
}
