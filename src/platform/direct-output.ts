/**
 * Writing to standard output or error without Node's stream for it, which takes 3 ms to make: a sixth of `node -e 0`. Only to a
 * file, and to a pipe as much as it takes at once; all else is the stream's. Never waits for a reader: whoever waits in here
 * keeps the whole program waiting, with a token on its way.
 */
import fs from 'node:fs'
import { systemCode } from '../errors.ts'

/**
 * What goes where it cannot be tried how much is taken (a socket; a pipe but on Linux): half of the 16 KiB that a pipe takes on
 * macOS while nobody reads, since other programs may write to the same one. Node's stream waits in the background for the rest.
 */
const MOST_UNREAD_BYTES = 8192

/** A descriptor that was looked at. */
export interface DirectOutput {
  /** Whether it is a terminal for sure not. */
  readonly isNoTerminal: boolean
  /**
   * Writes a text, or a part of it.
   *
   * @returns the rest, for the stream; undefined when nothing is left.
   * @throws the system's error: ENOSPC, EPIPE.
   */
  write(text: string): string | Uint8Array | undefined
}

/** Standard output (1) or error (2) of this process; the descriptor is looked at when it is first asked for. */
export function directOutput(fd: 1 | 2, platform: NodeJS.Platform): DirectOutput {
  let kind: Kind | undefined
  let unread = MOST_UNREAD_BYTES
  let apart: number | undefined
  // On Windows the console, pipes and files each want something of their own; Node's stream knows it.
  const kindOf = () => (kind ??= platform === 'win32' ? 'other' : kindOfDescriptor(fd))
  /** What takes so many bytes, or a part of them, without waiting for a reader; undefined where nothing does. */
  const wayInto = (bytes: number) => {
    if (kind === 'file') return fd
    if (kind === 'pipe' && platform === 'linux') {
      apart ??= openApart(fd)
      return apart
    }
    unread -= bytes
    return unread < 0 ? undefined : fd
  }
  return {
    get isNoTerminal() {
      return kindOf() !== 'other'
    },
    write(text) {
      if (kindOf() === 'other') return text
      const bytes = Buffer.from(text)
      const to = wayInto(bytes.length)
      if (to === undefined) return text
      const written = writeAll(to, bytes)
      return written === bytes.length ? undefined : bytes.subarray(written)
    },
  }
}

type Kind = 'file' | 'pipe' | 'socket' | 'other'

function kindOfDescriptor(fd: number): Kind {
  try {
    const facts = fs.fstatSync(fd)
    if (facts.isFile()) return 'file'
    if (facts.isFIFO()) return 'pipe'
    return facts.isSocket() ? 'socket' : 'other'
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return 'other'
  }
}

/**
 * Opens the pipe behind a descriptor once more, as one that does not wait. To set that on the descriptor itself would set it
 * for every program that has it. Undefined where that cannot be: a pipe that another user made, or one without a reader.
 */
function openApart(fd: number): number | undefined {
  try {
    return fs.openSync(`/proc/self/fd/${fd}`, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK)
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return undefined
  }
}

/**
 * Writes what goes at once. A disk that fills up takes a part and refuses the next: both are seen here.
 *
 * @returns how many bytes were written.
 */
function writeAll(fd: number, bytes: Uint8Array): number {
  let at = 0
  try {
    while (at < bytes.length) at += fs.writeSync(fd, bytes, at)
  } catch (error) {
    // The pipe is full.
    if (systemCode(error) !== 'EAGAIN') throw error
  }
  return at
}
