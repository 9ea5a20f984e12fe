/**
 * Installing and removing the schedule. Nothing is asked: what can be decided is decided and said, and what could
 * leave accounts unrenewed unseen (another home's schedule, a crontab that cannot be read) is refused.
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { ScheduleHost } from '../../platform/schedule-host.ts'
import { homeWords, inHome, isSameHome } from '../../schedule/drift.ts'
import { formatClockTime, type Job, longestWait, spreadWithin, timesOf, WORDS } from '../../schedule/job.ts'
import { MINUTE } from '../../tokens/time.ts'
import { tooSeldom } from '../delivery/delivery-rhythm.ts'
import { listingOf } from '../finding.ts'
import { isSame, type Scheduler } from '../schedulers/scheduler.ts'
import type { ScheduledRun, ScheduleInstallReport, ScheduleRemoveReport } from '../shapes/schedule-shape.ts'
import type { World } from '../world.ts'
import { homeHere, jobHere, pathNotes, type When } from './schedule-here.ts'
import { pick, type Survey, survey } from './schedule-survey.ts'

export interface InstallOptions extends When {
  readonly using?: string
  readonly dryRun?: boolean
}

/**
 * Has the scheduler itself run something once and tells what that run saw. Called after every install, also one that
 * changed nothing; a proof that fails leaves the schedule there.
 */
export type Prove = (scheduler: Scheduler, job: Job) => Promise<ScheduleInstallReport['proof']>

/**
 * Installs the schedule, or brings the one there is up to date; other schedulers' are taken away once it runs.
 *
 * @throws {USAGE} · {SETTINGS_INVALID} · {SCHEDULER_FAILED} · {WRITE_FAILED}
 */
export async function installSchedule(
  options: InstallOptions,
  world: World,
  prove?: Prove,
): Promise<ScheduleInstallReport> {
  const host = await world.scheduleHost()
  const seen = await survey(host, world)
  refuseOtherHome(seen, homeHere(host, world.env))
  const scheduler = await pick(seen, options.using, host.platform)
  const own = seen.found.find(each => each.scheduler === scheduler)?.installed
  const others = seen.found.flatMap(each => (each.scheduler === scheduler ? [] : [each.scheduler]))
  const before = own?.job ?? seen.found.find(({ installed }) => installed.job !== undefined)?.installed.job
  const job = jobHere(host, world.env, options, before)
  const parts = scheduler.parts(job)
  const isCurrent = own !== undefined && isSame(own.parts, parts) && own.isActive !== false
  const outcome =
    isCurrent && others.length === 0 ? 'unchanged' : seen.found.length === 0 ? 'installed' : 'replaced'
  const dryRun = options.dryRun === true
  const warnings = [...notesHere(seen, host, world)]
  if (!dryRun && outcome !== 'unchanged') {
    await world.locks.hold('schedule', async () => {
      if (!isCurrent) await put(scheduler, job)
      for (const other of others) await other.take()
    })
  }
  warnings.push(...(await rhythmNotes(job, scheduler, world)))
  if (!dryRun) warnings.push(...(await scheduler.notes(job)))
  return {
    version: 1,
    dryRun,
    scheduler: scheduler.kind,
    outcome,
    run: runOf(job, scheduler),
    parts: parts.map(each => ({ ...each })),
    removed: others.map(({ kind }) => kind),
    handWritten: seen.handWritten.map(each => ({ ...each })),
    warnings,
    proof: dryRun ? null : ((await prove?.(scheduler, job)) ?? null),
  }
}

/** Whether the job comes often enough for the access tokens that are handed on; headers only. */
async function rhythmNotes(job: Job, scheduler: Scheduler, world: World): Promise<readonly string[]> {
  const times = { waitMs: longestWait(job) * MINUTE, shortestMinutes: scheduler.shortestMinutes ?? 0 }
  try {
    const { accounts } = await listingOf(await (await world.openVault('schedule install')).read())
    const seldom = tooSeldom(accounts, times, world.clock.now())
    return seldom === undefined ? [] : [`${seldom.what} ${seldom.mend}`]
  } catch (error) {
    // What is wrong with the vault is no reason not to have a schedule, and its proof tells it.
    if (!isTokenctlError(error)) throw error
    return []
  }
}

