/**
 * What a piece of work does to the file system, call by call, for tests of its order. Calls go through to the disk;
 * files go by their last name, with the random part of a temporary one as `*`.
 */
import fs from 'node:fs'
import { basename } from 'node:path'
import { vi } from 'vitest'

export interface FsCalls {
  /** `open .a.*.tmp`, `fsync .a.*.tmp`, `rename a`, … in their order; writes in a row count as one. */
  readonly calls: string[]
  /** The files that were opened and not closed. */
  readonly stillOpen: () => readonly string[]
}

const nameOf = (path: unknown) => basename(String(path)).replace(/\.[0-9a-f]{16}\.tmp$/, '.*.tmp')

/** Notes the calls from here to the end of the test, which restores them (`restoreMocks`). */
export function watchFs(): FsCalls {
  const calls: string[] = []
  const open = new Map<unknown, string>()
  const watch = (
    method: 'openSync' | 'closeSync' | 'writeFileSync' | 'writeSync' | 'fsyncSync' | 'fdatasyncSync',
    word: string,
  ) => {
    const real = fs[method] as (...args: unknown[]) => unknown
    const noted = (...args: unknown[]) => {
      const call = `${word} ${open.get(args[0]) ?? nameOf(args[0])}`
      if (word !== 'write' || calls.at(-1) !== call) calls.push(call)
      const result = real(...args)
      if (method === 'openSync') open.set(result, nameOf(args[0]))
      if (method === 'closeSync') open.delete(args[0])
      return result
    }
    vi.spyOn(fs, method).mockImplementation(noted as never)
  }
  watch('openSync', 'open')
  watch('closeSync', 'close')
  watch('writeFileSync', 'write')
  watch('writeSync', 'write')
  watch('fsyncSync', 'fsync')
  watch('fdatasyncSync', 'fdatasync')
  for (const [method, word, at] of [
    ['renameSync', 'rename', 1],
    ['unlinkSync', 'unlink', 0],
    ['rmSync', 'remove', 0],
    ['mkdirSync', 'mkdir', 0],
    ['readdirSync', 'list', 0],
  ] as const) {
    const real = fs[method] as (...args: unknown[]) => unknown
    const noted = (...args: unknown[]) => {
      calls.push(`${word} ${nameOf(args[at])}`)
      return real(...args)
    }
    vi.spyOn(fs, method).mockImplementation(noted as never)
  }
  return { calls, stillOpen: () => [...open.values()] }
}

/** Makes the next call fail so, after what is done in its place. */
export function failOnce(
  method: 'fsyncSync' | 'renameSync' | 'unlinkSync' | 'openSync' | 'readdirSync' | 'mkdirSync',
  code: string,
  first: (...args: string[]) => void = () => {},
): void {
  const fail = (...args: string[]) => {
    first(...args)
    throw Object.assign(new Error(code), { code })
  }
  vi.spyOn(fs, method).mockImplementationOnce(fail as never)
}
