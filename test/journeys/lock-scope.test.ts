/**
 * What the lock of an account hangs on: the operating system's user and the vault. HOME, TMPDIR and the XDG folders have
 * no say, and the folder of a vault in the keychain has none: two copies of it lead to the same items.
 * The marketplace holds its answer back, so the second run comes while the first one has the lock.
 */
import { expect, onTestFinished, test } from 'vitest'
import { crowdHome, outcomeOf, type Running } from '../proof/crowd-home.ts'
import { locksOpenIn, until } from '../proof/crowd-locks.ts'
import { type Keyring, keyringMissing, startKeyring } from '../support/keyring.ts'
import { copyOf, endpoints, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { ended, type RunOptions, startTokenctl, tokenctl } from '../support/tokenctl.ts'
import { removeUserLocks, userLocksOf } from '../support/user-locks.ts'

const SHOP = 'aliexpress:main'
const notLinux = process.platform !== 'linux'
const missing = notLinux ? 'what a process has open is read from /proc' : keyringMissing()

/** An environment in which every folder that a program may go by is another one. */
function elsewhere(): Record<string, string> {
  const names = ['HOME', 'TMPDIR', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME']
  return Object.fromEntries(names.map(name => [name, temporaryHome()]))
}

/** Renews the shop in a process of its own, which a failing test does not leave behind with its lock. */
function renew(options: RunOptions): Running {
  const child = startTokenctl(['renew', SHOP, '--json'], options)
  child.stdin.end()
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, pid: child.pid ?? 0, done: ended(child) }
}

/** What two runs make of one shop: the second is started when the first has asked, and answered when it waits. */
async function bothAtOnce(
  { proxy, simulator, release }: Awaited<ReturnType<typeof crowdHome>>,
  [first, second]: readonly [RunOptions, RunOptions],
): Promise<{ readonly locks: readonly string[]; readonly outcomes: readonly string[] }> {
  const before = simulator.requests().length
  const holder = renew(first)
  await until('the request', () => proxy.exchanges.length === 1)
  const waiter = renew(second)
  await until('the second run at a lock', () => locksOpenIn(waiter.pid).length > 0)
  const locks = [...locksOpenIn(holder.pid), ...locksOpenIn(waiter.pid)]
  expect(proxy.exchanges).toHaveLength(1)
  release()
  const runs = await Promise.all([holder.done, waiter.done])
  expect(runs.map(({ status, stderr }) => ({ status, stderr }))).toEqual([
    { status: 0, stderr: '' },
    { status: 0, stderr: '' },
  ])
  expect(simulator.requests()).toHaveLength(before + 1)
  return { locks, outcomes: runs.map(outcomeOf) }
}

test.skipIf(notLinux)('one folder, two HOMEs: one lock', async () => {
  const crowd = await crowdHome(SHOP, 20)
  const { home } = crowd
  const { locks, outcomes } = await bothAtOnce(crowd, [
    { home, env: elsewhere() },
    { home, env: elsewhere() },
  ])
  expect(outcomes).toEqual(['renewed', 'fresh'])
  expect(new Set(locks).size).toBe(1)
  expect(locks[0]?.startsWith(home)).toBe(true)
})

test.skipIf(missing !== undefined)(
  `two copies of one keychain vault's folder, two HOMEs: one lock (${missing ?? 'gnome-keyring'})`,
  async () => {
    const keyring: Keyring = await startKeyring('unlocked')
    onTestFinished(() => keyring.stop())
    const bus = { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] }
    const crowd = await crowdHome(SHOP, 20)
    const home = temporaryHome()
    writeSettings(home, { store: 'keychain', ...endpoints(crowd.proxy.origin) })
    const input = JSON.stringify(crowd.simulator.importDocument())
    expect((await tokenctl(['import'], { home, env: bus, input })).stderr).toContain('Next:')
    onTestFinished(() => removeUserLocks(home))
    const copy = copyOf(home)
    const { locks, outcomes } = await bothAtOnce(crowd, [
      { home, env: { ...elsewhere(), ...bus } },
      { home: copy, env: { ...elsewhere(), ...bus } },
    ])
    expect(outcomes).toEqual(['renewed', 'fresh'])
    expect(new Set(locks).size).toBe(1)
    expect(locks[0]?.startsWith(`${userLocksOf(home)}/`)).toBe(true)
  },
)
