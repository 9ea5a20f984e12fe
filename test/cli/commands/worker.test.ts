/** A worker over stores in memory, alone and with others, with a clock that nobody waits for. */
import { describe, expect, test } from 'vitest'
import { workerRun } from '../../../src/cli/commands/worker.ts'
import { workerSchema } from '../../../src/cli/shapes/worker-shape.ts'
import type { WorkerOptions } from '../../../src/cli/worker/manner.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { HttpRequest, HttpResponse } from '../../../src/platform/http.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import type { Vault } from '../../../src/vault/vault.ts'
import { tokenSet } from '../../support/accounts.ts'
import { type FakeClock, fakeClock } from '../../support/clock.ts'
import { type FakeFleet, fakeFleet } from '../../support/fake-fleet.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { NOW, type TestWorld, type TestWorldOptions, testWorld } from '../../support/world.ts'

const DUE = { consentAt: NOW - 200 * DAY, renewedAt: NOW - 100 * DAY }
const FINE = { consentAt: NOW - 200 * DAY, renewedAt: NOW - DAY }

const YES: HttpResponse = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ access_token: 'new-access', expires_in: 7200, token_type: 'User Access Token' }),
}

const ONCE: WorkerOptions = { concurrency: '4', poll: '30s', once: true }

async function addApp(vault: Vault): Promise<void> {
  const keys = { clientId: new Secret('client-id'), clientSecret: new Secret('client-secret') }
  const known = { isPublic: true, secretIssuedAt: null, previousEndsAt: null }
  const header = { marketplace: 'ebay', name: 'default', environment: 'production' as const, ...known }
  await vault.saveApp({ header, keys, previous: null }, null)
}

async function addMany(vault: Vault, count: number, given: Partial<AccountHeader> = DUE): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const account = `ebay:a${String(index).padStart(3, '0')}`
    const secrets = { refreshToken: new Secret(`token-${index}`) }
    await vault.saveAccount(tokenSet({ account, ...given }, secrets), null)
  }
}

/** A store of many machines with so many accounts that are due, and what each token was sent for, in order. */
async function fleetOf(count: number, given?: Partial<AccountHeader>) {
  const clock = fakeClock(NOW)
  const fleet = fakeFleet(clock)
  await addApp(fleet.vault())
  await addMany(fleet.vault(), count, given)
  const sent: string[] = []
  const http = async (request: HttpRequest) => {
    sent.push(new URLSearchParams(request.body).get('refresh_token') ?? '')
    return YES
  }
  const machine = (more: TestWorldOptions = {}) =>
    testWorld({ store: fleet.store, clock, http, home: temporaryHome(), ...more })
  return { clock, fleet, sent, machine }
}

const generations = async (fleet: FakeFleet) =>
  (await fleet.vault().listing()).accounts.map(({ generation }) => generation)

const shown = ({ terminal }: TestWorld) => terminal.shown.out + terminal.shown.err

/** The JSON lines of a kind, each in its published shape. */
function lines(world: TestWorld, kind: string) {
  const all = world.terminal.shown.out
    .split('\n')
    .filter(line => line !== '')
    .map(line => workerSchema.parse(JSON.parse(line)))
  return all.filter(line => line.kind === kind)
}

/** Stops the world's worker when it has slept so often. */
function stoppingAfter(clock: FakeClock, sleeps: number, reason = 'SIGTERM') {
  const controller = new AbortController()
  const { sleep } = clock
  let count = 0
  Object.assign(clock, {
    sleep: async (ms: number) => {
      count += 1
      if (count >= sleeps) controller.abort(new DOMException(reason, 'AbortError'))
      await sleep(ms)
    },
  })
  return controller.signal
}

