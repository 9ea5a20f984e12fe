/**
 * What follows a worker's renewals: tokens are handed on after each round; hooks, notices and heartbeats, and the note of
 * when accounts were last looked after, follow a few rounds at once, since each of them looks at every account there is.
 * Nothing of it changes a renewal.
 */
import { asTokenctlError, isTokenctlError } from '../../errors.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import { type EpochMs, MINUTE } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { ChannelHeader } from '../../vault/channel-header.ts'
import type { Vault } from '../../vault/vault.ts'
import { deliverRenewed } from '../delivery/deliver-renewed.ts'
import { type Exit, gravest } from '../exit.ts'
import { safeLine } from '../render/safe-text.ts'
import { exitOf } from '../renewing/result-exit.ts'
import { noteRun } from '../schedules/run-note.ts'
import type { World } from '../world.ts'

/** Hooks and channels are looked after so often at most … */
const EVERY_MS = 15 * MINUTE
/** … or when so many results wait for them, which are kept until then. */
const MOST_RESULTS = 5000

export interface AfterOptions {
  /** Whether channels are told and hooks called. */
  readonly tells: boolean
  /** Whether each account whose tokens arrived is a line on standard output. */
  readonly says: boolean
}

export class AfterRounds {
  readonly #options: AfterOptions
  readonly #world: World
  /** What hands its tokens on and was looked at in this round. */
  #handing: AccountHeader[] = []
  #results: RenewResult[] = []
  /** Over which the last round went. */
  #vault: Vault | undefined
  #last: EpochMs | null = null
  #begun: EpochMs

  constructor(options: AfterOptions, world: World) {
    this.#options = options
    this.#world = world
    this.#begun = world.clock.now()
  }

  /** An account that came out. */
  done(result: RenewResult): void {
    if (result.header != null) this.left(result.header)
    if (this.#options.tells) this.#results.push(result)
  }

  /** An account that was found in order. */
  left(header: AccountHeader): void {
    if (header.delivery !== null) this.#handing.push(header)
  }

  /** Hands on what the round brought, and looks after the rest where its time has come. Never throws. */
  async round(vault: Vault): Promise<void> {
    this.#vault = vault
    const headers = this.#handing
    this.#handing = []
    await this.#quietly(() => deliverRenewed({ headers, says: this.#options.says }, this.#world))
    const now = this.#world.clock.now()
    const isTime = this.#last === null || now - this.#last >= EVERY_MS || this.#results.length >= MOST_RESULTS
    if (isTime) await this.#follow(vault, now)
  }

  /** Looks after what still waits: of a worker that is stopped, the next run calls the hooks. Never throws. */
  async end(): Promise<void> {
    if (this.#vault !== undefined && this.#results.length > 0)
      await this.#follow(this.#vault, this.#world.clock.now())
  }

  async #follow(vault: Vault, now: EpochMs): Promise<void> {
    this.#last = now
    const results = this.#results
    this.#results = []
    const exit = gravest(results.map(exitOf))
    await this.#quietly(() => this.#tell(vault, results, exit))
    noteRun(exit, this.#world, this.#begun)
    this.#begun = now
  }

  async #tell(vault: Vault, results: readonly RenewResult[], exit: Exit): Promise<void> {
    if (!this.#options.tells) return
    const channels: ChannelHeader[] = []
    for await (const page of vault.pages({ kinds: ['channel'] })) channels.push(...page.channels)
    if (channels.length === 0 && !this.#hasHooks()) return
    const { isWithinCall } = await import('../notices/program-environment.ts')
    if (isWithinCall(this.#world)) return
    const { HooksAndNotices } = await import('../notices/hooks-and-notices.ts')
    const run = { vault, channels, words: [], tells: true, strictHooks: false }
    await new HooksAndNotices(run, this.#world).after(results, exit)
  }

  #hasHooks(): boolean {
    try {
      return this.#world.hookText() !== undefined
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return true
    }
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const { message, fix } = asTokenctlError(error)
      this.#world.terminal.err(`Note: ${safeLine(`${message} ${fix}`)}\n`)
    }
  }
}
