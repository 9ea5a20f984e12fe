/** What this machine has: its schedulers, what each has of ours, and what a person made by hand. Changes nothing. */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { ScheduleHost } from '../../platform/schedule-host.ts'
import { SCHEDULERS, type SchedulerKind } from '../../schedule/job.ts'
import { cronScheduler, handWrittenCronLines } from '../schedulers/cron.ts'
import { launchdScheduler } from '../schedulers/launchd.ts'
import type { Installed, Scheduler } from '../schedulers/scheduler.ts'
import { systemdScheduler } from '../schedulers/systemd.ts'
import { taskScheduler } from '../schedulers/task-scheduler.ts'
import type { World } from '../world.ts'
import { type WhoseLine, whoseLine } from './schedule-here.ts'

export interface Survey {
  /** Those that such a machine may have, in the order in which they are picked. */
  readonly schedulers: readonly Scheduler[]
  readonly found: readonly { readonly scheduler: Scheduler; readonly installed: Installed }[]
  /** Schedulers that could not be looked into. */
  readonly unseen: readonly { readonly scheduler: Scheduler; readonly error: TokenctlError }[]
  /** Lines of the crontab that run `tokenctl renew` and are not ours. */
  readonly handWritten: readonly { readonly line: number; readonly home: WhoseLine }[]
}

const HAVE: Readonly<Record<string, readonly SchedulerKind[]>> = {
  win32: ['task-scheduler'],
  darwin: ['launchd', 'cron'],
  linux: ['systemd', 'cron'],
}

/** The schedulers of this kind of machine; any other Unix has cron. */
function schedulersOf(host: ScheduleHost, world: Pick<World, 'env' | 'folders'>): readonly Scheduler[] {
  const make: Readonly<Record<SchedulerKind, () => Scheduler>> = {
    systemd: () => systemdScheduler(host, world.env),
    cron: () => cronScheduler(host),
    launchd: () => launchdScheduler(host),
    'task-scheduler': () => taskScheduler(host, world.env, join(world.folders.state, 'schedule-task.xml')),
  }
  const kinds = HAVE[host.platform] ?? ['cron']
  return SCHEDULERS.filter(kind => kinds.includes(kind)).map(kind => make[kind]())
}

/** Looks into every scheduler; one that cannot be looked into stops none of the others. */
export async function survey(host: ScheduleHost, world: Pick<World, 'env' | 'folders'>): Promise<Survey> {
  const schedulers = schedulersOf(host, world)
  const found: Survey['found'][number][] = []
  const unseen: Survey['unseen'][number][] = []
  for (const scheduler of schedulers) {
    try {
      const installed = await scheduler.installed()
      if (installed !== undefined) found.push({ scheduler, installed })
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      unseen.push({ scheduler, error })
    }
  }
  const hasCron = schedulers.some(({ kind }) => kind === 'cron')
  const isSeen = !unseen.some(({ scheduler }) => scheduler.kind === 'cron')
  const lines = hasCron && isSeen ? await handWrittenCronLines(host) : []
  const handWritten = lines.map(each => ({ line: each.line, home: whoseLine(each, host, world.env) }))
  return { schedulers, found, unseen, handWritten }
}

/**
 * The scheduler for a new schedule: the one that was named, else the one that has ours already, else the first that
 * answers.
 *
 * @throws {SCHEDULER_FAILED} saying of each why it cannot be used.
 */
export async function pick(
  { schedulers, found }: Survey,
  using: string | undefined,
  platform: NodeJS.Platform,
): Promise<Scheduler> {
  const named = schedulers.filter(({ kind }) => kind === using)
  if (using !== undefined && named.length === 0) {
    throw new TokenctlError('SCHEDULER_FAILED', `This machine (${platform}) does not have ${using}.`, {
      fix: `Leave \`--using\` out, or give ${schedulers.map(({ kind }) => `\`${kind}\``).join(' or ')}.`,
    })
  }
  const holders = found.map(({ scheduler }) => scheduler)
  const candidates = using === undefined ? (holders.length === 1 ? holders : schedulers) : named
  const reasons: string[] = []
  for (const scheduler of candidates) {
    const reason = await scheduler.whyNot()
    if (reason === undefined) return scheduler
    reasons.push(`${scheduler.title}: ${reason}`)
  }
  const fix =
    holders.length === 1 && using === undefined
      ? 'The schedule there is was left as it is. Another scheduler is taken by `--using`.'
      : 'Mend one of them, or have whatever starts things here run `tokenctl renew --all --due` once a day: docs/unattended.md.'
  throw new TokenctlError('SCHEDULER_FAILED', `No scheduler can be used from here (${reasons.join('; ')}).`, {
    fix,
  })
}
