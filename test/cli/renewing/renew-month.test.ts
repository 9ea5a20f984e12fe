/**
 * A month of unattended runs as they are: the command itself over a vault, against the marketplaces of the simulator,
 * with a clock that both go by. What happens at the marketplaces is done to them; what must be told stands beside it, by
 * hand. The headers are whatever the runs made of it.
 */
import { expect, onTestFinished, test } from 'vitest'
import { importRun } from '../../../src/cli/commands/import.ts'
import { renewRun } from '../../../src/cli/commands/renew.ts'
import { setAmazonRun } from '../../../src/cli/commands/set-amazon.ts'
import type { World } from '../../../src/cli/world.ts'
import { NONE_OF_ONES_OWN } from '../../../src/marketplaces/ids.ts'
import { createHttp, type Http, type HttpRequest } from '../../../src/platform/http.ts'
import { Settings } from '../../../src/settings.ts'
import { type SeedAccount, seedApp } from '../../../src/simulator/seed.ts'
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../../src/tokens/time.ts'
import type { ChannelHeader } from '../../../src/vault/channel-header.ts'
import { createMemoryStore } from '../../../src/vault/memory.ts'
import type { VaultDoor } from '../../../src/vault/open.ts'
import { Vault } from '../../../src/vault/vault.ts'
import { at } from '../../support/accounts.ts'
import { type NoticeWorld, noticeWorld, programChannel } from '../../support/notice-world.ts'
import { endpoints } from '../../support/simulator.ts'

const day = (number: number) => at(`2026-11-${String(number).padStart(2, '0')}`)
const CRON = { accounts: [], all: true, due: true, concurrency: '4' }
const MONITOR = 'https://monitor.example.com/ping/made-up'
const YEAR = 365 * DAY

const SHOPS: readonly SeedAccount[] = [
  // Due on the 5th, and renewed then.
  { account: 'ebay:quiet', consentAt: at('2026-08-05'), consentUntil: at('2026-08-05') + 547 * DAY },
  // Due on the 8th; the seller changes the password the day before.
  { account: 'ebay:revoked', consentAt: at('2026-08-08'), consentUntil: at('2026-08-08') + 547 * DAY },
  // Due on the 16th; eBay is down until the 18th.
  { account: 'ebay:outage', consentAt: at('2026-08-16'), consentUntil: at('2026-08-16') + 547 * DAY },
  // Due since July; the seller brings a new token on the 10th.
  { account: 'amazon:due', consentAt: at('2026-04-10'), consentUntil: at('2026-04-10') + YEAR, region: 'na' },
  // Ends on the 14th; the seller brings a new token on the 20th.
  { account: 'amazon:late', consentAt: at('2025-11-14'), consentUntil: at('2026-11-14'), region: 'eu' },
  // 60 days, that no refresh moves.
  { account: 'aliexpress:main', consentAt: at('2026-10-05'), consentUntil: at('2026-12-04') },
]

/** What happens before the run of a day. */
const HAPPENS: Readonly<Record<number, (month: Month) => unknown>> = {
  7: ({ simulator }) => simulator.endConsent('ebay:revoked'),
  10: month => bringToken('due', month),
  16: ({ simulator }) => simulator.fault('ebay', '503', { share: 1 }),
  19: ({ simulator }) => simulator.clearFaults('ebay'),
  20: month => bringToken('late', month),
}

/** What must be told, once each, day by day. */
const EXPECTED: Readonly<Record<number, readonly string[]>> = {
  // The first run finds things that began before it: of the days before an end only the nearest.
  1: ['due amazon:due', 'ending amazon:late', 'secret-ending amazon:default'],
  7: ['ending amazon:late'],
  8: ['failed ebay:revoked'],
  13: ['ending amazon:late'],
  14: ['failed amazon:late'],
  16: ['due ebay:outage'],
  20: ['ending aliexpress:main', 'recovered amazon:late'],
  25: ['secret-ending amazon:default'],
  27: ['ending aliexpress:main'],
}
/** The days on which a renewal failed; that a person must act fails none. */
const FAILED = [8, 16, 17, 18]

