/** Where tokens shall go: what is taken, what is refused, what is shown once, and what is never shown. */
import { describe, expect, it } from 'vitest'
import { type DeliverToOptions, deliverToRun } from '../../../src/cli/commands/accounts-deliver-to.ts'
import { deliverToSchema } from '../../../src/cli/shapes/deliver-shape.ts'
import type { Programs } from '../../../src/platform/run-program.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { delivery, tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorldOptions, testWorld } from '../../support/world.ts'

const EBAY = { marketplace: 'ebay', name: 'main' }
const ADDRESS = 'https://hooks.example.com/in/CANARY-path?k=CANARY'
const KEY = Buffer.alloc(32, 7).toString('base64')

const ebay = (given: Partial<AccountHeader> = {}) =>
  tokenSet({
    consentAt: NOW - DAY,
    acceptedAt: NOW,
    accessExpiresAt: NOW + 2 * HOUR,
    generation: 3,
    ...given,
  })
const aliexpress = tokenSet({
  account: 'aliexpress:main',
  consentAt: NOW - DAY,
  acceptedAt: NOW,
  accessExpiresAt: NOW + 30 * DAY,
})

/** Programs that may be run are those in `/good`. */
const programs: Programs = {
  problem: path => (path.startsWith('/good/') ? undefined : `${path} is no good.`),
  run: () => expect.unreachable('nothing is run'),
}

async function set(given: Partial<DeliverToOptions>, more: TestWorldOptions = {}) {
  const world = await testWorld({ accounts: [ebay(), aliexpress], programs, ...more })
  const status = await deliverToRun({ account: 'ebay:main', words: [], ...given }, world)
  const stored = await world.vault.account(EBAY)
  return { world, status, stored, ...world.terminal.shown }
}

/** The code and words that it is refused with; nothing is stored then, and nothing that was typed is shown. */
async function refusal(given: Partial<DeliverToOptions>, more: TestWorldOptions = {}) {
  const world = await testWorld({ accounts: [ebay()], programs, ...more })
  const error = await deliverToRun({ account: 'ebay:main', words: [], ...given }, world).then(
    () => expect.unreachable('it was taken'),
    (thrown: unknown) => thrown as { code: string; message: string; fix: string },
  )
  expect((await world.vault.account(EBAY))?.header.delivery).toBeNull()
  expect(world.noted).toEqual([])
  expect(JSON.stringify([error.message, error.fix, world.terminal.shown])).not.toContain('CANARY')
  return `${error.code} ${error.message}`
}

describe('to a program', () => {
  const command = { command: true, words: ['/good/store', '--shop', 'main'], tokens: 'access' }

  it('keeps its words sealed and its path in the header; nothing leaves yet', async () => {
    const { status, stored, out, err, world } = await set(command)
    expect(status).toBe(0)
    expect(stored?.header.delivery).toEqual(
      delivery({ how: 'command', target: '/good/store', setAt: NOW, tokens: ['access'] }),
    )
    expect(stored?.secrets.delivery).toEqual({ command: ['/good/store', '--shop', 'main'] })
    expect(out).toBe('ebay:main: its access token goes to /good/store from now on.\n')
    expect(err).toContain('Nothing was sent yet: `tokenctl deliver ebay:main`')
    expect(world.noted).toMatchObject([{ action: 'deliver-to', subject: 'ebay:main', outcome: 'done' }])
  })

  it('changes nothing else of the record', async () => {
    const { stored } = await set(command)
    const before = ebay()
    expect({ ...stored?.header, delivery: null, fingerprint: null }).toEqual(before.header)
    expect(stored?.secrets.refreshToken?.reveal()).toBe('old-token')
  })

  it('set up anew begins anew', async () => {
    const old = delivery({ deliveredGeneration: 3, deliveredAt: NOW })
    const set3 = { ...ebay({ delivery: old }) }
    const accounts = [{ ...set3, secrets: { ...set3.secrets, delivery: { command: ['/good/old'] } } }]
    const { stored } = await set(command, { accounts })
    expect(stored?.header.delivery).toMatchObject({ deliveredGeneration: null, target: '/good/store' })
  })

  it('set up anew is set up later, also by a clock that was set back', async () => {
    const old = delivery({ setAt: NOW + DAY })
    const before = ebay({ delivery: old })
    const accounts = [{ ...before, secrets: { ...before.secrets, delivery: { command: ['/good/old'] } } }]
    const { stored } = await set(command, { accounts })
    expect(stored?.header.delivery?.setAt).toBe(NOW + DAY + 1)
  })

  it.each<[what: string, given: Partial<DeliverToOptions>, says: RegExp]>([
    ['no program', { words: [] }, /^USAGE Which program was not said/],
    [
      'one by no absolute path',
      { words: ['CANARY'] },
      /^USAGE The program is not named by its absolute path/,
    ],
    ['one that may not be run', { words: ['/bad/store'] }, /^USAGE \/bad\/store is no good/],
    [
      'a path that is too long',
      { words: [`/good/${'x'.repeat(200)}`] },
      /^USAGE The path of the program is too long/,
    ],
    [
      'words that are too long',
      { words: ['/good/x', 'y'.repeat(3000)] },
      /^USAGE The program and its words are too long/,
    ],
  ])('refuses %s', async (_, given, says) => {
    expect(await refusal({ ...command, ...given })).toMatch(says)
  })
})

