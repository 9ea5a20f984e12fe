/**
 * `tokenctl doctor` as a scheduler starts it, with nothing in its environment: over the file store, over a real Secret
 * Service in every state, on a disk that is really full, and without a network at all.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DoctorReport, doctorSchema, scheduledCheckSchema } from '../../src/cli/shapes/doctor-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { type Keyring, keyringMissing, startKeyring } from '../support/keyring.ts'
import {
  connect,
  copyOf,
  endpoints,
  openSimulator,
  THREE_FRESH,
  writeSettings,
} from '../support/simulator.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, type Run, tokenctl } from '../support/tokenctl.ts'
import { removeUserLocks } from '../support/user-locks.ts'

/** Every call to a keychain ends within 5 seconds; the program around it takes less than two, on a busy machine. */
const LIMIT_MS = 9000

const base = makeHome()
let simulator: Simulator

beforeAll(async () => {
  simulator = await openSimulator(THREE_FRESH())
  await connect(base.path, simulator)
})
afterAll(async () => {
  await simulator.close()
  base.remove()
})

function reportOf({ stdout, stderr }: Run): DoctorReport {
  expect(stderr).toBe('')
  return doctorSchema.parse(JSON.parse(stdout))
}

/** What is not well, but for what every test home has: a simulator in the marketplaces' place, and no schedule. */
function wrong({ findings }: DoctorReport): string[] {
  return findings
    .filter(({ state }) => state === 'warning' || state === 'problem')
    .filter(({ id }) => !['overrides', 'schedule', 'node'].includes(id))
    .map(({ id, state }) => `${id} ${state}`)
}

/** Every token and key of the simulated shops. */
function secrets(): readonly string[] {
  const { apps, accounts } = simulator.importDocument()
  const keys = apps.flatMap(({ keys }) =>
    [keys['clientSecret'], keys['appSecret']].filter(each => each !== undefined),
  )
  return [...accounts.map(({ refreshToken }) => refreshToken), ...keys]
}

function expectNoSecret(text: string): void {
  for (const secret of secrets()) expect(text).not.toContain(secret)
}

