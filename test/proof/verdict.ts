/**
 * What a trial proves or disproves. Pure: facts in; where the disturbance fell, and every promise that was broken, out.
 */
import type { Injection } from './traced.ts'
import type { Facts, Step } from './trial.ts'

/**
 * Where the run was when it was killed.
 *
 * - `before`: nothing had reached the marketplace
 * - `asked`: the marketplace had answered, and the program had not read the whole answer
 * - `in memory`: it had read the whole answer, and written nothing to a file since
 * - `written`: it had
 * - `not reached`: it never came to that call, and ended by itself
 */
export type Where = 'before' | 'asked' | 'in memory' | 'written' | 'not reached'
export const WHERES: readonly Where[] = ['before', 'asked', 'in memory', 'written', 'not reached']

/** A promise that was broken. */
export type Broken =
  | 'token lost'
  | 'not recovered'
  | 'torn record'
  | 'stuck lock'
  | 'secret in the clear'
  | 'misreported'
  | 'wrong exit'

export interface Verdict {
  readonly where: Where
  readonly broken: readonly Broken[]
  /** Whether the next run ended well. */
  readonly isRecovered: boolean
  /** Whether the next run said that the answer was lost. */
  readonly isReportedLost: boolean
  /** How often the next run asked the marketplace again. */
  readonly furtherRequests: number
}

// The answer's length may differ by a digit from that of the recorded run.
const SPARE_BYTES = 8

/** Judges a trial. `wholeBytes`: how long the marketplace's answer was in the undisturbed run. */
export function judge(facts: Facts, wholeBytes: number): Verdict {
  const where = whereOf(facts, wholeBytes)
  const [next] = facts.steps
  const isRecovered = next?.exit === 0
  const isReportedLost = next?.code === 'ANSWER_LOST' || facts.after.state === 'unconfirmed'
  const broken: readonly (Broken | false)[] = [
    isLost(facts, where) && 'token lost',
    !isRecovered && !mayBeLost(facts, where) && 'not recovered',
    (facts.after.exit !== 0 || facts.last.exit !== 0) && 'torn record',
    facts.stuck.length > 0 && 'stuck lock',
    facts.leaks.length > 0 && 'secret in the clear',
    isMisreported(facts, where) && 'misreported',
    hasWrongExit(facts) && 'wrong exit',
  ]
  return {
    where,
    broken: broken.filter(each => each !== false),
    isRecovered,
    isReportedLost,
    furtherRequests: next?.presented.length ?? 0,
  }
}

function whereOf({ hit, first, arrival }: Facts, wholeBytes: number): Where {
  if (hit === null) return 'not reached'
  if (!first.presented.some(({ next }) => next !== null)) return 'before'
  if (arrival.bytes < wholeBytes - SPARE_BYTES) return 'asked'
  return arrival.isWritten ? 'written' : 'in memory'
}

/**
 * Whether the answer may be gone for good: where the token is spent by then, and nothing could write the answer down. A
 * single error is no excuse, since a second try, or another file, takes it.
 */
function mayBeLost({ scenario, injection }: Facts, where: Where): boolean {
  // A code spends no token: the stored one is as good as before.
  if (scenario.mode.server !== 'strict' || scenario.action === 'login') return false
  if (isKill(injection)) return where === 'asked' || where === 'in memory'
  return where === 'in memory' && injection.onwards === true
}

function isKill({ what, everyone = false }: Injection): boolean {
  return what === 'SIGKILL' && !everyone
}

/** Whether a token that had been written down is gone: an older one is presented, or the last of them is refused. */
function isLost(facts: Facts, where: Where): boolean {
  const { scenario, first, steps, pasted } = facts
  const issued = first.presented.findLast(({ next }) => next !== null)?.next
  const again = steps.flatMap(({ presented }) => presented)
  if (where === 'written' && issued !== null && issued !== undefined) {
    const [asked] = again
    return asked === undefined || asked.token !== issued || asked.next === null
  }
  if (mayBeLost(facts, where) && scenario.action === 'renew') return false
  // The last command must end with a token that the marketplace takes: the pasted one, or the one before where that is spent.
  const last = again.at(-1)
  if (last === undefined || last.next === null) return true
  const isActed = where !== 'before' && where !== 'not reached'
  const isSpent = scenario.action === 'set-amazon' && scenario.mode.server === 'strict' && isActed
  return scenario.action !== 'renew' && !isSpent && !pasted.includes(last.token)
}

/** Whether an answer that never came was called something else: by `status` right after, or by the next renewal. */
function isMisreported(facts: Facts, where: Where): boolean {
  const { action, mode } = facts.scenario
  const isAwaited = isKill(facts.injection) && (where === 'asked' || where === 'in memory')
  if (!isAwaited) return false
  if (action === 'renew' && mode.belief !== 'none' && facts.after.state !== 'unconfirmed') return true
  if (action === 'login' && facts.after.state === 'unconfirmed') return true
  const [next] = facts.steps
  if (!mayBeLost(facts, where) || next === undefined || next.exit === 0) return false
  return next.code !== 'ANSWER_LOST' || !(next.exit === 3 || next.exit === 4)
}

function hasWrongExit({ injection, first, steps }: Facts): boolean {
  const isDone = isKill(injection) || (first.exit !== null && [0, 4, 5].includes(first.exit))
  return !isDone || hasStack(first.stderr) || steps.some(isOurBug)
}

function isOurBug({ exit, stderr }: Step): boolean {
  return exit === null || exit === 1 || hasStack(stderr)
}

function hasStack(text: string): boolean {
  return /^\s+at .+:\d+/m.test(text)
}
