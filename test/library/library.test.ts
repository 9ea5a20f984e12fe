/** The library over a store, a clock and an HTTP client of one's own: nothing of this machine is touched, nothing printed. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest'
import type { RenewRow } from '../../src/cli/shapes/renew-shape.ts'
import { type StatusReport, statusSchema } from '../../src/cli/shapes/status-shape.ts'
import {
  accessToken,
  createMemoryStore,
  type HttpRequest,
  type HttpResponse,
  manifestAdapter,
  NO_SECRETS,
  newHeader,
  type OpenOptions,
  openVault,
  type Renewed,
  renewAccount,
  Secret,
  type Status,
  status,
  type TokenSet,
} from '../../src/index.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createLocks } from '../../src/platform/file-lock.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import { fakeClock } from '../support/clock.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const NOW = Date.UTC(2026, 10, 22, 10)
const ISSUED = { access_token: 'CANARY-access', token_type: 'User Access Token', expires_in: 7200 }

/** A vault of one eBay account whose quarter is over, and what was asked of the network. */
async function vaultOf(
  answer: (request: HttpRequest) => object | number = () => ISSUED,
  more: OpenOptions = {},
) {
  const asked: HttpRequest[] = []
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    asked.push(request)
    const said = answer(request)
    const headers = { 'content-type': 'application/json' }
    return typeof said === 'number'
      ? { status: said, headers, body: '{"error":"invalid_grant"}' }
      : { status: 200, headers, body: JSON.stringify(said) }
  }
  const home = join(temporaryHome(), 'untouched')
  const store = createMemoryStore()
  const closed = vi.spyOn(store, 'close')
  const notes: string[] = []
  const clock = fakeClock(NOW)
  const vault = openVault({
    home,
    env: {},
    store,
    clock,
    settings: {},
    random: () => 0,
    http: { send },
    onNote: note => notes.push(note),
    ...more,
  })
  const records = await vault.records()
  const keys = { clientId: new Secret('CANARY-id'), clientSecret: new Secret('CANARY-secret') }
  const app = {
    environment: 'production',
    isPublic: false,
    secretIssuedAt: null,
    previousEndsAt: null,
  } as const
  await records.saveApp(
    { header: { marketplace: 'ebay', name: 'default', ...app }, keys, previous: null },
    null,
  )
  const header = newHeader({
    account: 'ebay:main',
    app: 'default',
    environment: 'production',
    holdsToken: true,
    consentAt: NOW - 100 * DAY,
  })
  const secrets = {
    refreshToken: new Secret('v^1.1#CANARY-refresh'),
    previous: null,
    pending: null,
    accessToken: null,
    delivery: null,
  }
  await records.saveAccount({ header, secrets }, null)
  return { vault, records, asked, home, closed, notes, clock }
}

const printed: string[] = []
beforeEach(() => {
  printed.length = 0
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text: unknown) => {
      printed.push(String(text))
      return true
    })
})
afterEach(() => vi.restoreAllMocks())

