/**
 * Which channels and heartbeats did not take what was last sent to them: `failing-channels.json` in the state folder,
 * for whoever looks later (`doctor`), since a run that nobody watched said so to nobody. No secret: names, dates and codes.
 * A note and no record: one that cannot be written fails nothing, and a channel that works is not in it.
 */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { asTokenctlError, isTokenctlError, type TokenctlError } from '../../errors.ts'
import type { Files } from '../../platform/files.ts'
import { date } from '../../vault/record-shapes.ts'
import { safeLine } from '../render/safe-text.ts'
import { readNote } from '../state-note.ts'
import type { World } from '../world.ts'

const failing = z.object({
  /** The first of the failures in a row, and the last. */
  since: date,
  at: date,
  code: z.string(),
})
const file = z.object({ version: z.literal(1), failing: z.record(z.string(), failing) })

/** How a channel fails. */
export type ChannelFailing = z.output<typeof failing>

const pathIn = (stateDir: string) => join(stateDir, 'failing-channels.json')

type NotingWorld = Pick<World, 'clock' | 'files' | 'folders' | 'terminal'>

/** Sends by `work`, and notes that it failed, or that it does no longer; what `work` throws is thrown on. */
export async function notingFailure(
  name: string,
  world: NotingWorld,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const known = asTokenctlError(error)
    // Whoever stopped the run did not find out how the channel is.
    if (known.exit !== 130) note(name, known, world)
    throw error
  }
  note(name, undefined, world)
}

function note(name: string, error: TokenctlError | undefined, world: NotingWorld): void {
  const { clock, files, folders, terminal } = world
  const before = readFailingChannels(folders.state, files)
  const known = before.get(name)
  if (error === undefined && known === undefined) return
  const after = new Map(before)
  const at = clock.now()
  if (error === undefined) after.delete(name)
  else after.set(name, { since: known?.since ?? at, at, code: error.code })
  try {
    files.ensurePrivateFolder(folders.state)
    const text = JSON.stringify(z.encode(file, { version: 1, failing: Object.fromEntries(after) }))
    files.writeDurably(pathIn(folders.state), `${text}\n`)
  } catch (failure) {
    if (!isTokenctlError(failure)) throw failure
    terminal.err(
      `Note: how the channel ${name} does is not written down. ${safeLine(`${failure.message} ${failure.fix}`)}\n`,
    )
  }
}

/** Those that fail, by name; none where the note cannot be read, since it decides nothing. */
export function readFailingChannels(
  stateDir: string,
  files: Pick<Files, 'readPrivate'>,
): ReadonlyMap<string, ChannelFailing> {
  return new Map(Object.entries(readNote(pathIn(stateDir), file, files, 1024 * 1024)?.failing ?? {}))
}
