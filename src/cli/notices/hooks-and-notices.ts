/**
 * What a renewal calls and tells outside of itself: hooks before and after, notices, a heartbeat. `before` comes before
 * anything is asked; all the rest when every account is stored and every lock is gone. Loaded only where there is a hook or
 * a channel. Nothing of it changes how an account came out, and only hooks that are to count change how the run ends.
 */
import { asTokenctlError } from '../../errors.ts'
import { planFor, type RenewMode } from '../../renewal/plan.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { ChannelHeader } from '../../vault/channel-header.ts'
import type { Vault } from '../../vault/vault.ts'
import { type Exit, gravest } from '../exit.ts'
import { safeLine } from '../render/safe-text.ts'
import { rulesOf } from '../rules.ts'
import { refOf } from '../selection.ts'
import type { World } from '../world.ts'
import { type Hook, hookPath, parseHooks } from './hook-file.ts'
import { type HookQueue, queueHooks } from './hook-queue.ts'
import { callAfter, callBefore } from './hook-run.ts'
import { notify } from './notify.ts'
import { askHeartbeat } from './send-notice.ts'

export interface RunOptions {
  readonly vault: Vault
  readonly channels: readonly ChannelHeader[]
  /** What the run was asked for; nothing means all. */
  readonly words: readonly string[]
  /** Whether channels are told, and heartbeats asked. */
  readonly tells: boolean
  /** Whether a hook that fails counts. */
  readonly strictHooks: boolean
}

/** The hooks and channels of one run. */
export class HooksAndNotices {
  readonly #options: RunOptions
  readonly #world: World
  readonly #hooks: readonly Hook[]
  #isHookFailed = false

  /** @throws {SETTINGS_INVALID} where hooks are to count and cannot be read; else that is told, and none is called. */
  constructor(options: RunOptions, world: World) {
    this.#options = options
    this.#world = world
    this.#hooks = this.#readHooks()
  }

  /**
   * Calls the hooks that come before, where a marketplace will be asked about anything.
   *
   * @throws {HOOK_FAILED} at the first that fails, where hooks are to count.
   */
  async before(headers: readonly AccountHeader[], mode: RenewMode): Promise<void> {
    if (!this.#hooks.some(({ when }) => when === 'before')) return
    const count = this.#countAsked(headers, mode)
    if (count === 0) return
    const isStrict = this.#options.strictHooks
    this.#tell(await callBefore(this.#hooks, { count, isStrict }, this.#world))
  }

  /** Tells and calls whatever is due after a run. @returns the run's exit status, with the hooks that count */
  async after(results: readonly RenewResult[], exit: Exit): Promise<Exit> {
    const { channels, vault, words, tells, strictHooks } = this.#options
    // First of all: of a run that is stopped here, or killed, the next one calls the hooks.
    const queue = await queueHooks({ hooks: this.#hooks, results, vault }, this.#world)
    // Whoever stops a run wants it to stop; the next one tells what is still due.
    if (this.#world.signal.aborted) return exit
    if (tells) this.#tell(await notify({ vault, channels, words, results }, this.#world))
    await this.#callHooks(queue)
    const isSpoilt = strictHooks && this.#isHookFailed
    if (tells) await this.#beat(!isSpoilt && results.every(({ outcome }) => outcome !== 'failed'))
    return isSpoilt ? gravest([exit, 4]) : exit
  }

  #readHooks(): readonly Hook[] {
    try {
      const text = this.#world.hookText()
      return text === undefined ? [] : parseHooks(text, hookPath(this.#world)).hooks
    } catch (error) {
      if (this.#options.strictHooks) throw error
      const { message, fix } = asTokenctlError(error)
      this.#tell([`No hook was called. ${message} ${fix}`])
      return []
    }
  }

  #countAsked(headers: readonly AccountHeader[], mode: RenewMode): number {
    const rules = rulesOf(this.#world.settings())
    const now = this.#world.clock.now()
    return headers.filter(header => {
      const adapter = rules.adapterOf(refOf(header).marketplace)
      return planFor(header, mode, adapter, rules.policyOf(adapter), now) === 'ask'
    }).length
  }

  async #callHooks(queue: HookQueue): Promise<void> {
    const problems = await callAfter(this.#hooks, queue, this.#world)
    this.#isHookFailed ||= problems.length > 0
    this.#tell([...queue.notes, ...problems])
  }

  async #beat(isGood: boolean): Promise<void> {
    // A run that a person watches proves nothing about those that nobody does.
    if (this.#world.terminal.isInteractive) return
    const asked = this.#options.channels.map(async ({ way, ...channel }) => {
      if (way.kind !== 'heartbeat' || (!isGood && !way.signalsFailure)) return
      try {
        await askHeartbeat({ ...channel, way }, isGood, this.#options.vault, this.#world)
      } catch (error) {
        const { message, fix } = asTokenctlError(error)
        this.#tell([`The heartbeat ${channel.name} was not taken. ${message} ${fix}`])
      }
    })
    await Promise.all(asked)
  }

  #tell(notes: readonly string[]): void {
    for (const note of notes) this.#world.terminal.err(`Note: ${safeLine(note)}\n`)
  }
}
