/** An import beside other runs: what a killed one left is finished first, and what a live one does meanwhile is seen. */
import { describe, expect, test } from 'vitest'
import { importRun } from '../../../src/cli/commands/import.ts'
import { schemaDocuments } from '../../../src/cli/published/json-schemas.ts'
import type { HttpRequest } from '../../../src/platform/http.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { delivery, tokenSet } from '../../support/accounts.ts'
import { schemaChecker } from '../../support/json-schema.ts'
import { leaveAnswer } from '../../support/left-answer.ts'
import { NOW, type TestWorld, testWorld } from '../../support/world.ts'

const documentOf = (...accounts: readonly Record<string, unknown>[]) =>
  JSON.stringify({ version: 1, accounts })
const shop = (name: string) => ({ marketplace: 'aliexpress', name })

test('a token that is imported in the place of a dead one ends the time in which the account was dead', async () => {
  const refused = { code: 'GRANT_REJECTED', at: NOW - 2 * DAY } as const
  const dead = tokenSet({
    account: 'ebay:main',
    consentAt: NOW - 30 * DAY,
    acceptedAt: NOW - 9 * DAY,
    refused,
  })
  const stdin = documentOf({ account: 'ebay:main', refreshToken: 'v^1.1#new', consentAt: '2026-11-20' })
  const world = await testWorld({ accounts: [dead], stdin })
  expect(await importRun({ replace: true }, world)).toBe(0)
  const stored = await world.vault.account({ marketplace: 'ebay', name: 'main' })
  expect(stored?.header.gap).toEqual({ from: NOW - 9 * DAY, to: NOW })
  expect(stored?.header.refused).toBeNull()
})

const two = () => [tokenSet({ account: 'aliexpress:one' }), tokenSet({ account: 'aliexpress:two' })]

describe('the answer that a killed renewal left', () => {
  const older = documentOf(
    { account: 'aliexpress:new', refreshToken: 'another' },
    { account: 'aliexpress:two', refreshToken: 'old-token' },
  )

  test('is stored before anything is planned: the spent token of the document is seen to be older', async () => {
    const world = await testWorld({ accounts: two(), stdin: older })
    await leaveAnswer(world.vault, 'aliexpress:two', 'old-token')
    await expect(importRun({ replace: true }, world)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('an older state of aliexpress:two'),
      fix: expect.stringContaining('Nothing was changed.'),
    })
    expect((await world.vault.account(shop('two')))?.secrets.refreshToken?.reveal()).toBe('new-token')
    expect(await world.vault.account(shop('new'))).toBeUndefined()
  })

  test('stops no import of a later consent', async () => {
    const later = { account: 'aliexpress:two', refreshToken: 'consented', consentAt: '2026-11-22' }
    const world = await testWorld({ accounts: two(), stdin: documentOf(later) })
    await leaveAnswer(world.vault, 'aliexpress:two', 'old-token')
    expect(await importRun({ replace: true }, world)).toBe(0)
    const stored = await world.vault.account(shop('two'))
    expect(stored?.secrets.refreshToken?.reveal()).toBe('consented')
    expect(stored?.secrets.previous?.refreshToken.reveal()).toBe('new-token')
    expect(world.noted.map(({ action }) => action)).toEqual(['recover', 'import'])
    expect(world.terminal.shown.out).toBe('aliexpress:two: replaced\n')
  })

  test('waits where nothing is to be written: --dry-run leaves it alone and says nothing', async () => {
    const world = await testWorld({ accounts: two(), stdin: older })
    await leaveAnswer(world.vault, 'aliexpress:two', 'old-token')
    expect(await importRun({ dryRun: true, replace: true }, world)).toBe(0)
    expect(await (await world.vault.journal()).read('aliexpress:two')).toMatchObject({ state: 'readable' })
    expect((await world.vault.account(shop('two')))?.secrets.refreshToken?.reveal()).toBe('old-token')
    expect(world.noted).toEqual([])
    expect(world.terminal.shown.out).toMatch(/^aliexpress:two +same +-/m)
  })
})

/** Another run does `work` after the plan: when the lock on `name` is taken for the second time. */
function meanwhile(world: TestWorld, name: string, work: () => Promise<unknown>): void {
  const { locks } = world.vault
  let taken = 0
  const hold = async <T>(wanted: string, ours: () => Promise<T>): Promise<T> => {
    if (wanted === name && ++taken === 2) await work()
    return await locks.hold(wanted, ours)
  }
  Object.defineProperty(world.vault, 'locks', { value: { hold } })
}

