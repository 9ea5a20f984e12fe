/** Whether a schedule comes often enough: docs/delivery.md's own figures, and that what is advised fits. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accessMargin, rhythmCommand, tooSeldom } from '../../../src/cli/delivery/delivery-rhythm.ts'
import { type Interval, longestWait } from '../../../src/schedule/job.ts'
import { SHORTEST_TASK_MINUTES } from '../../../src/schedule/task-scheduler.ts'
import { DAY, HOUR, MINUTE } from '../../../src/tokens/time.ts'
import { delivery, header } from '../../support/accounts.ts'
import { NOW } from '../../support/world.ts'

const handing = (lifeMs: number, marginMs: number | null = null) =>
  header({
    acceptedAt: NOW,
    accessExpiresAt: NOW + lifeMs,
    delivery: delivery({ tokens: ['access'], marginMs }),
  })

test.each<[string, lifeMs: number, marginMs: number | null, command: string | undefined]>([
  ["eBay's", 2 * HOUR, null, '--every 20m'],
  ["Amazon's", HOUR, null, '--every 10m'],
  ["eBay's with the margin for Task Scheduler", 2 * HOUR, HOUR, '--every 30m'],
  ["AliExpress'", 30 * DAY, null, '--every 1d'],
  ['one of minutes', 20 * MINUTE, null, undefined],
])('%s token: the schedule that fits', (_, lifeMs, marginMs, words) => {
  const margin = accessMargin(handing(lifeMs, marginMs), NOW)
  const command = margin === null ? undefined : rhythmCommand(margin)
  expect(command).toBe(words && `\`tokenctl schedule install ${words}\``)
})

test('Task Scheduler’s shortest is too seldom for both, and for eBay’s a margin of an hour mends it', () => {
  const times = { waitMs: longestWait({ every: '30m' }) * MINUTE, shortestMinutes: SHORTEST_TASK_MINUTES }
  const isSeldom = (lifeMs: number, marginMs: number | null) =>
    tooSeldom([handing(lifeMs, marginMs)], times, NOW) !== undefined
  expect([isSeldom(2 * HOUR, null), isSeldom(HOUR, null)]).toEqual([true, true])
  expect([isSeldom(2 * HOUR, HOUR), isSeldom(HOUR, HOUR)]).toEqual([false, true])
})

test('whatever the life, what is advised is often enough', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 * 24 * 40 }), minutes => {
      const account = handing(minutes * MINUTE)
      const every = /--every (\w+)/.exec(rhythmCommand(accessMargin(account, NOW) ?? 0) ?? '')?.[1]
      if (every === undefined) return
      const job = { every: (every === '1d' ? 'day' : every) as Interval }
      expect(
        tooSeldom([account], { waitMs: longestWait(job) * MINUTE, shortestMinutes: 0 }, NOW),
      ).toBeUndefined()
    }),
  )
})

test.each([
  ['nothing is handed on', header({ acceptedAt: NOW, accessExpiresAt: NOW + HOUR })],
  ['its life is not known', { ...handing(HOUR), accessExpiresAt: null }],
  ['a clock that was ahead dated it', { ...handing(9 * DAY), acceptedAt: NOW + 2 * DAY }],
])('%s: no margin', (_, account) => {
  expect(accessMargin(account, NOW)).toBeNull()
})
