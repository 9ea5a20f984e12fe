/**
 * The proof from the scheduler's own place, after an install: the job itself is started where the scheduler can do so
 * now, and what it saw is told; else it is told when the run comes that will look.
 */
import { isTokenctlError } from '../../errors.ts'
import { formatClockTime, type Job, spreadWithin, timesOf } from '../../schedule/job.ts'
import { type EpochMs, parseDate } from '../../tokens/time.ts'
import { exitOfFinding } from '../doctor/findings.ts'
import { showTime } from '../render/dates.ts'
import type { Scheduler } from '../schedulers/scheduler.ts'
import type { ScheduledCheck } from '../shapes/doctor-shape.ts'
import type { ScheduleInstallReport, ScheduleShowReport } from '../shapes/schedule-shape.ts'
import type { World } from '../world.ts'
import { requestCheck, withdrawRequest } from './check-request.ts'
import { openedIn, readScheduledCheck } from './scheduled-check.ts'
import type { Prove } from './scheduling.ts'

type Proof = NonNullable<ScheduleInstallReport['proof']>

/** Has the schedule of this home prove itself. */
export function proofBySchedule(world: World): Prove {
  return async (scheduler, job) => {
    try {
      return await prove(scheduler, job, world)
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return { passed: false, messages: [`The scheduled run cannot be proven: ${error.message}`, error.fix] }
    }
  }
}

async function prove(scheduler: Scheduler, job: Job, world: World): Promise<Proof> {
  const { startNow } = scheduler
  requestCheck(startNow !== undefined, world)
  const begun = world.clock.now()
  const later = `The next scheduled run (${nextRun(job, scheduler, begun)}) looks whether it can do its work; \`tokenctl doctor\` tells what it saw, from then on.`
  if (startNow === undefined) return { passed: null, messages: [later] }
  const started = await startNow()
  const check = readScheduledCheck(world.folders.state, world.files)
  // Seconds of the file's date may be cut.
  if (check !== undefined && (parseDate(check.at) ?? 0) >= begun - 1000) return toldBy(check)
  if (started === 'not-started')
    return { passed: null, messages: [`The scheduler did not start it now. ${later}`] }
  if (started === 'runs-still')
    return {
      passed: null,
      messages: [
        'The scheduled run was started and is still at work; `tokenctl doctor` tells what it saw, once it has ended.',
      ],
    }
  withdrawRequest(world)
  return {
    passed: false,
    messages: [
      'The scheduled run was started and did not look into the state folder of this home.',
      '`tokenctl schedule show` says what it is given, `journalctl --user -u tokenctl-renew` what it said.',
    ],
  }
}

/** When the next run begins, local time: `at 10:37`, `tomorrow within 60 minutes after 10:00`. */
function nextRun(job: Job, { spreads }: Pick<Scheduler, 'spreads'>, now: EpochMs): string {
  const within = spreads ? spreadWithin(job) : 0
  const times = timesOf(job, spreads ? 0 : job.spread)
  const today = new Date(now)
  const minute = today.getHours() * 60 + today.getMinutes()
  const next = times.find(time => time.hour * 60 + time.minute + within > minute)
  const [first = { hour: 0, minute: 0 }] = times
  const at = formatClockTime(next ?? first)
  return `${next === undefined ? 'tomorrow ' : ''}${within === 0 ? 'at' : `within ${within} minutes after`} ${at}`
}

/** What a run saw, for people. */
function toldBy(check: ScheduledCheck): Proof {
  const { findings, user, node } = check
  const failed = findings.filter(each => exitOfFinding(each) !== 0)
  if (failed.length > 0) {
    const words = failed.flatMap(({ what, mend }) => [
      `Problem: ${what}`,
      ...(mend === null ? [] : [`Fix: ${mend}`]),
    ])
    return { passed: false, messages: ['Started by the scheduler it cannot do its work:', ...words] }
  }
  const { record, item } = openedIn(check)
  const notes = findings.flatMap(({ id, state, what }) =>
    ['vault', 'network'].includes(id) && state === 'warning' ? [`Note: ${what}`] : [],
  )
  const [reached] = reachedWords(findings)
  const how = `started by the scheduler as ${user}, by Node ${node.version}, it`
  if (record === null && !item) {
    const did = reached === undefined ? 'wrote its state' : `${reached} and wrote its state`
    const messages = [`${how.replace(/^s/, 'S')} ${did}. ${NO_TOKEN_YET}`, ...notes]
    return { passed: null, messages }
  }
  const opened = record === null ? 'wrote and read a test item' : `opened a record of ${record}`
  const did = reached === undefined ? opened : `${opened}, ${reached}`
  return { passed: true, messages: [`Proven: ${how} ${did} and wrote its state.`, ...notes] }
}

const NO_TOKEN_YET =
  'No account holds a token yet, so that it can open the vault is proven once one is connected: `tokenctl schedule install` again.'

/** Which marketplaces answered as they should; nothing where none did. */
function reachedWords(findings: ScheduledCheck['findings']): readonly string[] {
  const asked = findings.filter(({ id, where }) => id === 'network' && where !== null)
  const reached = asked.flatMap(({ state, where }) => (state === 'ok' && where !== null ? [where] : []))
  if (reached.length === 0) return []
  return [`reached ${reached.length === asked.length ? 'the marketplaces' : reached.join(' and ')}`]
}

/** When the scheduled run last looked at what it can do, and whether it could; for `schedule show`. */
export function lastProof(world: Pick<World, 'folders' | 'files'>): LastProof | null {
  const check = readScheduledCheck(world.folders.state, world.files)
  if (check === undefined) return null
  return { at: check.at, passed: check.exit !== 0 ? false : openedIn(check).item ? true : null }
}

type LastProof = NonNullable<ScheduleShowReport['lastProof']>

/** The same as a sentence. */
export function lastProofWords({ at, passed }: LastProof): string {
  const when = showTime(parseDate(at) ?? 0)
  if (passed === null) return `The scheduled run last looked ${when}, when no account held a token yet.`
  return passed
    ? `The scheduled run last proved itself ${when}.`
    : `The scheduled run last looked ${when}, and could not do its work: \`tokenctl doctor\` says why.`
}