describe('an account that another run changes after the plan', () => {
  const renewed = async (world: TestWorld) => {
    const stored = await world.vault.account(shop('two'))
    if (stored === undefined) throw new Error('it is not there')
    const { header, secrets } = stored
    const next = { ...header, renewedAt: NOW - DAY, generation: header.generation + 1 }
    await world.vault.saveAccount({ header: next, secrets }, stored.revision)
  }
  const changed = { account: 'aliexpress:two', refreshToken: 'old-token', consentAt: '2026-11-01' }

  test('is planned again by what is there now', async () => {
    const world = await testWorld({ accounts: two(), stdin: documentOf(changed) })
    meanwhile(world, 'aliexpress:two', () => renewed(world))
    expect(await importRun({ replace: true }, world)).toBe(0)
    expect((await world.vault.account(shop('two')))?.header).toMatchObject({
      consentAt: Date.UTC(2026, 10, 1),
      renewedAt: NOW - DAY,
      generation: 1,
    })
  })

  test('to what the document says: nothing is to be done any more', async () => {
    const world = await testWorld({ accounts: two(), stdin: documentOf(changed) })
    meanwhile(world, 'aliexpress:two', async () => {
      const stored = await world.vault.account(shop('two'))
      if (stored === undefined) throw new Error('it is not there')
      const header = { ...stored.header, consentAt: Date.UTC(2026, 10, 1) }
      await world.vault.saveAccount({ header, secrets: stored.secrets }, stored.revision)
    })
    expect(await importRun({ replace: true, json: true }, world)).toBe(0)
    expect(JSON.parse(world.terminal.shown.out).results).toEqual([
      { name: 'aliexpress:two', change: 'same', deliversTo: null, differs: [] },
    ])
    expect(world.noted).toEqual([])
  })

  const brought = (account: string, change = {}) => tokenSet({ account, ...change })
  test.each([
    [
      'is there now, with another token',
      'USAGE',
      'Already there with other content: aliexpress:later.',
      {},
      brought('aliexpress:later'),
    ],
    [
      'has a token now that a renewal gave',
      'USAGE',
      'The document holds an older state of aliexpress:later than the one stored here.',
      { replace: true },
      brought('aliexpress:later', { acceptedAt: NOW, consentAt: NOW }),
    ],
    [
      'belongs to another environment now',
      'ENVIRONMENT_MISMATCH',
      'Stored here for another environment than the one that is set now: aliexpress:later.',
      { replace: true },
      brought('aliexpress:later', { environment: 'local' }),
    ],
  ])(
    '%s: refused as the plan would, and that what came before it is stored is said',
    async (_, code, message, how, set) => {
      const stdin = documentOf(
        { account: 'aliexpress:first', refreshToken: 'first' },
        { account: 'aliexpress:later', refreshToken: 'later' },
      )
      const world = await testWorld({ accounts: two(), stdin })
      meanwhile(world, 'aliexpress:later', () => world.vault.saveAccount(set, null))
      await expect(importRun(how, world)).rejects.toMatchObject({
        code,
        message,
        fix: expect.stringContaining('What stands before it in the document, apps first, is imported'),
      })
      expect(await world.vault.account(shop('first'))).toBeDefined()
      expect((await world.vault.account(shop('later')))?.secrets.refreshToken?.reveal()).toBe('old-token')
    },
  )
})

