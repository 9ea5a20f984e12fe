/**
 * Writes what a command was called for, all of it or not at all: to an output that is closed, full, or left by its reader it
 * must fail, where the text about a command is merely dropped. Knows nothing of what it writes, and never shows it.
 */
import fs from 'node:fs'
import { systemCode } from '../errors.ts'

/** What is asked of a stream to write on; `process.stdout` has it. */
export interface WholeStream {
  readonly fd?: number
  write(text: string, done: (error?: Error | null) => void): unknown
}

/**
 * Writes a text; afterwards all of it is on its way: in a file, which is on the disk then, or taken by the pipe. What a
 * reader does with what the pipe has taken cannot be known.
 *
 * @throws the system's error (ENOSPC, EPIPE), or one with the code EBADF where standard output is closed.
 */
export async function writeWhole(stream: WholeStream, text: string): Promise<void> {
  const { fd } = stream
  const facts = fd === undefined ? undefined : fs.fstatSync(fd)
  if (fd !== undefined && facts !== undefined) {
    if (facts.isFile()) return writeFile(fd, text)
    if (facts.isCharacterDevice() && isClosed(fd, facts.rdev))
      throw Object.assign(new Error('closed'), { code: 'EBADF' })
  }
  await new Promise<void>((resolve, reject) => {
    stream.write(text, error => (error == null ? resolve() : reject(error)))
  })
}

/** Node's own stream writes a file once and takes a part for the whole, as a disk that fills up leaves it. */
function writeFile(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at)
  fs.fsyncSync(fd)
}

/**
 * Whether standard output is closed. Node then opens the null device in its place before any of ours runs, for reading as
 * well, which a shell's `>/dev/null` does not. What starts programs with an output that is nowhere may do so, too.
 */
function isClosed(fd: number, device: number): boolean {
  if (process.platform === 'win32' || fs.statSync('/dev/null').rdev !== device) return false
  try {
    fs.readSync(fd, Buffer.alloc(1))
    return true
  } catch (error) {
    if (systemCode(error) !== 'EBADF') throw error
    return false
  }
}
