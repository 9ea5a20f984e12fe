/**
 * The schedule, what its own run saw of itself (`doctor --scheduled`), and whether it still runs. What a schedule is, is
 * asked of whoever knows (`SeeSchedules`); nothing here looks into a scheduler.
 */

import { knownCode } from '../../errors.ts'
import { parseDate } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { tooSeldom } from '../delivery/delivery-rhythm.ts'
import { gravest } from '../exit.ts'
import { showTime } from '../render/dates.ts'
import { requestedAt } from '../schedules/check-request.ts'
import { readRunNote } from '../schedules/run-note.ts'
import { openedIn, readScheduledCheck, scheduledCheckPath } from '../schedules/scheduled-check.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { exitOfFinding, ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'
import { type Known, lastRunFinding } from './last-run-check.ts'

/** What is known of the schedules of this machine for the accounts of this home. */
export interface Schedules {
  /** Where there is one: `systemd`. Several run the same work twice. */
  readonly installed: readonly string[]
  /** Whether one of them is a line of the crontab that a person wrote: an install leaves that alone. */
  readonly hasHandMade: boolean
  /** How long it may be between the begin of two runs; null where that is not known (a line made by hand). */
  readonly longestWaitMs: number | null
  /** The shortest interval that the scheduler can be given, in minutes; 0 where it takes every one. */
  readonly shortestMinutes: number
  /** What is wrong with them: whole sentences, and those that mend it. */
  readonly faults: readonly Fault[]
  /** Whether none was found and not every scheduler could be looked into. */
  readonly isBlind: boolean
  /** What there is, where there is none for this home: whole sentences that say so, too. */
  readonly insteadOfNone: readonly Fault[]
}

export interface Fault {
  readonly isGrave: boolean
  readonly message: string
  readonly fix: string
}

/** Nothing is scheduled. */
export const NO_SCHEDULES: Schedules = {
  installed: [],
  hasHandMade: false,
  longestWaitMs: null,
  shortestMinutes: 0,
  faults: [],
  isBlind: false,
  insteadOfNone: [],
}

/** Looks; undefined where nobody can say. Never throws but for bugs. */
export type SeeSchedules = (ground: Ground) => Promise<Schedules | undefined>

/** The findings on the schedule. Inside the scheduled run itself there is nothing to find: it runs. */
export async function scheduleChecks(ground: Ground, see: SeeSchedules): Promise<readonly Finding[]> {
  if (ground.isScheduled) return []
  const { world } = ground
  const seen = await see(ground)
  const schedules = seen?.isBlind === true ? undefined : seen
  const check = readScheduledCheck(world.folders.state, world.files)
  const run = readRunNote(world.folders.state, world.files)
  return [
    ...scheduleFindings(seen, (ground.vault?.listing.accounts.length ?? 0) > 0),
    proofFinding({ schedules, check, run }, ground),
    lastRunFinding({ schedules, check, run }, ground),
    ...rhythmFindings(seen, ground),
  ]
}

/** Whether it comes often enough for the access tokens that are handed on. */
function rhythmFindings(schedules: Schedules | undefined, { vault, now }: Ground): readonly Finding[] {
  const { longestWaitMs: waitMs = null, shortestMinutes = 0 } = schedules ?? {}
  if (waitMs === null) return []
  const seldom = tooSeldom(vault?.listing.accounts ?? [], { waitMs, shortestMinutes }, now)
  if (seldom === undefined) return []
  const { what, mend, account: where } = seldom
  return [warning('deliveries', what, { where, mend })]
}

function scheduleFindings(schedules: Schedules | undefined, hasAccounts: boolean): readonly Finding[] {
  if (schedules === undefined)
    return [skipped('schedule', 'The schedulers of this machine could not be asked.')]
  const { installed, hasHandMade, faults, insteadOfNone } = schedules
  const where = installed.length === 0 ? undefined : installed.join(', ')
  const found = faults.map(each => faultFinding(each, where))
  if (installed.length > 1) {
    const leaves =
      installed.length > 2 || !hasHandMade
        ? ' `tokenctl schedule install` leaves one of those that it made.'
        : ''
    const byHand = hasHandMade ? ' `crontab -e` removes a line made by hand.' : ''
    found.push(
      warning('schedule', `Several schedules do the same work: ${installed.join(' and ')}.`, {
        mend: `\`tokenctl schedule show\` tells them apart.${leaves}${byHand}`,
      }),
    )
  }
  if (found.length > 0) return found
  if (installed.length > 0)
    return [ok('schedule', `A schedule renews the accounts of this home: ${installed[0]}.`)]
  if (!hasAccounts) return [skipped('schedule', 'There is none, and no account yet to renew.')]
  if (insteadOfNone.length > 0) return insteadOfNone.map(each => faultFinding(each, undefined))
  return [
    warning('schedule', 'No schedule renews the accounts of this home.', {
      mend: '`tokenctl schedule install`, unless another machine or program runs `tokenctl renew --all --due`.',
    }),
  ]
}

function faultFinding({ isGrave, message, fix: mend }: Fault, where: string | undefined): Finding {
  return (isGrave ? problem : warning)('schedule', message, { where, mend })
}

const holdsToken = (account: AccountHeader) => account.holdsToken

const PROVE = '`tokenctl schedule install` has the scheduled run prove itself again.'

const LOOKS_NEXT = 'The next scheduled run looks, as `tokenctl schedule install` asked it to.'

/** What the scheduled run last saw of itself. */
function proofFinding({ schedules, check, run }: Known, { world, vault }: Ground): Finding {
  const where = scheduledCheckPath(world.folders.state)
  const requested = requestedAt(world)
  if (check === undefined) {
    if (requested !== undefined)
      return skipped('scheduled-run', `It never looked at what it can do. ${LOOKS_NEXT}`)
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
  const prove = requested === undefined ? PROVE : LOOKS_NEXT
  const isOpenedSince = (run?.openedAt ?? 0) > at
  if (
    first === undefined &&
    !openedIn(check).item &&
    !isOpenedSince &&
    vault?.listing.accounts.some(holdsToken)
  )
    return warning(
      'scheduled-run',
      `The scheduled run last looked ${showTime(at)}, when no account held a token yet: that it can open the vault was never proven.`,
      { where, mend: prove },
    )
  if (first === undefined)
    return ok('scheduled-run', `The scheduled run last proved itself ${showTime(at)}, ${by}.`, where)
  const what = `The scheduled run found at ${showTime(at)}, ${by}: ${first.what}${failed.length > 1 ? ` And ${failed.length - 1} more.` : ''}`
  const mend = first.mend === null ? prove : `${first.mend}${requested === undefined ? ' Then' : ''} ${prove}`
  // A later run of the schedule that opened a record and went well shows that this was mended since. One with nothing
  // due needs neither key nor network.
  if ((run?.openedAt ?? 0) > at) return warning('scheduled-run', what, { where, mend: prove })
  return problem('scheduled-run', what, { where, mend, code: knownCode(first.code) })
}
