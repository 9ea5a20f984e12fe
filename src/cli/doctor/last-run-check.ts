/**
 * Whether the scheduled run still comes, and how the last one ended. A machine that was off or asleep has missed runs
 * without any fault; nobody here can tell, so a run that is overdue is a warning.
 */
import type { ErrorCode } from '../../errors.ts'
import { DAY, type EpochMs, HOUR, parseDate } from '../../tokens/time.ts'
import { showSpan, showTime } from '../render/dates.ts'
import { requestedAt } from '../schedules/check-request.ts'
import type { RunEnd, RunNote } from '../schedules/run-note.ts'
import type { CheckId, Finding, ScheduledCheck } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'
import type { Schedules } from './schedule-checks.ts'

/** A run may take half an hour, and once a year summer time takes an hour. */
const SLACK_MS = 2 * HOUR
/** Where nobody can say how often it should come. */
const SILENT_MS = 3 * DAY

const id: CheckId = 'last-run'

export interface Known {
  readonly schedules: Schedules | undefined
  /** What the scheduled run last saw of itself, which is a run too. */
  readonly check: ScheduledCheck | undefined
  readonly run: RunNote | undefined
}

/** What the last run says. */
export function lastRunFinding(known: Known, { world, now }: Ground): Finding {
  const run = judgedRun(known)
  const which = run !== undefined && run === known.run?.unattended && run.at !== known.run.at
  const words =
    run === undefined
      ? 'No run of `renew --all --due` is noted'
      : `The last run of \`renew --all --due\`${which ? ' that nobody typed' : ''} ended ${showTime(run.at)}${exitWords(run.exit)}`
  const late = lateness(known, requestedAt(world), now)
  const lateWords = late === undefined ? '' : ` ${late}`
  const lateMend =
    '`tokenctl schedule show` says whether something is wrong with it; until then: `tokenctl renew --all --due`.'
  if (run !== undefined && run.exit !== 0) {
    const { isGrave, code, mend } = badOf(run.exit)
    const mends = late === undefined ? mend : `${mend} ${lateMend}`
    return isGrave
      ? problem(id, `${words}.${lateWords}`, { mend: mends, code })
      : warning(id, `${words}.${lateWords}`, { mend: mends })
  }
  if (late !== undefined) return warning(id, `${words}.${lateWords}`, { mend: lateMend })
  const isUnknown = run === undefined && (known.check === undefined || !hasSchedule(known))
  return isUnknown ? skipped(id, `${words}.`) : ok(id, `${words}.`)
}

/**
 * The run that tells how it stands. One that a person typed mends accounts, but not what keeps a schedule's run from its
 * work: that is mended when such a run went well.
 */
function judgedRun(known: Known): RunEnd | undefined {
  const unattended = known.run?.unattended ?? null
  const isBySchedule = known.schedules === undefined || hasSchedule(known)
  const isGrave = unattended !== null && unattended.exit !== 0 && badOf(unattended.exit).isGrave
  return isBySchedule && isGrave ? unattended : known.run
}

function hasSchedule({ schedules }: Known): boolean {
  return (schedules?.installed.length ?? 0) > 0
}

/** A sentence where no run came for longer than the schedule lets pass; undefined where that is in order or not known. */
function lateness(known: Known, requested: EpochMs | undefined, now: EpochMs): string | undefined {
  const { schedules, check, run } = known
  // A schedule that cannot be seen from here has run once where its own look at itself is there.
  if (!hasSchedule(known) && (schedules !== undefined || check === undefined)) return undefined
  const between = schedules?.longestWaitMs ?? null
  const limit = between === null ? SILENT_MS : between + SLACK_MS
  // What the install asked of the next run that nobody typed waits until one comes.
  if (requested !== undefined && now - requested > limit)
    return `None came by the schedule since that was installed ${showTime(requested)}.`
  // A run by hand says nothing of the schedule, and one that is dated ahead nothing at all.
  const dates = [run?.unattended?.at ?? 0, (check && parseDate(check.at)) ?? 0]
  const last = Math.max(0, ...dates.filter(at => at <= now + SLACK_MS))
  if (last === 0 || now - last <= limit) return undefined
  const often =
    between === null ? '' : `, which should run every ${showSpan(Math.round(between / 1000))} at the latest`
  return `None came since by the schedule${often}.`
}

function exitWords(exit: number): string {
  return exit === 0 ? '' : ` with ${exit}${HOW_BAD[exit] === undefined ? '' : `: ${HOW_BAD[exit].what}`}`
}

interface Bad {
  readonly what: string
  readonly isGrave: boolean
  readonly code?: ErrorCode
  readonly mend: string
}

function badOf(exit: number): Bad {
  return HOW_BAD[exit] ?? UNKNOWN
}

const AGAIN =
  '`tokenctl renew --all --due` here tells more; this warning ends when the scheduled run goes well, or that one where nothing is scheduled'

const UNKNOWN: Bad = { what: '', isGrave: true, mend: `${AGAIN}.` }

/** By the exit status (`tokenctl help exit-codes`). A run that did its work and could not help an account is no fault of it. */
const HOW_BAD: Readonly<Record<number, Bad>> = {
  1: { what: 'a fault of tokenctl', isGrave: true, code: 'BUG', mend: `${AGAIN}.` },
  2: { what: 'what it was asked for was refused', isGrave: true, mend: `${AGAIN}.` },
  3: {
    what: 'a person must act',
    isGrave: false,
    mend: '`tokenctl status` says what to type for each account.',
  },
  4: {
    what: 'not all could be renewed',
    isGrave: false,
    mend: '`tokenctl status` names them; the next run tries again.',
  },
  5: {
    what: 'the vault did not open',
    isGrave: true,
    code: 'VAULT_UNAVAILABLE',
    mend: `${AGAIN}; where it does, the scheduler's own surroundings are it: \`tokenctl schedule install\` has the run look at itself there.`,
  },
  130: { what: 'it was stopped', isGrave: false, mend: '`tokenctl renew --all --due`, or the next run.' },
}
