/** `npm run proof -- error-sweep`: every call on a file fails, once and for good, with each error a disk can give. */
import { expect, test } from 'vitest'
import { brokenIn } from './tally.ts'
import { straceMissing } from './traced.ts'
import { sweepOptions, wholeSweep } from './whole-sweep.ts'

test.skipIf(straceMissing() !== undefined)('every call on a file fails', async () => {
  expect(brokenIn(await wholeSweep('errors', sweepOptions(process.env)))).toBe(0)
})
