/**
 * A disk of one mebibyte that can be filled to its last block in an instant, and emptied again. It is a memory disk, which
 * only root may mount; where that may not be, there is none and the proof says so.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemCode } from '../../src/errors.ts'

export interface SmallDisk {
  /** What is on it. */
  readonly folder: string
  /** From here on nothing new finds room. */
  fill(): void
  /** There is room again. */
  empty(): void
  unmount(): void
}

/** Mounts one; undefined where this user may not. */
export function mountSmallDisk(): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tokenctl-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', folder])
  if (mounted.status !== 0) {
    rmdirSync(folder)
    return undefined
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    fill: () => fillUp(filler),
    empty: () => rmSync(filler, { force: true }),
    unmount: () => {
      spawnSync('umount', ['--lazy', folder])
      rmdirSync(folder)
    },
  }
}

function fillUp(path: string): void {
  const block = Buffer.alloc(4096, 'x')
  const fd = openSync(path, 'w')
  try {
    for (;;) writeSync(fd, block)
  } catch (error) {
    if (systemCode(error) !== 'ENOSPC') throw error
  } finally {
    closeSync(fd)
  }
}
