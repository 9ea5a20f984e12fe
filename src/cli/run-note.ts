/**
 * A note in the state folder of the last time that `renew --due` over all accounts ended, be it because the vault did not
 * open. The history has a line only for what was done, and a machine on which nothing is due for months does nothing:
 * without this note nobody could tell it from one whose schedule died, nor from one that cannot do its work. A note and no
 * record: one that cannot be written fails nothing.
 */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { asTokenctlError, isTokenctlError } from '../errors.ts'
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
  /** Whether somebody typed it at a terminal: it proves nothing of the schedule's own surroundings. */
  readonly byPerson: boolean
}

const shape = z.object({
  version: z.literal(1),
  at: z.string(),
  exit: z.int(),
  byPerson: z._default(z.boolean(), false),
})

const pathIn = (stateDir: string) => join(stateDir, 'last-run.json')

type NotingWorld = Pick<World, 'clock' | 'files' | 'folders' | 'terminal'>

/** Runs the work of such a run, and notes how it ended: by its status, or by that of what it threw, which is thrown on. */
export async function withRunNote(world: NotingWorld, work: () => Promise<Exit>): Promise<Exit> {
  try {
    const exit = await work()
    noteRun(exit, world)
    return exit
  } catch (error) {
    noteRun(asTokenctlError(error).exit, world)
    throw error
  }
}

/**
 * Notes that such a run ended now. The state folder is made where a good run found nothing connected; a run that failed
 * makes none, since the true one may only be out of sight.
 */
export function noteRun(exit: Exit, world: NotingWorld): void {
  const { clock, files, folders, terminal } = world
  try {
    if (exit === 0) files.ensurePrivateFolder(folders.state)
    else if (!files.checkPrivateFolder(folders.state)) return
    const text = JSON.stringify({
      version: 1,
      at: toIso(clock.now()),
      exit,
      byPerson: terminal.isInteractive,
    })
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
    return read.success && at !== undefined
      ? { at, exit: read.data.exit, byPerson: read.data.byPerson }
      : undefined
  } catch (error) {
    // It decides nothing; what is wrong with the folder's modes is told elsewhere.
    if (!isTokenctlError(error)) throw error
    return undefined
  }
}