describe('to an address', () => {
  const url = { url: true, tokens: 'access' }

  it('keeps it sealed, shows its host, and shows the new key once', async () => {
    const { stored, out, err } = await set({ ...url, stdin: true }, { stdin: `${ADDRESS}\n` })
    expect(stored?.header.delivery).toMatchObject({ how: 'url', target: 'hooks.example.com' })
    const way = stored?.secrets.delivery
    const [given, key] =
      way != null && 'url' in way ? [way.url.reveal(), way.key.reveal()] : expect.unreachable('no address')
    expect(given).toBe(ADDRESS)
    expect(Buffer.from(key, 'base64')).toHaveLength(32)
    expect(out).toBe(
      `ebay:main: its access token goes to hooks.example.com from now on.\nKey for the receiver, shown this once: ${key}\n`,
    )
    expect(out + err).not.toContain('CANARY')
    expect(err).not.toContain(key)
    expect(JSON.stringify(stored)).not.toContain(key)
  })

  it('makes another key each time', async () => {
    const keys = await Promise.all(
      [1, 2].map(async () => (await set({ ...url, stdin: true }, { stdin: ADDRESS })).out.split(': ').at(-1)),
    )
    expect(new Set(keys).size).toBe(2)
  })

  it('is asked for at a terminal, and which tokens leave, too', async () => {
    const { world, stored } = await set({ url: true }, { answers: [['access', 'refresh'], ADDRESS] })
    expect(world.asked).toEqual(['Which token shall leave?', 'Address of the receiver, https://…:'])
    expect(stored?.header.delivery?.tokens).toEqual(['access', 'refresh'])
  })

  it('with a key of one’s own, that is not shown', async () => {
    const stdin = JSON.stringify({ url: ADDRESS, key: KEY })
    const { stored, out, err } = await set({ ...url, stdin: true }, { stdin })
    expect(out + err).not.toContain(KEY)
    expect(stored?.secrets.delivery).toMatchObject({ key: new Secret(KEY) })
  })

  it('--json: the key is in the document, this once, and the notes are', async () => {
    const { out, err } = await set({ ...url, stdin: true, json: true }, { stdin: ADDRESS })
    expect(err).toBe('')
    const report = deliverToSchema.parse(JSON.parse(out))
    expect(report).toMatchObject({
      account: 'ebay:main',
      delivery: { how: 'url', target: 'hooks.example.com', tokens: ['access'], marginMs: null },
    })
    expect(Buffer.from(report.key ?? '', 'base64')).toHaveLength(32)
    expect(report.notes).toHaveLength(1)
  })

  it.each([
    ['http://hooks.example.com/CANARY', /^USAGE The address must begin with https:/],
    ['ftp://hooks.example.com/CANARY', /^USAGE The address must begin with https:/],
    ['https://me:CANARY@hooks.example.com/', /^USAGE The address has a user name in it/],
    ['https://hooks.example.com/#CANARY', /^USAGE The address has a fragment/],
    ['CANARY', /^USAGE This is no address/],
    ['https://', /^USAGE This is no address/],
    ['https://hooks.example.com/a b CANARY', /^USAGE This is no address/],
    ['https://hoöks.example.com/CANARY', /^USAGE This is no address/],
    [`https://hooks.example.com/CANARY${'x'.repeat(2100)}`, /^USAGE The address is longer/],
    ['', /^USAGE No address was given/],
    ['{"url": "CANARY"', /^USAGE The delivery document is not JSON/],
    ['{"address": "CANARY"}', /^USAGE The delivery document holds something else/],
    [`{"url": "${ADDRESS}", "token": "CANARY"}`, /^USAGE The delivery document holds something else/],
    [`{"url": "${ADDRESS}", "key": 7}`, /^USAGE The delivery document holds something else/],
    [`{"url": "${ADDRESS}", "key": "CANARY"}`, /^USAGE The key is not 32 bytes/],
    [`{"url": "${ADDRESS}", "key": "${'A'.repeat(40)}"}`, /^USAGE The key is not 32 bytes/],
    [`{"url": "${ADDRESS}", "key": "${KEY} "}`, /^USAGE The key is not 32 bytes/],
  ])('refuses %s', async (stdin, says) => {
    expect(await refusal({ ...url, stdin: true }, { stdin })).toMatch(says)
  })

  it.each(['http://127.0.0.1:8787/in', 'http://localhost:8787/', 'http://[::1]:8787/', ADDRESS])(
    'takes %s',
    async address => {
      const { status } = await set({ ...url, stdin: true }, { stdin: ` ${address}\n` })
      expect(status).toBe(0)
    },
  )
})