describe('an account whose tokens are handed on', () => {
  const WAY = { url: new Secret('https://hooks.example.com/CANARY'), key: new Secret('a2V5') }
  const arrived = delivery({ tokens: ['refresh'], deliveredGeneration: 3, deliveredAt: NOW - DAY })
  const handed = () => [
    tokenSet({ account: 'ebay:main', generation: 3, delivery: arrived }, { delivery: WAY }),
    tokenSet({ account: 'ebay:plain', generation: 3 }),
  ]
  const NEW = { refreshToken: 'v^1.1#CANARY-new', consentAt: '2026-11-20' }
  const both = documentOf(
    { account: 'ebay:main', ...NEW },
    { account: 'ebay:plain', ...NEW, refreshToken: 'v^1.1#CANARY-plain' },
  )

  async function run(given: Parameters<typeof importRun>[0], status = 204, stdin = both) {
    const sent: HttpRequest[] = []
    const http = async (request: HttpRequest) => {
      sent.push(request)
      return { status, headers: {}, body: 'CANARY-answer' }
    }
    const world = await testWorld({ accounts: handed(), stdin, http })
    expect(await importRun({ replace: true, ...given }, world)).toBe(0)
    const { out, err } = world.terminal.shown
    expect(out + err).not.toContain('CANARY')
    return { out, err, sent, stored: await world.vault.account({ marketplace: 'ebay', name: 'main' }) }
  }

  test('hands the imported one on, and says where to', async () => {
    const { out, sent, stored } = await run({})
    expect(out.split('\n')).toEqual([
      'ebay:main: replaced; its tokens go to hooks.example.com, as before',
      'ebay:plain: replaced',
      'ebay:main: Delivered to hooks.example.com.',
      '',
    ])
    expect(sent).toHaveLength(1)
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
      generation: 4,
      tokens: [{ kind: 'refresh', token: 'v^1.1#CANARY-new' }],
    })
    expect(stored?.header.delivery).toMatchObject({ deliveredGeneration: 4, failing: null })
  })

  test('as JSON, too', async () => {
    const { out, sent } = await run({ json: true })
    const differs = ['refreshToken', 'consentAt']
    expect(JSON.parse(out)).toEqual({
      version: 1,
      dryRun: false,
      results: [
        { name: 'ebay:main', change: 'replaced', deliversTo: 'hooks.example.com', differs },
        { name: 'ebay:plain', change: 'replaced', deliversTo: null, differs },
      ],
    })
    expect(sent).toHaveLength(1)
  })

  test('--dry-run says where it would go, and nothing leaves', async () => {
    const { out, sent } = await run({ dryRun: true })
    expect(out.split('\n')).toEqual([
      'Account or app  Change    Differs in      Token  Consent     Renewed  Ends  Tokens go to',
      'ebay:main       replaced  token, consent  yes    2026-11-20  -        -     hooks.example.com',
      'ebay:plain      replaced  token, consent  yes    2026-11-20  -        -     -',
      '',
    ])
    expect(sent).toEqual([])
  })

  test('a receiver that is down spoils no import', async () => {
    const { out, err, stored } = await run({}, 503)
    expect(out).not.toContain('Delivered')
    expect(err).toContain('Note: ebay:main: not delivered. hooks.example.com answered 503.')
    expect(stored?.secrets.refreshToken?.reveal()).toBe('v^1.1#CANARY-new')
    expect(stored?.header.delivery).toMatchObject({ failing: { code: 'DELIVERY_PENDING', count: 1 } })
  })

  test('the same token goes nowhere again', async () => {
    const same = documentOf({ account: 'ebay:main', refreshToken: 'old-token' })
    const { out, sent } = await run({}, 204, same)
    expect(out).toBe('ebay:main: the same, nothing to do\n')
    expect(sent).toEqual([])
  })
})

