/**
 * The round of a worker: takes accounts that may need something, lets through as many as their apps may send for, renews
 * those a few at a time, and says of each when it is worth another look. What is open when the round is stopped is
 * finished; what was only taken is put back. One account's failure stops nothing; a store that fails stops the round.
 */
import { asTokenctlError, type TokenctlError } from '../errors.ts'
import type { AccountRef } from '../tokens/account.ts'
import { type EpochMs, HOUR, MINUTE } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import type { Allowance } from '../vault/fleet.ts'
import { lookAgainAt } from './look-again.ts'
import { planFor } from './plan.ts'
import type { RenewalPorts, RenewResult } from './ports.ts'
import { appOf, inOrder } from './ration.ts'
import { type Candidate, renewCandidate } from './renew-all.ts'
import type { AllowanceOf, Reservations } from './reservations.ts'
import type { Shortage, Slots } from './slots.ts'

/** What a source gave: each is the worker's own until it is put back. */
export interface Taken {
  readonly candidates: readonly Candidate[]
  /** What was taken and cannot be read. */
  readonly unreadable: readonly {
    readonly account: AccountRef
    readonly name: string
    readonly error: TokenctlError
  }[]
}

/** Where accounts come from that may need something. */
export interface WorkSource {
  /** At most so many that nobody else has taken; none when there are none now. @throws what the store throws */
  take(limit: number): Promise<Taken>
  /** Leaves these accounts (`ebay:main`) alone until then; null: they are free at once. @throws what the store throws */
  putBack(accounts: readonly string[], until: EpochMs | null): Promise<void>
}

export interface WorkOptions {
  /** Accounts at work at the same time, at least 1. */
  readonly concurrency: number
  /** Aborted when nothing new is to be begun. */
  readonly stop: AbortSignal
  /** Told of each account that was asked about, failed, or needs a person. */
  readonly onDone: (result: RenewResult) => void
  /** Told of each account that was taken and found in order. */
  readonly onLeft?: (header: AccountHeader) => void
  /** Told how many are at work now. */
  readonly onInFlight?: (count: number) => void
}

export type WorkPorts = Omit<RenewalPorts, 'quota'> & {
  readonly source: WorkSource
  readonly quota: Reservations
  readonly slots: Slots
  readonly allowanceOf: AllowanceOf
}

/** How a round ended. */
export interface RoundEnd {
  readonly taken: number
  /** Accounts that were put off for want of a refresh, by what was wanting. */
  readonly putOff: Readonly<Record<Shortage, number>>
  /** The first and last time at which one of those may be asked for want of a rate; null where there was none. */
  readonly slots: { readonly from: EpochMs; readonly to: EpochMs } | null
  /** Whether there is certainly nothing more to take now. */
  readonly isDrained: boolean
  /** Why the round was given up: the store. */
  readonly trouble: TokenctlError | null
}

/** A round takes nothing new after this long, so that somebody hears of it. */
const ROUND_MS = MINUTE
/** So many accounts at least are taken at once … */
const SMALLEST_PAGE = 16
/** … and so many are put back at once at most. */
const PUT_BACK_PAGE = 500
/** Until when is kept to this, so that those of one page are put back together. */
const ROUNDED_MS = 15_000

/** Runs one round. Never throws for the store: that is in how it ended. */
export async function workRound(options: WorkOptions, ports: WorkPorts): Promise<RoundEnd> {
  return await new Round(options, ports).run()
}

class Round {
  readonly #options: WorkOptions
  readonly #ports: WorkPorts
  readonly #begun: EpochMs
  /** Let through and not begun, in the order in which to ask. */
  readonly #queue: Candidate[] = []
  /** To be put back, by when they are worth another look. */
  readonly #back = new Map<EpochMs | null, string[]>()
  readonly #putOff = { day: 0, rate: 0 }
  #slots: { from: EpochMs; to: EpochMs } | null = null
  #feeding: Promise<void> | undefined
  #taken = 0
  #inFlight = 0
  #isDrained = false
  #trouble: TokenctlError | null = null

  constructor(options: WorkOptions, ports: WorkPorts) {
    this.#options = options
    this.#ports = ports
    this.#begun = ports.clock.now()
  }

  async run(): Promise<RoundEnd> {
    await Promise.all(Array.from({ length: this.#options.concurrency }, () => this.#runner()))
    await this.#feeding
    for (const { account, header } of this.#queue.splice(0)) {
      this.#ports.quota.done(account.marketplace, appOf(header))
      this.#putBack(header.account, null)
    }
    await this.#guarded(async () => {
      await this.#flush()
      await this.#ports.quota.giveBack()
    })
    return {
      taken: this.#taken,
      putOff: this.#putOff,
      slots: this.#slots,
      isDrained: this.#isDrained,
      trouble: this.#trouble,
    }
  }

  async #runner(): Promise<void> {
    for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
      this.#options.onInFlight?.(++this.#inFlight)
      const result = await renewCandidate(next, { mode: 'due', rationed: false }, this.#ports)
      this.#options.onInFlight?.(--this.#inFlight)
      this.#ports.quota.done(next.account.marketplace, appOf(next.header))
      this.#done(next, result)
    }
  }

