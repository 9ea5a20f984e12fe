/**
 * The schedule, what its own run saw of itself (`doctor --scheduled`), and whether it still runs. What a schedule is, is
 * asked of whoever knows (`SeeSchedules`); nothing here looks into a scheduler.
 */

import { parseDate } from '../../tokens/time.ts'
import { gravest } from '../exit.ts'
import { showTime } from '../render/dates.ts'
import { readRunNote } from '../run-note.ts'
import { readScheduledCheck, scheduledCheckPath } from '../scheduled-check.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { exitOfFinding, knownCode, ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'
import { type Known, lastRunFinding } from './last-run-check.ts'

/** What is known of the schedules of this machine for the accounts of this home. */
export interface Schedules {
  /** Where there is one: `systemd`. Several run the same work twice. */
  readonly installed: readonly string[]
  /** How long it may be between the begin of two runs; null where that is not known (a line made by hand). */
  readonly longestWaitMs: number | null
  /** What is wrong with them: whole sentences, and those that mend it. */
  readonly faults: readonly { readonly isGrave: boolean; readonly message: string; readonly fix: string }[]
}

/** Looks; undefined where nobody can say. Never throws but for bugs. */
export type SeeSchedules = (ground: Ground) => Promise<Schedules | undefined>

/** The findings on the schedule. Inside the scheduled run itself there is nothing to find: it runs. */
export async function scheduleChecks(ground: Ground, see: SeeSchedules): Promise<readonly Finding[]> {
  if (ground.isScheduled) return []
  const { world } = ground
  const schedules = await see(ground)
  const check = readScheduledCheck(world.folders.state, world.files)
  const run = readRunNote(world.folders.state, world.files)
  return [
    ...scheduleFindings(schedules, (ground.vault?.listing.accounts.length ?? 0) > 0),
    proofFinding({ schedules, check, run }, world.folders.state),
    lastRunFinding({ schedules, check, run }, ground),
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
  const mend = first.mend === null ? PROVE : `${first.mend} Then ${PROVE}`
  // A later run of the schedule that opened a record and went well shows that this was mended since. One with nothing
  // due needs neither key nor network.
  if ((run?.openedAt ?? 0) > at) return warning('scheduled-run', what, { where, mend: PROVE })
  return problem('scheduled-run', what, { where, mend, code: knownCode(first.code) })
}
