/**
 * The seam of a scheduler of the machine: what it is called, whether it is here, what it has of ours, and how a job is
 * put there and taken away. The texts are made in `schedule/`; a driver only carries them.
 */
import { TokenctlError } from '../../errors.ts'
import type { NoRun, Ran } from '../../platform/system-program.ts'
import type { InstalledJob } from '../../schedule/drift.ts'
import type { Job, SchedulerKind } from '../../schedule/job.ts'

/** One text of a schedule, and where it is: a path, or `crontab`. */
export interface Part {
  readonly place: string
  readonly text: string
}

export interface Installed extends InstalledJob {
  readonly parts: readonly Part[]
}

/** What came of starting the job now: it ran to its end, it runs still, or nothing was started. */
export type Started = 'ended' | 'runs-still' | 'not-started'

export interface Scheduler {
  readonly kind: SchedulerKind
  /** As it begins a sentence: `systemd`, `cron`. */
  readonly title: string
  /** Whether it spreads the begin of a run itself; one that does not gets this machine's own minute. */
  readonly spreads: boolean
  /** The shortest interval that it can be given, in minutes, where it cannot be given every one. */
  readonly shortestMinutes?: number
  /** Why it cannot be used here, as words after "because"; undefined when it answers. */
  whyNot(): Promise<string | undefined>
  /** What it has of ours; undefined when nothing. @throws {SCHEDULER_FAILED} when that cannot be seen. */
  installed(): Promise<Installed | undefined>
  /** The texts that a job comes to. @throws {USAGE} for what the scheduler cannot be given. */
  parts(job: Job): readonly Part[]
  /** Puts a job in the place of whatever there is of ours. @throws {SCHEDULER_FAILED} · {WRITE_FAILED} */
  put(job: Job): Promise<void>
  /** Takes ours away. @throws {SCHEDULER_FAILED} · {WRITE_FAILED} */
  take(): Promise<void>
  /** Starts the job once, now, in its own place, and waits a minute for its end. Absent where that cannot be waited for. */
  readonly startNow?: () => Promise<Started>
  /** What a person should know of this schedule on this machine: whole sentences. */
  notes(job: Job): Promise<readonly string[]>
}

type Outcome = Ran | { readonly failed: NoRun }

const NO_RUN: Readonly<Record<NoRun, string>> = {
  absent: 'is not there',
  hung: 'did not answer in time',
  endless: 'said too much',
  refused: 'could not be started',
}

/** Whether a program ended well. */
export function isDone(outcome: Outcome): outcome is Ran & { readonly status: 0 } {
  return !('failed' in outcome) && outcome.status === 0
}

/** What went wrong with a program, in words: its own first line, or what became of it. */
export function failureWords(program: string, outcome: Outcome): string {
  if ('failed' in outcome) return `\`${program.split(' ')[0]}\` ${NO_RUN[outcome.failed]}`
  const said = `${outcome.stderr.toString('utf8')}\n${outcome.stdout.toString('utf8')}`
  const first = said.split('\n').find(line => line.trim() !== '')
  const status = outcome.status === null ? 'was killed' : `ended with ${outcome.status}`
  return `\`${program}\` ${status}${first === undefined ? '' : `: ${first.trim().slice(0, 200)}`}`
}

/** The error for a program that did not do its work. */
export function schedulerFailed(program: string, outcome: Outcome, fix?: string): TokenctlError {
  const words = failureWords(program, outcome)
  return new TokenctlError(
    'SCHEDULER_FAILED',
    `${words.replace(/\.$/, '')}.`,
    fix === undefined ? {} : { fix },
  )
}

/** Whether what is installed is letter for letter what its own job makes. */
export function isAsMade(parts: readonly Part[], job: Job | undefined, make: Scheduler['parts']): boolean {
  if (job === undefined) return false
  try {
    return isSame(parts, make(job))
  } catch {
    // A job that no text can be made of was not made by us.
    return false
  }
}

/** Whether two schedules are the same texts in the same places. */
export function isSame(parts: readonly Part[], others: readonly Part[]): boolean {
  return JSON.stringify(parts.map(pair)) === JSON.stringify(others.map(pair))
}

const pair = ({ place, text }: Part) => [place, text]
