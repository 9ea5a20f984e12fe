/** The task, letter for letter; and as the system might give it back. Nobody has tried it on Windows. */
import { expect, test } from 'vitest'
import { isSameTask, jobOfTask, taskXml } from '../../src/schedule/task-scheduler.ts'
import { WINDOWS } from './sample-job.ts'

const WITH_HOME = {
  ...WINDOWS,
  env: { TOKENCTL_HOME: 'D:\\shops' },
  entry: 'D:\\tokenctl\\bin\\tokenctl.js',
  every: '6h',
} as const

test.each([
  ['plain', WINDOWS],
  ['home', WITH_HOME],
  ['hourly', { ...WINDOWS, every: '1h' as const }],
])('%s', async (name, job) => {
  const xml = taskXml(job)
  await expect(xml).toMatchFileSnapshot(`goldens/task-${name}.xml`)
  expect(jobOfTask(xml)).toEqual(job)
  expect(isSameTask(xml, xml)).toBe(true)
})

test('as often as a task has triggers, and no oftener: what it can is named', () => {
  expect(taskXml({ ...WINDOWS, every: '30m' }).match(/<CalendarTrigger>/g)).toHaveLength(48)
  for (const every of ['20m', '15m', '10m'] as const) {
    expect(() => taskXml({ ...WINDOWS, every })).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: `Task Scheduler starts a task 48 times a day at most, which is not every ${every}.`,
        fix: 'Nothing was changed. Give one that it can, by `--every`: 1d, 12h, 8h, 6h, 4h, 3h, 2h, 1h, 30m.',
      }),
    )
  }
})

test('written anew by the system it is the same task; with another command or switched off it is not', () => {
  const xml = taskXml(WINDOWS)
  const anew = xml
    .replace(
      /<MultipleInstancesPolicy>.*\n/,
      '<IdleSettings><StopOnIdleEnd>true</StopOnIdleEnd></IdleSettings>\n',
    )
    .replaceAll(/^ +/gm, '\t')
    .replace('PT60M', 'PT1H')
  expect(isSameTask(anew, xml)).toBe(true)
  expect(isSameTask(anew.replace('--due', '--dry-run'), xml)).toBe(false)
  expect(isSameTask(anew.replace('T10:00', 'T11:00'), xml)).toBe(false)
  expect(isSameTask(anew.replace('<Enabled>true', '<Enabled>false'), xml)).toBe(false)
})

test.each([
  ["Node's path", { node: 'C:\\a"b' }],
  ["tokenctl's path", { entry: 'C:\\a\nb' }],
  ['TOKENCTL_HOME', { ...WITH_HOME, env: { TOKENCTL_HOME: 'C:\\100%&calc' } }],
  ["tokenctl's path", { entry: 'C:\\R&D\\x', env: { TOKENCTL_HOME: 'D:\\x' } }],
])('%s with what it cannot hold is refused', (what, change) => {
  expect(() => taskXml({ ...WINDOWS, ...change })).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(what) }),
  )
})
