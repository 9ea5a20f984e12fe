/**
 * The calls of hooks that are owed, between a run and the next: written down before the first is made, and each taken off
 * just before it is made. So a hook is called at most once for each thing that happened, by whichever run comes to it.
 */
import { asTokenctlError } from '../../errors.ts'
import { type OwedCalls, owedCalls, withOwed, withoutOwed } from '../../renewal/hooks.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import type { Vault } from '../../vault/vault.ts'
import type { World } from '../world.ts'
import type { Hook } from './hook-file.ts'
import { readNoticeMarks, requireNoticeMarks } from './notice-marks.ts'

/** The calls that a run is to make. */
export interface HookQueue {
  readonly calls: readonly OwedCalls[]
  /** What to say of them, in whole sentences. */
  readonly notes: readonly string[]
  /**
   * Takes one call off, to be made at once by whoever took it; false where another run took it.
   *
   * @throws {LOCK_HELD} · {WRITE_FAILED} · {VAULT_UNAVAILABLE} · {RECORD_UNREADABLE} where that cannot be written down: it stays owed.
   */
  readonly take: (call: OwedCalls, hook: number) => Promise<boolean>
}

/** What a queue is made of. */
export interface HookRun {
  readonly hooks: readonly Hook[]
  readonly results: readonly RenewResult[]
  readonly vault: Vault
}

const NOTHING: HookQueue = { calls: [], notes: [], take: async () => false }

/** Writes down what is owed after a run. Never throws. */
export async function queueHooks({ hooks, results, vault }: HookRun, world: World): Promise<HookQueue> {
  if (hooks.every(({ when }) => when === 'before')) return NOTHING
  const idsOf = (when: Hook['when']) => hooks.filter(each => each.when === when).map(({ id }) => id)
  const now = world.clock.now()
  try {
    return await world.locks.hold('notices', async () => {
      const listing = await vault.listing()
      const { marks, note } = readNoticeMarks(world)
      marks.keepOnly(listing)
      const marksOf = (account: string) => marks.of(keyOf(account))
      const calls = owedCalls({ results, headers: listing.accounts, marksOf, idsOf }, now)
      for (const call of calls) marks.set(keyOf(call.account), withOwed(marksOf(call.account), call, now))
      if (calls.length > 0) marks.save()
      return { calls, notes: note === null ? [] : [note], take: (call, hook) => take(call, hook, world) }
    })
  } catch (error) {
    const { message } = asTokenctlError(error)
    // What this run did itself is known to nobody else, so that it is called for once all the same.
    const calls = owedCalls({ results, headers: [], marksOf: () => [], idsOf }, now)
    const notes = [`Which hooks are owed a call could not be written down. ${message}`]
    return { calls, notes, take: async () => true }
  }
}

async function take(call: OwedCalls, hook: number, world: World): Promise<boolean> {
  return await world.locks.hold('notices', async () => {
    const marks = requireNoticeMarks(world)
    const after = withoutOwed(marks.of(keyOf(call.account)), call, hook)
    if (after === undefined) return false
    marks.set(keyOf(call.account), after)
    marks.save()
    return true
  })
}

function keyOf(account: string): string {
  return `account/${account}`
}
