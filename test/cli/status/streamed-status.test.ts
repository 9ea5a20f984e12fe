/** `status` over a store that gives pages says what it says over one that gives all at once, letter by letter. */
import { describe, expect, it } from 'vitest'
import { type StatusOptions, statusRun } from '../../../src/cli/commands/status.ts'
import { statusLineSchema } from '../../../src/cli/shapes/status-lines-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { createMemoryStore } from '../../../src/vault/memory.ts'
import { writeAccountHeader, writeAppHeader } from '../../../src/vault/records.ts'
import type { SecretStore } from '../../../src/vault/secret-store.ts'
import { Vault } from '../../../src/vault/vault.ts'
import { at, delivery, header } from '../../support/accounts.ts'
import { pagedStore } from '../../support/paged-store.ts'
import { NOW, type TestWorld, testWorld } from '../../support/world.ts'
import { app, EVERY_STATE } from '../render/findings.ts'
import { screen, type TestScreen } from '../render/screen.ts'

const HEADERS: readonly AccountHeader[] = [
  ...EVERY_STATE.map(each => ({ ...each, presentedAt: null })),
  ...Array.from({ length: 40 }, (_, number) =>
    header({
      account: `${['ebay', 'amazon', 'aliexpress', 'etsy'][number % 4]}:shop-${number}`,
      consentAt: NOW - (number * 13 + 1) * DAY,
      renewedAt: number % 3 === 0 ? null : NOW - number * 4 * DAY - 17,
      endsAt: number % 4 === 2 ? NOW + (number - 10) * 5 * DAY : null,
      app: number % 5 === 0 ? 'second' : 'default',
      tags: number % 2 === 0 ? { client: 'acme' } : { client: 'b', team: `${number}` },
      seller: number % 7 === 0 ? 'Läden \u202e & "Söhne" 🛒 \u0007' : `seller-${number}`,
      environment: number % 9 === 0 ? 'sandbox' : 'production',
      fingerprint: `00000000000000${number % 39 < 10 ? '0' : ''}${number % 39}`,
      gap: number % 11 === 0 ? { from: NOW - DAY, to: NOW } : null,
      delivery: number % 6 === 0 ? delivery({ deliveredGeneration: number % 4 === 0 ? 0 : null }) : null,
      failing: number % 8 === 0 ? { code: 'NETWORK', count: 6, since: NOW - DAY, notBefore: null } : null,
      lastAttempt: number % 8 === 0 ? { at: NOW - 1000, outcome: 'failed', code: 'NETWORK' } : null,
    }),
  ),
]

/** The records; else with what only a whole listing tells: damage, journals of an account and of none, two with one token. */
async function fill(headers: readonly AccountHeader[], isSound: boolean): Promise<SecretStore> {
  const store = createMemoryStore()
  const put = (key: string, json: Readonly<Record<string, unknown>>) =>
    store.put(key, { header: json, body: '{}', perishable: null })
  for (const each of headers)
    await put(
      `account/${each.account}`,
      writeAccountHeader(isSound ? { ...each, fingerprint: null } : each, 1),
    )
  await put('app/amazon:default', writeAppHeader(app('amazon', '2026-06-01'), 1))
  await put('app/ebay:second', writeAppHeader({ ...app('ebay', null, 'second'), isPublic: false }, 1))
  if (isSound) return store
  await put('account/ebay:damaged', { record: 3 })
  await put('account/nowhere:shop', writeAccountHeader(header({ account: 'nowhere:shop' }), 1))
  await put('app/amazon:newer', { record: 99 })
  await store.journal.begin('account/ebay:fine', 'no journal')
  await store.journal.begin('account/ebay:gone', 'nor this')
  return store
}

interface Run {
  readonly exit: number
  readonly out: string
  readonly err: string
}

