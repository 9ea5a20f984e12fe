/** The keychain store over the real Secret Service, in each state that a person's machine can be in. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { startLineProcess } from '../../src/platform/line-process.ts'
import type { StartHelper } from '../../src/vault/keychain-items.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { testSecretStore } from '../contracts/secret-store.ts'
import { keychainHelper } from '../support/built.ts'
import { type Keyring, keyringMissing, startKeyring } from '../support/keyring.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { keychainStoreIn } from './stores.ts'

const missing = keyringMissing()
const KEY = 'account/ebay:main'
const RECORD = { header: { account: 'ebay:main' }, body: '"refresh"', perishable: 'access' }
/** Whatever a keychain does, an answer or an error is there by then. */
const LIMIT_MS = 6000

let helper = ''
const startHelper: StartHelper = env => startLineProcess({ command: process.execPath, args: [helper], env })
beforeAll(async () => {
  helper = await keychainHelper()
})

describe.skipIf(missing !== undefined)(`a real keyring (${missing ?? 'gnome-keyring'})`, () => {
  let keyring: Keyring
  beforeAll(async () => {
    keyring = await startKeyring('unlocked')
  })
  afterAll(async () => await keyring.stop())

  let vault = 0
  testSecretStore(
    'keychain over gnome-keyring',
    async () => {
      const home = temporaryHome()
      const vaultId = (vault++).toString(16).padStart(16, '0')
      const open = () => keychainStoreIn(home, { startHelper, env: keyring.env, vaultId })
      return { store: open(), reopen: async () => open() }
    },
    { runs: 8 },
  )
})

/** What a call came to, and how long it took. */
async function attempt(work: () => Promise<unknown>): Promise<{ error: TokenctlError; ms: number }> {
  const startedAt = performance.now()
  try {
    await work()
  } catch (error) {
    if (error instanceof TokenctlError) return { error, ms: performance.now() - startedAt }
    throw error
  }
  throw new Error('nothing was thrown')
}

