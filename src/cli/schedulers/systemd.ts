/**
 * systemd's user manager, by `systemctl --user`. A shell that was not opened by a login (su, cron, ssh without a
 * session) has no address of it; it is then looked for where systemd puts it.
 */
import type { ScheduleHost } from '../../platform/schedule-host.ts'
import { type Job, jobIn } from '../../schedule/job.ts'
import { SERVICE, systemdUnits, TIMER } from '../../schedule/systemd.ts'
import { failureWords, isAsMade, isDone, type Scheduler, schedulerFailed } from './scheduler.ts'

// `systemctl is-system-running`: every state in which it takes orders and keeps them.
const ANSWERS = ['running', 'degraded', 'starting', 'initializing']

type Host = Pick<ScheduleHost, 'run' | 'files' | 'home' | 'uid'>

export function systemdScheduler(host: Host, env: Readonly<Record<string, string | undefined>>): Scheduler {
  const { files, home, uid } = host
  const runtime = `/run/user/${uid}`
  // The manager's own folder counts, and not this shell's: what it does not look into would never run.
  const folder = `${home}/.config/systemd/user`
  const more: Record<string, string> =
    (env['XDG_RUNTIME_DIR'] ?? '') === '' && files.exists(runtime) ? { XDG_RUNTIME_DIR: runtime } : {}
  const systemctl = (...args: string[]) => host.run('systemctl', ['--user', ...args], { env: more })

  async function must(...args: string[]): Promise<void> {
    const ran = await systemctl(...args)
    if (!isDone(ran)) throw schedulerFailed(`systemctl --user ${args.join(' ')}`, ran, RUN_AGAIN)
  }

  const parts = (job: Job) =>
    systemdUnits(job).map(({ name, text }) => ({ place: `${folder}/${name}`, text }))
  const places = [SERVICE, TIMER].map(name => `${folder}/${name}`)

  async function isActive(): Promise<boolean | null> {
    const shown = await systemctl('show', TIMER, '--property=ActiveState,UnitFileState')
    if (!isDone(shown)) return null
    const text = shown.stdout.toString('utf8')
    return /^ActiveState=active$/m.test(text) && /^UnitFileState=enabled$/m.test(text)
  }

  return {
    kind: 'systemd',
    title: 'systemd',
    spreads: true,
    parts,
    async whyNot() {
      const asked = await systemctl('is-system-running')
      if ('failed' in asked) return failureWords('systemctl', asked)
      const state = asked.stdout.toString('utf8').trim()
      if (ANSWERS.includes(state)) return undefined
      return state === '' || state === 'unknown'
        ? failureWords('systemctl --user is-system-running', asked)
        : `systemd's user manager is ${state.slice(0, 40)}`
    },
    async installed() {
      const found = places.flatMap(place => {
        const text = files.read(place)
        return text === undefined ? [] : [{ place, text }]
      })
      if (found.length === 0) return undefined
      const job = jobIn(found.map(({ text }) => text).join('\n'))
      return { parts: found, job, isAsMade: isAsMade(found, job, parts), isActive: await isActive() }
    },
    async put(job) {
      for (const { place, text } of parts(job)) files.write(place, text)
      await must('daemon-reload')
      await must('enable', TIMER)
      // And not start: a timer that runs already keeps its old times else.
      await must('restart', TIMER)
    },
    async take() {
      const stopped = await systemctl('disable', '--now', TIMER)
      // The link is what `disable` removes where the manager answers.
      for (const place of [...places, `${folder}/timers.target.wants/${TIMER}`]) files.remove(place)
      const reloaded = await systemctl('daemon-reload')
      if (!isDone(reloaded))
        throw schedulerFailed('systemctl --user daemon-reload', isDone(stopped) ? reloaded : stopped, GONE)
    },
    async startNow() {
      // `start` waits for the end of a oneshot service, and ends as it does: that it failed says that it ran.
      const started = await host.run('systemctl', ['--user', 'start', SERVICE], {
        env: more,
        timeoutMs: START_MS,
      })
      if (!('failed' in started)) return 'ended'
      // Nobody waits for it any more; what it started goes on.
      return started.failed === 'hung' ? 'runs-still' : 'not-started'
    },
    async notes() {
      const asked = await host.run('loginctl', ['show-user', String(uid), '--property=Linger'])
      const lingers = isDone(asked) && !/^Linger=no$/m.test(asked.stdout.toString('utf8'))
      return lingers || !isDone(asked)
        ? []
        : [
            'systemd runs it only while you are logged in, and makes up at the next login for what was missed. On a machine where nobody logs in: `loginctl enable-linger`.',
          ]
    },
  }
}

/** Each of its own checks has a limit; together they take seconds. */
const START_MS = 60_000

const RUN_AGAIN =
  'The files are written, and nothing runs yet. Mend that and run it again, or choose another scheduler by `--using`.'
const GONE = 'The files are removed; the timer ends with the next login at the latest.'