async function run(
  store: SecretStore,
  options: Partial<StatusOptions>,
  terminal: TestScreen = screen('pipe'),
): Promise<Run> {
  const vault = new Vault(store, {
    refuses: marketplace => (marketplace === 'nowhere' ? unusable : undefined),
  })
  const world = await testWorld({ terminal })
  const door = {
    read: async () => ({ state: 'open', vault }),
    warnings: () => vault.warnings(),
    lastOpened: () => ({ at: NOW - DAY, by: 'renew' }),
    rebuild: async () => {},
  }
  const parts: Partial<Record<string | symbol, unknown>> = {
    openVault: async () => door,
    // Half of the day's refreshes are more than a tenth of them left.
    dailyCounts: { count: () => 49_000, add: () => {} },
  }
  const own = new Proxy(world, {
    get: (target, name) => parts[name] ?? target[name as keyof TestWorld],
  })
  const exit = await statusRun({ accounts: [], ...options }, own)
  return { exit, ...terminal.shown }
}

const unusable = new TokenctlError('MARKETPLACE_UNKNOWN', 'The manifest of nowhere is not there any more.')

type Case = [what: string, options: Partial<StatusOptions>]

const CASES: Case[] = [
  ['all', {}],
  ['a check', { check: true }],
  ['a check ahead', { failWithin: '60d' }],
  ['by date', { sort: 'ends' }],
  ['by Renew by', { sort: 'renew-by' }],
  ['by name', { sort: 'account' }],
  ['a page', { limit: '10', page: '2' }],
  ['a page of 50', { page: '2' }],
  ['past the end', { page: '40' }],
  ['one and more', { limit: '1' }],
]

/** Of these a store need not look at every record, so that damage elsewhere is not seen. */
const CHOSEN: Case[] = [
  ['a marketplace', { accounts: ['ebay'] }],
  ['names', { accounts: ['ebay:fine', 'etsy:shop-3'] }],
  ['both', { accounts: ['ebay:fine', 'amazon'] }],
  ['none of a marketplace', { accounts: ['ebay', 'allegro'], check: true }],
  ['a tag', { tag: ['client=acme'] }],
  ['a tag that nobody has', { tag: ['client=nobody'], check: true }],
  ['a state', { state: 'due,expired', check: true }],
  ['the state ok', { state: 'ok' }],
  ['what nobody is', { accounts: ['etsy'], state: 'rejected', check: true }],
  ['a time', { within: '40d' }],
  ['a time and a tag', { within: '40d', tag: ['client=acme'], sort: 'ends' }],
  ['a time and a state', { within: '90d', state: 'due' }],
  ['a page of a state', { state: 'due', limit: '3', page: '2' }],
]

describe.each(['json', 'plain'] as const)('%s', format => {
  it.each(CASES)('%s, with what cannot be read', async (_, options) => {
    const whole = await run(await fill(HEADERS, false), { format, ...options })
    for (const isLoose of [false, true])
      expect(await run(pagedStore(await fill(HEADERS, false), { isLoose }), { format, ...options })).toEqual(
        whole,
      )
  })

  it.each([...CASES, ...CHOSEN])('%s', async (_, options) => {
    const whole = await run(await fill(HEADERS, true), { format, ...options })
    for (const isLoose of [false, true])
      expect(await run(pagedStore(await fill(HEADERS, true), { isLoose }), { format, ...options })).toEqual(
        whole,
      )
  })

  it('nothing at all', async () => {
    const whole = await run(createMemoryStore(), { format })
    expect(await run(pagedStore(createMemoryStore()), { format })).toEqual(whole)
  })

  it.each([
    ['ebay:fien', 'ACCOUNT_UNKNOWN'],
    ['bay', 'MARKETPLACE_UNKNOWN'],
    ['nowhere', 'MARKETPLACE_UNKNOWN'],
    ['ebay:', 'USAGE'],
  ])('%s is refused in the same words, before a line', async (word, code) => {
    const failure = async (store: SecretStore) => {
      const terminal = screen('pipe')
      const thrown = await run(store, { format, accounts: ['amazon', word] }, terminal).catch(error => error)
      expect(thrown).toMatchObject({ code })
      return { message: thrown.message, fix: thrown.fix, ...terminal.shown }
    }
    const whole = await failure(await fill(HEADERS, false))
    expect(whole.out).toBe('')
    expect(await failure(pagedStore(await fill(HEADERS, false)))).toEqual(whole)
  })
})