describe('once', () => {
  test('renews what is due on a fleet, leaves what is not, and frees all of it', async () => {
    const { fleet, sent, machine } = await fleetOf(40)
    await fleet.vault().saveAccount(tokenSet({ account: 'ebay:fine', ...FINE }), null)
    const world = await machine()
    expect(await workerRun(ONCE, world)).toBe(0)
    expect(new Set(sent).size).toBe(40)
    expect(sent).toHaveLength(40)
    expect(fleet.claims.size).toBe(0)
    expect(world.terminal.shown.out).toMatch(
      /^Working on .+: the memory store, 4 at a time; refreshes: eBay 50,000 a day and app, spread over the day\.\n\S+ renewed 40 \(\d+\.\d s\)\n\S+ Ended: renewed 40\.\n$/,
    )
    expect(world.noted.filter(({ outcome }) => outcome === 'renewed')).toHaveLength(40)
  })

  test('a store of one machine is worked through as well, and counted', async () => {
    const counted: string[] = []
    const dailyCounts = { count: () => counted.length, add: (name: string) => void counted.push(name) }
    const world = await testWorld({ dailyCounts, http: async () => YES, home: temporaryHome() })
    await addApp(world.vault)
    await addMany(world.vault, 30)
    expect(await workerRun(ONCE, world)).toBe(0)
    expect(counted).toEqual(Array.from({ length: 30 }, () => 'ebay.default'))
    expect((await world.vault.listing()).accounts.every(({ renewedAt }) => renewedAt === NOW)).toBe(true)
  })

  test('with nothing due it says that it began and ended', async () => {
    const { machine, sent } = await fleetOf(3, FINE)
    const world = await machine()
    expect(await workerRun(ONCE, world)).toBe(0)
    expect(sent).toEqual([])
    expect(world.terminal.shown.out.split('\n')).toHaveLength(3)
  })

  test('an account that needs a person is told, ends with 3, and is left alone for hours', async () => {
    const { fleet, machine } = await fleetOf(1, {
      ...DUE,
      refused: { code: 'GRANT_REJECTED', at: NOW - HOUR },
      lastAttempt: { at: NOW - HOUR, outcome: 'failed', code: 'GRANT_REJECTED' },
    })
    const world = await machine()
    expect(await workerRun(ONCE, world)).toBe(3)
    expect(world.terminal.shown.out).toContain('ebay:a000: A person must act')
    expect(fleet.claims.get('account/ebay:a000')).toBe(NOW + 4 * HOUR)
  })

  test('of many that fail the first twenty are told one by one', async () => {
    const { machine } = await fleetOf(30)
    const world = await machine({
      http: async () => ({
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: '{"error":"invalid_grant"}',
      }),
    })
    expect(await workerRun(ONCE, world)).toBe(3)
    expect(world.terminal.shown.out.match(/^ebay:a\d+: /gm)).toHaveLength(20)
    expect(world.terminal.shown.out).toContain('renewed 0, failed 30, 10 of them not shown (')
  })

  test('an account that another is at is left to it, and is no failure', async () => {
    const { fleet, machine, sent } = await fleetOf(2)
    const world = await machine()
    let exit: number | undefined
    await fleet.store.lock('ebay:a000', async () => {
      exit = await workerRun(ONCE, world)
    })
    expect(exit).toBe(0)
    expect(sent).toEqual(['token-1'])
    expect(fleet.claims.get('account/ebay:a000')).toBe(NOW + MINUTE)
    expect(world.noted.map(({ code }) => code)).toEqual([null])
    expect(shown(world)).not.toContain('LOCK_HELD')
  })

  test('as JSON lines in their shape', async () => {
    const { machine } = await fleetOf(3)
    const world = await machine()
    expect(await workerRun({ ...ONCE, json: true, rate: '5' }, world)).toBe(0)
    expect(lines(world, 'start')).toMatchObject([
      { store: 'memory', concurrency: 4, pollSeconds: 30, once: true },
    ])
    expect(lines(world, 'round')[0]).toMatchObject({ taken: 3, renewed: 3, trouble: null })
    expect(lines(world, 'end')).toMatchObject([{ renewed: 3, exit: 0, putOff: { day: 0, rate: 0 } }])
  })
})

