/**
 * A note in the state folder of the last time that `renew --due` went over all accounts to its end. The history has a
 * line only for what was done, and a machine on which nothing is due for months does nothing: without this note nobody
 * could tell it from one whose schedule died. A note and no record: one that cannot be written fails nothing.
 */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { isTokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { type EpochMs, parseDate, toIso } from '../tokens/time.ts'
import { parseStored } from '../vault/stored-json.ts'
import type { Exit } from './exit.ts'
import { safeLine } from './render/safe-text.ts'
import type { World } from './world.ts'

/** When it ended, and with which status. */
export interface RunNote {
  readonly at: EpochMs
  readonly exit: number
}

const shape = z.object({ version: z.literal(1), at: z.string(), exit: z.int() })

const pathIn = (stateDir: string) => join(stateDir, 'last-run.json')

/** Notes that such a run ended now. Where there is no state folder nothing is made. */
export function noteRun(exit: Exit, world: Pick<World, 'clock' | 'files' | 'folders' | 'terminal'>): void {
  const { clock, files, folders, terminal } = world
  try {
    if (!files.checkPrivateFolder(folders.state)) return
    const text = JSON.stringify({ version: 1, at: toIso(clock.now()), exit })
    files.writeDurably(pathIn(folders.state), `${text}\n`)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    terminal.err(
      `Note: when this run was is not written down. ${safeLine(`${error.message} ${error.fix}`)}\n`,
    )
  }
}

/** The last such run; undefined where none is noted, or the note cannot be read. */
export function readRunNote(stateDir: string, files: Pick<Files, 'readPrivate'>): RunNote | undefined {
  try {
    const bytes = files.readPrivate(pathIn(stateDir), { maxBytes: 16_384 })
    const read = z.safeParse(shape, bytes && parseStored(bytes.toString('utf8')))
    const at = read.success ? parseDate(read.data.at) : undefined
    return read.success && at !== undefined ? { at, exit: read.data.exit } : undefined
  } catch (error) {
    // It decides nothing; what is wrong with the folder's modes is told elsewhere.
    if (!isTokenctlError(error)) throw error
    return undefined
  }
}
