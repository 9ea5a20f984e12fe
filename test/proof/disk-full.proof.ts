/** `npm run proof -- disk-full`: the disk is full from each call on, until the run is over. Only root can mount such a disk. */
import { expect, test } from 'vitest'
import { mountSmallDisk } from './small-disk.ts'
import { brokenIn } from './tally.ts'
import { straceMissing } from './traced.ts'
import { sweepOptions, wholeSweep } from './whole-sweep.ts'

function diskMissing(): boolean {
  const disk = mountSmallDisk()
  disk?.unmount()
  return disk === undefined
}

const missing = straceMissing() ?? (diskMissing() ? 'this user may mount no disk' : undefined)

test.skipIf(missing !== undefined)(
  `the disk is full from a call on (${missing ?? 'strace, tmpfs'})`,
  async () => {
    expect(brokenIn(await wholeSweep('disk-full', sweepOptions(process.env)))).toBe(0)
  },
)
