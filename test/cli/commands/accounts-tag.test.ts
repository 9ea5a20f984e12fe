/** A person's own words on accounts: what is stored, said and refused. */
import { describe, expect, test } from 'vitest'
import { accountsListRun } from '../../../src/cli/commands/accounts.ts'
import { accountsTagRun } from '../../../src/cli/commands/accounts-tag.ts'
import { statusRun } from '../../../src/cli/commands/status.ts'
import { statusSchema } from '../../../src/cli/shapes/status-shape.ts'
import { tagSchema } from '../../../src/cli/shapes/tag-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import type { Tags } from '../../../src/tokens/tags.ts'
import { tokenSet } from '../../support/accounts.ts'
import { NOW, type TestWorld, testWorld } from '../../support/world.ts'

const MAIN = { marketplace: 'ebay', name: 'main' }
const token = { refreshToken: new Secret('v^1.1#canary') }
const main = tokenSet({ consentAt: NOW }, token)
const outlet = tokenSet({ account: 'ebay:outlet', consentAt: NOW, tags: { client: 'acme', old: 'x' } })
const amazon = tokenSet({ account: 'amazon:main', consentAt: NOW })

const world = () => testWorld({ accounts: [main, outlet, amazon] })
const tags = async (at: TestWorld, name = 'main', marketplace = 'ebay') =>
  (await at.vault.account({ marketplace, name }))?.header.tags
const run = (at: TestWorld, ...words: string[]) => accountsTagRun({ words }, at)

describe('accounts tag', () => {
  test('sets them, changes nothing else, says so, and writes it down', async () => {
    const at = await world()
    const before = await at.vault.account(MAIN)
    expect(await run(at, 'ebay:main', 'team=Night shift', 'client=acme')).toBe(0)
    const after = await at.vault.account(MAIN)
    expect(after?.header).toEqual({
      ...before?.header,
      tags: { client: 'acme', team: 'Night shift' },
    })
    expect(after?.secrets.refreshToken?.reveal()).toBe('v^1.1#canary')
    expect(at.terminal.shown).toEqual({ out: 'ebay:main: client=acme  team=Night shift\n', err: '' })
    expect(at.noted).toMatchObject([{ action: 'tag', subject: 'ebay:main', outcome: 'done' }])
  })

  test('of several at once, takes off and sets anew, and leaves other tags', async () => {
    const at = await world()
    expect(await run(at, 'old-', 'ebay', 'client=globex')).toBe(0)
    expect([await tags(at), await tags(at, 'outlet'), await tags(at, 'main', 'amazon')]).toEqual([
      { client: 'globex' },
      { client: 'globex' },
      {},
    ])
  })

  test('done twice, the second time changes and writes nothing', async () => {
    const at = await world()
    await run(at, 'ebay:main', 'client=acme', 'nothing-')
    const before = await at.vault.account(MAIN)
    expect(await accountsTagRun({ words: ['ebay:main', 'client=acme', 'nothing-'], json: true }, at)).toBe(0)
    expect((await at.vault.account(MAIN))?.revision).toBe(before?.revision)
    const [, json = ''] = at.terminal.shown.out.split(/(?<=acme\n)/)
    expect(tagSchema.parse(JSON.parse(json)).accounts).toEqual([
      { account: 'ebay:main', tags: { client: 'acme' }, changed: false },
    ])
    expect(at.noted).toHaveLength(1)
  })

  test('a rename keeps them; listings have them', async () => {
    const at = await world()
    await at.vault.renameAccount({ ...MAIN, name: 'outlet' }, { ...MAIN, name: 'second' })
    expect(await tags(at, 'second')).toEqual({ client: 'acme', old: 'x' })
    const listed = await testWorld({ accounts: [outlet, main] })
    await accountsListRun({ json: true }, listed)
    expect(JSON.parse(listed.terminal.shown.out).accounts.map((row: { tags: Tags }) => row.tags)).toEqual([
      {},
      { client: 'acme', old: 'x' },
    ])
  })

  test.each([
    ['no account', ['client=acme'], 'USAGE'],
    ['no tag', ['ebay:main'], 'USAGE'],
    ['a key with a colon', ['ebay:main', 'ebay:outlet=x'], 'USAGE'],
    ['an empty value', ['ebay:main', 'client='], 'USAGE'],
    ['set and taken off', ['ebay:main', 'client=acme', 'client-'], 'USAGE'],
    ['set twice', ['ebay:main', 'client=a', 'client=b'], 'USAGE'],
    ['an account that is not there', ['ebay:mian', 'client=a'], 'ACCOUNT_UNKNOWN'],
    ['a marketplace that nothing is connected to', ['aliexpress', 'client=a'], 'NOT_LOGGED_IN'],
    ['a word that is neither', ['ebay:main', 'Client-', 'a=b'], 'MARKETPLACE_UNKNOWN'],
  ])('%s', async (_, words, code) => {
    const at = await world()
    await expect(run(at, ...words)).rejects.toMatchObject({ code })
    expect(await tags(at)).toEqual({})
  })

  test('too many for one of them: none of them is changed', async () => {
    const many = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v']))
    const full = tokenSet({ account: 'ebay:outlet', consentAt: NOW, tags: many })
    const at = await testWorld({ accounts: [main, full] })
    await expect(run(at, 'ebay', 'client=acme')).rejects.toMatchObject({
      code: 'USAGE',
      message: 'ebay:outlet would have more than 16 tags.',
    })
    expect(await tags(at)).toEqual({})
    expect(await run(at, 'ebay', 'client=acme', 'k3-')).toBe(0)
  })

  test('one account that cannot be written stops no other, and gives the exit status', async () => {
    const at = await world()
    const save = at.vault.saveAccount.bind(at.vault)
    at.vault.saveAccount = (set, after) =>
      set.header.account === 'ebay:main'
        ? Promise.reject(new TokenctlError('WRITE_FAILED', 'The disk is full.'))
        : save(set, after)
    expect(await run(at, 'ebay', 'client=globex')).toBe(5)
    expect(await tags(at, 'outlet')).toMatchObject({ client: 'globex' })
  })
})

test('a value that a file was given by other hands is harmless on the screen, and whole in JSON', async () => {
  const value = '\u001b[2J\u202eacme'
  const bad = tokenSet({ consentAt: NOW, tags: { client: value } })
  const at = await testWorld({ accounts: [bad], env: {} })
  await accountsListRun({}, at)
  expect(at.terminal.shown.out).toBe('ebay:main  client=\\u001b[2J\\u202eacme\n')
  const json = await testWorld({ accounts: [bad], env: {} })
  await statusRun({ accounts: [], json: true }, json)
  expect(json.terminal.shown.out).not.toMatch(/[\u001b\u202e]/)
  expect(statusSchema.parse(JSON.parse(json.terminal.shown.out)).accounts[0]?.tags).toEqual({ client: value })
})