describe('over the file store, with an empty environment', () => {
  const env = { PATH: '/usr/bin:/bin', TZ: undefined }

  test('a sound home is 0, and every marketplace answers', async () => {
    const run = await tokenctl(['doctor', '--json'], { home: base.path, env })
    const report = reportOf(run)
    expect(wrong(report)).toEqual([])
    expect(run.status).toBe(0)
    const answered = report.findings.filter(({ id, state }) => id === 'network' && state === 'ok')
    expect(answered.map(({ what }) => what.split(' ')[0]).sort()).toEqual(['AliExpress', 'Amazon', 'eBay'])
    expect(report.findings.filter(({ id, state }) => id === 'native' && state === 'ok')).toHaveLength(2)
    expectNoSecret(run.stdout)
    expect(run.stdout).not.toContain(readFileSync(join(base.path, 'vault.key')).toString('hex'))
  })

  test('for people: one line a finding, and what is wrong at the end', async () => {
    const home = copyOf(base.path)
    chmodSync(join(home, 'vault.key'), 0o644)
    const { stdout, stderr, status } = await tokenctl(['doctor'], { home, env })
    expect(stdout).toMatch(
      /^PROBLEM {2}folders: .*vault\.key can be read or written by others \(mode 0644\)\. \[/m,
    )
    expect(stdout).toMatch(/^ {9}Fix: `tokenctl doctor --fix` closes it/m)
    expect(stdout).toMatch(/\n1 problem, \d warnings?\.\n$/)
    expect(stderr).toBe('')
    expect(status).toBe(5)
    const fixed = await tokenctl(['doctor', '--fix'], { home, env })
    expect(fixed.stdout).toMatch(/^fixed {4}.*vault\.key: Closed to others \(its mode was 0644\)\.$/m)
    expect(fixed.status).toBe(0)
  })

  test('--scheduled: opens a record, prints nothing that is well, and leaves its report', async () => {
    const home = copyOf(base.path)
    const run = await tokenctl(['doctor', '--scheduled'], { home, env })
    expect(run.stdout).not.toMatch(/^(ok|skipped)/m)
    expect(run.status).toBe(0)
    const text = readFileSync(join(home, 'state', 'scheduled-check.json'), 'utf8')
    const check = scheduledCheckSchema.parse(JSON.parse(text))
    expect(check).toMatchObject({ path: '/usr/bin:/bin', exit: 0, node: { path: NODE } })
    expect(check.findings).toContainEqual(expect.objectContaining({ id: 'opened-record', state: 'ok' }))
    expectNoSecret(text)
    const after = reportOf(await tokenctl(['doctor', '--json', '--offline'], { home, env }))
    expect(after.findings.find(({ id }) => id === 'scheduled-run')?.state).toBe('ok')
  })

  test('no token is presented, and no refresh spent', () => {
    expect(simulator.accounts().map(({ refreshes }) => refreshes)).toEqual([0, 0, 0])
  })

  test('eight at once are all well: nobody takes another one’s test item away', async () => {
    const home = copyOf(base.path)
    const runs = await Promise.all(
      Array.from({ length: 8 }, () => tokenctl(['doctor', '--offline', '--json'], { home, env })),
    )
    expect(runs.flatMap(run => wrong(reportOf(run)))).toEqual([])
    expect(runs.filter(({ status }) => status !== 0)).toEqual([])
  })

  test('a daily run that found nothing due is remembered', async () => {
    const home = copyOf(base.path)
    expect((await tokenctl(['renew', '--all', '--due'], { home, env })).stderr).toBe('Nothing is due.\n')
    const { findings } = reportOf(await tokenctl(['doctor', '--json', '--offline'], { home, env }))
    expect(findings.find(({ id }) => id === 'last-run')?.what).toMatch(
      /^The last run of `renew --all --due` ended \d{4}-/,
    )
  })
})

/** Runs a line in a shell that may mount or leave the network; undefined where this user may not. */
async function inNamespace(how: string, line: string, home: string): Promise<Run | undefined> {
  if (spawnSync('unshare', [how, 'true']).status !== 0) return undefined
  const child = spawn('unshare', [how, 'sh', '-c', line, NODE, BIN], { env: environmentOf({ home }) })
  child.stdin.end()
  return await ended(child)
}

describe('what only the kernel can break', () => {
  test('a disk that is really full: told once, 5, and no record is harmed', async context => {
    const home = temporaryHome()
    const inside = join(home, 'disk')
    mkdirSync(inside)
    const fill = `mount -t tmpfs -o size=2m,mode=700 none ${inside} && cp -a ${base.path}/. ${inside}/ && chmod 700 ${inside} && { cat /dev/zero > ${inside}/filler; export TOKENCTL_HOME=${inside}; "$0" "$1" doctor --json --offline; }`
    const run = await inNamespace('-m', `${fill} 2>/dev/null`, home)
    if (run === undefined || run.stdout === '') return context.skip('needs a mount of its own')
    const report = doctorSchema.parse(JSON.parse(run.stdout))
    expect(wrong(report)).toEqual(['disk problem'])
    expect(run.status).toBe(5)
  })

  test('no network at all: told by its stage, 4, in time', async context => {
    const home = copyOf(base.path)
    writeSettings(home, { store: 'file' })
    const begun = performance.now()
    const run = await inNamespace('-n', 'exec "$0" "$1" doctor --json', home)
    if (run === undefined) return context.skip('needs a network of its own')
    expect(performance.now() - begun).toBeLessThan(LIMIT_MS)
    const report = reportOf(run)
    expect(new Set(wrong(report)).size).toBe(1)
    expect(wrong(report)[0]).toMatch(/^(dns|network) problem$/)
    expect(run.status).toBe(4)
  })
})

const missing = keyringMissing()
describe.skipIf(missing !== undefined)(`over a keychain (${missing ?? 'gnome-keyring'})`, () => {
  const home = makeHome()
  let keyring: Keyring
  let bus: Record<string, string>
  const doctor = (...more: string[]) => tokenctl(['doctor', '--json', ...more], { home: home.path, env: bus })

  beforeAll(async () => {
    keyring = await startKeyring('unlocked')
    bus = { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' }
    writeSettings(home.path, endpoints(simulator.origin))
  })
  afterAll(async () => {
    await keyring.stop()
    if (existsSync(join(home.path, 'state', 'vault.json'))) removeUserLocks(home.path)
    home.remove()
  })

  test('before anything is stored: it would do', async () => {
    const run = await doctor()
    const report = reportOf(run)
    expect(wrong(report)).toEqual([])
    expect(report.findings.find(({ id }) => id === 'keychain')?.what).toMatch(/takes an item, gives it back/)
    expect(existsSync(join(home.path, 'state'))).toBe(false)
  })

  test('with three shops: sound, and nothing of the test item stays', async () => {
    const input = JSON.stringify(simulator.importDocument())
    expect((await tokenctl(['import'], { home: home.path, env: bus, input })).status).toBe(0)
    const run = await doctor('--scheduled')
    const report = reportOf(run)
    expect(wrong(report)).toEqual([])
    expect(report.findings.find(({ id }) => id === 'keychain')).toMatchObject({
      state: 'ok',
      where: bus['DBUS_SESSION_BUS_ADDRESS'],
    })
    expect(report.findings.find(({ id }) => id === 'opened-record')?.state).toBe('ok')
    expect(run.status).toBe(0)
    const found = spawnSync('secret-tool', ['search', '--all', 'service', 'tokenctl'], {
      env: keyring.env,
      encoding: 'utf8',
    })
    if (found.error === undefined) expect(found.stdout + found.stderr).not.toContain('doctor')
    expectNoSecret(run.stdout)
  })

  const ownBus = `/run/user/${process.getuid?.() ?? 0}/bus`
  test.skipIf(existsSync(ownBus))('without a bus: told once, 5', async () => {
    const run = await tokenctl(['doctor', '--json'], { home: home.path })
    const report = reportOf(run)
    expect(wrong(report)).toEqual(['keychain problem'])
    expect(run.status).toBe(5)
  })

  test.each([
    ['stopped', /did not answer in time/, () => keyring.daemon?.kill('SIGSTOP')],
    ['locked', /is locked/, () => keyring.lockAgain()],
    ['killed', /nothing on the session bus provides|no keychain/i, () => keyring.daemon?.kill('SIGKILL')],
  ] as const)('a daemon that is %s: told once, 5, in time', async (_, says, spoil) => {
    await spoil()
    const begun = performance.now()
    const run = await doctor()
    expect(performance.now() - begun).toBeLessThan(LIMIT_MS)
    const report = reportOf(run)
    expect(wrong(report)).toEqual(['keychain problem'])
    expect(report.findings.find(({ id }) => id === 'keychain')?.what).toMatch(says)
    expect(run.status).toBe(5)
  })
})