interface Month {
  readonly simulator: Simulator
  readonly made: NoticeWorld
  /** Each day's beats: `good`, `fail`. */
  readonly beats: string[]
}

test('thirty runs over six shops tell exactly what is due, once, and the monitor hears each run', async () => {
  const month = await start()
  const { made, beats, simulator } = month
  for (let number = 1; number <= 30; number++) {
    made.clock.advance(day(number) + 6 * HOUR - made.clock.now())
    await HAPPENS[number]?.(month)
    await renewRun(CRON, made.world)
  }
  const told = made.told.flatMap(({ at: time, message }) =>
    message.notices.map(({ event, account, app, marketplace, name }) => {
      const subject = account ?? app ?? `${marketplace}:${name}`
      return `${Math.floor((time - day(1)) / DAY) + 1} ${event} ${subject}`
    }),
  )
  const expected = Object.entries(EXPECTED).flatMap(([number, each]) => each.map(what => `${number} ${what}`))
  expect(told.sort()).toEqual(expected.sort())
  expect(beats).toEqual(
    Array.from({ length: 30 }, (_, index) => (FAILED.includes(index + 1) ? 'fail' : 'good')),
  )
  // What was told is what was done: a due shop was renewed once, and nobody was asked in vain.
  const refreshes = new Map(simulator.accounts().map(each => [each.account, each.refreshes]))
  expect([refreshes.get('ebay:quiet'), refreshes.get('ebay:outage'), refreshes.get('ebay:revoked')]).toEqual([
    1, 1, 0,
  ])
})

async function start(): Promise<Month> {
  let made: NoticeWorld | undefined
  const clock = { now: () => made?.clock.now() ?? day(1) }
  const apps = [seedApp('ebay'), seedApp('amazon', at('2026-06-28')), seedApp('aliexpress')]
  const simulator = await startSimulator({ clock, seed: { apps, accounts: SHOPS } })
  onTestFinished(() => simulator.close())
  const vault = new Vault(createMemoryStore())
  const beats: string[] = []
  const settings = new Settings(endpoints(simulator.origin))
  const door = {
    read: async () => ({ state: 'open', vault }),
    write: async () => vault,
    warnings: () => [],
    lastOpened: () => undefined,
  } as unknown as VaultDoor
  made = noticeWorld(day(1), undefined, {
    http: async () => withMonitor(createHttp({}), beats),
    openVault: async () => door,
    settings: () => settings,
    history: { note: () => {} } as unknown as World['history'],
    dailyCounts: { count: () => 0, add: () => {} },
    random: () => 0.5,
    ownMarketplaces: NONE_OF_ONES_OWN,
  })
  await importRun({}, given(JSON.stringify(simulator.importDocument()), made.world))
  const alive: ChannelHeader = {
    name: 'alive',
    addedAt: 0,
    way: { kind: 'heartbeat', host: 'monitor.example.com', method: 'GET', signalsFailure: true },
  }
  const channels = await vault.channels()
  await channels.save({ header: programChannel('pager'), secret: null }, null)
  await channels.save({ header: alive, secret: new Secret(MONITOR) }, null)
  return { simulator, made, beats }
}

/** The network, with a monitor beside the marketplaces. */
function withMonitor(http: Http, beats: string[]): Http {
  return {
    send: async (request: HttpRequest, options) => {
      if (!request.url.startsWith(MONITOR)) return await http.send(request, options)
      beats.push(request.url === MONITOR ? 'good' : request.url.slice(MONITOR.length + 1))
      return { status: 200, headers: {}, body: '' }
    },
  }
}

/** The world of a person who gives this on standard input. */
function given(text: string, world: World): World {
  const terminal = {
    ...world.terminal,
    readStdin: async () => text,
    readStdinBytes: async () => Buffer.from(text),
  }
  return { ...world, terminal }
}

/** The seller consents again in Seller Central, and the person gives the token to tokenctl. */
async function bringToken(name: string, { simulator, made }: Month): Promise<void> {
  const text = simulator.newAmazonToken(`amazon:${name}`)
  expect(await setAmazonRun({ name, stdin: true }, given(text, made.world))).toBe(0)
}
