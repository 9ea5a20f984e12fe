/**
 * What a folder holds, as one value to compare: names, kinds, modes and bytes. Times of last reading are no part, nor is
 * the history: that something was tried and failed is noted there, and changes nothing. Nor is the journal's folder
 * itself, but for what is in it.
 */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

const NOTES = /[\\/](history\.\d+\.jsonl|state[\\/]journal)$/

/** One entry a file, sorted by path; empty for a folder that is not there. */
export function folderPrint(folder: string): readonly string[] {
  return entries(folder)
    .filter(path => !NOTES.test(path))
    .map(path => {
      const stat = lstatSync(path)
      const mode = (stat.mode & 0o7777).toString(8)
      const name = path.slice(folder.length + 1)
      if (stat.isSymbolicLink()) return `${name} -> ${readlinkSync(path)}`
      if (!stat.isFile()) return `${name}/ ${mode}`
      return `${name} ${mode} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
    })
}

/** Every path below a folder, sorted; links are named and not followed. */
export function entries(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    // Not there, or closed to us: nothing to compare.
    return []
  }
  return names
    .map(name => join(folder, name))
    .flatMap(path => [path, ...(lstatSync(path).isDirectory() ? entries(path) : [])])
    .sort()
}
