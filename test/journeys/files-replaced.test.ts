/**
 * The program's own files are taken away, or replaced by its next version's, while it waits for a marketplace: a person runs
 * `npm install -g` as cron renews. What the marketplace gives is stored all the same, and what comes after it is done or told.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ERROR_CODES } from '../../src/errors.ts'
import type { Fault } from '../../src/simulator/faults.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Vendor } from '../../src/simulator/vendors.ts'
import { addDuration } from '../../src/tokens/time.ts'
import { startChaosProxy } from '../support/chaos-proxy.ts'
import { answerOf, consenting, pasteLine, pasting } from '../support/consenting.ts'
import { fleetHomes, importAll } from '../support/fleet-homes.ts'
import { type Keyring, keyringMissing, startKeyring } from '../support/keyring.ts'
import { hasPostgres, postgresForFile } from '../support/postgres.ts'
import { type InstalledProgram, installedProgram } from '../support/replaced-program.ts'
import {
  connectedHome,
  endpoints,
  newestToken,
  shop,
  simulated,
  writeSettings,
} from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { tmuxMissing } from '../support/tmux.ts'
import { type Run, type RunOptions, tokenctl } from '../support/tokenctl.ts'
import { removeUserLocks } from '../support/user-locks.ts'

type How = 'stays' | 'remove' | 'replace'
type Env = Readonly<Record<string, string | undefined>>

const DUE = { renewedAt: addDuration(Date.now(), { months: -4 }) }
const SHOPS = () => [
  shop('ebay:main', 200, 547, DUE),
  shop('ebay:outlet', 200, 547, DUE),
  shop('amazon:main', 30, 365, { region: 'na' }),
  shop('aliexpress:main', 130, 300, DUE),
]
const ALL_DUE = ['aliexpress:main', 'ebay:main', 'ebay:outlet']
const GONE = /A part of tokenctl is gone: it was replaced or removed while it ran\./

/** Nothing of the machinery is shown, and no fault is claimed. */
function expectPlain(text: string): void {
  expect(text).not.toMatch(/Cannot find module|Require stack|node:internal|\.cjs|BUG|fault in tokenctl/)
}

/** A home whose marketplaces answer when the program is not there any more. */
interface Disturbed {
  readonly simulator: Simulator
  readonly home: string
  readonly program: InstalledProgram
  /** Runs the program that is replaced meanwhile. */
  run(args: readonly string[], options?: RunOptions): ReturnType<typeof tokenctl>
  /** Runs one that is whole. */
  after(args: readonly string[], options?: RunOptions): ReturnType<typeof tokenctl>
}

interface Place {
  readonly home: string
  readonly store: string
  readonly env?: Env
}

/** Puts the marketplaces of a home behind a door that lets an answer through when the program is away. */
async function disturbed(
  simulator: Simulator,
  { home, store, env = {} }: Place,
  how: How,
): Promise<Disturbed> {
  const program = installedProgram()
  const { origin, close } = await startChaosProxy({
    to: simulator.origin,
    fault: () => async exchange => {
      const reply = await exchange.ask()
      if (how !== 'stays') program[how]()
      await exchange.send(reply)
      // What the server broke off is broken off.
      if (!isWhole(reply)) exchange.close()
    },
  })
  onTestFinished(close)
  const plain = ['etsy', 'allegro', 'mercadolibre'].map(id => [`endpoint.${id}`, origin])
  writeSettings(home, { store, ...endpoints(origin), ...Object.fromEntries(plain) })
  // The next version is what a person has then; where it was only taken away, another copy looks.
  const next = how === 'replace' ? { bin: program.bin } : {}
  return {
    simulator,
    home,
    program,
    run: (args, options) =>
      tokenctl(args, { home, bin: program.bin, ...options, env: { ...env, ...options?.env } }),
    after: (args, options) => tokenctl(args, { home, ...next, ...options, env: { ...env, ...options?.env } }),
  }
}

function isWhole(reply: Buffer): boolean {
  const head = reply.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: *(\d+)/i.exec(reply.toString('latin1', 0, head))?.[1]
  return head !== -1 && length !== undefined && reply.length >= head + 4 + Number(length)
}

async function inFiles(how: How): Promise<Disturbed> {
  const simulator = await simulated(SHOPS())
  return await disturbed(simulator, { home: await connectedHome(simulator), store: 'file' }, how)
}

