/** What the machine's schedulers say, as `doctor` wants to know it: those that renew the accounts of this very home. */
import { isTokenctlError } from '../../errors.ts'
import { driftOf, isSameHome } from '../../schedule/drift.ts'
import { minutesOf, spreadWithin } from '../../schedule/job.ts'
import { MINUTE } from '../../tokens/time.ts'
import { jobToCompare } from '../schedule-here.ts'
import { survey } from '../schedule-survey.ts'
import type { SeeSchedules } from './schedule-checks.ts'

/** Looks into every scheduler of this kind of machine, each with its own time limit; changes nothing. */
export const seeSchedules: SeeSchedules = async ({ world }) => {
  try {
    const host = await world.scheduleHost()
    const seen = await survey(host, world)
    const ours = seen.found.flatMap(({ scheduler, installed }) => {
      const wanted = jobToCompare(host, world.env, installed.job)
      // A text that no longer says whose it is counts as ours: somebody's hand was in it, and that is told.
      const isOurs = installed.job === undefined || isSameHome(installed.job, wanted)
      if (!isOurs) return []
      const faults = driftOf(installed, wanted, host.files.exists)
      return [{ title: scheduler.title, job: installed.job, faults }]
    })
    const waits = ours.flatMap(({ job }) =>
      job === undefined ? [] : [(minutesOf(job.every) + spreadWithin(job)) * MINUTE],
    )
    const byHand = seen.handWritten.length > 0 ? ['a line of your crontab'] : []
    const installed = [...ours.map(({ title }) => title), ...byHand]
    // Whoever could not be asked may have one.
    if (installed.length === 0 && seen.unseen.length > 0) return undefined
    const longestWaitMs = waits.length === 0 ? null : Math.min(...waits)
    return { installed, longestWaitMs, faults: ours.flatMap(({ faults }) => faults) }
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    // A home that is named by no absolute path: whose accounts a schedule would renew cannot be said.
    return {
      installed: [],
      longestWaitMs: null,
      faults: [{ isGrave: false, message: error.message, fix: error.fix }],
    }
  }
}