const stores: SecretStore[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

function storeIn(home: string, env: Readonly<Record<string, string>>): SecretStore {
  const store = keychainStoreIn(home, { startHelper, env })
  stores.push(store)
  return store
}

async function expectFault(store: SecretStore, code: string, message: RegExp, fix: RegExp): Promise<void> {
  for (const work of [() => store.get(KEY), () => store.put(KEY, RECORD), () => store.fingerprint('x')]) {
    const { error, ms } = await attempt(work)
    expect(error.code).toBe(code)
    expect(error.exit).toBe(5)
    expect(error.message).toMatch(message)
    expect(error.fix).toMatch(fix)
    expect(ms).toBeLessThan(LIMIT_MS)
  }
}

describe.skipIf(missing !== undefined)(`states of a real keychain (${missing ?? 'gnome-keyring'})`, () => {
  it('locked: VAULT_LOCKED for what is there, and headers are listed all the same', async () => {
    const keyring = await startKeyring('unlocked')
    try {
      const home = temporaryHome()
      const before = storeIn(home, keyring.env)
      await before.put(KEY, RECORD)
      await before.close()
      await keyring.lockAgain()
      const store = storeIn(home, keyring.env)
      expect(await store.headers()).toEqual([{ key: KEY, header: RECORD.header }])
      await expectFault(store, 'VAULT_LOCKED', /is locked/, /unlock/)
    } finally {
      await keyring.stop()
    }
  })

  it('a keyring that was never made: a write says that there is none', async () => {
    const keyring = await startKeyring('fresh')
    try {
      const { error, ms } = await attempt(() => storeIn(temporaryHome(), keyring.env).put(KEY, RECORD))
      expect(error.code).toBe('VAULT_UNAVAILABLE')
      expect(error.message).toMatch(/no keyring to store in/)
      expect(ms).toBeLessThan(LIMIT_MS)
    } finally {
      await keyring.stop()
    }
  })

  it('a bus on which nothing provides the service', async () => {
    const keyring = await startKeyring('none')
    try {
      const store = storeIn(temporaryHome(), keyring.env)
      await expectFault(
        store,
        'VAULT_UNAVAILABLE',
        /nothing on the session bus provides/,
        /config set store file/,
      )
    } finally {
      await keyring.stop()
    }
  })

  it('a daemon that is stopped: in time, and only the first call waits', async () => {
    const keyring = await startKeyring('unlocked')
    try {
      const store = storeIn(temporaryHome(), keyring.env)
      await store.put(KEY, RECORD)
      process.kill(keyring.daemon?.pid ?? 0, 'SIGSTOP')
      const { error, ms } = await attempt(() => store.get(KEY))
      expect(error.code).toBe('VAULT_UNAVAILABLE')
      expect(error.message).toMatch(/did not answer in time/)
      expect(ms).toBeLessThan(LIMIT_MS)
      process.kill(keyring.daemon?.pid ?? 0, 'SIGCONT')
    } finally {
      await keyring.stop()
    }
  })

  it.skipIf(process.geteuid?.() !== 0)("another user's bus: denied, not hung and not absent", async () => {
    const keyring = await startKeyring('none', { uid: 65534 })
    try {
      const store = storeIn(temporaryHome(), keyring.env)
      await expectFault(store, 'VAULT_UNAVAILABLE', /refused us/, /the user whose session it is/)
    } finally {
      await keyring.stop()
    }
  })

  it('an item that was removed in the keychain’s own program is never "none"', async () => {
    const keyring = await startKeyring('unlocked')
    try {
      const home = temporaryHome()
      const store = storeIn(home, keyring.env)
      await store.put(KEY, RECORD)
      const helperProcess = await startHelper(keyring.env)
      expect(await helperProcess.ask({ op: 'delete', account: `0123456789abcdef/${KEY}` })).toEqual({
        answer: { ok: true },
      })
      await helperProcess.close()
      const { error } = await attempt(() => store.get(KEY))
      expect(error.code).toBe('RECORD_UNREADABLE')
      expect(error.message).toMatch(/removed by another program/)
      expect(await store.isGone?.(KEY)).toBe(true)
      expect(await store.delete(KEY)).toBe(true)
      expect(await store.get(KEY)).toBeUndefined()
    } finally {
      await keyring.stop()
    }
  })
})

describe('states without a keychain', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function socketAt(path: string, onConnection: 'silent' | 'close'): Promise<void> {
    const server = createServer(socket => {
      if (onConnection === 'close') socket.destroy()
      socket.on('error', () => {})
    })
    servers.push(server)
    await new Promise<void>(resolve => server.listen(path, resolve))
  }

  it.skipIf(process.platform !== 'linux')('no bus at all: at once, without a helper', async () => {
    const store = keychainStoreIn(temporaryHome(), {
      env: { HOME: '/nonexistent', XDG_RUNTIME_DIR: '/nonexistent' },
      startHelper: () => {
        throw new Error('a helper was started')
      },
      files: { ...(await import('../../src/platform/files.ts')).createNodeFiles(), isOwnSocket: () => false },
    })
    await expectFault(store, 'VAULT_UNAVAILABLE', /no session bus answers/, /DBUS_SESSION_BUS_ADDRESS/)
  })

  it.skipIf(process.platform !== 'linux')('the address of a dead socket', async () => {
    const store = storeIn(temporaryHome(), { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' })
    await expectFault(store, 'VAULT_UNAVAILABLE', /no session bus answers/, /config set store file/)
  })

  it.skipIf(process.platform !== 'linux')(
    'a bus that takes us and never answers: killed in time',
    async () => {
      const { path: home, remove } = makeHome()
      try {
        mkdirSync(join(home, 'run'))
        await socketAt(join(home, 'run', 'bus'), 'silent')
        const store = storeIn(temporaryHome(), { DBUS_SESSION_BUS_ADDRESS: `unix:path=${home}/run/bus` })
        const { error, ms } = await attempt(() => store.get(KEY))
        expect(error).toMatchObject({ code: 'VAULT_UNAVAILABLE', exit: 5 })
        expect(error.message).toMatch(/did not answer in time/)
        expect(ms).toBeLessThan(LIMIT_MS)
        const later = await attempt(() => store.get(KEY))
        expect(later.error.message).toBe(error.message)
        expect(later.ms).toBeLessThan(100)
      } finally {
        remove()
      }
    },
  )

  it.skipIf(process.platform !== 'linux')(
    'a run that is killed while its helper hangs on such a bus leaves no helper behind',
    async () => {
      const { path: home, remove } = makeHome()
      try {
        let hung: (socket: Socket) => void = () => {}
        const connected = new Promise<Socket>(resolve => {
          hung = resolve
        })
        const server = createServer(socket => hung(socket.on('error', () => {}).resume()))
        servers.push(server)
        await new Promise<void>(resolve => server.listen(join(home, 'bus'), resolve))
        const question = JSON.stringify({ op: 'get', account: 'x' })
        const parent = `const { spawn } = require('node:child_process')
          spawn(process.execPath, [process.env.HELPER], { stdio: ['pipe', 'ignore', 'ignore'] }).stdin.write('${question}\\n')
          setInterval(() => {}, 1e6)`
        const run = spawn(process.execPath, ['-e', parent], {
          env: { HELPER: helper, DBUS_SESSION_BUS_ADDRESS: `unix:path=${home}/bus` },
        })
        const socket = await connected
        const left = once(socket, 'close')
        run.kill('SIGKILL')
        // Only the helper's end closes its side of the bus.
        await left
      } finally {
        remove()
      }
    },
  )

  it.skipIf(process.platform !== 'linux')('a bus that turns us away', async () => {
    const { path: home, remove } = makeHome()
    try {
      await socketAt(join(home, 'bus'), 'close')
      const store = storeIn(temporaryHome(), { DBUS_SESSION_BUS_ADDRESS: `unix:path=${home}/bus` })
      await expectFault(store, 'VAULT_UNAVAILABLE', /refused us|no session bus answers/, /./)
    } finally {
      remove()
    }
  })
})
