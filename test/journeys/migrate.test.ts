/**
 * Three shops go from the encrypted folder to a real keychain and back, beside runs that renew them: stopped with a token
 * on its way, stopped before their lock, killed in the middle of the move. No token is spent twice and none is lost.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { migrateSchema } from '../../src/cli/shapes/migrate-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createLocks } from '../../src/platform/file-lock.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { alone } from '../../src/vault/gate.ts'
import { crowdHome, outcomeOf } from '../proof/crowd-home.ts'
import { GATE_FILE, openFiles, until } from '../proof/crowd-locks.ts'
import { straceMissing, traced } from '../proof/traced.ts'
import { type Keyring, keyringMissing, startKeyring } from '../support/keyring.ts'
import { journals, leaveJournal } from '../support/left-journal.ts'
import { connectedHome, endpoints, simulated, THREE_FRESH, writeSettings } from '../support/simulator.ts'
import { makeHome } from '../support/temporary-home.ts'
import { ended, environmentOf, startTokenctl, tokenctl } from '../support/tokenctl.ts'
import { removeUserLocks } from '../support/user-locks.ts'

const missing = process.platform === 'linux' ? keyringMissing() : 'what a process has open is read from /proc'
const SHOP = 'aliexpress:main'

/** What was said besides how far the work is, which hangs on how busy the machine is, and what comes next. */
const noted = (stderr: string) =>
  stderr.replace(
    /^(Copied to|Removed from) .*\n|^Next: .*\n|^Note: (The folder's key|One item) was left.*\n/gm,
    '',
  )

/** Each starts a dozen processes and more, which on a machine full of other work take ten times as long. */
const LIMIT = { timeout: 120_000 }

describe.skipIf(missing !== undefined)(`records on the move (${missing ?? 'gnome-keyring'})`, LIMIT, () => {
  let keyring: Keyring
  let env: Record<string, string>
  beforeAll(async () => {
    keyring = await startKeyring('unlocked')
    env = { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' }
  })
  afterAll(() => keyring.stop())

  const storeOf = (home: string) =>
    (JSON.parse(readFileSync(join(home, 'state', 'vault.json'), 'utf8')) as { store: string }).store
  /** A home with the three shops in the file store, without a word on the store in its settings. */
  async function homeOf(simulator: Awaited<ReturnType<typeof simulated>>): Promise<string> {
    const home = await connectedHome(simulator)
    onTestFinished(() => removeUserLocks(home))
    writeSettings(home, endpoints(simulator.origin))
    return home
  }

  test('there and back: renewed in each store, the setting follows, and nothing is left', async () => {
    const simulator = await simulated(THREE_FRESH())
    const home = await homeOf(simulator)
    writeSettings(home, { store: 'file', ...endpoints(simulator.origin) })
    const run = (...args: string[]) => tokenctl(args, { home, env })
    for (const [to, from] of [
      ['keychain', 'file'],
      ['file', 'keychain'],
    ] as const) {
      const dry = migrateSchema.parse(
        JSON.parse((await run('migrate', '--to', to, '--dry-run', '--json')).stdout),
      )
      expect(dry).toMatchObject({ outcome: 'would-move', from, to, copies: null })
      expect(storeOf(home)).toBe(from)
      const moved = await run('migrate', '--to', to, '--json')
      expect({ status: moved.status, stderr: noted(moved.stderr) }).toEqual({ status: 0, stderr: '' })
      expect(migrateSchema.parse(JSON.parse(moved.stdout))).toMatchObject({
        outcome: 'moved',
        accounts: ['aliexpress:main', 'amazon:main', 'ebay:main'],
        apps: ['aliexpress:default', 'amazon:default', 'ebay:default'],
        copies: { store: from, outcome: 'left' },
      })
      expect((await run('config', 'get', 'store')).stdout).toBe(`${to}\n`)
      expect((await run('renew', '--all')).status).toBe(0)
      const report = statusSchema.parse(JSON.parse((await run('status', '--verify', '--json')).stdout))
      expect(report.store).toBe(to)
      expect(report.accounts.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok'])
      expect(report.warnings.join()).toContain('migrate --remove-old')
      expect((await run('migrate', '--to', to)).stdout).toContain('nothing to move')
      const removed = await run('migrate', '--remove-old')
      expect(removed.stdout).toMatch(/are removed/)
      expect(readdirSync(join(home, 'state', from === 'file' ? 'records' : 'headers'))).toEqual([])
      expect((await run('renew', '--all')).status).toBe(0)
    }
    expect((await run('status', '--json')).stdout).not.toContain('migrate')
  })

  test('a run that has presented a token is waited for, stopped or not; its answer comes over', async () => {
    const { home, start, proxy, release, simulator } = await crowdHome(SHOP, 20)
    onTestFinished(() => removeUserLocks(home))
    const before = simulator.requests().length
    const renewing = start('renew', SHOP, '--json')
    await until('the request', () => proxy.exchanges.length === 1)
    renewing.child.kill('SIGSTOP')
    release()
    const child = startTokenctl(['migrate', '--to', 'keychain', '--json'], { home, env })
    child.stdin.end()
    onTestFinished(() => void child.kill('SIGKILL'))
    const moving = ended(child)
    await until('the move at the gate', () =>
      openFiles(child.pid ?? 0).some(path => path.endsWith(GATE_FILE)),
    )
    expect(storeOf(home)).toBe('file')
    renewing.child.kill('SIGCONT')
    expect(outcomeOf(await renewing.done)).toBe('renewed')
    const { status, stderr } = await moving
    expect({ status, stderr: noted(stderr) }).toEqual({ status: 0, stderr: '' })
    expect(storeOf(home)).toBe('keychain')
    expect((await tokenctl(['renew', SHOP], { home, env })).status).toBe(0)
    expect(simulator.requests()).toHaveLength(before + 2)
  })

  test('what a killed run left is stored first; what only a renewal settles is named, and nothing is moved', async () => {
    const simulator = await simulated(THREE_FRESH())
    const home = await homeOf(simulator)
    const run = (...args: string[]) => tokenctl(args, { home, env })
    await leaveJournal(home, SHOP, 'answered', simulator)
    const before = simulator.requests().length
    const moved = await run('migrate', '--to', 'keychain')
    const recovered = `${SHOP}: a renewal that was cut off is finished; its answer was on the disk.\n`
    expect([moved.status, noted(moved.stderr)]).toEqual([0, recovered])
    expect(simulator.requests()).toHaveLength(before)
    expect(journals(home)).toEqual([])
    expect((await run('renew', SHOP)).status).toBe(0)
    expect((await run('migrate', '--to', 'file', '--remove-old')).status).toBe(0)

    await leaveJournal(home, SHOP, 'presented', simulator)
    const dry = await run('migrate', '--to', 'keychain', '--dry-run')
    expect(dry.stderr).toMatch(/An answer for aliexpress:main would be settled first/)
    const refused = await run('migrate', '--to', 'keychain')
    expect(refused.status).toBe(2)
    expect(refused.stderr).toMatch(/aliexpress:main.*\[STORE_IN_USE\]\nFix: .*tokenctl renew aliexpress:main/)
    expect(storeOf(home)).toBe('file')
    expect((await run('renew', SHOP)).status).toBe(0)
    expect((await run('migrate', '--to', 'keychain')).status).toBe(0)
  })

  test.each([
    [['keychain'], 'from the file store to the keychain store'],
    [['keychain', 'file'], 'away from the file store and back'],
  ] as const)(
    'a run that opened the old store and is stopped before its lock asks nobody when it goes on: %j',
    async (stores, way) => {
      const simulator = await simulated(THREE_FRESH())
      const home = await homeOf(simulator)
      const before = simulator.requests().length
      const child = startTokenctl(['renew', SHOP, '--json'], { home, env })
      child.stdin.end()
      onTestFinished(() => void child.kill('SIGKILL'))
      const pid = child.pid ?? 0
      const late = ended(child)
      // Whoever waits at the gate has opened its store and holds nothing; once it stands still the gate may open.
      const files = createNodeFiles()
      const ensureFolder = (path: string) => files.ensurePrivateFolder(path)
      const locks = createLocks(join(home, 'state', 'locks'), { clock: systemClock, ensureFolder })
      await alone({ locks }, async () => {
        await until('the run at the gate', () => openFiles(pid).some(path => path.endsWith(GATE_FILE)))
        child.kill('SIGSTOP')
        await until('the run stands still', () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
      })
      for (const to of stores) {
        const moved = await tokenctl(['migrate', '--to', to, '--remove-old'], { home, env })
        expect([moved.status, noted(moved.stderr)]).toEqual([0, ''])
      }
      child.kill('SIGCONT')
      const { status, stdout } = await late
      expect(status).toBe(4)
      expect(stdout).toMatch(/"code": "LOCK_HELD"/)
      expect(stdout).toContain(`were moved ${way} while this ran`)
      expect(simulator.requests()).toHaveLength(before)
      expect(storeOf(home)).toBe(stores.at(-1))
      expect((await tokenctl(['renew', SHOP], { home, env })).status).toBe(0)
    },
  )

  test.skipIf(straceMissing() !== undefined)(
    'killed at any write of its own, the store in use has all, and the same again finishes',
    { timeout: 1_800_000 },
    async () => {
      const simulator = await simulated(THREE_FRESH())
      const home = await homeOf(simulator)
      const runEnv = environmentOf({ home, env })
      const { path: logs, remove } = makeHome()
      onTestFinished(remove)
      const run = (...args: string[]) => tokenctl(args, { home, env })
      const back = () => run('migrate', '--to', 'file', '--remove-old')
      const move = ['migrate', '--to', 'keychain']
      // The first makes folders, which later ones find.
      await run(...move)
      await back()
      const watched = await traced(move, runEnv, join(logs, 'watched'))
      expect(watched.status).toBe(0)
      const changes = watched.calls.filter(
        ({ name, on, paths }) =>
          /^(pwrite64|write|fsync|rename|unlink|link|ftruncate|fallocate)/.test(name) &&
          [on ?? '', ...paths].some(path => path.startsWith(`${home}/`)),
      )
      expect(changes.length).toBeGreaterThan(20)
      await back()
      // All of them: PROOF_EVERY=1.
      const every = Number(process.env['PROOF_EVERY'] ?? Math.ceil(changes.length / 4))
      let [tried, hit] = [0, 0]
      for (const [at, { name, nth }] of changes.entries()) {
        if (at % every !== every - 1) continue
        const where = `${name} ${nth}`
        const killed = await traced(move, runEnv, join(logs, 'killed'), {
          injection: { name, nth, what: 'SIGKILL' },
        })
        tried += 1
        if (killed.signal === 'SIGKILL') hit += 1
        // Writes to pipes count too and vary: a run may end before it comes to its last ones.
        else expect([where, killed.status]).toEqual([where, 0])
        expect([where, (await run('renew', SHOP)).status]).toEqual([where, 0])
        const again = await run(...move)
        expect([where, again.status, noted(again.stderr)]).toEqual([where, 0, ''])
        expect([where, storeOf(home)]).toEqual([where, 'keychain'])
        const verified = await run('status', '--verify', '--json')
        expect([where, verified.status]).toEqual([where, 0])
        expect([where, (await run('renew', '--all')).status]).toEqual([where, 0])
        expect([where, (await back()).status]).toEqual([where, 0])
      }
      expect(hit).toBeGreaterThan(tried / 2)
    },
  )
})
