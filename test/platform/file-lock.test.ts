import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createLocks, holdLock } from '../../src/platform/file-lock.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { buildEntry } from '../support/built.ts'
import { temporaryHome } from '../support/temporary-home.ts'

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
})

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
    await expect(attempt).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
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
