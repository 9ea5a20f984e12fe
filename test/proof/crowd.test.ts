/** Fifty runs on one account, and a holder that stops or dies: one request, and a lock that is free when nobody lives. */
import { expect, test, vi } from 'vitest'
import { holdLock } from '../../src/platform/file-lock.ts'
import { countOf, crowdHome, outcomeOf } from './crowd-home.ts'
import { locksOpenIn, until } from './crowd-locks.ts'

const RUNS = 50

/** How often a holder is killed, and in what time its lock must be another's, by the median. */
const TURNS = 5
const FREE_WITHIN_MS = 100

// Fifty starts on a small machine that has other things to do.
vi.setConfig({ testTimeout: 120_000 })

test('ebay:main is due: fifty runs of renew --due make one request', async () => {
  const { simulator, start, release } = await crowdHome('ebay:main', 100)
  release()
  const runs = await Promise.all(Array.from({ length: RUNS }, () => start('renew', '--due', '--json').done))
  expect(runs.filter(run => run.status !== 0 || run.stderr !== '')).toEqual([])
  const { renewed, fresh = 0, left = 0 } = countOf(runs.map(outcomeOf))
  expect({ renewed, others: fresh + left }).toEqual({ renewed: 1, others: RUNS - 1 })
  expect(simulator.requests()).toHaveLength(1)
})

test('fifty runs of renew aliexpress:main, all there before the answer comes, make one request', async () => {
  const { simulator, proxy, start, release } = await crowdHome('aliexpress:main', 20)
  const runs = Array.from({ length: RUNS }, () => start('renew', 'aliexpress:main', '--json'))
  await until('every run at the lock', () => runs.every(({ pid }) => locksOpenIn(pid).length > 0))
  expect(proxy.exchanges).toHaveLength(1)
  release()
  const ends = await Promise.all(runs.map(each => each.done))
  expect(ends.filter(run => run.status !== 0 || run.stderr !== '')).toEqual([])
  expect(countOf(ends.map(outcomeOf))).toEqual({ renewed: 1, fresh: RUNS - 1 })
  expect(simulator.requests()).toHaveLength(1)
})

test('a holder that is stopped keeps the lock; one that is killed frees it at once', async () => {
  // Once may be chance either way: on a machine with other things to do, a killed process must wait its turn even to die.
  const freedAfterMs: number[] = []
  for (let turn = 0; turn < TURNS; turn += 1) freedAfterMs.push(await killHolder())
  console.info(
    `the lock of a killed holder was another's after ${freedAfterMs.map(ms => ms.toFixed(1)).join(', ')} ms`,
  )
  expect(freedAfterMs.sort((a, b) => a - b)[TURNS >> 1]).toBeLessThan(FREE_WITHIN_MS)
})

/** Stops a holder, which keeps its lock, and kills it; how long it then was until another had the lock. */
async function killHolder(): Promise<number> {
  const { proxy, start } = await crowdHome('ebay:main', 20)
  const holder = start('renew', 'ebay:main')
  await until('the request', () => proxy.exchanges.length === 1)
  holder.child.kill('SIGSTOP')
  const [path = ''] = locksOpenIn(holder.pid)
  const clock = { sleep: async () => undefined }
  const tryFor = (waitMs: number) => holdLock(path, { what: 'ebay:main', clock, waitMs }, async () => 'mine')
  await expect(tryFor(30_000)).rejects.toMatchObject({ code: 'LOCK_HELD' })
  const killedAt = performance.now()
  holder.child.kill('SIGKILL')
  let mine: string | undefined
  while (mine === undefined && performance.now() - killedAt < 10_000) {
    await new Promise(resolve => setImmediate(resolve))
    mine = await tryFor(0).catch(() => undefined)
  }
  const ms = performance.now() - killedAt
  expect(mine).toBe('mine')
  expect((await holder.done).signal).toBe('SIGKILL')
  return ms
}
