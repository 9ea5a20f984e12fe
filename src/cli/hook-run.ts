/**
 * Calling hooks: one after the other, while no account's lock is held, each within its time. One that
 * ran out of it is not called again in the run. A failure is told, and counts only where the person asked that it does.
 */
import { TokenctlError } from '../errors.ts'
import type { HookCall, HookTime } from '../renewal/hooks.ts'
import type { Hook } from './hook-file.ts'
import { factsNow } from './notice-facts.ts'
import { type CallFacts, programEnvironment } from './program-environment.ts'
import { rulesOf } from './rules.ts'
import { programFailure } from './send-notice.ts'
import type { World } from './world.ts'

/** How the hooks of a run came out: what went wrong, in whole sentences. */
export type HookProblems = readonly string[]

/**
 * Calls the `before` hooks; `count` is how many accounts the run will ask about.
 *
 * @throws {HOOK_FAILED} with `isStrict`, at the first that does not end with 0.
 */
export async function callBefore(
  hooks: readonly Hook[],
  { count, isStrict }: { readonly count: number; readonly isStrict: boolean },
  world: World,
): Promise<HookProblems> {
  const problems: string[] = []
  for (const hook of hooks.filter(({ when }) => when === 'before')) {
    const { problem } = await callHook(hook, { event: 'before', facts: null, count, text: '' }, world)
    if (problem === undefined) continue
    const words = `The hook ${hook.id} (before) failed: ${problem}`
    if (isStrict)
      throw new TokenctlError('HOOK_FAILED', `${words} Nothing was asked, as --strict-hooks says.`)
    problems.push(words)
  }
  return problems
}

/** Calls the other hooks, for these calls in their order. Never throws. */
export async function callAfter(
  hooks: readonly Hook[],
  calls: readonly HookCall[],
  world: World,
): Promise<HookProblems> {
  const rules = rulesOf(world.settings())
  const now = world.clock.now()
  const failures = new Map<number, { readonly words: string; readonly more: number }>()
  const overdue = new Set<number>()
  for (const call of calls) {
    if (world.signal.aborted) break
    const facts = factsNow(call, call.result, rules, now)
    const about: CallFacts = { event: call.when, facts, count: 1, text: '' }
    for (const hook of hooks.filter(({ when, id }) => when === call.when && !overdue.has(id))) {
      const { problem, isOverdue } = await callHook(hook, about, world)
      if (isOverdue) overdue.add(hook.id)
      if (problem === undefined) continue
      const before = failures.get(hook.id)
      const words = before?.words ?? failureWords(hook, call, problem, isOverdue)
      failures.set(hook.id, { words, more: before === undefined ? 0 : before.more + 1 })
    }
  }
  return [...failures.values()].map(({ words, more }) =>
    more === 0 ? words : `${words} It failed for ${more} more.`,
  )
}

function failureWords(hook: Hook, { account }: HookCall, problem: string, isOverdue: boolean): string {
  const rest = isOverdue ? ' It is not called again in this run.' : ''
  return `The hook ${hook.id} (${hook.when}) failed for ${account}: ${problem}${rest}`
}

async function callHook(
  { command, timeoutSeconds }: Hook,
  call: CallFacts & { readonly event: HookTime | string },
  world: World,
): Promise<{ readonly problem: string | undefined; readonly isOverdue: boolean }> {
  const programs = await world.programs()
  const timeoutMs = timeoutSeconds * 1000
  const end = await programs.run({ command, env: programEnvironment(call, world), timeoutMs })
  return { problem: programFailure(command[0] ?? '', end, timeoutMs), isOverdue: end.how === 'timed-out' }
}
