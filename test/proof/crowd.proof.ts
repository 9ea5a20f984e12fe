/** Fifty runs and a holder that is stopped for good: each gives up after the stated wait, and nobody asks. A minute. */
import { expect, test } from 'vitest'
import { DEFAULT_WAIT_MS } from '../../src/platform/file-lock.ts'
import { countOf, crowdHome } from './crowd-home.ts'
import { until } from './crowd-locks.ts'

test('the others end with LOCK_HELD and 4 after the wait, and the marketplace was asked once', async () => {
  const { simulator, proxy, start, release } = await crowdHome('aliexpress:main', 20)
  const holder = start('renew', 'aliexpress:main', '--json')
  await until('the request', () => proxy.exchanges.length === 1)
  holder.child.kill('SIGSTOP')
  const begun = performance.now()
  const others = Array.from({ length: 49 }, () => start('renew', 'aliexpress:main', '--json'))
  const ends = await Promise.all(others.map(each => each.done))
  const ms = performance.now() - begun
  console.info(`49 runs waited for a stopped holder and had all ended after ${Math.round(ms)} ms`)
  expect(countOf(ends.map(run => `${run.status} ${/LOCK_HELD/.test(run.stdout)}`))).toEqual({ '4 true': 49 })
  expect(ms).toBeGreaterThanOrEqual(DEFAULT_WAIT_MS)
  // What fifty starts on a small machine take, beside the wait.
  expect(ms).toBeLessThan(DEFAULT_WAIT_MS + 20_000)
  // The answer lies in the holder's kernel when it goes on, past its own deadline: it is read all the same.
  release()
  await until('the answer', () => (proxy.exchanges[0]?.forwarded ?? 0) > 0)
  holder.child.kill('SIGCONT')
  expect((await holder.done).stdout).toContain('"renewed"')
  expect(simulator.requests()).toHaveLength(1)
})
