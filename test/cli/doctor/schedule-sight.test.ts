/** What the schedulers of a machine tell `doctor`. */
import { expect, test } from 'vitest'
import type { Ground } from '../../../src/cli/doctor/ground.ts'
import { seeSchedules } from '../../../src/cli/doctor/schedule-sight.ts'
import { installSchedule } from '../../../src/cli/scheduling.ts'
import type { World } from '../../../src/cli/world.ts'
import { DAY, HOUR, MINUTE } from '../../../src/tokens/time.ts'
import { fakeScheduleHost } from '../../support/schedule-host.ts'
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
  expect(await seen(world)).toEqual({
    installed: ['systemd'],
    longestWaitMs,
    faults: [],
  })
})

test('none, and a line made by hand', async () => {
  const host = fakeScheduleHost({ has: ['crontab'] })
  const world = await testWorld({ scheduleHost: host, env: ME })
  expect(await seen(world)).toEqual({ installed: [], longestWaitMs: null, faults: [] })
  host.crontab = '0 1 * * * tokenctl --foo renew --due\n'
  expect(await seen(world)).toMatchObject({
    longestWaitMs: null,
    installed: ['a line of your crontab'],
  })
})
