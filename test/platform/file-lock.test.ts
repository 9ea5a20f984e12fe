import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLocks, holdLock } from '../../src/platform/file-lock.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { buildEntry } from '../support/built.ts'
import { temporaryHome } from '../support/temporary-home.ts'

/** Stands in for the kernel's answer while a test says so. */
const kernel = vi.hoisted(() => ({ fails: undefined as (() => never) | undefined }))
/** Stands in for a system that the package has nothing for. */
const loader = vi.hoisted(() => ({ fails: undefined as Error | undefined }))
vi.mock('fs-native-extensions', async original => {
  const { tryLock } = await original<typeof import('fs-native-extensions')>()
  return {
    get tryLock() {
      if (loader.fails !== undefined) throw loader.fails
      return (fd: number) => kernel.fails?.() ?? tryLock(fd)
    },
  }
})

/** Never waits for real; counts what was waited. */
function countingClock() {
  const pauses: number[] = []
  return { pauses, sleep: async (ms: number) => void pauses.push(ms) }
}

let built: string
beforeAll(async () => {
  built = await buildEntry('src/platform/file-lock.ts', 'file-lock')
})

let home: string
let path: string
beforeEach(() => {
  home = temporaryHome()
  path = join(home, 'ebay.main.lock')
  kernel.fails = undefined
  loader.fails = undefined
})

/** Every lock is refused with this error. */
function refuseWith(error: Error): void {
  kernel.fails = () => {
    throw error
  }
}

