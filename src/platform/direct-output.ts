/**
 * Writing to standard output or error without Node's stream for it, which takes 3 ms to make: a sixth of `node -e 0`. Only to a
 * file, and to a pipe as much as its reader need not have begun to read; all else is the stream's. Never waits for a reader.
 */
import fs from 'node:fs'
import { systemCode } from '../errors.ts'

/**
 * What a pipe takes while nobody reads: 64 KiB on Linux, 16 KiB on macOS. Half of the least of them, since other programs may
 * write to the same one. Node's stream waits in the background for the rest; a call here would hold up the whole program.
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
  let kind: 'file' | 'pipe' | 'other' | undefined
  let left = MOST_UNREAD_BYTES
  // On Windows the console, pipes and files each want something of their own; Node's stream knows it.
  const kindOf = () => (kind ??= platform === 'win32' ? 'other' : kindOfDescriptor(fd))
  return {
    get isNoTerminal() {
      return kindOf() !== 'other'
    },
    write(text) {
      if (kindOf() === 'other') return text
      const bytes = Buffer.from(text)
      if (kind === 'pipe') {
        left -= bytes.length
        if (left < 0) return text
      }
      const written = writeAll(fd, bytes)
      return written === bytes.length ? undefined : bytes.subarray(written)
    },
  }
}

function kindOfDescriptor(fd: number): 'file' | 'pipe' | 'other' {
  try {
    const facts = fs.fstatSync(fd)
    if (facts.isFile()) return 'file'
    return facts.isFIFO() || facts.isSocket() ? 'pipe' : 'other'
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return 'other'
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
    // Whoever shares the pipe made it one that does not wait.
    if (systemCode(error) !== 'EAGAIN') throw error
  }
  return at
}
