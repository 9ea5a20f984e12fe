/**
 * What a scheduler is to start, and when: the one value that all four texts (systemd, cron, launchd, Task Scheduler)
 * are made of, and the mark by which it is read back out of them. Pure, and never a secret: a schedule is a text that
 * others may read.
 */
import { createHash } from 'node:crypto'
import * as z from 'zod/mini'

/** The schedulers there are, in the order in which they are picked where several answer. */
export const SCHEDULERS = ['systemd', 'launchd', 'task-scheduler', 'cron'] as const
export type SchedulerKind = (typeof SCHEDULERS)[number]

/** How often: once a day, or in parts that a day divides into evenly, since no other begins each day at the same times. */
export const INTERVALS = [
  'day',
  '12h',
  '8h',
  '6h',
  '4h',
  '3h',
  '2h',
  '1h',
  '30m',
  '20m',
  '15m',
  '10m',
] as const
export type Interval = (typeof INTERVALS)[number]

const MINUTES: Readonly<Record<Interval, number>> = {
  day: 1440,
  '12h': 720,
  '8h': 480,
  '6h': 360,
  '4h': 240,
  '3h': 180,
  '2h': 120,
  '1h': 60,
  '30m': 30,
  '20m': 20,
  '15m': 15,
  '10m': 10,
}

/** How long an interval is, in minutes. */
export function minutesOf(every: Interval): number {
  return MINUTES[every]
}

/** The interval of that many minutes; undefined where a day is not divided so. */
export function intervalOf(minutes: number): Interval | undefined {
  return INTERVALS.find(each => MINUTES[each] === minutes)
}

/** An interval as it is typed after `--every`. */
export function formatInterval(every: Interval): string {
  return every === 'day' ? '1d' : every
}

/** This machine's own minutes after the time that was asked for are fewer than these. */
const SPREAD_MINUTES = 60

/**
 * A run begins within this many minutes after the time that was asked for, so that not all machines ask at once: an
 * hour, and of short intervals a quarter, or two runs could fall together.
 */
export function spreadWithin({ every }: Pick<Job, 'every'>): number {
  return Math.min(SPREAD_MINUTES, Math.floor(MINUTES[every] / 4))
}

/** How many minutes it may be between the begin of two runs. */
export function longestWait(job: Pick<Job, 'every'>): number {
  return MINUTES[job.every] + spreadWithin(job)
}

/** The longest interval whose runs are never so many minutes apart; undefined where none is that short. */
export function intervalWithin(minutes: number): Interval | undefined {
  return INTERVALS.find(every => longestWait({ every }) < minutes)
}

/**
 * What holds without `--at`. By day, since a machine without a catching-up scheduler is off at night; and far from the
 * hours that a change of summer time skips or repeats.
 */
export const DEFAULT_AT = '10:00'

/** What is run. Part of the text's version: a schedule with other words was made by another version. */
export const WORDS = ['renew', '--all', '--due'] as const

const clockTime = z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/))

const jobSchema = z.strictObject({
  version: z.literal(1),
  /** Absolute paths. */
  node: z.string(),
  entry: z.string(),
  /** Variables that the scheduler would not give by itself. */
  env: z.record(z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/)), z.string()),
  /** `HH:MM`, local time: the earliest that a run begins. */
  at: clockTime,
  every: z.enum(INTERVALS),
  /** This machine's own minutes after `at`, for schedulers that spread nothing themselves. */
  spread: z.int().check(z.gte(0), z.lt(SPREAD_MINUTES)),
})

/** A scheduled run. `entry` is the program's own file, which `node` runs with `WORDS`. */
export type Job = z.infer<typeof jobSchema>

export interface ClockTime {
  readonly hour: number
  readonly minute: number
}

/** `HH:MM` of what a person typed (`7:30`), or undefined. */
export function parseClockTime(text: string): string | undefined {
  const match = /^(\d{1,2}):(\d\d)$/.exec(text.trim())
  const padded = `${match?.[1]?.padStart(2, '0')}:${match?.[2]}`
  return clockTime.safeParse(padded).success ? padded : undefined
}

/** `HH:MM` */
export function formatClockTime({ hour, minute }: ClockTime): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

/** The times of a day at which the job is started, earliest first, `after` minutes later than its own. */
export function timesOf({ at, every }: Pick<Job, 'at' | 'every'>, after = 0): readonly ClockTime[] {
  const [hour = 0, minute = 0] = at.split(':').map(Number)
  const first = hour * 60 + minute + after
  const step = MINUTES[every]
  return Array.from({ length: 1440 / step }, (_, index) => (first + index * step) % 1440)
    .sort((a, b) => a - b)
    .map(minutes => ({ hour: Math.floor(minutes / 60), minute: minutes % 60 }))
}

/** The same times as the hours and the minutes that they fall on: every hour with every minute. `hours` is null for all. */
export function hoursAndMinutes(times: readonly ClockTime[]): {
  readonly hours: readonly number[] | null
  readonly minutes: readonly number[]
} {
  const hours = [...new Set(times.map(({ hour }) => hour))]
  return {
    hours: hours.length === 24 ? null : hours,
    minutes: [...new Set(times.map(({ minute }) => minute))],
  }
}

/** This machine's own minutes after the hour: the same for the same seed, evenly spread over different ones. */
export function spreadOf(seed: string): number {
  const hash = createHash('sha256').update('tokenctl schedule v1\0').update(seed).digest()
  return hash.readUInt32BE(0) % SPREAD_MINUTES
}

const MARK = 'tokenctl-schedule'

/** The job on one line of ASCII, for a comment: what `jobIn` reads. */
export function markOf(job: Job): string {
  const json = JSON.stringify(job).replace(
    /[^\x20-\x7e]/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${MARK} ${json}`
}

/** The job that a text was made of; undefined where its mark is gone or damaged, or another version's. */
export function jobIn(text: string): Job | undefined {
  const json = new RegExp(`${MARK} (\\{.*\\})`).exec(text)?.[1]
  if (json === undefined) return undefined
  try {
    const read = jobSchema.safeParse(JSON.parse(json))
    return read.success ? read.data : undefined
  } catch {
    // No JSON: somebody's hand was in it, which is told as that.
    return undefined
  }
}

/** Variables that say whose accounts a run works on. */
export const HOME_VARIABLES = ['TOKENCTL_HOME', 'HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME'] as const

/** Whether a variable is one of those. */
export function isHomeVariable(name: string): boolean {
  return HOME_VARIABLES.some(each => each === name)
}

/** The job's home as one would type it before a command: `TOKENCTL_HOME=/srv/shop`; empty for the user's own. */
export function homeOf({ env }: Pick<Job, 'env'>): string {
  return HOME_VARIABLES.flatMap(name => (env[name] === undefined ? [] : [`${name}=${env[name]}`])).join(' ')
}
