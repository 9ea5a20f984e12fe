/**
 * Having the scheduled run itself look at what it can do. `schedule install` leaves a request in the state folder; the next
 * `renew --due` over all accounts that no person typed takes it, once, and runs `doctor --scheduled` in its own place: its
 * environment, its user, its credentials. Nothing else can say what that run can do.
 */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { asTokenctlError, isTokenctlError } from '../../errors.ts'
import { type EpochMs, MINUTE } from '../../tokens/time.ts'
import { date } from '../../vault/record-shapes.ts'
import type { Exit } from '../exit.ts'
import { safeLine } from '../render/safe-text.ts'
import { readNote } from '../state-note.ts'
import type { World } from '../world.ts'

const shape = z.object({ version: z.literal(1), at: date, alone: z.boolean() })

/** A run that was started for the proof comes at once; one that comes later is there to renew. */
const ALONE_MS = 2 * MINUTE

const pathIn = (stateDir: string) => join(stateDir, 'scheduled-check-wanted.json')

/**
 * Leaves the request. `alone`: the run that is started for it now does nothing else.
 *
 * @throws {WRITE_FAILED} · {VAULT_UNAVAILABLE} where the state folder is not private
 */
export function requestCheck(
  alone: boolean,
  { clock, files, folders }: Pick<World, 'clock' | 'files' | 'folders'>,
): void {
  files.ensurePrivateFolder(folders.state)
  const text = JSON.stringify(z.encode(shape, { version: 1, at: clock.now(), alone }))
  files.writeDurably(pathIn(folders.state), `${text}\n`)
}

/** Takes back what no run has taken; whether there was anything. @throws {WRITE_FAILED} */
export function withdrawRequest({ files, folders }: Pick<World, 'files' | 'folders'>): boolean {
  return files.remove(pathIn(folders.state))
}

/** When the check was requested that no run has taken yet; undefined where none waits, or it cannot be read. */
export function requestedAt({ files, folders }: Pick<World, 'files' | 'folders'>): EpochMs | undefined {
  return readNote(pathIn(folders.state), shape, files)?.at
}

/**
 * Runs the scheduled run's work, with the proof beside it where one was asked for, or in its place. The proof changes
 * neither what the work does nor how it ends.
 */
export async function withProof(isWholeRun: boolean, world: World, work: () => Promise<Exit>): Promise<Exit> {
  const request = isWholeRun && !world.terminal.isInteractive ? takeRequest(world) : undefined
  if (request === undefined) return await work()
  if (request === 'alone') return await (await import('../commands/doctor.ts')).proveQuietly(world)
  try {
    return await work()
  } finally {
    await proveBeside(world)
  }
}

/** Never throws: what it threw would stand in the place of how the work ended. */
async function proveBeside(world: World): Promise<void> {
  try {
    await (await import('../commands/doctor.ts')).proveQuietly(world)
  } catch (error) {
    const { message, fix } = asTokenctlError(error)
    world.terminal.err(`Note: this run could not look at what it can do. ${safeLine(`${message} ${fix}`)}\n`)
  }
}

/** Removed before it is acted on: a proof that is killed is not tried again and again. */
function takeRequest(world: Pick<World, 'clock' | 'files' | 'folders'>): 'alone' | 'beside' | undefined {
  const { clock, files, folders } = world
  try {
    const request = readNote(pathIn(folders.state), shape, files)
    if (!withdrawRequest(world)) return undefined
    return request?.alone === true && Math.abs(clock.now() - request.at) < ALONE_MS ? 'alone' : 'beside'
  } catch (error) {
    // A request is no reason to fail: what is wrong with the folder stops the work itself, with its own words.
    if (!isTokenctlError(error)) throw error
    return undefined
  }
}