describe('the table', () => {
  it.each([...CASES, ...CHOSEN])('%s, on a screen', async (_, options) => {
    const whole = await run(await fill(HEADERS, true), options, screen(200))
    expect(await run(pagedStore(await fill(HEADERS, true)), options, screen(200))).toEqual(whole)
  })

  it.each([...CASES, ...CHOSEN])('%s, in a pipe', async (_, options) => {
    const whole = await run(await fill(HEADERS, true), options)
    expect(await run(pagedStore(await fill(HEADERS, true)), options)).toEqual(whole)
  })
})

describe('lines', () => {
  const linesOf = ({ out }: Run) =>
    out
      .trimEnd()
      .split('\n')
      .map(line => statusLineSchema.parse(JSON.parse(line)))

  it('are the rows of the document, by name, and a summary', async () => {
    const store = await fill(HEADERS, true)
    const document = JSON.parse((await run(store, { json: true })).out)
    const expected = [
      ...document.accounts
        .sort((a: { account: string }, b: { account: string }) => (a.account < b.account ? -1 : 1))
        .map((row: object) => ({ version: 1, kind: 'account', ...row })),
      ...document.apps.map((row: object) => ({ version: 1, kind: 'app', ...row })),
    ]
    for (const each of [store, pagedStore(store), pagedStore(store, { size: 1000 })]) {
      const lines = linesOf(await run(each, { format: 'jsonl' }))
      expect(lines.slice(0, -1)).toEqual(expected)
      expect(lines.at(-1)).toMatchObject({
        kind: 'summary',
        accounts: HEADERS.length,
        now: document.now,
        notConnected: document.notConnected,
        lastOpenedAt: document.lastOpenedAt,
        warnings: document.warnings,
      })
    }
  })

  const asLines = [...CASES, ...CHOSEN].filter(
    ([, { sort, state, limit }]) =>
      // Of a part of what dates chose, which part it is depends on the store.
      [undefined, 'account'].includes(sort) && (state === undefined || limit === undefined),
  )

  it.each(asLines)('%s: of both kinds of store', async (_, options) => {
    const [whole, paged] = [await fill(HEADERS, true), pagedStore(await fill(HEADERS, true))]
    // Of dates a store finds accounts in an order of its own.
    const sorted = ({ out, ...rest }: Run) => ({ out: out.split('\n').sort(), ...rest })
    const asked = { format: 'jsonl', ...options } as const
    expect(sorted(await run(paged, asked))).toEqual(sorted(await run(whole, asked)))
  })

  it('counts what is on other pages too', async () => {
    const lines = linesOf(await run(pagedStore(await fill(HEADERS, true)), { format: 'jsonl', limit: '5' }))
    expect(lines.filter(({ kind }) => kind === 'account')).toHaveLength(5)
    expect(lines.at(-1)).toMatchObject({ accounts: HEADERS.length })
  })

  it('end with their reader, quietly', async () => {
    const store = pagedStore(await fill(HEADERS, true), { size: 5 })
    const terminal = screen('pipe')
    const taken: string[] = []
    const gone = { ...terminal, pour: async (text: string) => void taken.push(text) !== undefined }
    const long = HEADERS.map(each => ({ ...each, seller: 'x'.repeat(60_000) }))
    const { exit } = await run(pagedStore(await fill(long, true), { size: 5 }), { format: 'jsonl' }, gone)
    expect({ exit, taken: taken.length, err: terminal.shown.err.includes('Error') }).toEqual({
      exit: 0,
      taken: 1,
      err: false,
    })
    // A check is not for the reader.
    expect((await run(store, { format: 'jsonl', check: true }, gone)).exit).toBe(3)
  })
})

