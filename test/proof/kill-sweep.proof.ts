/** `npm run proof -- kill-sweep`: kill -9 at every call between lock and unlock, in every scenario; and of the helper. */
import { expect, test } from 'vitest'
import { brokenIn, widestMoment } from './tally.ts'
import { straceMissing } from './traced.ts'
import { sweepOptions, wholeSweep } from './whole-sweep.ts'

const missing = straceMissing()
const options = sweepOptions(process.env)

test.skipIf(missing !== undefined)('the program is killed at every call', async () => {
  const tallies = await wholeSweep('kill', options)
  expect(brokenIn(tallies)).toBe(0)
  expect(widestMoment(tallies)).toBeLessThanOrEqual(1)
})

test.skipIf(missing !== undefined)("the keychain's helper is killed at every word to it", async () => {
  expect(brokenIn(await wholeSweep('kill-helper', options))).toBe(0)
})
