/**
 * How often something was done today, counted over all runs and processes of this user without a lock: one byte is
 * added to the day's own file for each, and its size is the count. Nothing is flushed to the disk: a power cut may cost
 * the last few, which no daily quota is about. The day is UTC's, so that no clock change makes one of 23 or 25 hours.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import type { Files } from './files.ts'

export interface DailyCounts {
  /** How often `name` was counted in the day of `now` (milliseconds); null when that cannot be told. */
  count(name: string, now: number): number | null
  /** Counts one more. That it could not be written down stops nobody: it never throws. */
  add(name: string, now: number): void
}

const { O_APPEND, O_CREAT, O_WRONLY } = fs.constants
// Windows lacks both. O_NONBLOCK: a FIFO put in the file's place must not hold the program up.
const FLAGS = O_APPEND | O_CREAT | O_WRONLY | (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0)
const DAY_MS = 86_400_000

/** The counts that rest in a folder as `<name>.<day>`; the folder is made at the first. Files of past days are removed. */
export function createDailyCounts(
  folder: string,
  files: Pick<Files, 'ensurePrivateFolder' | 'list'>,
): DailyCounts {
  /** The last day that this process counted in: at its first count the days before are swept. */
  let swept: string | undefined
  const pathOf = (name: string, now: number) => join(folder, `${name}.${dayOf(now)}`)

  function sweep(now: number): void {
    if (swept === dayOf(now)) return
    swept = dayOf(now)
    files.ensurePrivateFolder(folder)
    // Yesterday's stays: another process may be at its last request.
    const oldest = dayOf(now - DAY_MS)
    for (const name of files.list(folder) ?? []) {
      const day = /\.(\d{4}-\d{2}-\d{2})$/.exec(name)?.[1]
      if (day !== undefined && day < oldest) fs.rmSync(join(folder, name), { force: true })
    }
  }

  return {
    count(name, now) {
      try {
        const stat = fs.lstatSync(pathOf(name, now), { throwIfNoEntry: false })
        return stat === undefined ? 0 : stat.isFile() ? stat.size : null
      } catch {
        // A folder that cannot be read, or a day that no calendar has: there is nothing to count by.
        return null
      }
    },

    add(name, now) {
      try {
        sweep(now)
        const fd = fs.openSync(pathOf(name, now), FLAGS, 0o600)
        try {
          if (fs.fstatSync(fd).isFile()) fs.writeSync(fd, '.')
        } finally {
          fs.closeSync(fd)
        }
      } catch {
        // A full disk is found where tokens are written, before anything is sent. A count is worth no renewal.
      }
    },
  }
}

function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10)
}