  async #next(): Promise<Candidate | undefined> {
    for (;;) {
      if (this.#options.stop.aborted || this.#trouble !== null) return undefined
      const next = this.#queue.shift()
      // Taken ahead, so that nobody waits for the store while there is something to ask.
      const isLow = this.#queue.length < this.#options.concurrency
      if (next !== undefined) {
        if (isLow) void this.#feed()
        return next
      }
      if (!this.#mayTake()) return undefined
      await this.#feed()
    }
  }

  #mayTake(): boolean {
    return !this.#isDrained && this.#ports.clock.now() - this.#begun < ROUND_MS
  }

  /** Takes one page, once at a time. */
  #feed(): Promise<void> {
    if (!this.#mayTake() || this.#trouble !== null) return Promise.resolve()
    this.#feeding ??= this.#guarded(() => this.#takePage()).finally(() => {
      this.#feeding = undefined
    })
    return this.#feeding
  }

  async #takePage(): Promise<void> {
    const { source } = this.#ports
    await this.#flush()
    const taken = await source.take(Math.max(SMALLEST_PAGE, this.#options.concurrency * 2))
    this.#taken += taken.candidates.length + taken.unreadable.length
    if (taken.candidates.length + taken.unreadable.length === 0) {
      this.#isDrained = true
      return
    }
    for (const { account, name, error } of taken.unreadable) {
      this.#options.onDone({ account, outcome: 'failed', error, header: null, assessment: null })
      this.#putBack(name, this.#ports.clock.now() + UNREADABLE_MS)
    }
    const wanting = new Map<string, Candidate[]>()
    for (const candidate of taken.candidates) {
      const plan = this.#planOf(candidate)
      if (plan === 'ask') {
        const { account, header } = candidate
        const app = `${account.marketplace}:${appOf(header)}`
        const those = wanting.get(app)
        if (those === undefined) wanting.set(app, [candidate])
        else those.push(candidate)
        continue
      }
      // Nobody is asked for these: how they come out is told, and nothing is waited for.
      this.#done(candidate, await renewCandidate(candidate, { mode: 'due', rationed: false }, this.#ports))
    }
    for (const each of wanting.values()) await this.#letThrough(each)
  }

  #planOf({ account, header }: Candidate) {
    try {
      const adapter = this.#ports.adapterOf(account.marketplace)
      return planFor(header, 'due', adapter, this.#ports.policyOf(adapter), this.#ports.clock.now())
    } catch {
      // Its own turn fails, and says why.
      return undefined
    }
  }

  /** Candidates of one app: as many as it may send for, the most urgent first; the others are put off. */
  async #letThrough(candidates: readonly Candidate[]): Promise<void> {
    const [first] = candidates
    if (first === undefined) return
    const { quota, allowanceOf, slots, clock } = this.#ports
    const [marketplace, app] = [first.account.marketplace, appOf(first.header)]
    const granted = await quota.reserve(marketplace, app, candidates.length)
    const known = { left: () => granted, used: () => {} }
    const ordered = inOrder(candidates, { ...this.#ports, quota: known }).map(([, candidate]) => candidate)
    this.#queue.push(...ordered.slice(0, granted))
    const others = ordered.slice(granted)
    const allowance: Allowance | undefined = allowanceOf(marketplace, app)
    if (others.length === 0 || allowance === undefined) return
    const { until, shortage } = await slots.give(allowance, others.length, clock.now())
    this.#putOff[shortage] += others.length
    for (const [index, { header }] of others.entries()) this.#putBack(header.account, until[index] ?? null)
    const [from, to] = [until[0], until.at(-1)]
    if (shortage === 'day' || from === undefined || to === undefined) return
    this.#slots = { from: Math.min(from, this.#slots?.from ?? from), to: Math.max(to, this.#slots?.to ?? to) }
  }

  #done(candidate: Candidate, result: RenewResult | undefined): void {
    const header = result?.header ?? candidate.header
    if (result === undefined) this.#options.onLeft?.(header)
    // Another is at it, and says what comes of it.
    else if (result.error?.code !== 'LOCK_HELD') this.#options.onDone(result)
    if (result?.error != null && isOfStore(result.error)) this.#trouble ??= result.error
    this.#putBack(header.account, this.#until(candidate, header, result))
  }

  #until({ account }: Candidate, header: AccountHeader, result: RenewResult | undefined): EpochMs | null {
    const now = this.#ports.clock.now()
    try {
      const adapter = this.#ports.adapterOf(account.marketplace)
      const policy = this.#ports.policyOf(adapter)
      const until = lookAgainAt({ header, result, adapter, policy, now })
      return until === null ? null : Math.ceil(until / ROUNDED_MS) * ROUNDED_MS
    } catch {
      return now + UNREADABLE_MS
    }
  }

  #putBack(account: string, until: EpochMs | null): void {
    const those = this.#back.get(until)
    if (those === undefined) this.#back.set(until, [account])
    else those.push(account)
  }

  async #flush(): Promise<void> {
    const all = [...this.#back]
    this.#back.clear()
    for (const [until, accounts] of all) {
      for (let from = 0; from < accounts.length; from += PUT_BACK_PAGE)
        await this.#ports.source.putBack(accounts.slice(from, from + PUT_BACK_PAGE), until)
    }
  }

  /** What the store throws ends the round: claims lapse by themselves, and nothing that was begun is left. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#trouble ??= asTokenctlError(error)
    }
  }
}

/** A record that cannot be read, or a marketplace that nobody knows: a person has to see to it. */
const UNREADABLE_MS = 4 * HOUR

/** Whether it is the store that fails, and not one record in it. */
function isOfStore({ code, exit }: TokenctlError): boolean {
  return exit === 5 && code !== 'RECORD_UNREADABLE'
}