describe('a vault over what the program brings', () => {
  test('its state, as `status --json` has it', async () => {
    const { vault } = await vaultOf()
    const found = await status(vault)
    expect(statusSchema.parse(found)).toEqual(found)
    expect(found).toMatchObject({
      now: '2026-11-22T10:00:00Z',
      store: 'memory',
      accounts: [{ account: 'ebay:main', state: 'due', next: { command: 'tokenctl renew ebay:main' } }],
    })
    expect((await status(vault, ['amazon'])).accounts).toEqual([])
    await expect(status(vault, ['ebay:other'])).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
  })

  test('an account renewed, and stored before it is told', async () => {
    const { vault, records, asked } = await vaultOf()
    expect(await renewAccount(vault, 'ebay:main')).toMatchObject({
      account: 'ebay:main',
      outcome: 'renewed',
      code: null,
      renewBy: '2027-02-22T10:00:00Z',
    })
    expect(asked).toHaveLength(1)
    const stored = await records.account({ marketplace: 'ebay', name: 'main' })
    expect(stored?.secrets.accessToken?.reveal()).toBe('CANARY-access')
    expect((await vault.accounts())[0]?.renewedAt).toBe(NOW)
  })

  test('a refusal is a result; the record stays', async () => {
    const { vault, records } = await vaultOf(() => 400)
    expect(await renewAccount(vault, 'ebay:main')).toMatchObject({
      outcome: 'failed',
      code: 'GRANT_REJECTED',
    })
    const stored = await records.account({ marketplace: 'ebay', name: 'main' })
    expect(stored?.secrets.refreshToken?.reveal()).toBe('v^1.1#CANARY-refresh')
    await expect(accessToken(vault, 'ebay:main')).rejects.toMatchObject({ code: 'GRANT_REJECTED' })
  })

  test('a living token: asked for once, however many want it', async () => {
    const { vault, asked, clock } = await vaultOf()
    const tokens = await Promise.all(Array.from({ length: 10 }, () => accessToken(vault, 'ebay:main')))
    expect(asked).toHaveLength(1)
    const [first] = tokens
    expect(first).toMatchObject({ account: 'ebay:main', type: 'bearer', expiresAt: NOW + 2 * HOUR })
    expect(first?.token.reveal()).toBe('CANARY-access')
    expect(JSON.stringify(tokens)).not.toContain('CANARY')
    clock.advance(HOUR)
    await accessToken(vault, 'ebay:main', { minValidMs: 90 * 60_000 })
    expect(asked).toHaveLength(2)
  })

  test.each<[string, string]>([
    ['ebay', 'USAGE'],
    ['ebay:other', 'ACCOUNT_UNKNOWN'],
    ['nothing:main', 'ACCOUNT_UNKNOWN'],
    ['', 'USAGE'],
  ])('the account %j: %s', async (account, code) => {
    const { vault } = await vaultOf()
    await expect(renewAccount(vault, account)).rejects.toMatchObject({ code })
    await expect(accessToken(vault, account)).rejects.toMatchObject({ code })
  })

  test('what is no vault of ours', async () => {
    const { vault } = await vaultOf()
    await expect(status({ ...vault })).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('nothing is printed, no folder of this machine is touched, the store is closed', async () => {
    const { vault, home, closed, notes } = await vaultOf(() => 400)
    await renewAccount(vault, 'ebay:main')
    await status(vault)
    await vault.close()
    await vault.close()
    expect(printed).toEqual([])
    expect(notes).toEqual([])
    expect(existsSync(home)).toBe(false)
    expect(closed).toHaveBeenCalled()
  })
})

const BAZAAR = {
  version: 1,
  id: 'bazaar',
  title: 'Bazaar',
  docs: 'https://bazaar.example/docs',
  consent: { address: 'https://bazaar.example/consent' },
  token: { address: 'https://bazaar.example/token', client: 'form', accessSeconds: 3600 },
  rotation: 'none',
  lifetime: { length: '6 months', from: 'consent' },
}

test('a marketplace of one’s own, with its settings', async () => {
  const market = manifestAdapter(BAZAAR)
  const settings = { 'window.bazaar': '10 days' }
  const { vault, records, asked } = await vaultOf(
    () => ({ access_token: 'CANARY', token_type: 'bearer', expires_in: 3600 }),
    { marketplaces: [market], settings },
  )
  const stored = await records.account({ marketplace: 'ebay', name: 'main' })
  const app = await records.app('ebay', 'default')
  if (stored === undefined || app === undefined) return expect.unreachable()
  await records.saveApp({ ...app, header: { ...app.header, marketplace: 'bazaar' } }, null)
  await records.saveAccount({ ...stored, header: { ...stored.header, account: 'bazaar:main' } }, null)
  expect(await renewAccount(vault, 'bazaar:main')).toMatchObject({
    outcome: 'renewed',
    renewBy: '2026-12-02T10:00:00Z',
  })
  expect(asked[0]?.url).toBe('https://bazaar.example/token')
})

test.each([['ebay'], ['etsy'], ['Bazaar'], ['../x'], ['bazaar', 'bazaar']])(
  'a marketplace called %s %s',
  (...ids) => {
    const adapters = ids.map(id => ({ ...manifestAdapter(BAZAAR), id }))
    expect(() => openVault({ marketplaces: adapters })).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID' }),
    )
  },
)

test('a home of this machine: the settings file, the file store, and the history', async () => {
  const home = temporaryHome()
  const vault = openVault({ home, env: {}, settings: { store: 'file', window: '10 days' } })
  expect(await status(vault)).toMatchObject({ store: 'file', accounts: [] })
  await vault.records()
  await vault.close()
  expect(readdirSync(home)).toContain('state')
  expect(() => openVault({ home, settings: { window: 'soon' } })).not.toThrow()
  await expect(status(openVault({ home, settings: { window: 'soon' } }))).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
  })
})

