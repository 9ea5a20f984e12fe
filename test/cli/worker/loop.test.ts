/** The rounds of a worker and the signal that stops it: nothing is left on it, and nothing is taken once it is aborted. */
import { getEventListeners } from 'node:events'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { AfterRounds } from '../../../src/cli/worker/after-rounds.ts'
import type { Bench } from '../../../src/cli/worker/bench.ts'
import { workLoop } from '../../../src/cli/worker/loop.ts'
import type { WorkerManner } from '../../../src/cli/worker/manner.ts'
import type { WorkerReport } from '../../../src/cli/worker/report.ts'
import { Tally } from '../../../src/cli/worker/tally.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { type FakeClock, fakeClock } from '../../support/clock.ts'

const ROUNDS = 20
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length

/** A worker over a store that is asked for accounts, and has none; `begin` and `take` are what happens in its rounds. */
async function worker(stop: AbortSignal, clock: FakeClock, { begin = () => {}, take = () => {} }) {
  const source = {
    take: async () => {
      take()
      return { candidates: [], unreadable: [] }
    },
    putBack: async () => {},
  }
  const bench = {
    begin: async () => begin(),
    ports: { clock, source, quota: { giveBack: async () => {} } },
    countLeft: async () => {},
  }
  return await workLoop(
    {
      manner: { isOnce: false, concurrency: 2, pollMs: 30_000 } as WorkerManner,
      bench: async () => bench as unknown as Bench,
      tally: new Tally(clock.now()),
      report: { beginRound: () => {}, round: () => {} } as unknown as WorkerReport,
      after: { round: async () => {}, end: async () => {} } as unknown as AfterRounds,
      stop,
    },
    { clock, random: () => 0 },
  )
}

/** Stops a worker at the end of its rounds, and tells what hung on its signal at the end of each. */
function counting(clock: FakeClock, rounds: number) {
  const controller = new AbortController()
  const atRest: number[] = []
  const { sleep } = clock
  clock.sleep = async ms => {
    atRest.push(listeners(controller.signal))
    if (atRest.length === rounds) controller.abort()
    await sleep(ms)
  }
  return { stop: controller.signal, atRest }
}

describe("a worker's signal", () => {
  test.each<[string, () => void]>([
    ['end well', () => {}],
    [
      'find the store cut',
      () => {
        throw new TokenctlError('VAULT_UNAVAILABLE', 'It is cut.')
      },
    ],
  ])('has nothing on it after rounds that %s', async (_, fate) => {
    const any = vi.spyOn(AbortSignal, 'any')
    onTestFinished(() => any.mockRestore())
    const clock = fakeClock()
    const { stop, atRest } = counting(clock, ROUNDS)
    const atWork: number[] = []
    const take = () => {
      atWork.push(listeners(stop))
      fate()
    }
    await worker(stop, clock, { take })
    expect(atWork).toEqual(Array.from({ length: ROUNDS }, () => 1))
    expect(atRest).toEqual(Array.from({ length: ROUNDS }, () => 0))
    // What that leaves behind is no listener, and can be counted nowhere.
    expect(any).not.toHaveBeenCalled()
  })

  test('aborted before a round begins to take, it takes nothing, and the worker ends', async () => {
    const controller = new AbortController()
    const take = vi.fn()
    expect(await worker(controller.signal, fakeClock(), { begin: () => controller.abort(), take })).toBe(0)
    expect(take).not.toHaveBeenCalled()
    expect(listeners(controller.signal)).toBe(0)
  })

  test('aborted while a round takes, that is its last', async () => {
    const controller = new AbortController()
    const take = vi.fn(() => controller.abort())
    await worker(controller.signal, fakeClock(), { take })
    expect(take).toHaveBeenCalledTimes(1)
    expect(listeners(controller.signal)).toBe(0)
  })
})
