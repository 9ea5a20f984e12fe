/** What the schedulers of a machine tell `doctor`. */
import { expect, test } from 'vitest'
import type { Ground } from '../../../src/cli/doctor/ground.ts'
import { NO_SCHEDULES } from '../../../src/cli/doctor/schedule-checks.ts'
import { seeSchedules } from '../../../src/cli/doctor/schedule-sight.ts'
import { installSchedule } from '../../../src/cli/schedules/scheduling.ts'
import type { World } from '../../../src/cli/world.ts'
import { DAY, HOUR, MINUTE } from '../../../src/tokens/time.ts'
import { answer, fakeScheduleHost } from '../../support/schedule-host.ts'
import { testWorld } from '../../support/world.ts'

const ME = { HOME: '/home/me', PATH: '/usr/bin:/bin' }

const seen = (world: World) => seeSchedules({ world } as unknown as Ground)

test.each([
  ['1d', DAY + HOUR],
  ['6h', 7 * HOUR],
  ['20m', 25 * MINUTE],
])('a schedule of every %s, and how long it may be between two runs', async (every, longestWaitMs) => {
  const world = await testWorld({ scheduleHost: fakeScheduleHost(), env: ME })
  await installSchedule({ every }, world)
  expect(await seen(world)).toEqual({ ...NO_SCHEDULES, installed: ['systemd'], longestWaitMs })
})

const BY_HAND = '0 1 * * * tokenctl --foo renew --due\n'
const OF_ANOTHER = '0 1 * * * TOKENCTL_HOME=/srv/second tokenctl renew --all --due\n'
const OF_SOME = '0 1 * * * tokenctl renew ebay\n'

async function cronOnly(crontab?: string, env: Readonly<Record<string, string>> = {}) {
  const host = fakeScheduleHost({ has: ['crontab'] })
  host.crontab = crontab
  return { host, world: await testWorld({ scheduleHost: host, env: { ...ME, ...env } }) }
}

test('none', async () => {
  expect(await seen((await cronOnly()).world)).toEqual(NO_SCHEDULES)
})

test('a line made by hand counts where it renews all accounts of this very home', async () => {
  expect(await seen((await cronOnly(BY_HAND)).world)).toEqual({
    ...NO_SCHEDULES,
    installed: ['a line of your crontab'],
    hasHandMade: true,
  })
  const second = await cronOnly(OF_ANOTHER, { TOKENCTL_HOME: '/srv/second' })
  expect(await seen(second.world)).toMatchObject({ installed: ['a line of your crontab'] })
})

test('one of another home says nothing of this; one that cannot be told is named', async () => {
  expect(await seen((await cronOnly(OF_ANOTHER)).world)).toEqual(NO_SCHEDULES)
  const { installed, hasHandMade, insteadOfNone } =
    (await seen((await cronOnly(OF_SOME)).world)) ?? NO_SCHEDULES
  expect({ installed, hasHandMade }).toEqual({ installed: [], hasHandMade: false })
  expect(insteadOfNone).toMatchObject([
    { isGrave: false, message: expect.stringMatching(/whether line 1 of your crontab does is not known\.$/) },
  ])
})

test('the schedule of another home: its own words, and no install that would be refused', async () => {
  const { world, host } = await cronOnly(undefined, { TOKENCTL_HOME: '/srv/shop' })
  await installSchedule({}, world)
  const mine = await testWorld({ scheduleHost: host, env: ME })
  const { installed, insteadOfNone } = (await seen(mine)) ?? NO_SCHEDULES
  expect(installed).toEqual([])
  expect(insteadOfNone).toMatchObject([
    {
      message: expect.stringMatching(/^No schedule .* cron has one: it renews .*TOKENCTL_HOME=\/srv\/shop/),
      fix: expect.stringMatching(
        /'TOKENCTL_HOME=\/srv\/shop' tokenctl schedule remove`\. Two homes at once: /,
      ),
    },
  ])
})

test('a block whose end was cut off: a warning with the reason, not "nothing"', async () => {
  const { world, host } = await cronOnly()
  await installSchedule({}, world)
  host.crontab = host.crontab?.replace(/^# tokenctl-schedule ends\.\n/m, '')
  expect(await seen(world)).toMatchObject({
    installed: [],
    isBlind: true,
    faults: [
      {
        isGrave: false,
        message: expect.stringMatching(/^Whether cron .* line 1, tokenctl's own lines are damaged/),
        fix: expect.stringMatching(/`crontab -e`.*`tokenctl schedule install`/),
      },
    ],
  })
})

test('beside a schedule a damaged block is told, and a crontab that is not allowed is not', async () => {
  const host = fakeScheduleHost()
  const world = await testWorld({ scheduleHost: host, env: ME })
  await installSchedule({}, world)
  host.crontab = '# tokenctl-schedule begins.\n'
  expect(await seen(world)).toMatchObject({
    installed: ['systemd'],
    isBlind: false,
    faults: [{ isGrave: false }],
  })
  host.programs.set('crontab', () =>
    answer(1, '', 'You (me) are not allowed to use this program (crontab)\n'),
  )
  expect(await seen(world)).toMatchObject({ installed: ['systemd'], isBlind: false, faults: [] })
})
