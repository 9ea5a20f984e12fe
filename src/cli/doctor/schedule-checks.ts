/**
 * The schedule, what its own run saw of itself (`doctor --scheduled`), and whether it still runs. What a schedule is, is
 * asked of whoever knows (`SeeSchedules`); nothing here looks into a scheduler.
 */

import type { ErrorCode } from '../../errors.ts'
import { DAY, parseDate } from '../../tokens/time.ts'
import { gravest } from '../exit.ts'
import { showTime } from '../render/dates.ts'
import { type RunNote, readRunNote } from '../run-note.ts'
import { readScheduledCheck, scheduledCheckPath } from '../scheduled-check.ts'
import type { CheckId, Finding, ScheduledCheck } from '../shapes/doctor-shape.ts'
import { exitOfFinding, ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'

/** What is known of the schedules of this machine for the accounts of this home. */
export interface Schedules {
  /** Where there is one: `systemd`. Several run the same work twice. */
  readonly installed: readonly string[]
  /** What is wrong with them: whole sentences, and those that mend it. */
  readonly faults: readonly { readonly isGrave: boolean; readonly message: string; readonly fix: string }[]
}

/** Looks; undefined where nobody can say. Never throws but for bugs. */
export type SeeSchedules = (ground: Ground) => Promise<Schedules | undefined>

/** A daily run that missed three days is not late, it is gone. */
const SILENT_MS = 3 * DAY

/** The findings on the schedule. Inside the scheduled run itself there is nothing to find: it runs. */
export async function scheduleChecks(ground: Ground, see: SeeSchedules): Promise<readonly Finding[]> {
  if (ground.isScheduled) return []
  const { world, now } = ground
  const schedules = await see(ground)
  const check = readScheduledCheck(world.folders.state, world.files)
  const run = readRunNote(world.folders.state, world.files)
  return [
    ...scheduleFindings(schedules, (ground.vault?.listing.accounts.length ?? 0) > 0),
    proofFinding({ schedules, check, run }, world.folders.state),
    runFinding({ schedules, check, run }, now),
  ]
}

function scheduleFindings(schedules: Schedules | undefined, hasAccounts: boolean): readonly Finding[] {
  if (schedules === undefined)
    return [skipped('schedule', 'The schedulers of this machine could not be asked.')]
  const { installed, faults } = schedules
  const where = installed.length === 0 ? undefined : installed.join(', ')
  const found = faults.map(({ isGrave, message, fix: mend }) =>
    (isGrave ? problem : warning)('schedule', message, { where, mend }),
  )
  if (installed.length > 1)
    found.push(
      warning('schedule', `Several schedules do the same work: ${installed.join(' and ')}.`, {
        mend: '`tokenctl schedule show` tells them apart; `tokenctl schedule install` leaves one.',
      }),
    )
  if (found.length > 0) return found
  if (installed.length > 0)
    return [ok('schedule', `A schedule renews the accounts of this home: ${installed[0]}.`)]
  if (!hasAccounts) return [skipped('schedule', 'There is none, and no account yet to renew.')]
  return [
    warning('schedule', 'No schedule renews the accounts of this home.', {
      mend: '`tokenctl schedule install`, unless another machine or program runs `tokenctl renew --all --due`.',
    }),
  ]
}

interface Known {
  readonly schedules: Schedules | undefined
  readonly check: ScheduledCheck | undefined
  readonly run: RunNote | undefined
}

const PROVE = '`tokenctl schedule install` has the scheduled run prove itself again.'

/** What the scheduled run last saw of itself. */
function proofFinding({ schedules, check, run }: Known, stateDir: string): Finding {
  const where = scheduledCheckPath(stateDir)
  if (check === undefined) {
    if (schedules === undefined || schedules.installed.length === 0)
      return skipped('scheduled-run', 'No scheduled run ever looked at what it can do.')
    const mend =
      '`tokenctl schedule install` again: the scheduled run then looks whether it can open the vault and reach the marketplaces.'
    return warning('scheduled-run', 'The scheduled run never proved that it can do its work.', { mend })
  }
  const at = parseDate(check.at) ?? 0
  const by = `as ${check.user}, by Node ${check.node.version} (${check.node.path})`
  const failed = check.findings.filter(each => each.state === 'problem')
  const exit = gravest(failed.map(exitOfFinding))
  const first = failed.find(each => exitOfFinding(each) === exit)
  if (first === undefined)
    return ok('scheduled-run', `The scheduled run last proved itself ${showTime(at)}, ${by}.`, where)
  const what = `The scheduled run found at ${showTime(at)}, ${by}: ${first.what}${failed.length > 1 ? ` And ${failed.length - 1} more.` : ''}`
  const mend = `${first.mend ?? ''} Then ${PROVE}`.trim()
  // A later run that opened what it had to shows that this was mended since.
  if (run !== undefined && run.at > at && run.exit === 0)
    return warning('scheduled-run', what, { where, mend: PROVE })
  return problem('scheduled-run', what, { where, mend, code: codeOf(first) })
}

function codeOf({ code }: Finding): ErrorCode | undefined {
  return code === null ? undefined : (code as ErrorCode)
}

/** Whether the daily run still comes. */
function runFinding({ schedules, check, run }: Known, now: number): Finding {
  const id: CheckId = 'last-run'
  const last = run?.at ?? (check && parseDate(check.at))
  const has = (schedules?.installed.length ?? 0) > 0 || check !== undefined
  const words =
    run === undefined
      ? 'No run of `renew --all --due` is noted'
      : `The last run of \`renew --all --due\` ended ${showTime(run.at)}`
  if (!has || last === undefined) return run === undefined ? skipped(id, `${words}.`) : ok(id, `${words}.`)
  if (now - last <= SILENT_MS) return ok(id, `${words}.`)
  return warning(id, `${words}, and there is a schedule that should have run since.`, {
    mend: '`tokenctl schedule show` says what is wrong with it; until then: `tokenctl renew --all --due`.',
  })
}