describe('holding a lock', () => {
  it('runs the work, gives its answer, and is free afterwards, whatever the work does', async () => {
    const clock = countingClock()
    expect(await holdLock(path, { what: 'x', clock }, async () => 42)).toBe(42)
    const failing = holdLock(path, { what: 'x', clock }, () => Promise.reject(new Error('work failed')))
    await expect(failing).rejects.toThrow('work failed')
    await holdLock(path, { what: 'x', clock }, async () => undefined)
    expect(clock.pauses).toEqual([])
  })

  it('keeps its file, private, and shuts others out for a bounded time with spread pauses', async () => {
    const clock = countingClock()
    const options = { what: 'ebay:main', clock, waitMs: 1000 }
    await holdLock(path, options, async () => {
      const second = holdLock(path, options, async () => 'never')
      await expect(second).rejects.toMatchObject({
        code: 'LOCK_HELD',
        message: expect.stringContaining('ebay:main'),
      })
    })
    expect(fs.statSync(path).mode & 0o777).toBe(0o600)
    const waited = clock.pauses.reduce((sum, pause) => sum + pause, 0)
    expect(waited).toBeGreaterThanOrEqual(1000)
    expect(waited).toBeLessThan(1250)
    expect(clock.pauses.every(pause => pause >= 25 && pause < 250)).toBe(true)
  })

  it.each([
    ['25 ms at least', 0, [25, 25]],
    ['less than 250 ms', 0.9999, [250]],
    ['spread between', 0.5, [138]],
  ])('pauses %s, and tries no more once the wait is over', async (_, random, pauses) => {
    const clock = countingClock()
    const options = { what: 'x', clock, waitMs: 50, random: () => random }
    await holdLock(path, options, async () => {
      const second = holdLock(path, options, async () => 'never')
      await expect(second).rejects.toMatchObject({ code: 'LOCK_HELD' })
    })
    expect(clock.pauses.map(Math.round)).toEqual(pauses)
  })

  it('is waited for half a minute when nobody says how long, and told so', async () => {
    const clock = countingClock()
    await holdLock(path, { what: 'x', clock }, async () => {
      const second = holdLock(path, { what: 'x', clock }, async () => 'never')
      await expect(second).rejects.toMatchObject({ fix: expect.stringContaining('Waited 30 s.') })
    })
    const waited = clock.pauses.reduce((sum, pause) => sum + pause, 0)
    expect(Math.floor(waited / 1000)).toBe(30)
  })

  it.each(['EBUSY', 'EACCES'])('is held by another where the system says %s', async code => {
    refuseWith(Object.assign(new Error('refused'), { code }))
    const attempt = holdLock(path, { what: 'x', clock: countingClock(), waitMs: 100 }, async () => 'never')
    await expect(attempt).rejects.toMatchObject({ code: 'LOCK_HELD' })
  })

  it.each([
    ['ENOLCK', Object.assign(new Error('none'), { code: 'ENOLCK' })],
    ['unknown error', new Error('no code')],
  ])('says what the file system refuses it with, and how to mend it: %s', async (reason, error) => {
    refuseWith(error)
    const clock = countingClock()
    const attempt = holdLock(path, { what: 'x', clock }, async () => 'never')
    await expect(attempt).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: `${path} cannot be locked (${reason}).`,
      fix: expect.stringContaining('TOKENCTL_HOME'),
      cause: error,
    })
    expect(clock.pauses).toEqual([])
  })

  it.each(['ADDON_NOT_FOUND', 'CANNOT_LOAD', 'ERR_DLOPEN_FAILED'])(
    'says so where locks are not built for the system: %s',
    async code => {
      loader.fails = Object.assign(new Error('none'), { code })
      const work = vi.fn(async () => 'never')
      await expect(holdLock(path, { what: 'x', clock: countingClock() }, work)).rejects.toMatchObject({
        code: 'VAULT_UNAVAILABLE',
        message: expect.stringContaining(`${process.platform}-${process.arch}`),
        fix: expect.stringContaining('tokenctl doctor'),
        cause: loader.fails,
      })
      expect(work).not.toHaveBeenCalled()
    },
  )

  it('lets pass what it cannot name: a part that is gone for the moment', async () => {
    loader.fails = Object.assign(new Error('gone'), { code: 'MODULE_NOT_FOUND' })
    await expect(holdLock(path, { what: 'x', clock: countingClock() }, async () => 1)).rejects.toBe(
      loader.fails,
    )
  })

  it('goes to the next in line the moment it is free', async () => {
    let release = () => {}
    const held = holdLock(
      path,
      { what: 'x', clock: countingClock() },
      () => new Promise<void>(done => (release = done)),
    )
    const order: string[] = []
    const clock = {
      sleep: async () => {
        order.push('waited')
        release()
        await held
      },
    }
    await new Promise(resolve => setImmediate(resolve))
    await holdLock(path, { what: 'x', clock }, async () => void order.push('held'))
    expect(order).toEqual(['waited', 'held'])
  })

  it('is free at once when its holder is killed', async () => {
    const script = `require(${JSON.stringify(built)}).holdLock(process.argv[1], { what: 'x', clock: {} }, () => {
      process.stdout.write('held'); return new Promise(() => setInterval(() => {}, 1000)) })`
    const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    const clock = countingClock()
    const refused = holdLock(path, { what: 'x', clock, waitMs: 0 }, async () => 'never')
    await expect(refused).rejects.toMatchObject({ code: 'LOCK_HELD' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const pausesBefore = clock.pauses.length
    expect(await holdLock(path, { what: 'x', clock, waitMs: 0 }, async () => 'mine')).toBe('mine')
    expect(clock.pauses).toHaveLength(pausesBefore)
  })

  it('refuses a link in the place of its file', async () => {
    fs.symlinkSync(join(home, 'elsewhere'), path)
    const attempt = holdLock(path, { what: 'x', clock: countingClock() }, async () => 'never')
    await expect(attempt).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringContaining(`${path} is a symbolic link`),
      fix: expect.stringContaining('Remove the link'),
      cause: { code: 'ELOOP' },
    })
    expect(fs.existsSync(join(home, 'elsewhere'))).toBe(false)
  })

  it('says WRITE_FAILED where the file cannot be made', async () => {
    const attempt = holdLock(
      join(home, 'none', 'x'),
      { what: 'x', clock: countingClock() },
      async () => 'never',
    )
    await expect(attempt).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  })
})

describe('the locks of a folder', () => {
  const locksOf = (folder: string) =>
    createLocks(folder, {
      clock: countingClock(),
      waitMs: 0,
      ensureFolder: createNodeFiles().ensurePrivateFolder,
    })

  it('are one file a name, and do not disturb each other', async () => {
    const folder = join(home, 'locks')
    const locks = locksOf(folder)
    await locks.hold('ebay:main', () => locks.hold('ebay:second', async () => undefined))
    expect(fs.readdirSync(folder)).toEqual(['ebay.main.lock', 'ebay.second.lock'])
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700)
    const twice = locks.hold('ebay:main', () => locks.hold('ebay:main', async () => undefined))
    await expect(twice).rejects.toMatchObject({ code: 'LOCK_HELD' })
  })
})
