/**
 * What can happen to one run of the program from outside, at its k-th call to a file, a store or the network: it is
 * killed, its disk fills up or breaks, its clock jumps, its store locks itself. Calls on files are met where Node makes
 * them, so that every step of a durable write counts; flushing is counted and not done.
 */
import fs from 'node:fs'

export type Trouble =
  | { readonly at: number; readonly what: 'killed' }
  /** `full`: what needs new space fails · `broken`: every write and flush does; so many of them. */
  | { readonly at: number; readonly what: 'full' | 'broken'; readonly times: number }
  | { readonly at: number; readonly what: 'clock jumps'; readonly ms: number }
  | { readonly at: number; readonly what: 'store locks' }

/** What a call needs of the disk. */
type Need = 'space' | 'write' | 'nothing'

/** Ends a run that is dead: nothing of it reaches the outside any more. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

export class Outside {
  isDead = false
  isLocked = false
  /** How far this machine's clock is from the true time. */
  skewMs = 0
  /** Calls of the run that is at work; the k-th has number k. */
  calls = 0
  /** How many calls of that run were refused. */
  refused = 0
  /** Told after each call that made something durable. */
  onDurable: () => void = () => {}
  readonly #opened = new Set<number>()
  #trouble: Trouble | undefined
  #failing: { readonly need: 'space' | 'write'; left: number } | undefined

  /** A new run begins. */
  begin(trouble: Trouble | undefined): void {
    this.#trouble = trouble
    this.calls = 0
    this.refused = 0
    this.isDead = false
    this.#failing = undefined
  }

  /** The run is over: what it left open, its system closes. */
  end(): void {
    this.#trouble = undefined
    this.#failing = undefined
    for (const fd of this.#opened) fs.closeSync(fd)
    this.#opened.clear()
    this.isDead = false
  }

  /** One call to the outside is about to be made. @throws {Killed}, or as a disk does (ENOSPC, EIO). */
  call(need: Need = 'nothing'): void {
    if (this.isDead) throw new Killed()
    this.calls += 1
    if (this.#trouble !== undefined && this.calls >= this.#trouble.at) this.#happens(this.#trouble)
    const failing = this.#failing
    if (failing === undefined || failing.left === 0 || need === 'nothing') return
    if (failing.need === 'space' && need !== 'space') return
    failing.left -= 1
    this.refused += 1
    const code = failing.need === 'space' ? 'ENOSPC' : 'EIO'
    throw Object.assign(new Error(code), { code })
  }

  /** Where a call was made whole that puts something on the disk for good. */
  durable(): void {
    this.onDurable()
  }

  opened(fd: number): void {
    this.#opened.add(fd)
  }

  closed(fd: number): boolean {
    return this.#opened.delete(fd)
  }

  isOurs(fd: number): boolean {
    return this.#opened.has(fd)
  }

  #happens(trouble: Trouble): void {
    this.#trouble = undefined
    if (trouble.what === 'killed') {
      this.isDead = true
      throw new Killed()
    }
    if (trouble.what === 'clock jumps') this.skewMs += trouble.ms
    else if (trouble.what === 'store locks') this.isLocked = true
    else this.#failing = { need: trouble.what === 'full' ? 'space' : 'write', left: trouble.times }
  }
}

const { O_CREAT } = fs.constants

/**
 * Lets what is done to files under a folder go through the outside; returns what takes that back.
 *
 * @param at the folder and the outside that hold now; undefined while no run is at work.
 */
export function meetFiles(
  at: () => { readonly folder: string; readonly outside: Outside } | undefined,
): () => void {
  const { openSync, writeFileSync, writeSync, fsyncSync, fdatasyncSync, renameSync } = fs
  const { unlinkSync, rmSync, mkdirSync, closeSync } = fs
  const real = {
    ...{ openSync, writeFileSync, writeSync, fsyncSync, fdatasyncSync, renameSync },
    ...{ unlinkSync, rmSync, mkdirSync, closeSync },
  }
  const met = (path: unknown): Outside | undefined => {
    const here = at()
    return here !== undefined && typeof path === 'string' && path.startsWith(here.folder)
      ? here.outside
      : undefined
  }
  const ours = (fd: unknown): Outside | undefined => {
    const here = at()
    return here !== undefined && typeof fd === 'number' && here.outside.isOurs(fd) ? here.outside : undefined
  }
  /** A write, of which a kill leaves the half. */
  const written = (outside: Outside | undefined, need: Need, half: () => unknown): void => {
    const wasDead = outside?.isDead === true
    try {
      outside?.call(need)
    } catch (error) {
      if (!wasDead && outside?.isDead === true) half()
      throw error
    }
  }
  const replaced: Record<keyof typeof real, (...args: never[]) => unknown> = {
    openSync: (path: string, flags: number, mode?: number) => {
      const outside = met(path)
      // Reading changes nothing, so a kill there is one before the next write.
      if (typeof flags === 'number' && (flags & O_CREAT) !== 0) outside?.call('space')
      const fd = real.openSync(path, flags, mode)
      outside?.opened(fd)
      return fd
    },
    writeFileSync: (file: string | number, data: string | Uint8Array, options?: object) => {
      const bytes = Buffer.from(data)
      const half = () => typeof file === 'number' && real.writeSync(file, bytes, 0, bytes.length >> 1)
      written(ours(file), 'space', half)
      real.writeFileSync(file, data, options)
    },
    writeSync: (fd: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
      written(ours(fd), 'write', () => real.writeSync(fd, bytes, offset, length >> 1, position))
      return real.writeSync(fd, bytes, offset, length, position)
    },
    fsyncSync: (fd: number) => {
      const outside = ours(fd)
      if (outside === undefined) real.fsyncSync(fd)
      else outside.call('write')
    },
    fdatasyncSync: (fd: number) => {
      const outside = ours(fd)
      if (outside === undefined) return real.fdatasyncSync(fd)
      outside.call('write')
      outside.durable()
    },
    renameSync: (from: string, to: string) => {
      const outside = met(to)
      outside?.call('write')
      real.renameSync(from, to)
      outside?.durable()
    },
    unlinkSync: (path: string) => {
      met(path)?.call()
      real.unlinkSync(path)
    },
    rmSync: (path: string, options?: object) => {
      met(path)?.call()
      real.rmSync(path, options)
    },
    mkdirSync: (path: string, options?: object) => {
      met(path)?.call('space')
      return real.mkdirSync(path, options)
    },
    closeSync: (fd: number) => {
      at()?.outside.closed(fd)
      real.closeSync(fd)
    },
  }
  Object.assign(fs, replaced)
  return () => void Object.assign(fs, real)
}
