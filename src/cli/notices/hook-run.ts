/**
 * Calling hooks: one after the other, while no account's lock is held, each within its time. One that
 * ran out of it is not called again in the run. A failure is told, and counts only where the person asked that it does.
 */
import { asTokenctlError, TokenctlError } from '../../errors.ts'
import type { HookCall } from '../../renewal/hooks.ts'
import { rulesOf } from '../rules.ts'
import type { World } from '../world.ts'
import { type Hook, LONGEST_TIMEOUT_S } from './hook-file.ts'
import type { HookQueue } from './hook-queue.ts'
import { factsNow } from './notice-facts.ts'
import { type CallFacts, programEnvironment } from './program-environment.ts'
import { programFailure } from './send-notice.ts'

/** How the hooks of a run came out: what went wrong, in whole sentences. */
export type HookProblems = readonly string[]

/**
 * All that the hooks before a run may take together: as much as one of them may alone. A scheduled run has half an hour,
 * and what it is there for comes after them.
 */
const BEFORE_TOGETHER_S = LONGEST_TIMEOUT_S

/**
 * Calls the `before` hooks; `count` is how many accounts the run will ask about.
 *
 * @throws {HOOK_FAILED} with `isStrict`, at the first that does not end with 0 or is left out for want of time.
 */
export async function callBefore(
  hooks: readonly Hook[],
  { count, isStrict }: { readonly count: number; readonly isStrict: boolean },
  world: World,
): Promise<HookProblems> {
  const problems: string[] = []
  const complain = (words: string) => {
    if (isStrict)
      throw new TokenctlError('HOOK_FAILED', `${words} Nothing was asked, as --strict-hooks says.`)
    problems.push(words)
  }
  const began = world.clock.now()
  const waiting = hooks.filter(({ when }) => when === 'before')
  for (const [index, hook] of waiting.entries()) {
    if (world.signal.aborted) break
    const leftSeconds = BEFORE_TOGETHER_S - Math.ceil(Math.max(0, world.clock.now() - began) / 1000)
    if (leftSeconds < 1) {
      complain(leftOutWords(waiting.slice(index)))
      break
    }
    const bounded = { ...hook, timeoutSeconds: Math.min(hook.timeoutSeconds, leftSeconds) }
    const { problem } = await callHook(bounded, { event: 'before', facts: null, count, text: '' }, world)
    if (problem !== undefined) complain(`The hook ${hook.id} (before) failed: ${problem}`)
  }
  return problems
}

function leftOutWords(hooks: readonly Hook[]): string {
  const ids = hooks.map(({ id }) => id).join(', ')
  const which = hooks.length === 1 ? `The hook ${ids} (before) was` : `The hooks ${ids} (before) were`
  return `${which} not called: those before took the ${BEFORE_TOGETHER_S} s that all of them have together.`
}

/** Calls the other hooks, for what the queue owes them, in its order. Never throws. */
export async function callAfter(
  hooks: readonly Hook[],
  { calls, take }: HookQueue,
  world: World,
): Promise<HookProblems> {
  const rules = rulesOf(world.settings())
  const now = world.clock.now()
  const failures = new Failures()
  const overdue = new Set<number>()
  for (const call of calls) {
    const facts = factsNow(call, call.result, rules, now)
    const about: CallFacts = { event: call.when, facts, count: 1, text: '' }
    for (const hook of hooks.filter(({ id }) => call.hooks.includes(id) && !overdue.has(id))) {
      // Whoever stops the run has it stop here too; what was not called is called by the next.
      if (world.signal.aborted) return failures.words()
      try {
        if (!(await take(call, hook.id))) continue
      } catch (error) {
        return [...failures.words(), notTaken(hook, call, error)]
      }
      const { problem, isOverdue } = await callHook(hook, about, world)
      if (isOverdue) overdue.add(hook.id)
      if (problem !== undefined) failures.add(hook.id, failureWords(hook, call, problem, isOverdue))
    }
  }
  return failures.words()
}

/** What went wrong, by hook: the first in full, and how many more. */
class Failures {
  readonly #byHook = new Map<number, { readonly words: string; readonly more: number }>()

  add(hook: number, words: string): void {
    const before = this.#byHook.get(hook)
    this.#byHook.set(hook, before === undefined ? { words, more: 0 } : { ...before, more: before.more + 1 })
  }

  words(): readonly string[] {
    return [...this.#byHook.values()].map(({ words, more }) =>
      more === 0 ? words : `${words} It failed for ${more} more.`,
    )
  }
}

function notTaken({ id, when }: Hook, { account }: HookCall, error: unknown): string {
  const { message } = asTokenctlError(error)
  return `The hook ${id} (${when}) was not called for ${account}, nor any after it: the next run calls them. ${message}`
}

function failureWords(hook: Hook, { account }: HookCall, problem: string, isOverdue: boolean): string {
  const rest = isOverdue ? ' It is not called again in this run; the next one calls it for the others.' : ''
  return `The hook ${hook.id} (${hook.when}) failed for ${account}: ${problem}${rest}`
}

async function callHook(
  { command, timeoutSeconds }: Hook,
  call: CallFacts,
  world: World,
): Promise<{ readonly problem: string | undefined; readonly isOverdue: boolean }> {
  const programs = await world.programs()
  const timeoutMs = timeoutSeconds * 1000
  const end = await programs.run({ command, env: programEnvironment(call, world), timeoutMs })
  return { problem: programFailure(command[0] ?? '', end, timeoutMs), isOverdue: end.how === 'timed-out' }
}
