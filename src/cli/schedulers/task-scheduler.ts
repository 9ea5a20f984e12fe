/** Windows' Task Scheduler, by `schtasks`. The task runs while the person is logged on, which the credential manager needs. Never tried by us on Windows. */
import type { ScheduleHost } from '../../platform/schedule-host.ts'
import type { Job } from '../../schedule/job.ts'
import { isSameTask, jobOfTask, SHORTEST_TASK_MINUTES, TASK, taskXml } from '../../schedule/task-scheduler.ts'
import { failureWords, isDone, type Scheduler, schedulerFailed } from './scheduler.ts'

/** @param scratch a file of our own, for the moment in which the system reads the task from it. */
export function taskScheduler(
  { run, files }: Pick<ScheduleHost, 'run' | 'files'>,
  env: Readonly<Record<string, string | undefined>>,
  scratch: string,
): Scheduler {
  // The whole path: a program of that name in the working folder would be found first.
  const program = `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\schtasks.exe`
  const place = `Task Scheduler: ${TASK}`
  const parts = (job: Job) => [{ place, text: taskXml(job) }]
  return {
    kind: 'task-scheduler',
    title: 'Task Scheduler',
    spreads: true,
    shortestMinutes: SHORTEST_TASK_MINUTES,
    parts,
    async whyNot() {
      const asked = await run(program, ['/Query'])
      return isDone(asked) ? undefined : failureWords('schtasks /Query', asked)
    },
    async installed() {
      const queried = await run(program, ['/Query', '/TN', TASK, '/XML'])
      // A failure of any other kind shows when something is put there; its words are in the system's language.
      if (!isDone(queried)) return undefined
      const text = queried.stdout.toString('utf8').replaceAll('\0', '').replaceAll('\r\n', '\n')
      const job = jobOfTask(text)
      const isAsMade = job !== undefined && isSameTask(text, taskXml(job))
      return { parts: [{ place, text }], job, isAsMade, isActive: true }
    },
    async put(job) {
      files.write(scratch, Buffer.from(`\ufeff${taskXml(job).replaceAll('\n', '\r\n')}`, 'utf16le'))
      try {
        const made = await run(program, ['/Create', '/TN', TASK, '/XML', scratch, '/F'])
        if (!isDone(made)) throw schedulerFailed('schtasks /Create', made)
      } finally {
        files.remove(scratch)
      }
    },
    async take() {
      const removed = await run(program, ['/Delete', '/TN', TASK, '/F'])
      if (!isDone(removed)) throw schedulerFailed('schtasks /Delete', removed)
    },
    notes: async () => [],
  }
}
