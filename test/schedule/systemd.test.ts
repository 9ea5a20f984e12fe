/** The units, letter for letter, and what systemd takes in no path. (That systemd itself takes them: journeys/schedule-systemd.) */
import { expect, test } from 'vitest'
import { jobIn } from '../../src/schedule/job.ts'
import { SERVICE, systemdUnits, TIMER } from '../../src/schedule/systemd.ts'
import { HOURLY, OFTEN, PLAIN, RICH } from './sample-job.ts'

test.each([
  ['plain', PLAIN],
  ['rich', RICH],
  ['hourly', HOURLY],
  ['often', OFTEN],
])('%s', async (name, job) => {
  const units = systemdUnits(job)
  expect(units.map(unit => unit.name)).toEqual([SERVICE, TIMER])
  const text = units.map(unit => `==> ${unit.name}\n${unit.text}`).join('\n')
  await expect(text).toMatchFileSnapshot(`goldens/systemd-${name}.txt`)
  expect(jobIn(text)).toEqual(job)
})

test.each([
  ["Node's path", { node: '/a\nExecStart=/bin/sh' }],
  ["Node's path", { node: '/a"b' }],
  ["Node's path", { node: "/a'b" }],
  ["Node's path", { node: '/a\\b' }],
  ["tokenctl's path", { entry: '/a\u0000b' }],
  ['TOKENCTL_HOME', { env: { TOKENCTL_HOME: '/a\u0085b' } }],
])('%s with what it cannot hold is refused: %j', (what, change) => {
  expect(() => systemdUnits({ ...PLAIN, ...change })).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(what) }),
  )
})
