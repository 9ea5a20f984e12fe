/** What `export` takes along, what it says beside the sealed file, and where it stops without writing anything. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type ExportOptions, exportRun } from '../../../src/cli/commands/export.ts'
import { opened, sealedFile } from '../../../src/cli/moving/age-open.ts'
import { type ErrorCode, TokenctlError } from '../../../src/errors.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import type { TokenSet } from '../../../src/tokens/token-set.ts'
import { delivery, tokenSet } from '../../support/accounts.ts'
import { type AgeKey, ageKey } from '../../support/age.ts'
import { leaveAnswer, presented } from '../../support/left-answer.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { type TestWorld, type TestWorldOptions, testWorld } from '../../support/world.ts'

let home: string
let key: AgeKey
beforeEach(async () => {
  home = temporaryHome()
  key = await ageKey(home)
})

const account = (name: string, change: Partial<TokenSet['header']> = {}): TokenSet =>
  tokenSet({ account: name, ...change }, { refreshToken: new Secret(`token-of-${name.replace(':', '-')}`) })
const accounts = () => [
  account('ebay:main'),
  account('ebay:second', { app: 'other' }),
  account('aliexpress:main'),
]

async function worldWith(options: TestWorldOptions = { accounts: accounts() }): Promise<TestWorld> {
  const world = await testWorld(options)
  for (const [marketplace, name] of [
    ['ebay', 'default'],
    ['ebay', 'other'],
    ['amazon', 'default'],
  ] as const) {
    const header = {
      marketplace,
      name,
      environment: 'production',
      isPublic: true,
      secretIssuedAt: null,
      previousEndsAt: null,
    } as const
    const keys = { clientId: new Secret('id'), clientSecret: new Secret(`secret-${name}`) }
    await world.vault.saveApp({ header, keys, previous: null }, null)
  }
  return world
}

const run = (world: TestWorld, options: Partial<ExportOptions> = {}) =>
  exportRun({ accounts: [], to: [key.recipient], ...options }, world)

async function documentOf(text: string) {
  const file = await sealedFile(Buffer.from(text))
  const document = JSON.parse(
    Buffer.from(await opened(file, { identities: [new Secret(key.identity)] })).toString(),
  )
  return {
    accounts: document.accounts.map((each: { account: string }) => each.account),
    apps: document.apps.map(
      (each: { marketplace: string; name: string }) => `${each.marketplace} ${each.name}`,
    ),
  }
}

describe('takes along', () => {
  test.each<[readonly string[], readonly string[], readonly string[]]>([
    [[], ['aliexpress:main', 'ebay:main', 'ebay:second'], ['amazon default', 'ebay default', 'ebay other']],
    [['ebay'], ['ebay:main', 'ebay:second'], ['ebay default', 'ebay other']],
    [['ebay:second'], ['ebay:second'], ['ebay other']],
    [['aliexpress', 'ebay:main'], ['aliexpress:main', 'ebay:main'], ['ebay default']],
  ])('%j', async (words, wanted, apps) => {
    const world = await worldWith()
    expect(await run(world, { accounts: words })).toBe(0)
    expect(await documentOf(world.terminal.shown.out)).toEqual({ accounts: wanted, apps })
    expect(world.noted.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      ...apps.map(name => `app export ${name.replace(' ', ':')}`),
      ...wanted.map(name => `export ${name}`),
    ])
  })
})

describe('takes along of those, by a filter', () => {
  const tagged = () =>
    testWorldOf([
      account('ebay:main', { tags: { client: 'acme' } }),
      account('ebay:second', { app: 'other' }),
    ])
  const testWorldOf = (given: readonly TokenSet[]) => worldWith({ accounts: given })

  test('and only their apps, with their tags', async () => {
    const world = await tagged()
    expect(await run(world, { tag: ['client=acme'] })).toBe(0)
    expect(await documentOf(world.terminal.shown.out)).toEqual({
      accounts: ['ebay:main'],
      apps: ['ebay default'],
    })
  })

  test.each<[Partial<ExportOptions>, ErrorCode]>([
    [{ tag: ['client=acmee'] }, 'ACCOUNT_UNKNOWN'],
    [{ state: 'expired' }, 'ACCOUNT_UNKNOWN'],
    [{ within: '30' }, 'USAGE'],
  ])('%j: nothing is written', async (options, code) => {
    const world = await tagged()
    await expect(run(world, options)).rejects.toMatchObject({ code })
    expect(world.terminal.shown.out).toBe('')
  })
})

describe('into a file', () => {
  test('which is new, private, and what standard output would have got', async () => {
    const world = await worldWith()
    const output = join(home, 'shops.age')
    expect(await run(world, { output })).toBe(0)
    expect(world.terminal.shown.out).toBe('')
    expect((await documentOf(readFileSync(output, 'utf8'))).accounts).toHaveLength(3)
    expect(statSync(output).mode & 0o777).toBe(0o600)
    expect(world.terminal.shown.err).toContain(`sealed for 1 recipient into ${output}.`)
    expect(readdirSync(home).sort()).toEqual(['key.txt', 'shops.age'])
  })

  test('never over one that is there', async () => {
    const output = join(home, 'shops.age')
    writeFileSync(output, 'mine')
    await expect(run(await worldWith(), { output })).rejects.toMatchObject({ code: 'USAGE' })
    expect(readFileSync(output, 'utf8')).toBe('mine')
  })

  test('in a folder that is there', async () => {
    await expect(run(await worldWith(), { output: join(home, 'none', 'a.age') })).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringContaining('there is no folder'),
    })
  })
})

describe('says on standard error', () => {
  test('what is not in it, and what to mind', async () => {
    const handed = tokenSet(
      { account: 'ebay:handed', delivery: delivery() },
      { delivery: { command: ['/bin/x'] } },
    )
    const world = await worldWith({ accounts: [...accounts(), handed] })
    await run(world)
    expect(world.terminal.shown.err.trimEnd().split('\n')).toEqual([
      'Exported 4 accounts and 3 apps, sealed for 1 recipient.',
      expect.stringMatching(/^Not in it: where the tokens of ebay:handed are handed on to\./),
      expect.stringMatching(/^Renew aliexpress:main on one machine only from now on/),
    ])
  })

  test('an account whose last refresh nobody heard of', async () => {
    const world = await worldWith()
    const open = await presented(world.vault, 'aliexpress:main', 'token-of-aliexpress-main')
    open.close()
    await run(world)
    expect(world.terminal.shown.err).toMatch(
      /Of aliexpress:main nobody knows whether the last refresh arrived/,
    )
  })
})

test('what a killed run left is finished first', async () => {
  const world = await worldWith()
  await leaveAnswer(world.vault, 'aliexpress:main', 'token-of-aliexpress-main')
  await run(world, { accounts: ['aliexpress'] })
  const file = await sealedFile(Buffer.from(world.terminal.shown.out))
  const text = Buffer.from(await opened(file, { identities: [new Secret(key.identity)] })).toString()
  expect(JSON.parse(text).accounts[0]).toMatchObject({ refreshToken: 'new-token', record: { generation: 1 } })
})

describe('stops, and writes nothing', () => {
  const unreadable =
    (...keys: readonly string[]) =>
    (world: TestWorld) => {
      const { vault } = world
      const listing = vault.listing.bind(vault)
      vault.listing = async () => {
        const all = await listing()
        const error = (of: string) => new TokenctlError('RECORD_UNREADABLE', `The record ${of} is damaged.`)
        return {
          ...all,
          accounts: all.accounts.filter(each => !keys.includes(`account/${each.account}`)),
          apps: all.apps.filter(each => !keys.includes(`app/${each.marketplace}:${each.name}`)),
          unreadable: keys.map(of => ({ key: of, error: error(of) })),
        }
      }
    }
  type Row = [string, Partial<ExportOptions>, ErrorCode, RegExp, ((world: TestWorld) => void)?]
  test.each<Row>([
    ['for nobody', { to: [] }, 'ANSWER_MISSING', /For whom/],
    ['for a key and with a passphrase', { passphrase: true }, 'USAGE', /not with both/],
    ['for what is no recipient', { to: ['age1'] }, 'USAGE', /no age recipient/],
    [
      'of a marketplace that is not connected',
      { accounts: ['amazon'] },
      'NOT_LOGGED_IN',
      /No amazon account/,
    ],
    [
      'of an account that is not there',
      { accounts: ['ebay:mian'] },
      'ACCOUNT_UNKNOWN',
      /no account ebay:mian/,
    ],
    ['of no marketplace', { accounts: ['ebya'] }, 'MARKETPLACE_UNKNOWN', /ebya/],
    [
      'an account cannot be read',
      {},
      'RECORD_UNREADABLE',
      /account\/ebay:main/,
      unreadable('account/ebay:main'),
    ],
    [
      'a named account cannot be read',
      { accounts: ['ebay:main'] },
      'RECORD_UNREADABLE',
      /ebay:main/,
      unreadable('account/ebay:main'),
    ],
    [
      'one of a named marketplace',
      { accounts: ['ebay'] },
      'RECORD_UNREADABLE',
      /ebay:main/,
      unreadable('account/ebay:main'),
    ],
    [
      'its app cannot be read',
      { accounts: ['ebay:main'] },
      'RECORD_UNREADABLE',
      /app\/ebay:default/,
      unreadable('app/ebay:default'),
    ],
    [
      'several cannot be read',
      {},
      'RECORD_UNREADABLE',
      /^2 records cannot be read: ebay:main, ebay:second\.$/,
      unreadable('account/ebay:main', 'account/ebay:second'),
    ],
  ])('%s', async (_, options, code, says, spoil) => {
    const world = await worldWith()
    spoil?.(world)
    const output = join(home, 'shops.age')
    await expect(run(world, { output, ...options })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says),
    })
    expect(existsSync(output)).toBe(false)
    expect(world.terminal.shown.out).toBe('')
    expect(world.noted).toEqual([])
  })

  test('a record that cannot be read elsewhere is in nobody’s way', async () => {
    const world = await worldWith()
    unreadable('account/ebay:main', 'app/amazon:default')(world)
    expect(await run(world, { accounts: ['aliexpress', 'ebay:second'] })).toBe(0)
  })

  test('where there is nothing', async () => {
    await expect(run(await testWorld())).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/Nothing is stored/),
    })
  })

  test('where two accounts hold one token, as a rename that was cut off leaves them', async () => {
    const world = await worldWith({
      accounts: [tokenSet({ account: 'ebay:a' }), tokenSet({ account: 'ebay:b' })],
    })
    await expect(run(world)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/ebay:a and ebay:b hold one token/),
    })
    expect(await run(world, { accounts: ['ebay:a'] })).toBe(0)
  })
})

describe('with a passphrase', () => {
  const words = 'four random words here'
  const sealing = { to: [], accounts: ['aliexpress'] }

  test('typed twice at a terminal', async () => {
    const world = await worldWith({ accounts: accounts(), answers: [words, words] })
    expect(await run(world, { ...sealing, passphrase: true })).toBe(0)
    expect(world.asked).toEqual(['A new passphrase for the export:', 'Once more:'])
    expect((await sealedFile(Buffer.from(world.terminal.shown.out))).kind).toBe('passphrase')
  }, 20_000)

  test.each<[string, TestWorldOptions, Partial<ExportOptions>, RegExp]>([
    ['typed differently', { answers: [words, `${words}x`] }, { passphrase: true }, /two passphrases differ/],
    ['too short', { stdin: 'short\n' }, { passphraseStdin: true }, /12 characters/],
    ['none', { stdin: '\n' }, { passphraseStdin: true }, /No passphrase came/],
    ['a document', { stdin: '{\n}\n' }, { passphraseStdin: true }, /more than one line/],
  ])('%s: nothing is written', async (_, world, options, says) => {
    const made = await worldWith({ accounts: accounts(), ...world })
    await expect(run(made, { ...sealing, ...options })).rejects.toMatchObject({
      exit: 2,
      message: expect.stringMatching(says),
    })
    expect(made.terminal.shown.out).toBe('')
  })
})
