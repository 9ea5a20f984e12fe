/** What the machine's schedulers say, as `doctor` wants to know it: those that renew the accounts of this very home. */
import { isTokenctlError } from '../../errors.ts'
import { DamagedMarks } from '../../schedule/crontab.ts'
import { driftOf, isSameHome } from '../../schedule/drift.ts'
import { longestWait } from '../../schedule/job.ts'
import { MINUTE } from '../../tokens/time.ts'
import { jobToCompare } from '../schedules/schedule-here.ts'
import { type Survey, survey } from '../schedules/schedule-survey.ts'
import { type Fault, NO_SCHEDULES, type SeeSchedules } from './schedule-checks.ts'

/** Looks into every scheduler of this kind of machine, each with its own time limit; changes nothing. */
export const seeSchedules: SeeSchedules = async ({ world }) => {
  try {
    const host = await world.scheduleHost()
    const seen = await survey(host, world)
    const judged = seen.found.map(({ scheduler, installed }) => {
      const wanted = jobToCompare(host, world.env, installed.job)
      // A text that no longer says whose it is counts as ours: somebody's hand was in it, and that is told.
      const isOurs = installed.job === undefined || isSameHome(installed.job, wanted)
      const faults = driftOf(installed, wanted, host.files.exists)
      return { title: scheduler.title, scheduler, job: installed.job, isOurs, faults }
    })
    const ours = judged.filter(({ isOurs }) => isOurs)
    const waits = ours.flatMap(({ job }) => (job === undefined ? [] : [longestWait(job) * MINUTE]))
    const byHand = seen.handWritten.filter(({ home }) => home === 'this')
    const hasHandMade = byHand.length > 0
    const others = judged.flatMap(({ title, isOurs, faults }) =>
      isOurs ? [] : faults.filter(({ what }) => what === 'other-home').map(each => otherHome(title, each)),
    )
    const installed = [
      ...ours.map(({ title }) => title),
      ...(hasHandMade ? [`${byHand.length === 1 ? 'a line' : 'lines'} of your crontab`] : []),
    ]
    return {
      installed,
      hasHandMade,
      longestWaitMs: waits.length === 0 ? null : Math.min(...waits),
      shortestMinutes: Math.max(0, ...ours.map(({ scheduler }) => scheduler.shortestMinutes ?? 0)),
      faults: [...ours.flatMap(({ faults }) => faults), ...unseenFaults(seen, installed.length > 0)],
      // Whoever could not be asked may have one.
      isBlind: installed.length === 0 && seen.unseen.length > 0,
      insteadOfNone: [...others, ...unclear(seen)],
    }
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    // A home that is named by no absolute path: whose accounts a schedule would renew cannot be said.
    return { ...NO_SCHEDULES, faults: [{ isGrave: false, message: error.message, fix: error.fix }] }
  }
}

/** What was damaged by hand is always told: it may run, and cannot be replaced. */
function unseenFaults({ unseen }: Survey, hasOne: boolean): readonly Fault[] {
  return unseen
    .filter(({ error }) => !hasOne || error instanceof DamagedMarks)
    .map(({ scheduler, error }) => ({
      isGrave: false,
      message: `Whether ${scheduler.title} has a schedule of tokenctl's could not be seen. ${error.message}`,
      fix:
        error instanceof DamagedMarks
          ? '`crontab -e`: remove the lines of `tokenctl-schedule`. Then `tokenctl schedule install`.'
          : error.fix,
    }))
}

function otherHome(title: string, { message, fix }: Pick<Fault, 'message' | 'fix'>): Fault {
  return {
    isGrave: false,
    message: `No schedule renews the accounts of this home. ${title} has one: ${message.replace(/^It/, 'it')}`,
    fix: `${fix} Two homes at once: docs/unattended.md, "Several homes".`,
  }
}

function unclear({ handWritten }: Survey): readonly Fault[] {
  const lines = handWritten.flatMap(({ line, home }) => (home === 'unknown' ? [line] : []))
  if (lines.length === 0) return []
  const [which, does] =
    lines.length === 1 ? [`line ${lines[0]}`, 'does'] : [`lines ${lines.join(', ')}`, 'do']
  return [
    {
      isGrave: false,
      message: `No schedule of tokenctl's renews the accounts of this home, and whether ${which} of your crontab ${does} is not known.`,
      fix: '`tokenctl schedule install`, unless that or another machine or program renews them all.',
    },
  ]
}
