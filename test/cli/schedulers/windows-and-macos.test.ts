/** What the drivers of launchd and Task Scheduler ask of the system, in which order. Nobody has tried them there. */
import { expect, test } from 'vitest'
import { launchdScheduler } from '../../../src/cli/schedulers/launchd.ts'
import { taskScheduler } from '../../../src/cli/schedulers/task-scheduler.ts'
import { launchdPlist } from '../../../src/schedule/launchd.ts'
import { PLAIN, WINDOWS } from '../../schedule/sample-job.ts'
import { answer, fakeScheduleHost } from '../../support/schedule-host.ts'

const PLIST = '/home/me/Library/LaunchAgents/tokenctl.renew.plist'

test('launchd: the old agent is unloaded before the new one is loaded', async () => {
  const host = fakeScheduleHost({ platform: 'darwin', uid: 501 })
  const launchd = launchdScheduler(host)
  await launchd.put(PLAIN)
  expect(host.calls).toEqual([
    'launchctl bootout gui/501/tokenctl.renew',
    `launchctl bootstrap gui/501 ${PLIST}`,
  ])
  expect(host.texts.get(PLIST)).toBe(launchdPlist(PLAIN))
  expect(await launchd.installed()).toMatchObject({ isAsMade: true, isActive: true, job: PLAIN })
  await launchd.take()
  expect(host.texts.has(PLIST)).toBe(false)
  expect(await launchd.installed()).toBeUndefined()
})

test('launchd: what it refuses is told', async () => {
  const host = fakeScheduleHost({ platform: 'darwin' })
  host.programs.set('launchctl', () => answer(5, '', 'Bootstrap failed: 5: Input/output error\n'))
  await expect(launchdScheduler(host).put(PLAIN)).rejects.toMatchObject({
    code: 'SCHEDULER_FAILED',
    message: expect.stringContaining('Bootstrap failed'),
  })
})

test('Task Scheduler: the XML goes by a file, as UTF-16 with its mark, that is gone afterwards', async () => {
  const host = fakeScheduleHost({ platform: 'win32' })
  const written: (string | Uint8Array)[] = []
  const files = {
    ...host.files,
    write: (path: string, data: string | Uint8Array) => {
      written.push(data)
      host.files.write(path, data)
    },
  }
  const tasks = taskScheduler({ ...host, files }, { SystemRoot: 'D:\\Windows' }, 'S:\\task.xml')
  await tasks.put(WINDOWS)
  expect(host.calls).toEqual(['schtasks.exe /Create /TN tokenctl-renew /XML S:\\task.xml /F'])
  expect(host.texts.has('S:\\task.xml')).toBe(false)
  const bytes = Buffer.from(written[0] ?? '')
  expect([...bytes.subarray(0, 4)]).toEqual([0xff, 0xfe, 0x3c, 0x00])
  expect(bytes.toString('utf16le')).toContain('?>\r\n<Task ')
  expect(await tasks.installed()).toMatchObject({ isActive: true })
  await tasks.take()
  expect(await tasks.installed()).toBeUndefined()
})

test('Task Scheduler: the file is gone also where the system refuses it', async () => {
  const host = fakeScheduleHost({ platform: 'win32' })
  host.programs.set('schtasks.exe', () => answer(1, '', 'ERROR: Access is denied.\r\n'))
  await expect(taskScheduler(host, {}, 'S:\\task.xml').put(WINDOWS)).rejects.toMatchObject({
    message: expect.stringContaining('Access is denied'),
  })
  expect(host.texts.has('S:\\task.xml')).toBe(false)
})
