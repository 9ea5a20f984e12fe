/**
 * The same three accounts with the real Secret Service in place of the file store: connected the README's way, renewed
 * as cron does it, and every state that a keychain can be in. Where none is installed these are skipped and say so.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { entries, folderPrint } from '../support/folder-print.ts'
import { type Keyring, keyringMissing, startKeyring } from '../support/keyring.ts'
import { endpoints, openSimulator, shop, writeSettings } from '../support/simulator.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { type Run, tokenctl } from '../support/tokenctl.ts'
import { removeUserLocks } from '../support/user-locks.ts'

const missing = keyringMissing()
const CRON = ['renew', '--all', '--due']
/** Every call to a keychain ends within 5 seconds; the program around it takes less than one. */
const LIMIT_MS = 8000

describe.skipIf(missing !== undefined)(`three accounts in a keychain (${missing ?? 'gnome-keyring'})`, () => {
  const { path: home, remove } = makeHome()
  let simulator: Simulator
  let keyring: Keyring
  /** What leads to the bus: its address, or the runtime folder alone, or nothing. */
  let bus: { readonly address: Record<string, string>; readonly folder: Record<string, string> }
  const run = (args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Run> =>
    tokenctl(args, { home, env, input })

  beforeAll(async () => {
    keyring = await startKeyring('unlocked')
    bus = {
      address: { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' },
      folder: { XDG_RUNTIME_DIR: keyring.env['XDG_RUNTIME_DIR'] ?? '' },
    }
    simulator = await openSimulator([
      shop('ebay:main', 120, 547),
      shop('amazon:main', 30, 365, { region: 'na' }),
      shop('aliexpress:main', 5, 60),
    ])
    writeSettings(home, endpoints(simulator.origin))
  })
  afterAll(async () => {
    await keyring.stop()
    await simulator.close()
    removeUserLocks(home)
    remove()
  })

  test('before anything is stored, status says where it would rest', async () => {
    const { stderr, status } = await run(['status'], bus.address)
    expect(stderr).toContain("Secrets will rest in this machine's keychain.")
    expect(status).toBe(0)
  })

  test('app set, import, set-amazon: connected without a word on the store', async () => {
    const { apps, accounts } = simulator.importDocument()
    const mine = <T extends { account?: string; marketplace?: string }>(each: T) =>
      !(each.account ?? each.marketplace ?? '').startsWith('amazon')
    const amazonKeys = JSON.stringify(apps.find(app => app.marketplace === 'amazon')?.keys)
    expect((await run(['app', 'set', 'amazon', '--stdin'], bus.address, amazonKeys)).status).toBe(0)
    const document = { version: 1, apps: apps.filter(mine), accounts: accounts.filter(mine) }
    expect((await run(['import'], bus.address, JSON.stringify(document))).status).toBe(0)
    const token = simulator.newAmazonToken('amazon:main')
    const set = await run(['set-amazon', 'main', '--region', 'na', '--stdin'], bus.address, token)
    expect(set.stdout).toMatch(/^amazon:main: Amazon accepts the new token; it is stored\./)
    const { stdout } = await run(['status', '--json'], bus.address)
    const report = statusSchema.parse(JSON.parse(stdout))
    expect(report.store).toBe('keychain')
    expect(report.accounts.map(({ account, state }) => `${account} ${state}`)).toEqual([
      'ebay:main due',
      'amazon:main ok',
      'aliexpress:main ok',
    ])
  })

  test('nothing of a token or key lies in the home', () => {
    const { apps, accounts } = simulator.importDocument()
    const secrets = [
      ...accounts.map(each => each.refreshToken),
      ...apps.flatMap(app => Object.values(app.keys)),
    ]
    for (const path of entries(home)) {
      const text = statSync(path).isFile() ? readFileSync(path, 'latin1') : ''
      for (const secret of secrets) if (secret.length > 10) expect(text).not.toContain(secret)
    }
  })

  test('status wakes no keychain, and needs none', async () => {
    const { stdout, status } = await run(['status'])
    expect(stdout).toMatch(/^eBay +main +due /m)
    expect(stdout).not.toContain('not connected')
    expect(status).toBe(0)
  })

  const ownBus = `/run/user/${process.getuid?.() ?? 0}/bus`
  test.skipIf(existsSync(ownBus))(
    'cron without a bus: 5, says so and how to mend it, and nobody is asked',
    async () => {
      const before = folderPrint(`${home}/state/headers`)
      const { stdout, stderr, status } = await run(CRON)
      expect(stdout + stderr).toMatch(/no session bus/)
      expect(stdout + stderr).toMatch(/Fix: .*(DBUS_SESSION_BUS_ADDRESS|systemd user timer)/)
      expect(status).toBe(5)
      expect(folderPrint(`${home}/state/headers`)).toEqual(before)
      expect(simulator.requests().filter(each => each.marketplace === 'ebay')).toEqual([])
    },
  )

  test('cron with the session’s runtime folder alone renews what is due', async () => {
    const { stdout, stderr, status } = await run(CRON, bus.folder)
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^ebay:main: Renewed; /), stderr: '' })
    expect(status).toBe(0)
    expect((await run(CRON, bus.folder)).stderr).toBe('Nothing is due.\n')
  })

  test('twenty runs at once on one account: all 0, and one whole record', async () => {
    const runs = await Promise.all(
      Array.from({ length: 20 }, () => run(['renew', 'aliexpress:main', '--json'], bus.address)),
    )
    expect(runs.filter(each => each.status !== 0)).toEqual([])
    const outcomes = runs.map(each => renewSchema.parse(JSON.parse(each.stdout)).results[0]?.outcome)
    expect(outcomes.every(outcome => outcome === 'renewed' || outcome === 'fresh')).toBe(true)
    expect((await run(['status', '--verify', '--check'], bus.address)).status).toBe(0)
  })

  test('another home never meets these items', async () => {
    const { stdout } = await tokenctl(['status', '--json'], { home: temporaryHome(), env: bus.address })
    expect(JSON.parse(stdout).accounts).toEqual([])
  })

  test('a lost state folder is noticed, not shown as empty, and written anew by --verify', async () => {
    const other = makeHome()
    try {
      writeSettings(other.path, endpoints(simulator.origin))
      const input = JSON.stringify(simulator.importDocument())
      const there = { home: other.path, env: bus.address }
      expect((await tokenctl(['import'], { ...there, input })).status).toBe(0)
      rmSync(`${other.path}/state`, { recursive: true })
      const lost = await tokenctl(['status'], there)
      expect(lost.stderr).toMatch(/The keychain holds \d+ records of this folder, but its state is gone\./)
      expect(lost.status).toBe(5)
      const hidden = await tokenctl(['config', 'set', 'store', 'file'], there)
      expect(hidden.stderr).toMatch(/Records rest in the keychain store.*\[STORE_IN_USE\]/)
      expect(hidden.status).toBe(2)
      expect((await tokenctl(['status', '--verify'], there)).status).toBe(0)
      const found = statusSchema.parse(JSON.parse((await tokenctl(['status', '--json'], there)).stdout))
      expect(found.accounts).toHaveLength(3)
    } finally {
      removeUserLocks(other.path)
      other.remove()
    }
  })

  test('a header file that is damaged or lost: the mend is named, and is one', async () => {
    const header = `${home}/state/headers/account.ebay.main.header`
    const whole = readFileSync(header)
    writeFileSync(header, '{"format":"tok')
    const renewed = await run(['renew', 'ebay:main'], bus.address)
    expect(renewed.stdout + renewed.stderr).toMatch(/Fix: `tokenctl status --verify` writes it anew/)
    expect(renewed.stdout + renewed.stderr).not.toMatch(/backup/)
    expect(renewed.status).toBe(5)
    expect((await run(['status', '--verify'], bus.address)).status).toBe(0)
    expect((await run(['status'])).stdout).toMatch(/^eBay +main /m)
    rmSync(header)
    expect((await run(['status'])).stdout).not.toMatch(/^eBay +main /m)
    expect((await run(['status', '--verify'], bus.address)).status).toBe(0)
    expect(readFileSync(header, 'utf8').split('\n')[0]).toBe(whole.toString('utf8').split('\n')[0])
  })

  test.each([
    ['stopped', /did not answer in time/, () => keyring.daemon?.kill('SIGSTOP')],
    ['locked', /is locked/, () => keyring.lockAgain()],
    ['killed', /nothing on the session bus provides|no keychain/i, () => keyring.daemon?.kill('SIGKILL')],
  ] as const)('a daemon that is %s: 5 in time, and nothing is changed', async (_, says, spoil) => {
    await spoil()
    const before = folderPrint(`${home}/state/headers`)
    const asked = simulator.requests().length
    const begun = performance.now()
    const { stdout, stderr, status } = await run(['renew', 'ebay:main'], bus.address)
    expect(performance.now() - begun).toBeLessThan(LIMIT_MS)
    expect(stdout + stderr).toMatch(says)
    expect(stdout + stderr).toMatch(/Fix: \S/)
    expect(status).toBe(5)
    const token = simulator.newAmazonToken('amazon:main')
    const set = await run(['set-amazon', 'main', '--stdin'], bus.address, token)
    expect(set.stderr).toMatch(says)
    expect(set.status).toBe(5)
    expect((await run(['status', '--verify'], bus.address)).status).toBe(5)
    expect((await run(['status'], bus.address)).status).toBe(0)
    expect(simulator.requests().length).toBe(asked)
    expect(folderPrint(`${home}/state/headers`)).toEqual(before)
  })
})

describe('a keychain that was chosen and is not there', () => {
  test.skipIf(process.platform !== 'linux')('the first write is 5, and nothing is marked', async () => {
    const home = temporaryHome()
    writeSettings(home, { store: 'keychain' })
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }
    const args = ['track', 'ebay:main', '--consented', '2026-08-01']
    const { stderr, status } = await tokenctl(args, { home, env })
    expect(stderr).toMatch(/no session bus answers.*\[VAULT_UNAVAILABLE\]\nFix: /)
    expect(status).toBe(5)
    expect(existsSync(`${home}/state/vault.json`)).toBe(false)
    expect((await tokenctl(CRON, { home, env })).status).toBe(0)
  })
})