describe('which tokens', () => {
  const command = { command: true, words: ['/good/store'] }

  it.each([
    ['access', ['access']],
    ['refresh', ['refresh']],
    ['access,refresh', ['access', 'refresh']],
    ['refresh, access', ['access', 'refresh']],
  ])('%s', async (tokens, kept) => {
    expect((await set({ ...command, tokens })).stored?.header.delivery?.tokens).toEqual(kept)
  })

  it.each(['', 'all', 'Access', 'access,', 'access,access', 'access refresh', 'CANARY'])(
    'refuses %j',
    async tokens => {
      expect(await refusal({ ...command, tokens })).toMatch(/^USAGE `--tokens` takes/)
    },
  )

  it.each([
    ['7d', 7 * DAY],
    ['12h', 12 * HOUR],
  ])('--margin %s', async (margin, marginMs) => {
    const { stored } = await set({ ...command, tokens: 'access', margin })
    expect(stored?.header.delivery?.marginMs).toBe(marginMs)
  })

  it.each(['0d', '', '7', '-7d', 'CANARY'])('refuses --margin %j', async margin => {
    expect(await refusal({ ...command, tokens: 'access', margin })).toMatch(/^USAGE `--margin` takes/)
  })

  it('a margin is of the access token', async () => {
    expect(await refusal({ ...command, tokens: 'refresh', margin: '7d' })).toMatch(/that does not leave/)
  })
})

describe('what is said before it is trusted', () => {
  const command = { command: true, words: ['/good/store'] }

  it('tokens of hours need a run every few', async () => {
    const { err } = await set({ ...command, tokens: 'access' })
    expect(err).toContain('An access token of eBay lives 2 h, so the account is due again 1 h 30 min after')
    expect(err).toContain('more often than every 30 min: `tokenctl schedule install --every 20m`.')
  })

  it('tokens of a month need nothing', async () => {
    const { err } = await set({ ...command, account: 'aliexpress:main', tokens: 'access' })
    expect(err).not.toContain('Note:')
  })

  it('a refresh token that is replaced when it is used is no toy', async () => {
    const { err } = await set({ ...command, account: 'aliexpress:main', tokens: 'refresh' })
    expect(err).toContain('Note: AliExpress replaces a refresh token when it is used.')
    expect((await set({ ...command, tokens: 'refresh' })).err).not.toContain('Note:')
  })

  it('of a token that nobody has seen, its life is not known', async () => {
    const accounts = [ebay({ accessExpiresAt: null, acceptedAt: null })]
    expect((await set({ ...command, tokens: 'access' }, { accounts })).err).toContain(
      'How long its access tokens live is known after the next renewal',
    )
  })
})

describe('no more', () => {
  it('--off takes all of it out', async () => {
    const before = ebay({ delivery: delivery({ deliveredGeneration: 3, deliveredAt: NOW }) })
    const accounts = [{ ...before, secrets: { ...before.secrets, delivery: { command: ['/good/x'] } } }]
    const { stored, out, world } = await set({ off: true }, { accounts })
    expect([stored?.header.delivery, stored?.secrets.delivery]).toEqual([null, null])
    expect(out).toBe('ebay:main: its tokens go nowhere from now on.\n')
    expect(world.noted).toMatchObject([{ action: 'deliver-to' }])
  })

  it('--off --json', async () => {
    const { out } = await set({ off: true, json: true })
    expect(deliverToSchema.parse(JSON.parse(out))).toMatchObject({ delivery: null, key: null })
  })
})

describe('words that do not go together', () => {
  it.each<[what: string, given: Partial<DeliverToOptions>, more?: TestWorldOptions]>([
    ['none of the three', {}],
    ['two of the three', { command: true, url: true, words: ['/good/x'] }],
    ['off and another', { off: true, url: true }],
    ['an address as an argument', { url: true, tokens: 'access', words: [ADDRESS] }],
    ['off with tokens', { off: true, tokens: 'access' }],
    ['off with a program', { off: true, words: ['/good/x'] }],
    ['standard input for a program', { command: true, stdin: true, words: ['/good/x'] }],
  ])('%s', async (_, given, more) => {
    expect(await refusal(given, more)).toMatch(/^USAGE /)
  })

  it('an account that is only followed by its dates has no token to hand on', async () => {
    const accounts = [tokenSet({ holdsToken: false, consentAt: NOW }, { refreshToken: null })]
    const given = { command: true, words: ['/good/store'], tokens: 'access' }
    expect(await refusal(given, { accounts })).toMatch(/^USAGE ebay:main is only followed by its dates/)
  })

  it('an account that is not there', async () => {
    const world = await testWorld({ accounts: [aliexpress], programs })
    const given = { account: 'aliexpress:mian', words: ['/good/x'], command: true, tokens: 'access' }
    await expect(deliverToRun(given, world)).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' })
  })
})