describe('what the store is asked', () => {
  const asked = async (options: Partial<StatusOptions>) => {
    const store = pagedStore(await fill(HEADERS, true))
    await run(store, { json: true, ...options })
    return { last: store.queries.findLast(({ kinds }) => kinds?.includes('account')), given: store.given() }
  }

  it('names are keys', async () => {
    const { last, given } = await asked({ accounts: ['ebay:fine'] })
    expect(last).toEqual({ kinds: ['account'], keys: ['account/ebay:fine'] })
    expect(given).toBe(4)
  })

  it('marketplaces, tags', async () => {
    expect((await asked({ accounts: ['ebay'], tag: ['client=acme'] })).last).toEqual({
      kinds: ['account'],
      marketplaces: ['ebay'],
      tags: [{ key: 'client', value: 'acme' }],
    })
  })

  it('dates, where a state or a time allows it', async () => {
    const due = expect.arrayContaining([expect.objectContaining({ marketplace: 'etsy' })])
    expect((await asked({ state: 'due' })).last).toEqual({ kinds: ['account'], due })
    expect((await asked({ within: '3d' })).last).toEqual({ kinds: ['account'], due })
    expect(
      (await asked({ accounts: ['ebay'], state: 'due' })).last?.due?.map(each => each.marketplace),
    ).toEqual(['ebay'])
    for (const options of [{ state: 'ok,due' }, { within: '3d', tag: ['client=acme'] }])
      expect((await asked(options)).last).not.toHaveProperty('due')
  })
})

describe('a screen with more accounts than are read', () => {
  const many = (healthy: number, ill: number) => [
    ...Array.from({ length: healthy }, (_, number) =>
      header({
        account: `${number % 2 === 0 ? 'ebay' : 'amazon'}:fine-${number}`,
        consentAt: at('2026-11-01'),
      }),
    ),
    ...Array.from({ length: ill }, (_, number) =>
      header({ account: `ebay:due-${1000 + number}`, consentAt: at('2026-08-01') }),
    ),
  ]
  const shown = async (headers: readonly AccountHeader[], options: Partial<StatusOptions> = {}) => {
    const whole = await run(await fill(headers, true), options, screen(120))
    expect(await run(pagedStore(await fill(headers, true)), options, screen(120))).toEqual(whole)
    return whole
  }

  it('100 are a table', async () => {
    const { out } = await shown(many(90, 10))
    expect(out.match(/fine-/g)).toHaveLength(90)
  })

  it('more are counted, and those shown that need somebody', async () => {
    const { out, err } = await shown(many(1200, 60))
    expect(out).toMatch(
      /^1,260 accounts\n\nMarketplace {2,}due {2,}ok\neBay {2,}60 {2,}600\nAmazon {2,}0 {2,}600\nAll {2,}60 {2,}1,200\n/,
    )
    expect(out).toContain('\nWhat needs attention (50 of 60):\n\n')
    expect(out.match(/ due-1/g)).toHaveLength(50)
    expect(out).not.toContain(' fine-')
    expect(err).toContain('`--page 2`')
  })

  it('nothing is said to be wrong where nothing is', async () => {
    const { out } = await shown(many(101, 0))
    expect(out).toContain('\nNothing needs attention.\n')
    expect(out).not.toContain('Nothing is connected')
  })

  it('whoever was asked for is shown', async () => {
    const { out } = await shown(many(1200, 60), { state: 'ok' })
    expect(out).toContain('\nThe first (50 of 1,200):\n\n')
    expect(out.match(/ fine-/g)).toHaveLength(50)
  })

  it('a page is a table', async () => {
    const { out, err } = await shown(many(1200, 60), { page: '2' })
    expect(out.match(/ due-1/g)).toHaveLength(10)
    expect(out.match(/ fine-/g)).toHaveLength(40)
    expect(err).toContain('Accounts 51 to 100 of 1260 are shown, page 2 of 26;')
  })

  it('a pipe gets all of them', async () => {
    const { out } = await run(await fill(many(1200, 60), true), {})
    expect(out.match(/ fine-/g)).toHaveLength(1200)
  })
})