/** What was given out last is what is stored, and good for the next time: nobody is asked for the first, and one takes the other. */
async function expectKept({ simulator, after }: Disturbed, account: string): Promise<void> {
  const asked = simulator.requests().length
  expect(await after(['token', account])).toEqual({
    status: 0,
    signal: null,
    stdout: `${newestToken(simulator, account)}\n`,
    stderr: '',
  })
  expect(simulator.requests()).toHaveLength(asked)
  expect(await after(['renew', account])).toMatchObject({ status: 0, stderr: '' })
  expect(simulator.requests().at(-1)).toMatchObject({ outcome: 'refreshed' })
  expect(simulator.requests()).toHaveLength(asked + 1)
  expect(await after(['status', '--verify', account])).toMatchObject({ status: 0 })
}

/** A run that says in two lines what became of its program, and nothing else. */
function expectReplaced({ status, stdout, stderr }: Run): void {
  expect({ status, stdout }).toEqual({ status: ERROR_CODES.PROGRAM_REPLACED.exit, stdout: '' })
  expect(stderr).toMatch(/^Error: .* \[PROGRAM_REPLACED\]\nFix: Run it again.*\n$/)
}

const HOWS = ['remove', 'replace'] as const
const ROTATING_AND_NOT = ['ebay:main', 'aliexpress:main', 'amazon:main']

describe.each(HOWS)('%s', how => {
  test.each(ROTATING_AND_NOT)('the file store, %s', async account => {
    const world = await inFiles(how)
    expect(await world.run(['renew', account])).toMatchObject({ status: 0, stderr: '' })
    await expectKept(world, account)
    // Both: that of the run whose files went, and the next.
    const { stdout } = await world.after(['history', account, '--json'])
    expect(stdout.match(/"action": *"renew"/g)).toHaveLength(2)
  })
})

describe('the other stores and marketplaces', () => {
  const how = 'remove'
  describe.skipIf(keyringMissing() !== undefined)('a keychain', () => {
    let keyring: Keyring
    beforeAll(async () => {
      keyring = await startKeyring('unlocked')
    })
    afterAll(() => keyring.stop())

    test.each(ROTATING_AND_NOT)('%s', async account => {
      const simulator = await simulated(SHOPS())
      const env = { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] }
      const home = temporaryHome()
      writeSettings(home, { store: 'keychain', ...endpoints(simulator.origin) })
      const input = JSON.stringify(simulator.importDocument())
      expect(await tokenctl(['import'], { home, env, input })).toMatchObject({ status: 0 })
      onTestFinished(() => removeUserLocks(home))
      const world = await disturbed(simulator, { home, store: 'keychain', env }, how)
      expect(await world.run(['renew', account])).toMatchObject({ status: 0, stderr: '' })
      await expectKept(world, account)
    })
  })

  describe.skipIf(!hasPostgres())('a database', () => {
    const server = postgresForFile({ fsync: false })

    test.each(ROTATING_AND_NOT)('%s', async account => {
      const simulator = await simulated(SHOPS())
      const fleet = await fleetHomes(server(), simulator)
      const machine = fleet.machine()
      await importAll(fleet, machine)
      const { env } = fleet.database
      const world = await disturbed(simulator, { home: machine.home, store: 'postgres', env }, how)
      expect(await world.run(['renew', account])).toMatchObject({ status: 0, stderr: '' })
      await expectKept(world, account)
      expect(await fleet.leftBehind()).toEqual([])
    })
  })

  test.each<Vendor>(['etsy', 'allegro', 'mercadolibre', 'ebay', 'amazon', 'aliexpress'])(
    'a consent at %s, and its renewal',
    async vendor => {
      const { home, simulator, run, main, more, sellers } = await consenting(vendor)
      const link = (await run(['login', main, ...more, '--link'])).stdout.trim()
      const input = await answerOf(link, sellers.main)
      const world = await disturbed(simulator, { home, store: 'file' }, how)
      const login = await world.run(['login', '--resume', '--stdin'], { input })
      expect(login).toMatchObject({ status: 0, stderr: '' })
      expect(login.stdout).toMatch('is connected by a new consent. Its seller is ')
      await expectKept(world, main)
      const again = await disturbed(simulator, { home, store: 'file' }, how)
      expect(await again.run(['renew', main])).toMatchObject({ status: 0, stderr: '' })
      await expectKept(again, main)
    },
  )
})

describe('a seller who is at the consent page meanwhile', () => {
  const missing = tmuxMissing()

  test.skipIf(missing !== undefined)(`need not consent again (${missing ?? 'tmux'})`, async () => {
    const world = await consenting('aliexpress')
    const program = installedProgram()
    const { run, address } = await pasting(world, { bin: program.bin })
    program.remove()
    pasteLine(run, await answerOf(address, world.sellers.main))
    expect(await run.ended()).toBe(0)
    expect(run.screen()).toMatch('is connected by a new consent')
    expect(await world.row()).toMatchObject({ account: world.main, state: 'ok' })
  })
})

