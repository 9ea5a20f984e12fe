/**
 * The person's crontab, by the program `crontab`. One that cannot be read is never written over, one that was changed
 * meanwhile neither, and what was written is read back.
 */
import { TokenctlError } from '../../errors.ts'
import type { ScheduleHost } from '../../platform/schedule-host.ts'
import { type HandLine, handWritten } from '../../schedule/by-hand.ts'
import { cronLines, inherited, ownLines, withOwnLines } from '../../schedule/crontab.ts'
import { type Job, jobIn } from '../../schedule/job.ts'
import { isAsMade, isDone, type Scheduler, schedulerFailed } from './scheduler.ts'

// cron (Debian, Red Hat, BSD, macOS), then busybox.
const NO_CRONTAB = /^(crontab: )?no crontab\b|can't open '[^']*': No such file/im
const PLACE = 'crontab'

export function cronScheduler({ run }: Pick<ScheduleHost, 'run'>): Scheduler {
  /** As one character a byte; empty where there is none. @throws {SCHEDULER_FAILED} */
  async function read(): Promise<string> {
    return (await readIfThere()) ?? ''
  }

  /** Undefined where this machine has no crontabs. */
  async function readIfThere(): Promise<string | undefined> {
    const listed = await run('crontab', ['-l'])
    if (isDone(listed)) return listed.stdout.toString('latin1')
    if ('failed' in listed && listed.failed === 'absent') return undefined
    if (!('failed' in listed) && NO_CRONTAB.test(listed.stderr.toString('latin1'))) return ''
    throw schedulerFailed(
      'crontab -l',
      listed,
      'Nothing was changed. Where this user may not have a crontab (cron.allow, cron.deny), ask who keeps the machine.',
    )
  }

  async function change(own: string | undefined): Promise<void> {
    const before = await read()
    const after = withOwnLines(before, own)
    if (after === before) return
    if ((await read()) !== before) {
      throw new TokenctlError('SCHEDULER_FAILED', 'Your crontab was changed by somebody else meanwhile.', {
        fix: 'Nothing was changed. Run it again.',
      })
    }
    const written =
      after === '' ? await run('crontab', ['-r']) : await run('crontab', ['-'], { input: bytes(after) })
    if (!isDone(written)) throw schedulerFailed('crontab -', written, 'Your crontab is as it was.')
    if ((await read()) === after) return
    throw new TokenctlError('SCHEDULER_FAILED', 'Your crontab does not hold what was just written to it.', {
      fix: 'Look at it with `crontab -l`; somebody may have changed it in the same moment.',
    })
  }

  const parts = (job: Job) => [{ place: PLACE, text: cronLines(job) }]

  return {
    kind: 'cron',
    title: 'cron',
    spreads: false,
    parts,
    async whyNot() {
      try {
        return (await readIfThere()) === undefined ? 'there is no program `crontab`' : undefined
      } catch (error) {
        if (error instanceof TokenctlError) return error.message.replace(/\.$/, '')
        throw error
      }
    },
    async installed() {
      const text = ownLines(await read())
      if (text === undefined) return undefined
      const found = [{ place: PLACE, text }]
      const job = jobIn(text)
      return { parts: found, job, isAsMade: isAsMade(found, job, parts), isActive: true }
    },
    put: job => change(cronLines(job)),
    take: () => change(undefined),
    async notes(job) {
      return inherited(await read(), job).map(
        ({ name, line }) =>
          `Your crontab sets ${name} in line ${line}, above tokenctl's own lines, and that holds for them too.`,
      )
    },
  }
}

/** The lines of the crontab that run `tokenctl renew` and are not ours; none where there is no crontab to look at. */
export async function handWrittenCronLines({ run }: Pick<ScheduleHost, 'run'>): Promise<readonly HandLine[]> {
  const listed = await run('crontab', ['-l'])
  return isDone(listed) ? handWritten(listed.stdout.toString('latin1')) : []
}

const bytes = (text: string) => Buffer.from(text, 'latin1')