describe('the quota of an app', () => {
  test('is shared by two workers, and what is not sent for is put off', async () => {
    const { fleet, sent, machine } = await fleetOf(50)
    fleet.sent.set('ebay.default', 49_980)
    const worlds = [await machine(), await machine()]
    const exits = await Promise.all(worlds.map(world => workerRun({ ...ONCE, spread: false }, world)))
    expect(sent).toHaveLength(20)
    expect(new Set(sent).size).toBe(20)
    expect(fleet.sent.get('ebay.default')).toBe(50_000)
    expect(exits).toContain(4)
    // Those that were put off come back when the count begins anew.
    const midnight = (Math.floor(NOW / DAY) + 1) * DAY
    expect([...fleet.claims.values()].every(until => until >= midnight)).toBe(true)
    expect(fleet.claims.size).toBe(30)
  })

  test('is given out over the day unless that is not wanted', async () => {
    const spread = await fleetOf(30)
    // Ten of 24 hours are over at ten o'clock, and five minutes' worth may go ahead.
    const soFar = Math.floor((50_000 * 10) / 24) + Math.ceil(50_000 / 288)
    spread.fleet.sent.set('ebay.default', soFar - 10)
    expect(await workerRun(ONCE, await spread.machine())).toBe(4)
    expect(spread.sent).toHaveLength(10)
    const whole = await fleetOf(30)
    whole.fleet.sent.set('ebay.default', soFar - 10)
    expect(await workerRun({ ...ONCE, spread: false }, await whole.machine())).toBe(0)
    expect(whole.sent).toHaveLength(30)
  })

  test('counts retries as well, and gives back what was not sent', async () => {
    const { fleet, machine } = await fleetOf(4)
    let asked = 0
    const http = async (): Promise<HttpResponse> => {
      asked += 1
      if (asked === 1) throw new TokenctlError('NETWORK_FAILED', 'no', { failure: 'transient' })
      return YES
    }
    expect(await workerRun({ ...ONCE, concurrency: '1' }, await machine({ http }))).toBe(0)
    expect(asked).toBe(5)
    expect(fleet.sent.get('ebay.default')).toBe(5)
    const noApp = await fleetOf(3, { ...DUE, app: 'other' })
    expect(await workerRun(ONCE, await noApp.machine())).toBe(3)
    expect(noApp.sent).toEqual([])
    expect(noApp.fleet.sent.get('ebay.other')).toBe(0)
  })

  test('a rate is kept to, and waited for', async () => {
    const { clock, fleet, sent, machine } = await fleetOf(35)
    const world = await machine()
    expect(await workerRun({ ...ONCE, rate: '10' }, world)).toBe(0)
    expect(sent).toHaveLength(35)
    expect(clock.now() - NOW).toBeGreaterThanOrEqual(3 * SECOND)
    expect(clock.now() - NOW).toBeLessThan(15 * SECOND)
    expect(fleet.claims.size).toBe(0)
  })

  test('the sandbox and a simulator have counts of their own', async () => {
    const { fleet, machine } = await fleetOf(2, { ...DUE, environment: 'sandbox' })
    await workerRun(ONCE, await machine({ settings: { 'environment.ebay': 'sandbox' } }))
    expect([...fleet.sent.keys()]).toEqual(['ebay.default.sandbox'])
  })
})

describe('two workers', () => {
  test('divide the accounts, and no token is sent twice', async () => {
    const { fleet, sent, machine } = await fleetOf(120)
    const worlds = [await machine(), await machine(), await machine()]
    expect(await Promise.all(worlds.map(world => workerRun(ONCE, world)))).toEqual([0, 0, 0])
    expect(sent).toHaveLength(120)
    expect(new Set(sent).size).toBe(120)
    expect(await generations(fleet)).toEqual(Array.from({ length: 120 }, () => 1))
    const shares = worlds.map(({ noted }) => noted.length)
    expect(Math.min(...shares)).toBeGreaterThan(0)
  })
})

describe('a worker that is stopped', () => {
  test.each([
    ['SIGTERM', 0],
    ['SIGINT', 130],
    ['SIGHUP', 130],
  ] as const)('by %s ends with %d, after what is open is stored, and frees the rest', async (name, exit) => {
    const { fleet, sent, machine } = await fleetOf(60)
    const stop = new AbortController()
    const http = async (request: HttpRequest): Promise<HttpResponse> => {
      sent.push(new URLSearchParams(request.body).get('refresh_token') ?? '')
      if (sent.length === 7) stop.abort(new DOMException(name, 'AbortError'))
      return YES
    }
    const world = await machine({ http, signal: stop.signal })
    expect(await workerRun({ ...ONCE, once: false }, world)).toBe(exit)
    expect(sent.length).toBeGreaterThanOrEqual(7)
    expect(sent.length).toBeLessThanOrEqual(10)
    const done = (await generations(fleet)).filter(generation => generation === 1)
    expect(done).toHaveLength(sent.length)
    expect(fleet.claims.size).toBe(0)
    expect(fleet.sent.get('ebay.default')).toBe(sent.length)
    expect(world.terminal.shown.err).toContain('Stopping when the exchange that is open is stored')
  })

  test('while it rests', async () => {
    const { clock, machine } = await fleetOf(2)
    const world = await machine({ signal: stoppingAfter(clock, 3) })
    expect(await workerRun({ ...ONCE, once: false }, world)).toBe(0)
    expect(clock.slept).toEqual([30_000, 30_000, 30_000])
    expect(world.terminal.shown.out.match(/renewed 2 \(/g)).toHaveLength(1)
  })
})

describe('a store that is cut', () => {
  test('is told once, tried again, and worked on when it is back', async () => {
    const { clock, fleet, sent, machine } = await fleetOf(5)
    const signal = stoppingAfter(clock, 6)
    const { sleep } = clock
    const waits: number[] = []
    Object.assign(clock, {
      sleep: async (ms: number) => {
        waits.push(ms)
        if (waits.length === 4) fleet.isCut = false
        await sleep(ms)
      },
    })
    const world = await machine({ signal })
    fleet.cutsAtClaim = true
    expect(await workerRun({ ...ONCE, once: false }, world)).toBe(0)
    expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000])
    expect(sent).toHaveLength(5)
    const { err } = world.terminal.shown
    expect(err.match(/VAULT_UNAVAILABLE/g)).toHaveLength(1)
    expect(err).toContain('The store answers again.')
  })

  test('in the middle of a round nothing is sent twice', async () => {
    const { clock, fleet, machine } = await fleetOf(30)
    const sent: string[] = []
    const http = async (request: HttpRequest): Promise<HttpResponse> => {
      sent.push(new URLSearchParams(request.body).get('refresh_token') ?? '')
      if (sent.length === 6) fleet.isCut = true
      return YES
    }
    const signal = stoppingAfter(clock, 40)
    const { sleep } = clock
    Object.assign(clock, {
      sleep: async (ms: number) => {
        fleet.isCut = false
        await sleep(ms)
      },
    })
    await workerRun({ ...ONCE, once: false }, await machine({ http, signal }))
    expect(new Set(sent).size).toBe(30)
    expect(sent).toHaveLength(30)
    expect(await generations(fleet)).toEqual(Array.from({ length: 30 }, () => 1))
  })

  test('ends a run that is to end, after some tries', async () => {
    const { fleet, machine } = await fleetOf(1)
    const world = await machine()
    fleet.cutsAtClaim = true
    await expect(workerRun(ONCE, world)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    expect(world.terminal.shown.out).toContain('Ended: renewed 0.')
  })
})