describe('several accounts, one after the other', () => {
  test.each(HOWS)('%s: those after it are told, not asked, and renewed by the next run', async how => {
    const world = await inFiles(how)
    const run = await world.run(['renew', '--all', '--due', '--concurrency', '1'])
    expect(run.status).toBe(ERROR_CODES.PROGRAM_REPLACED.exit)
    expectPlain(run.stdout + run.stderr)
    const { simulator } = world
    const [asked, ...others] = simulator.requests().map(({ account }) => account)
    expect(others).toEqual([])
    expect(run.stdout).toMatch(new RegExp(`^${asked}: (Renewed|Amazon accepts)`, 'm'))
    expect(run.stdout.match(new RegExp(GONE, 'g'))).toHaveLength(2)
    expect(run.stdout).toMatch(/Fix: Run it again; what was answered until then is stored\./)
    expect(await world.after(['renew', '--all', '--due'])).toMatchObject({ status: 0, stderr: '' })
    expect(
      simulator
        .requests()
        .map(({ account, outcome }) => `${account} ${outcome}`)
        .sort(),
    ).toEqual(ALL_DUE.map(each => `${each} refreshed`))
    for (const account of ALL_DUE) await expectKept(world, account)
  })

  test.each(HOWS)('%s: all at once need nothing more', async how => {
    const world = await inFiles(how)
    expect(await world.run(['renew', '--all', '--due'])).toMatchObject({ status: 0, stderr: '' })
    for (const account of ALL_DUE) await expectKept(world, account)
  })
})

describe('other commands that ask', () => {
  test.each(HOWS)('%s: token prints it, exec runs its command', async how => {
    const token = await inFiles(how)
    // Nothing that lives long enough is there: it is asked for.
    const printed = await token.run(['token', 'aliexpress:main', '--min-valid', '20h'])
    expect(printed).toMatchObject({ status: 0, stderr: '' })
    await expectKept(token, 'aliexpress:main')
    const exec = await inFiles(how)
    const command = ['exec', 'ebay:main', '--', 'sh', '-c', 'echo "$EBAY_ACCESS_TOKEN"']
    const ran = await exec.run(command)
    expect(ran).toMatchObject({ status: 0, stderr: '' })
    expect(ran.stdout.trim()).toBe(newestToken(exec.simulator, 'ebay:main'))
    await expectKept(exec, 'ebay:main')
  })

  test.each(HOWS)('%s: set-amazon', async how => {
    const world = await inFiles(how)
    const input = world.simulator.newAmazonToken('amazon:main')
    const run = await world.run(['set-amazon', 'main', '--stdin'], { input })
    expect(run).toMatchObject({ status: 0, stdout: expect.stringContaining('it is stored') })
    expectPlain(run.stderr)
    await expectKept(world, 'amazon:main')
  })

  test.each(HOWS)('%s: app rotate', async how => {
    const world = await inFiles(how)
    const { clientSecret } = world.simulator.rotateSecret()
    const run = await world.run(['app', 'rotate', 'amazon', '--stdin'], { input: clientSecret })
    expect(run).toMatchObject({ status: 0, stderr: '`tokenctl status` shows both dates.\n' })
    await expectKept(world, 'amazon:main')
    const apps = JSON.parse((await world.after(['status', '--json'])).stdout).apps
    expect(
      apps.find((app: { marketplace: string }) => app.marketplace === 'amazon').previousEndsAt,
    ).not.toBeNull()
  })

  test.each(HOWS)('%s: status --probe has proved them, and shows them or says why not', async how => {
    const world = await inFiles(how)
    const run = await world.run(['status', '--probe'])
    // What shows them may be loaded last.
    if (run.status !== 0) expectReplaced(run)
    expectPlain(run.stdout + run.stderr)
    for (const account of ['ebay:main', 'aliexpress:main']) await expectKept(world, account)
  })
})

test.each(HOWS)(
  '%s: what is handed on after a renewal goes with the next run, which nobody need be asked for',
  async how => {
    const world = await inFiles(how)
    const arrived = join(world.home, 'arrived')
    const to = [
      'accounts',
      'deliver-to',
      'aliexpress:main',
      '--tokens',
      'access',
      '--command',
      '--',
      '/usr/bin/tee',
      arrived,
    ]
    expect(await tokenctl(to, { home: world.home })).toMatchObject({ status: 0 })
    rmSync(arrived, { force: true })
    const run = await world.run(['renew', 'aliexpress:main'])
    expectPlain(run.stdout + run.stderr)
    expect(run.stdout).toMatch(/^aliexpress:main: Renewed; /)
    // What hands them on may be loaded last.
    if (run.status !== 0) {
      expectReplaced({ ...run, stdout: '' })
      expect(existsSync(arrived)).toBe(false)
      expect(await world.after(['deliver', 'aliexpress:main'])).toMatchObject({ status: 0 })
    }
    expect(readFileSync(arrived, 'utf8')).toContain(newestToken(world.simulator, 'aliexpress:main'))
    expect(world.simulator.requests()).toHaveLength(1)
  },
)

