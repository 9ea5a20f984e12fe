/** The gate with the kernel's own locks: who is shut out, for how long, and what is said. Nothing waits for real. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { createLocks, DEFAULT_WAIT_MS } from '../../src/platform/file-lock.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { alone, gated } from '../../src/vault/gate.ts'
import { readMarker } from '../../src/vault/marker.ts'
import { movingHome } from './moving.ts'

/** The gate of a new vault in the file store, and what was waited at it in all. */
async function gateOfHome() {
  const moving = movingHome()
  await moving.door('file').write()
  let waited = 0
  const clock = {
    sleep: async (ms: number) => {
      waited += ms
    },
  }
  const files = createNodeFiles()
  const ensureFolder = (path: string) => files.ensurePrivateFolder(path)
  const locks = createLocks(join(moving.stateDir, 'locks'), { clock, ensureFolder })
  const options = moving.options({ locks })
  const marker = readMarker(moving.stateDir, files)
  const { locks: through } = gated({ store: 'file', marker }, options)
  const enter = (name: string) => through.hold(name, async () => name)
  const waitedSince = () => {
    const all = waited
    waited = 0
    return all
  }
  return { options, through, enter, waitedSince }
}

const MOVING = { code: 'LOCK_HELD', message: expect.stringMatching(/are being moved \(`tokenctl migrate`\)/) }

it('whoever comes while the records are moved waits once, however many accounts it has', async () => {
  const { options, enter, waitedSince } = await gateOfHome()
  await alone(options, async () => {
    for (const name of ['ebay:main', 'amazon:main', 'app-ebay-default', 'ebay:outlet'])
      await expect(enter(name)).rejects.toMatchObject({
        ...MOVING,
        fix: expect.stringMatching(/^Waited 30 s/),
      })
    const waited = waitedSince()
    expect(waited).toBeGreaterThanOrEqual(DEFAULT_WAIT_MS)
    expect(waited).toBeLessThan(DEFAULT_WAIT_MS + 1000)
  })
})

it('and goes on as soon as the gate is open; the next time it waits again', async () => {
  const { options, through, enter, waitedSince } = await gateOfHome()
  await alone(options, () => expect(enter('ebay:main')).rejects.toMatchObject(MOVING))
  waitedSince()
  const inner = () => enter('keychain-index')
  expect(await through.hold('ebay:main', inner)).toBe('keychain-index')
  expect(waitedSince()).toBe(0)
  await alone(options, () => expect(enter('ebay:main')).rejects.toMatchObject(MOVING))
  expect(waitedSince()).toBeGreaterThanOrEqual(DEFAULT_WAIT_MS)
})

it('a lock that another run holds behind the gate keeps its own words', async () => {
  const { options, enter, through } = await gateOfHome()
  await options.locks.hold('ebay:main', async () => {
    await expect(enter('ebay:main')).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringMatching(/at work on ebay:main/),
    })
    expect(await enter('ebay:outlet')).toBe('ebay:outlet')
  })
  const held = new TokenctlError('LOCK_HELD', 'of the work itself')
  await expect(through.hold('ebay:main', () => Promise.reject(held))).rejects.toBe(held)
})
