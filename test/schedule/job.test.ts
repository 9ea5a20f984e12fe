/** When a job runs, and the mark that carries it through every text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatClockTime,
  homeOf,
  hoursAndMinutes,
  INTERVALS,
  intervalWithin,
  type Job,
  jobIn,
  longestWait,
  markOf,
  minutesOf,
  parseClockTime,
  spreadOf,
  spreadWithin,
  timesOf,
} from '../../src/schedule/job.ts'
import { PLAIN, RICH } from './sample-job.ts'

const clockTimes = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hour, minute]) => formatClockTime({ hour, minute }))

const jobs: fc.Arbitrary<Job> = fc.record({
  version: fc.constant(1 as const),
  node: fc.string({ unit: 'binary' }),
  entry: fc.string({ unit: 'binary' }),
  env: fc.dictionary(fc.stringMatching(/^[A-Z_]{1,9}$/), fc.string({ unit: 'binary' }), {
    noNullPrototype: true,
  }),
  at: clockTimes,
  every: fc.constantFrom(...INTERVALS),
  spread: fc.integer({ min: 0, max: 59 }),
})

test.each([
  ['06:30', '06:30'],
  ['6:30', '06:30'],
  [' 23:59 ', '23:59'],
  ['00:00', '00:00'],
  ['24:00', undefined],
  ['10:60', undefined],
  ['10', undefined],
  ['10:5', undefined],
  ['10:00:00', undefined],
  ['-1:00', undefined],
  ['', undefined],
  ['noon', undefined],
  ['١٠:٠٠', undefined],
])('%j as a time of day is %j', (typed, time) => {
  expect(parseClockTime(typed)).toBe(time)
})

describe('the times of a day', () => {
  test.each([
    ['10:00', 'day', 0, ['10:00']],
    ['10:00', 'day', 17, ['10:17']],
    ['23:30', 'day', 45, ['00:15']],
    ['23:30', '12h', 45, ['00:15', '12:15']],
    ['07:15', '6h', 0, ['01:15', '07:15', '13:15', '19:15']],
    ['23:30', '8h', 45, ['00:15', '08:15', '16:15']],
  ] as const)('%s, every %s, %s minutes on', (at, every, after, times) => {
    expect(timesOf({ at, every }, after).map(formatClockTime)).toEqual(times)
  })

  test('are as many as the interval has in a day, as far apart over midnight too, in order', () => {
    fc.assert(
      fc.property(jobs, job => {
        const minutes = timesOf(job, job.spread).map(({ hour, minute }) => hour * 60 + minute)
        expect(minutes.length * minutesOf(job.every)).toBe(24 * 60)
        const next = [...minutes.slice(1), (minutes[0] ?? 0) + 24 * 60]
        for (const [index, each] of minutes.entries())
          expect((next[index] ?? 0) - each).toBe(minutesOf(job.every))
      }),
    )
  })

  test('are all said by their hours and minutes, and no others', () => {
    fc.assert(
      fc.property(jobs, job => {
        const times = timesOf(job, job.spread)
        const { hours, minutes } = hoursAndMinutes(times)
        const all = (hours ?? [...Array(24).keys()]).flatMap(hour =>
          minutes.map(minute => ({ hour, minute })),
        )
        expect(all.map(formatClockTime).sort()).toEqual(times.map(formatClockTime))
      }),
    )
  })

  test.each([
    ['day', 60],
    ['6h', 60],
    ['4h', 60],
    ['2h', 30],
    ['1h', 15],
    ['20m', 5],
    ['15m', 3],
    ['10m', 2],
  ] as const)('every %s begins within %d minutes', (every, minutes) => {
    expect(spreadWithin({ every })).toBe(minutes)
  })
})

describe('the mark', () => {
  test('gives back the job, whatever stands around it', () => {
    fc.assert(
      fc.property(jobs, job => {
        const mark = markOf(job)
        expect(mark).toMatch(/^[\x20-\x7e]+$/)
        expect(jobIn(`# one\n# ${mark}\n7 10 * * * {}\n`)).toEqual(job)
      }),
    )
  })

  test.each([
    ['none', '7 10 * * * node'],
    ['cut', markOf(PLAIN).slice(0, -9)],
    ['no JSON', 'tokenctl-schedule {version}'],
    ['another version', markOf(PLAIN).replace('"version":1', '"version":2')],
    ['a time that is none', markOf(PLAIN).replace('10:00', '25:00')],
    ['more than there should be', markOf(PLAIN).replace('{', '{"more":1,')],
    ['a variable that is none', markOf({ ...PLAIN, env: { 'A\nB': 'c' } })],
  ])('%s: no job', (_, text) => {
    expect(jobIn(text)).toBeUndefined()
  })
})

test('machines are spread evenly over the hour, each always to the same minute', () => {
  const minutes = Array.from({ length: 6000 }, (_, index) => spreadOf(`machine ${index}`))
  const counts = minutes.reduce<Record<number, number>>((sum, minute) => {
    sum[minute] = (sum[minute] ?? 0) + 1
    return sum
  }, {})
  expect(Object.keys(counts)).toHaveLength(60)
  // 100 each on the whole; a fair die of 60 sides stays within these with room to spare.
  expect(Math.max(...Object.values(counts))).toBeLessThan(150)
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(55)
  expect(spreadOf('machine 1')).toBe(minutes[1])
})

test('a home is told as it would be typed', () => {
  expect(homeOf(PLAIN)).toBe('')
  expect(homeOf(RICH)).toBe('TOKENCTL_HOME=/srv/50% off/$shop')
})

test('the longest interval that comes within so many minutes', () => {
  expect([1501, 1500, 31, 30, 26, 25, 15, 13, 12].map(intervalWithin)).toEqual([
    'day',
    '12h',
    '20m',
    '20m',
    '20m',
    '15m',
    '10m',
    '10m',
    undefined,
  ])
  for (const every of INTERVALS) expect(intervalWithin(longestWait({ every }) + 1)).toBe(every)
})