describe('the clocks', () => {
  test.each([
    [121 * SECOND, 'ahead of'],
    [-121 * SECOND, 'behind'],
  ])('that are %d ms apart let no worker begin', async (skewMs, way) => {
    const { fleet, machine, sent } = await fleetOf(1)
    fleet.skewMs = skewMs
    await expect(workerRun(ONCE, await machine())).rejects.toMatchObject({
      code: 'CLOCK_WRONG',
      exit: 3,
      message: expect.stringContaining(`121 s ${way} that of the database`),
    })
    expect(sent).toEqual([])
  })

  test.each([
    [29 * SECOND, false],
    [30 * SECOND, true],
    [-100 * SECOND, true],
  ])('that are %d ms apart are told: %s', async (skewMs, isTold) => {
    const { fleet, machine } = await fleetOf(0)
    fleet.skewMs = skewMs
    const world = await machine()
    expect(await workerRun(ONCE, world)).toBe(0)
    expect(world.terminal.shown.err.includes('Note: The clock of this machine')).toBe(isTold)
  })

  test('are compared before each round: one that jumps renews nothing until it is set', async () => {
    const { clock, fleet, machine, sent } = await fleetOf(1)
    const world = await machine({ signal: stoppingAfter(clock, 6) })
    const { sleep } = clock
    const sentAt: number[] = []
    Object.assign(clock, {
      sleep: async (ms: number) => {
        sentAt.push(sent.length)
        // It jumps before the second round, when there is more to do, and is set three rounds later.
        if (sentAt.length === 1) {
          const late = tokenSet({ account: 'ebay:late', ...DUE }, { refreshToken: new Secret('late') })
          await fleet.vault().saveAccount(late, null)
        }
        fleet.skewMs = sentAt.length < 4 ? 10 * 60 * SECOND : 0
        await sleep(ms)
      },
    })
    await workerRun({ ...ONCE, once: false }, world)
    expect(sentAt).toEqual([1, 1, 1, 1, 2, 2])
    expect(world.terminal.shown.err.match(/CLOCK_WRONG/g)).toHaveLength(1)
  })
})

describe('words that are none', () => {
  test.each<[Partial<WorkerOptions>, string]>([
    [{ concurrency: '0' }, '--concurrency takes a whole number from 1 to 1024.'],
    [{ concurrency: '1025' }, '--concurrency takes a whole number from 1 to 1024.'],
    [{ concurrency: 'many' }, '--concurrency takes a whole number from 1 to 1024.'],
    [{ poll: '0s' }, '--poll takes a length from a second to an hour.'],
    [{ poll: '30' }, '--poll takes a length from a second to an hour.'],
    [{ poll: '2h' }, '--poll takes a length from a second to an hour.'],
    [{ rate: '0' }, '--rate takes how many refreshes a second an app may send.'],
    [{ rate: '-1' }, '--rate takes how many refreshes a second an app may send.'],
    [{ rate: '1e9' }, '--rate takes how many refreshes a second an app may send.'],
  ])('%j', async (more, message) => {
    await expect(workerRun({ ...ONCE, ...more }, await testWorld())).rejects.toMatchObject({
      code: 'USAGE',
      message,
    })
  })
})
