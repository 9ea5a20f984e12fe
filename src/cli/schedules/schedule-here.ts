/** The job that a schedule made by this program, from this shell, on this machine would start. Changes nothing. */
import { resolve } from 'node:path'
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { ScheduleHost } from '../../platform/schedule-host.ts'
import type { HandLine } from '../../schedule/by-hand.ts'
import { carriedEnvironment, homeEnvironment, type Shell } from '../../schedule/carried.ts'
import { isSameHome } from '../../schedule/drift.ts'
import {
  DEFAULT_AT,
  formatInterval,
  INTERVALS,
  type Interval,
  intervalOf,
  isHomeVariable,
  type Job,
  parseClockTime,
  spreadOf,
} from '../../schedule/job.ts'
import { type SteadyPath, steadyPath } from '../../schedule/steady-path.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { durationMs, MINUTE, parseDuration } from '../../tokens/time.ts'
import type { Env } from '../world.ts'

export interface When {
  readonly at?: string
  readonly every?: string
}

/**
 * The job, with the times that were typed, else those of the job there is, else the default.
 *
 * @throws {USAGE} for a time that is none, for an interval that no day divides into, and for a program in npx's folder, which is cleared one day.
 * @throws {SETTINGS_INVALID} as `carriedEnvironment`.
 */
export function jobHere(host: ScheduleHost, env: Env, when: When, before?: Job): Job {
  if (entryOf(host).keeper === 'npx') throw notInstalled()
  return jobWith({ ...carriedEnvironment(shellOf(host, env)) }, host, env, when, before)
}

/**
 * The job that an installed one is held beside. What an install would refuse (a proxy with a password) is no reason not
 * to show what there is: of the variables then only those of the home are this shell's.
 *
 * @throws {SETTINGS_INVALID} as `homeHere`.
 */
export function jobToCompare(host: ScheduleHost, env: Env, before: Job | undefined): Job {
  const home = homeHere(host, env).env
  try {
    return jobWith({ ...carriedEnvironment(shellOf(host, env)) }, host, env, {}, before)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    const others = Object.entries(before?.env ?? {}).filter(([name]) => !isHomeVariable(name))
    return jobWith({ ...home, ...Object.fromEntries(others) }, host, env, {}, before)
  }
}

/** Whose accounts this shell means. @throws {SETTINGS_INVALID} for folders that are not absolute. */
export function homeHere(host: ScheduleHost, env: Env): Pick<Job, 'env'> {
  return { env: { ...homeEnvironment(shellOf(host, env)) } }
}

/** Whose accounts a line made by hand renews: all of this shell's home, another's, or nobody can tell. */
export type WhoseLine = 'this' | 'other' | 'unknown'

/** The same for one line. Never throws: it is a thing to tell beside others. */
export function whoseLine({ env: set, isWhole }: HandLine, host: ScheduleHost, env: Env): WhoseLine {
  // A folder that is not absolute is one of the scheduler's working folder.
  if (set === null || Object.values(set).some(value => value !== '' && !value.startsWith('/')))
    return 'unknown'
  try {
    const isThis = isSameHome({ env: { ...homeEnvironment(shellOf(host, set)) } }, homeHere(host, env))
    if (!isThis) return 'other'
    return isWhole ? 'this' : 'unknown'
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return 'unknown'
  }
}

function shellOf({ platform, home }: ScheduleHost, env: Env): Shell {
  return { env, platform, home, absolute: path => resolve(path) }
}

function jobWith(
  variables: Record<string, string>,
  host: ScheduleHost,
  env: Env,
  when: When,
  before: Job | undefined,
): Job {
  return {
    version: 1,
    node: nodeOf(host, env).path,
    entry: entryOf(host).path,
    env: variables,
    at: atOf(when) ?? before?.at ?? DEFAULT_AT,
    every: everyOf(when) ?? before?.every ?? 'day',
    // Kept once it was drawn, so that a machine that is renamed does not change its minute.
    spread: before?.spread ?? spreadOf(host.seed),
  }
}

/** What to know of the job's paths: one sentence where a version manager takes them away. */
export function pathNotes(host: ScheduleHost, env: Env): readonly string[] {
  const keepers = [nodeOf(host, env), entryOf(host)].flatMap(({ keeper, path }) =>
    keeper === undefined ? [] : [{ keeper, path }],
  )
  const [first] = keepers
  if (first === undefined) return []
  return [
    `${first.path} is in ${first.keeper}'s folder for one version and goes with it: after each update, type \`tokenctl schedule install\` again, or install Node and tokenctl for the whole machine.`,
  ]
}

function nodeOf({ node, platform, files }: ScheduleHost, env: Env): SteadyPath {
  const [separator, name] = platform === 'win32' ? [';', 'node.exe'] : [':', 'node']
  const onPath = (env['PATH'] ?? '').split(separator).flatMap(folder => {
    const isAbsolute = /^(\/|[A-Za-z]:[\\/])/.test(folder)
    return isAbsolute ? [`${folder.replace(/[\\/]+$/, '')}/${name}`] : []
  })
  return steadyPath(node, onPath, path => files.real(path))
}

function entryOf({ entry, files }: ScheduleHost): SteadyPath {
  const typed = entry.typed === undefined ? [] : [entry.typed]
  return steadyPath(entry.real, typed, path => files.real(path))
}

function notInstalled(): TokenctlError {
  return new TokenctlError(
    'USAGE',
    "This tokenctl was started by npx, from a folder that is npm's to clear, and a schedule would lose it.",
    { fix: 'Install it (`npm install --global tokenctl`), then `tokenctl schedule install`.' },
  )
}

function atOf({ at }: When): string | undefined {
  if (at === undefined) return undefined
  const time = parseClockTime(at)
  if (time !== undefined) return time
  throw new TokenctlError('USAGE', `${quoteTyped(at)} is no time of day.`, {
    fix: 'Give hours and minutes, such as `--at 06:30`.',
  })
}

function everyOf({ every }: When): Interval | undefined {
  if (every === undefined) return undefined
  const length = parseDuration(every.trim() === 'day' ? '1d' : every)
  const interval = length === undefined ? undefined : intervalOf(durationMs(length, 0) / MINUTE)
  if (interval !== undefined) return interval
  const can = INTERVALS.map(formatInterval)
  throw new TokenctlError('USAGE', `${quoteTyped(every)} is not how often a schedule can run.`, {
    fix: `Give one that a day divides into evenly: ${can.slice(0, -1).join(', ')} or ${can.at(-1)}.`,
  })
}