/** Puts the job there and looks whether it is. @throws {SCHEDULER_FAILED} */
async function put(scheduler: Scheduler, job: Job): Promise<void> {
  await scheduler.put(job)
  const after = await scheduler.installed()
  if (after?.isAsMade === true && after.isActive !== false) return
  throw new TokenctlError('SCHEDULER_FAILED', `${scheduler.title} took the schedule and does not have it.`, {
    fix: '`tokenctl schedule show` tells what is there. Run it again, or choose another scheduler by `--using`.',
  })
}

/**
 * Takes the schedule away, wherever it is.
 *
 * @throws {USAGE} for another home's · {SCHEDULER_FAILED} · {WRITE_FAILED}
 */
export async function removeSchedule(dryRun: boolean, world: World): Promise<ScheduleRemoveReport> {
  const host = await world.scheduleHost()
  const seen = await survey(host, world)
  refuseOtherHome(seen, homeHere(host, world.env))
  // Where one cannot be looked into and nothing else is found, "nothing" would be a guess.
  const [unseen] = seen.unseen
  if (seen.found.length === 0 && unseen !== undefined) throw unseen.error
  if (!dryRun && seen.found.length > 0) {
    await world.locks.hold('schedule', async () => {
      for (const { scheduler } of seen.found) await scheduler.take()
    })
  }
  return {
    version: 1,
    dryRun,
    outcome: seen.found.length === 0 ? 'nothing' : 'removed',
    removed: seen.found.map(({ scheduler, installed }) => ({
      scheduler: scheduler.kind,
      places: installed.parts.map(({ place }) => place),
    })),
    handWritten: seen.handWritten.map(each => ({ ...each })),
    warnings: [...unseenNotes(seen)],
  }
}

/** A user has one schedule. That of another home is not replaced or removed in passing: its accounts would die unseen. */
function refuseOtherHome({ found }: Survey, wanted: Pick<Job, 'env'>): void {
  const job = found.map(({ installed }) => installed.job).find(each => each && !isSameHome(each, wanted))
  if (job === undefined) return
  throw new TokenctlError(
    'USAGE',
    `The schedule there is renews the accounts of ${homeWords(job)}, and this shell is set to ${homeWords(wanted)}.`,
    {
      fix: `Nothing was changed. A user has one schedule; that one is taken away by \`${inHome(job, 'tokenctl schedule remove')}\`. Two homes at once: docs/unattended.md, "Several homes".`,
    },
  )
}

/** When and what, for programs. */
export function runOf(job: Job, { spreads }: Pick<Scheduler, 'spreads'>): ScheduledRun {
  const { at, every, node, entry, env, spread } = job
  return {
    at,
    every,
    times: timesOf(job, spreads ? 0 : spread).map(formatClockTime),
    withinMinutes: spreads ? spreadWithin(job) : 0,
    command: [node, entry, ...WORDS],
    variables: { ...env },
  }
}

/** What a person should know of this machine, whatever the scheduler. */
export function notesHere(seen: Survey, host: ScheduleHost, world: World): readonly string[] {
  return [...pathNotes(host, world.env), ...userNotes(host, world), ...keyNotes(world), ...unseenNotes(seen)]
}

function userNotes({ uid }: ScheduleHost, { env }: World): readonly string[] {
  const person = env['SUDO_USER'] ?? ''
  return uid !== 0 || person === '' || person === 'root'
    ? []
    : [
        "You are root here (by sudo), so this is root's schedule and renews root's accounts; for your own, type it without sudo.",
      ]
}

function keyNotes(world: World): readonly string[] {
  return world.settings().get('key-source') === 'passphrase'
    ? [
        'The key is under a passphrase, and a scheduled run has nobody to type it: it will end with 5. For unattended runs: `tokenctl config set key-source file`, or `systemd`.',
      ]
    : []
}

function unseenNotes({ unseen }: Survey): readonly string[] {
  return unseen.map(
    ({ scheduler, error }) =>
      `Whether ${scheduler.title} has a schedule of tokenctl's could not be seen. ${error.message} ${error.fix}`,
  )
}