describe('a token that another account here has already', () => {
  const renamed = (account: string) =>
    tokenSet({ account }, { refreshToken: new Secret('the-token'), previous: null })

  test.each<[string, Parameters<typeof importRun>[0]]>([
    ['aliexpress', {}],
    ['aliexpress', { dryRun: true }],
    ['aliexpress', { replace: true }],
    // One token is one shop there, too.
    ['ebay', {}],
    ['amazon', {}],
  ])(
    '%s, %j: is not stored under a second name, and the rename that mends it is named',
    async (marketplace, given) => {
      const [here, there] = [`${marketplace}:shop`, `${marketplace}:main`]
      const refreshToken =
        marketplace === 'ebay' ? 'v^1.1#the-token' : marketplace === 'amazon' ? 'Atzr|the-token' : 'the-token'
      const set = tokenSet({ account: here }, { refreshToken: new Secret(refreshToken) })
      const stdin = documentOf(
        { account: `${marketplace}:new`, refreshToken: `${refreshToken}2` },
        { account: there, refreshToken },
      )
      const world = await testWorld({ accounts: [set], stdin })
      await expect(importRun(given, world)).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringContaining(`${here} has this token already`),
        fix: expect.stringContaining(`\`tokenctl accounts rename ${here} ${there}\`, then import again`),
      })
      expect((await world.vault.listing()).accounts.map(({ account }) => account)).toEqual([here])
      expect(world.terminal.shown.out).toMatch(given.dryRun === true ? /main +shared/ : /^$/)
    },
  )

  test('is not put in the place of the token of an account that is there', async () => {
    const accounts = [
      renamed('aliexpress:shop'),
      tokenSet({ account: 'aliexpress:main', refused: { code: 'GRANT_REJECTED', at: NOW } }),
    ]
    const stdin = documentOf({
      account: 'aliexpress:main',
      refreshToken: 'the-token',
      consentAt: '2026-11-20',
    })
    const world = await testWorld({ accounts, stdin })
    await expect(importRun({ replace: true }, world)).rejects.toMatchObject({ code: 'USAGE' })
    expect((await world.vault.account(shop('main')))?.secrets.refreshToken?.reveal()).toBe('old-token')
  })

  test('of two that share one by now, each still takes its other facts', async () => {
    const stdin = documentOf({
      account: 'aliexpress:two',
      refreshToken: 'old-token',
      consentAt: '2026-11-20',
    })
    const world = await testWorld({ accounts: two(), stdin })
    expect(await importRun({ replace: true }, world)).toBe(0)
  })
})

describe('--dry-run --json where the import would be refused', () => {
  const stored = {
    'aliexpress:main': tokenSet({ account: 'aliexpress:main', consentAt: NOW - DAY, acceptedAt: NOW }),
    'aliexpress:away': tokenSet({ account: 'aliexpress:away', environment: 'local' }),
  }
  const holds = schemaChecker(schemaDocuments().get('import') ?? {})

  test.each([
    ['replaced', {}, { account: 'aliexpress:main', refreshToken: 'new', consentAt: '2026-11-23' }, /USAGE/],
    [
      'older',
      { replace: true },
      { account: 'aliexpress:main', refreshToken: 'was' },
      /older state of .*USAGE/,
    ],
    ['elsewhere', { replace: true }, { account: 'aliexpress:away', refreshToken: 'x' }, /ENVIRONMENT_MIS/],
    ['shared', { replace: true }, { account: 'aliexpress:n', refreshToken: 'old-token' }, /accounts rename/],
  ] as const)(
    'the plan says `%s` by its schema, and the rest is told apart',
    async (change, how, account, said) => {
      const stdin = documentOf({ account: 'aliexpress:first', refreshToken: 'first' }, account)
      const world = await testWorld({ accounts: Object.values(stored), stdin })
      expect(await importRun({ dryRun: true, json: true, ...how }, world)).toBe(2)
      const { out, err } = world.terminal.shown
      const printed = JSON.parse(out)
      expect(holds(printed)).toEqual([])
      expect(printed).toMatchObject({
        dryRun: true,
        results: [
          { name: 'aliexpress:first', change: 'added' },
          { name: account.account, change },
        ],
      })
      expect(err).toMatch(/^Error: .*\nFix: .*Nothing was changed\.\n$/)
      expect(err).toMatch(new RegExp(said.source, 's'))
    },
  )
})

describe('a token that is replaced when it is used, brought by an export', () => {
  const record = {
    environment: 'production',
    generation: 1,
    acceptedAt: '2026-11-01',
    seller: null,
    refused: null,
    gap: null,
    previous: null,
    pending: null,
  }
  const one = (account: string, refreshToken: string, more: object = {}) => ({
    account,
    refreshToken,
    ...more,
  })
  const NOTE = /Renew (.*) on one machine only from now on/

  test.each<[string, readonly object[], string | undefined]>([
    [
      'is renewed on one machine',
      [one('aliexpress:a', 'x', { record }), one('aliexpress:b', 'y')],
      'aliexpress:a',
    ],
    ['elsewhere on as many as one likes', [one('ebay:a', 'v^1.1#x', { record })], undefined],
    ["a person's own document comes from no other machine", [one('aliexpress:b', 'y')], undefined],
  ])('%s', async (_, accounts, named) => {
    const stdin = JSON.stringify({ version: 1, accounts })
    const world = await testWorld({ stdin })
    expect(await importRun({}, world)).toBe(0)
    expect(NOTE.exec(world.terminal.shown.err)?.[1]).toBe(named)
  })
})
