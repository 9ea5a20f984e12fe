/** Adds up the trials of a scenario, and sets the sums out as a table. */
import { nameOf, type Scenario } from './scenarios.ts'
import type { Facts } from './trial.ts'
import { type Broken, type Verdict, WHERES, type Where } from './verdict.ts'

/** A trial that broke a promise, with what is needed to see it again. */
export interface Failure {
  readonly at: string
  readonly broken: readonly Broken[]
  readonly where: Where
  readonly facts: Facts
}

export interface Tally {
  readonly scenario: Scenario
  /** Calls at which a run can be disturbed. */
  readonly points: number
  /** Disturbances that were meant: each point, each error. */
  readonly meant: number
  runs: number
  /** Meant disturbances that happened where they were meant to. */
  met: number
  /** Calls that no try met. */
  readonly missed: string[]
  readonly where: Record<Where, number>
  /** Of those killed before anything was sent, after it, and after the answer was written down: the next run ended well. */
  readonly recovered: Record<Where, number>
  /** Answers lost for good, as cannot be helped, and reported as that. */
  reportedLost: number
  /** Next runs after `written` that went on well without asking the marketplace: what was written was all they needed. */
  withoutAsking: number
  /** The calls at which a kill found the whole answer in memory only: how wide that moment is. */
  readonly inMemoryAt: string[]
  readonly broken: Partial<Record<Broken, number>>
  readonly failures: Failure[]
  /** The most half-written files that a trial left. */
  temporary: number
  readonly seconds: number
}

const none = (): Record<Where, number> => ({
  before: 0,
  asked: 0,
  'in memory': 0,
  written: 0,
  'not reached': 0,
})

/** No trial yet. */
export function emptyTally(scenario: Scenario, points: number, meant: number): Tally {
  return {
    scenario,
    points,
    meant,
    runs: 0,
    met: 0,
    missed: [],
    where: none(),
    recovered: none(),
    reportedLost: 0,
    withoutAsking: 0,
    inMemoryAt: [],
    broken: {},
    failures: [],
    temporary: 0,
    seconds: 0,
  }
}

/** Adds one trial; `isMeant`: it was disturbed where it was meant to be. */
export function addTrial(tally: Tally, facts: Facts, verdict: Verdict, isMeant: boolean): void {
  const { where, broken, isRecovered, isReportedLost, furtherRequests } = verdict
  tally.runs += 1
  if (isMeant) tally.met += 1
  tally.where[where] += 1
  if (isRecovered) tally.recovered[where] += 1
  else if (isReportedLost) tally.reportedLost += 1
  if (where === 'written' && isRecovered && furtherRequests === 0) tally.withoutAsking += 1
  const role = facts.hit?.role
  const isNew = role !== undefined && !tally.inMemoryAt.includes(role)
  if (where === 'in memory' && isMeant && isNew) tally.inMemoryAt.push(role)
  tally.temporary = Math.max(tally.temporary, facts.temporary)
  for (const each of broken) tally.broken[each] = (tally.broken[each] ?? 0) + 1
  const { name, nth, what, onwards } = facts.injection
  const at = `${what} at ${name} ${nth}${onwards === true ? ' and on' : ''} (${role ?? 'not reached'})`
  if (broken.length > 0) tally.failures.push({ at, broken, where, facts: { ...facts, seen: [] } })
}

const COLUMNS: readonly [title: string, value: (tally: Tally) => string | number][] = [
  ['points', tally => tally.points],
  ['runs', tally => tally.runs],
  ['met', tally => `${tally.met}/${tally.meant}`],
  ...WHERES.map(
    where =>
      [where, (tally: Tally) => recoveredOf(tally, where)] as [string, (tally: Tally) => string | number],
  ),
  ['unasked', tally => tally.withoutAsking],
  ['lost as told', tally => tally.reportedLost],
  ['**lost**', tally => sum(tally, 'token lost', 'not recovered')],
  ['torn', tally => sum(tally, 'torn record')],
  ['stuck', tally => sum(tally, 'stuck lock')],
  ['clear', tally => sum(tally, 'secret in the clear')],
  ['misreported', tally => sum(tally, 'misreported')],
  ['exit', tally => sum(tally, 'wrong exit')],
]

/** Trials that broke one of these promises. */
function sum({ failures }: Tally, ...which: readonly Broken[]): number {
  return failures.filter(({ broken }) => broken.some(each => which.includes(each))).length
}

function recoveredOf({ where, recovered }: Tally, which: Where): string {
  return where[which] === 0 ? '0' : `${recovered[which]}/${where[which]}`
}

/** The figures as a Markdown table, a line a scenario. `4/5`: of five runs that were disturbed there, four went on well. */
export function tableOf(tallies: readonly Tally[]): string {
  const titles = ['scenario', ...COLUMNS.map(([title]) => title)]
  const lines = tallies.map(tally => [nameOf(tally.scenario), ...COLUMNS.map(([, value]) => value(tally))])
  return [titles, titles.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/** The most calls in a scenario at which the answer was in memory only. */
export function widestMoment(tallies: readonly Tally[]): number {
  return Math.max(0, ...tallies.map(({ inMemoryAt }) => inMemoryAt.length))
}

/** Broken promises of all kinds. */
export function brokenIn(tallies: readonly Tally[]): number {
  return tallies.reduce((all, { failures }) => all + failures.length, 0)
}