describe('a worker', () => {
  test.each(HOWS)('%s: once', async how => {
    const world = await inFiles(how)
    const run = await world.run(['worker', '--once', '--concurrency', '16'])
    expect(run).toMatchObject({ status: 0, stderr: '' })
    for (const account of ALL_DUE) await expectKept(world, account)
  })

  test.each(HOWS)('%s: one that stays ends with 4, so that what started it starts the next', async how => {
    const world = await inFiles(how)
    const run = await world.run(['worker', '--concurrency', '1', '--poll', '1s'])
    expect(run.status).toBe(ERROR_CODES.PROGRAM_REPLACED.exit)
    expectPlain(run.stdout + run.stderr)
    expect(run.stderr).toMatch(/\[PROGRAM_REPLACED\]/)
    expect(run.stderr).not.toContain('Trying again')
    const [first, ...others] = world.simulator.requests()
    expect(others).toEqual([])
    expect(await world.after(['worker', '--once'])).toMatchObject({ status: 0, stderr: '' })
    expect(world.simulator.requests()).toHaveLength(3)
    await expectKept(world, first?.account ?? '')
  })
})

describe('an answer that is none', () => {
  const FAULTS: readonly Fault[] = [
    'consent-ended',
    '500',
    'lost-reply',
    'truncated',
    'html',
    'secret-expired',
  ]

  test.each(
    FAULTS.flatMap(
      fault =>
        [
          ['ebay', fault],
          ['aliexpress', fault],
        ] as const,
    ),
  )('%s, %s: the same is said, and the same is known, as where the files stay', async (vendor, fault) => {
    const ends = []
    for (const how of ['stays', 'remove'] as const) {
      const world = await inFiles(how)
      world.simulator.fault(vendor, fault, { times: 9 })
      const { status, stdout, stderr } = await world.run(['renew', `${vendor}:main`])
      const said = (stdout + stderr).replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
      expectPlain(said)
      world.simulator.clearFaults(vendor)
      const { accounts } = JSON.parse((await world.after(['status', '--json'])).stdout)
      const [row] = accounts.filter((each: { account: string }) => each.account === `${vendor}:main`)
      const next = await world.after(['renew', `${vendor}:main`])
      ends.push({ status, said, state: row.state, next })
    }
    expect(ends[1]).toEqual(ends[0])
  })

  test.each(['consent-ended', '500'] as const)(
    '%s to a command that prints a token: its code and its exit',
    async fault => {
      const world = await inFiles('remove')
      world.simulator.fault('ebay', fault, { times: 9 })
      const run = await world.run(['token', 'ebay:main'])
      const code = fault === '500' ? 'MARKETPLACE_DOWN' : 'GRANT_REJECTED'
      expect(run).toMatchObject({ status: ERROR_CODES[code].exit, stdout: '' })
      expectPlain(run.stderr)
      expect(run.stderr).toContain(`[${code}]`)
    },
  )
})

describe('a start while the next version is being put there', () => {
  const without = (isGone: (name: string) => boolean): string => {
    const { bin } = installedProgram()
    const dist = join(bin, '..', '..', 'dist')
    for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }))
      if (isGone(name)) rmSync(join(dist, name), { recursive: true, force: true })
    return bin
  }

  test.each<[string, (name: string) => boolean]>([
    ['its entry', name => name === 'main.cjs'],
    ['its chunks', name => name.startsWith('chunks')],
    // Not even what shows an error is there.
    ['what a command is made of', name => /^chunks.(?!base-|line-|rolldown-runtime-|words-)/.test(name)],
  ])('without %s: a plain sentence, and 4', async (_, isGone) => {
    expectReplaced(await tokenctl(['status'], { home: temporaryHome(), bin: without(isGone) }))
  })

  test('as JSON where that is asked for; nothing at all at a press of Tab', async () => {
    const bin = without(name => /^chunks.(?!base-|line-|rolldown-runtime-|words-)/.test(name))
    const { status, stdout, stderr } = await tokenctl(['status', '--json'], { home: temporaryHome(), bin })
    expect({ status, stderr }).toEqual({ status: ERROR_CODES.PROGRAM_REPLACED.exit, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, error: { code: 'PROGRAM_REPLACED' } })
    const tab = await tokenctl(['__complete', '2', 'status', 'eb'], { home: temporaryHome(), bin })
    expect(tab).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })
})
