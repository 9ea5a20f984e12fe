/**
 * A note in the state folder of the last time that `renew --due` over all accounts ended, be it because the vault did not
 * open. The history has a line only for what was done, and a machine on which nothing is due for months does nothing:
 * without this note nobody could tell it from one whose schedule died, nor from one that cannot do its work. A note and no
 * record: one that cannot be written fails nothing.
 */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { asTokenctlError, isTokenctlError } from '../../errors.ts'
import type { Files } from '../../platform/files.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { readLastOpened } from '../../vault/marker.ts'
import { date } from '../../vault/record-shapes.ts'
import type { Exit } from '../exit.ts'
import { safeLine } from '../render/safe-text.ts'
import { readNote } from '../state-note.ts'
import type { World } from '../world.ts'

/** When a run ended, and with which status. */
export interface RunEnd {
  readonly at: EpochMs
  readonly exit: number
}

export interface RunNote extends RunEnd {
  /**
   * The last that nobody typed at a terminal, which may be this very one; null where none is known. What a person types
   * proves nothing of the schedule's own surroundings, and must not hide how that does there.
   */
  readonly unattended: RunEnd | null
  /**
   * When such a run that opened a record last ended with 0; null where none is known. One with nothing due ends so too,
   * and reads headers alone: it shows nothing of key, keychain and vault.
   */
  readonly openedAt: EpochMs | null
}

const end = z.object({ at: date, exit: z.int() })
const shape = z.object({
  version: z.literal(1),
  ...end.shape,
  unattended: z._default(z.nullable(end), null),
  openedAt: z._default(z.nullable(date), null),
})

const pathIn = (stateDir: string) => join(stateDir, 'last-run.json')

type NotingWorld = Pick<World, 'clock' | 'files' | 'folders' | 'terminal'>

/** Runs the work of such a run, and notes how it ended: by its status, or by that of what it threw, which is thrown on. */
export async function withRunNote(world: NotingWorld, work: () => Promise<Exit>): Promise<Exit> {
  const begun = world.clock.now()
  try {
    const exit = await work()
    noteRun(exit, world, begun)
    return exit
  } catch (error) {
    noteRun(asTokenctlError(error).exit, world, begun)
    throw error
  }
}

/**
 * Notes that such a run ended now. The state folder is made where a good run found nothing connected; a run that failed
 * makes none, since the true one may only be out of sight.
 *
 * @param begun when it began: a record that was opened since was opened by it.
 */
export function noteRun(exit: Exit, world: NotingWorld, begun: EpochMs = world.clock.now()): void {
  const { clock, files, folders, terminal } = world
  try {
    if (exit === 0) files.ensurePrivateFolder(folders.state)
    else if (!files.checkPrivateFolder(folders.state)) return
    const run = { at: clock.now(), exit }
    const before = readRunNote(folders.state, files)
    const unattended = terminal.isInteractive ? (before?.unattended ?? null) : run
    const hasOpened = !terminal.isInteractive && exit === 0 && opened(begun, world)
    const openedAt = hasOpened ? run.at : (before?.openedAt ?? null)
    const text = JSON.stringify(z.encode(shape, { version: 1, ...run, unattended, openedAt }))
    files.writeDurably(pathIn(folders.state), `${text}\n`)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    terminal.err(
      `Note: when this run was is not written down. ${safeLine(`${error.message} ${error.fix}`)}\n`,
    )
  }
}

/** Whether a renewal opened a record since then. */
function opened(begun: EpochMs, { files, folders }: NotingWorld): boolean {
  const last = readLastOpened(folders.state, files)
  return last !== undefined && last.by === 'renew' && last.at >= begun
}

/** The last such run; undefined where none is noted, or the note cannot be read. */
export function readRunNote(stateDir: string, files: Pick<Files, 'readPrivate'>): RunNote | undefined {
  const note = readNote(pathIn(stateDir), shape, files)
  if (note === undefined) return undefined
  const { version: _, ...run } = note
  return run
}
