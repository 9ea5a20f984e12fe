/**
 * Folders for this user alone, made one by one. Not by `recursive`: where a file system says of a folder that is there that it
 * is not, as /proc does of what is below it, Node tries for ever (20.20 and 26.10, seen 2026-11-23).
 */
import fs from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, mode 0700, and those on the way to it that are not there.
 *
 * @returns those that were made, the outermost first
 * @throws what the system says
 */
export function makePrivateFolder(path: string): readonly string[] {
  const missing: string[] = []
  let each = path
  while (fs.statSync(each, { throwIfNoEntry: false }) === undefined) {
    missing.unshift(each)
    if (dirname(each) === each) break
    each = dirname(each)
  }
  return missing.filter(make)
}

/** Whether it was made here: another run may be quicker. */
function make(folder: string): boolean {
  try {
    fs.mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}
