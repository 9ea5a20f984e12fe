/**
 * Round after round, until a worker is stopped or (`--once`) nothing is due any more. A store that does not answer ends
 * nothing: it is told once and tried again, later each time. A program that was replaced ends: what starts it again starts the
 * new one.
 */
import { asTokenctlError, type TokenctlError } from '../../errors.ts'
import type { RenewResult } from '../../renewal/ports.ts'
import { type RoundEnd, workRound } from '../../renewal/work.ts'
import { MINUTE, SECOND } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { type Exit, gravest } from '../exit.ts'
import { exitOf } from '../renewing/result-exit.ts'
import type { World } from '../world.ts'
import type { AfterRounds } from './after-rounds.ts'
import type { Bench } from './bench.ts'
import type { WorkerManner } from './manner.ts'
import type { WorkerReport } from './report.ts'
import type { Tally } from './tally.ts'

export interface LoopParts {
  readonly manner: WorkerManner
  /** What to work with now; undefined while nothing is stored. @throws what the store throws */
  readonly bench: () => Promise<Bench | undefined>
  readonly tally: Tally
  readonly report: WorkerReport
  readonly after: AfterRounds
  readonly stop: AbortSignal
}

type Surroundings = Pick<World, 'clock' | 'random'>

/** The first wait for a store that does not answer, twice as long each time … */
const FIRST_WAIT_MS = SECOND
/** … up to this. */
const LONGEST_WAIT_MS = MINUTE
/** With `--once`, whoever started it hears of such a store after so many tries. */
const TRIES_ONCE = 5
/** Machines that were started together must not come round together. */
const JITTER = 0.2

const NOTHING: RoundEnd = {
  taken: 0,
  putOff: { day: 0, rate: 0 },
  slots: null,
  isDrained: true,
  trouble: null,
}

/**
 * @returns with `--once` what the accounts' results are worth; else 0. A person's own stop is the caller's to tell.
 * @throws what the store throws, at the end of the tries of `--once` · {PROGRAM_REPLACED}
 */
export async function workLoop(parts: LoopParts, world: Surroundings): Promise<Exit> {
  const { manner, tally, stop } = parts
  const exits = new Set<Exit>()
  let failures = 0
  /** Until when accounts come back that only the rate held up. */
  let comingUntil = 0
  while (!stop.aborted) {
    const end = await oneRound(parts, exits, world)
    const now = world.clock.now()
    comingUntil = Math.max(comingUntil, end.slots?.to ?? 0)
    if (end.putOff.day > 0) exits.add(4)
    failures = end.trouble === null ? 0 : failures + 1
    const isComing = comingUntil > now
    if (manner.isOnce && isOver(end, failures, isComing)) break
    const rest = restOf(end, { failures, isComing }, manner, world.random)
    tally.restsUntil(now + rest)
    if (rest > 0) await world.clock.sleep(rest, stop)
  }
  await parts.after.end()
  return manner.isOnce ? gravest(exits) : 0
}

/** Whether nothing is due any more. @throws {VAULT_UNAVAILABLE} and the like where it cannot be told */
function isOver({ trouble, isDrained }: RoundEnd, failures: number, isComing: boolean): boolean {
  if (trouble !== null && failures >= TRIES_ONCE) throw trouble
  return trouble === null && isDrained && !isComing
}

/** How long to rest before the next round, in milliseconds. */
function restOf(
  { trouble, isDrained }: RoundEnd,
  { failures, isComing }: { readonly failures: number; readonly isComing: boolean },
  { pollMs }: WorkerManner,
  random: () => number,
): number {
  if (trouble !== null) {
    const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10))
    return Math.ceil(ceiling * (1 - random() / 2))
  }
  if (!isDrained) return 0
  const poll = Math.ceil(pollMs * (1 - JITTER * random()))
  return isComing ? Math.min(poll, SECOND) : poll
}

/** @throws {PROGRAM_REPLACED} once what was open is stored, and the rest is put back */
async function oneRound(
  { manner, bench, tally, report, after, stop }: LoopParts,
  exits: Set<Exit>,
  world: Surroundings,
): Promise<RoundEnd> {
  const now = () => world.clock.now()
  tally.beginRound(now())
  report.beginRound()
  let end = NOTHING
  const replaced = new AbortController()
  const watch = (error: TokenctlError | null) => {
    const isReplaced = error?.code === 'PROGRAM_REPLACED'
    if (isReplaced) replaced.abort(error)
    return isReplaced
  }
  try {
    const here = await bench()
    if (here !== undefined) {
      await here.begin()
      const parts = {
        concurrency: manner.concurrency,
        onDone: (result: RenewResult) => {
          watch(result.error)
          tally.count(result, now())
          exits.add(exitOf(result))
          report.account(result)
          after.done(result)
        },
        onLeft: (header: AccountHeader) => after.left(header),
        onInFlight: (count: number) => {
          tally.inFlight = count
        },
      }
      end = await underEither([stop, replaced.signal], either =>
        workRound({ ...parts, stop: either }, here.ports),
      )
      if (end.trouble === null && !replaced.signal.aborted) {
        await here.countLeft(tally)
        await after.round(here.vault)
      }
    }
  } catch (error) {
    end = { ...end, trouble: asTokenctlError(error) }
  }
  if (watch(end.trouble)) end = { ...end, trouble: null }
  const took = tally.endRound(end, now())
  report.round(tally.round, end, took)
  replaced.signal.throwIfAborted()
  return end
}

/**
 * Works under a signal that is aborted with the first of these, and lets go of them then. `AbortSignal.any` would leave
 * something on the one that lives as long as the worker: 180 bytes a round (Node 22).
 */
async function underEither<T>(
  signals: readonly AbortSignal[],
  work: (either: AbortSignal) => Promise<T>,
): Promise<T> {
  const either = new AbortController()
  const abort = () => either.abort()
  for (const signal of signals) {
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
  }
  try {
    return await work(either.signal)
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', abort)
  }
}
