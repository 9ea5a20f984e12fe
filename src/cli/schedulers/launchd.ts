/** launchd on macOS, by `launchctl`: an agent of the person's own login session, which has the keychain. Never tried by us on a Mac. */
import type { ScheduleHost } from '../../platform/schedule-host.ts'
import { type Job, jobIn } from '../../schedule/job.ts'
import { LABEL, launchdPlist } from '../../schedule/launchd.ts'
import { failureWords, isAsMade, isDone, type Scheduler, schedulerFailed } from './scheduler.ts'

export function launchdScheduler({
  run,
  files,
  home,
  uid,
}: Pick<ScheduleHost, 'run' | 'files' | 'home' | 'uid'>): Scheduler {
  const place = `${home}/Library/LaunchAgents/${LABEL}.plist`
  const domain = `gui/${uid}`
  const parts = (job: Job) => [{ place, text: launchdPlist(job) }]
  // It answers with a failure where nothing is loaded; whether it worked is seen by what comes after.
  const unload = () => run('launchctl', ['bootout', `${domain}/${LABEL}`])
  return {
    kind: 'launchd',
    title: 'launchd',
    spreads: false,
    parts,
    async whyNot() {
      const asked = await run('launchctl', ['print', domain])
      return isDone(asked) ? undefined : failureWords(`launchctl print ${domain}`, asked)
    },
    async installed() {
      const text = files.read(place)
      if (text === undefined) return undefined
      const found = [{ place, text }]
      const job = jobIn(text)
      const isActive = isDone(await run('launchctl', ['print', `${domain}/${LABEL}`]))
      return { parts: found, job, isAsMade: isAsMade(found, job, parts), isActive }
    },
    async put(job) {
      for (const part of parts(job)) files.write(part.place, part.text)
      await unload()
      const loaded = await run('launchctl', ['bootstrap', domain, place])
      if (!isDone(loaded)) throw schedulerFailed(`launchctl bootstrap ${domain}`, loaded)
    },
    async take() {
      await unload()
      files.remove(place)
    },
    notes: async () => [],
  }
}