describe('the records, beside others that work on them', () => {
  /** A home of this machine with one account that is followed by its dates. */
  async function homeOfOne() {
    const home = temporaryHome()
    const open = () => openVault({ home, env: {}, settings: { store: 'file' } })
    const vault = open()
    const header = newHeader({
      account: 'ebay:main',
      app: null,
      environment: 'production',
      holdsToken: false,
    })
    const records = await vault.records()
    const set = await records.saveAccount({ header, secrets: NO_SECRETS }, null)
    return { home, open, vault, records, set }
  }
  const tagged = (set: TokenSet, tag: string): TokenSet => ({
    ...set,
    header: { ...set.header, tags: { by: tag } },
  })

  test('of two changes of one reading the second is refused, in whichever process', async () => {
    const { open, records, set } = await homeOfOne()
    const other = await open().records()
    const saved = await Promise.allSettled([
      records.saveAccount(tagged(set, 'one'), set.revision),
      other.saveAccount(tagged(set, 'two'), set.revision),
    ])
    expect(saved.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(saved).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'LOCK_HELD' }),
    })
  })

  test('a change waits for who holds the account', async () => {
    const { home, records, set } = await homeOfOne()
    const locks = createLocks(join(home, 'state', 'locks'), { clock: systemClock, ensureFolder: () => {} })
    const order: string[] = []
    let change: Promise<unknown> = Promise.resolve()
    await locks.hold('ebay:main', async () => {
      change = records.saveAccount(tagged(set, 'one'), set.revision).then(() => order.push('changed'))
      await (await openVault({ home, env: {}, settings: { store: 'file' } })).accounts()
      order.push('let go')
    })
    await change
    expect(order).toEqual(['let go', 'changed'])
  })

  test('records of the program’s own making are put away and taken out again', async () => {
    const { records, set } = await homeOfOne()
    const account = { marketplace: 'ebay', name: 'main' }
    await expect(records.removeAccount(account, set.revision + 1)).rejects.toMatchObject({
      code: 'LOCK_HELD',
    })
    await records.removeAccount(account, set.revision)
    expect(await records.account(account)).toBeUndefined()
    expect((await records.listing()).accounts).toEqual([])
  })
})

describe('what no compiler stopped', () => {
  test.each<[string, () => unknown]>([
    ['a home', () => openVault({ home: 5 as never })],
    ['settings', () => openVault({ settings: null as never })],
    ['a store', () => openVault({ store: {} as never })],
    ['marketplaces', () => openVault({ marketplaces: {} as never })],
    ['an adapter', () => openVault({ marketplaces: [null as never] })],
    ['a clock', () => openVault({ clock: 5 as never })],
    ['no options', () => openVault(null as never)],
  ])('%s: refused at once', (_, open) => {
    expect(open).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  test.each([
    [{ minValidMs: Number.NaN }],
    [{ minValidMs: '5m' }],
    [{ minValidMs: -1 }],
    [{ minValidMs: 10n }],
    [null],
    [7],
  ])('a length that is none, %o: nobody is asked', async options => {
    const { vault, asked } = await vaultOf()
    await expect(accessToken(vault, 'ebay:main', options as never)).rejects.toMatchObject({ code: 'USAGE' })
    expect(asked).toEqual([])
  })

  test('records and names that are none: no lock is made of them', async () => {
    const { records } = await vaultOf()
    for (const work of [
      records.saveAccount(null as never, null),
      records.saveAccount({} as never, null),
      records.saveApp({} as never, null),
      records.removeAccount('ebay:main' as never, 1),
      records.removeApp('ebay', '../../x', 1),
    ])
      await expect(work).rejects.toMatchObject({ code: 'USAGE' })
  })

  test('words, and settings that are none', async () => {
    const { vault } = await vaultOf()
    await expect(renewAccount(vault, null as never)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(status(vault, 'ebay' as never)).rejects.toMatchObject({ code: 'USAGE' })
    await expect(status(openVault({ settings: { window: 'soon' } }))).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringContaining('of this program'),
    })
  })

  test('an adapter that makes nothing of an answer: nothing was renewed', async () => {
    const odd = {
      ...manifestAdapter(BAZAAR),
      refresh: async () => ({
        ...(await manifestAdapter(BAZAAR).refresh()),
        read: () => ({}) as never,
      }),
    }
    const { vault, records } = await vaultOf(() => ISSUED, { marketplaces: [odd] })
    const [stored, app] = [
      await records.account({ marketplace: 'ebay', name: 'main' }),
      await records.app('ebay', 'default'),
    ]
    if (stored === undefined || app === undefined) return expect.unreachable()
    await records.saveApp({ ...app, header: { ...app.header, marketplace: 'bazaar' } }, null)
    await records.saveAccount({ ...stored, header: { ...stored.header, account: 'bazaar:main' } }, null)
    expect(await renewAccount(vault, 'bazaar:main')).toMatchObject({
      outcome: 'failed',
      code: 'REPLY_MALFORMED',
    })
  })
})

test('the published types are those of `--json`', () => {
  type Deep<T> = T extends object ? { readonly [K in keyof T]: Deep<T[K]> } : T
  expectTypeOf<Status>().toEqualTypeOf<Deep<StatusReport>>()
  expectTypeOf<Renewed>().toEqualTypeOf<Deep<RenewRow>>()
})
