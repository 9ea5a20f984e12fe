import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNodeFiles } from '../../src/platform/files.ts'
import type { KeychainStore } from '../../src/vault/keychain.ts'
import type { SecretRecord } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import { testSecretStore } from '../contracts/secret-store.ts'
import { type FakeKeychain, fakeKeychain } from '../support/fake-keychain.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { account, MAIN } from './samples.ts'
import { keychainStoreIn } from './stores.ts'

const nodeFiles = createNodeFiles()

const onWindows = createNodeFiles({ platform: 'win32', uid: undefined })

for (const [name, files] of [
  ['Linux', nodeFiles],
  ["Windows' item size", onWindows],
] as const) {
  testSecretStore(`keychain over a fake helper, ${name}`, async () => {
    const home = temporaryHome()
    const { startHelper } = fakeKeychain()
    const open = () => keychainStoreIn(home, { startHelper, files })
    return { store: open(), reopen: async () => open() }
  })
}

const ID = '0123456789abcdef'
const KEY = 'account/ebay:main'
const recordOf = (generation: number): SecretRecord => ({
  header: { account: 'ebay:main', generation },
  body: `"refresh ${generation}"`,
  perishable: `access ${generation}`,
})

let home: string
let fake: FakeKeychain
let store: KeychainStore
const open = () => keychainStoreIn(home, { startHelper: fake.startHelper })
beforeEach(() => {
  home = temporaryHome()
  fake = fakeKeychain()
  store = open()
})

const headerFile = () => join(home, 'headers', 'account.ebay.main.header')
const itemText = (name: string) => Buffer.from(fake.items.get(`${ID}/${name}`) ?? '', 'base64').toString()

describe('the layout', () => {
  it('is one item an account that repeats its header, the access token sealed beside the header file', async () => {
    await store.put(KEY, recordOf(1))
    expect([...fake.items.keys()].sort()).toEqual([`${ID}/${KEY}`, `${ID}/index`, `${ID}/key`])
    const [head = '', body] = itemText(KEY).split('\n')
    expect(JSON.parse(head)).toEqual({
      format: 'tokenctl-item',
      version: 1,
      key: KEY,
      header: recordOf(1).header,
    })
    expect(body).toBe('"refresh 1"')
    expect(JSON.parse(itemText('index'))).toMatchObject({ version: 1, keys: [KEY] })
    const file = readFileSync(headerFile(), 'utf8')
    expect(JSON.parse(file.split('\n')[0] ?? '')).toMatchObject({ key: KEY, header: recordOf(1).header })
    expect(file).not.toMatch(/refresh 1|access 1/)
  })

  it('is listed from the files alone: no helper is started', async () => {
    await store.put(KEY, recordOf(1))
    fake.started = 0
    fake.asked.length = 0
    const next = open()
    expect(await next.headers()).toEqual([{ key: KEY, header: recordOf(1).header }])
    expect(next.warnings()).toEqual([])
    expect(fake.started).toBe(0)
  })

  it('keeps two vaults of one user apart', async () => {
    await store.put(KEY, recordOf(1))
    const other = keychainStoreIn(temporaryHome(), {
      startHelper: fake.startHelper,
      vaultId: 'ffffffffffffffff',
    })
    expect(await other.get(KEY)).toBeUndefined()
    expect(await other.listed()).toBeUndefined()
  })
})

describe('a header file', () => {
  beforeEach(async () => await store.put(KEY, recordOf(1)))

  it.each([
    [
      'is behind its item',
      () =>
        writeFileSync(
          headerFile(),
          readFileSync(headerFile(), 'utf8').replace('"generation":1', '"generation":0'),
        ),
    ],
    ['is damaged', () => writeFileSync(headerFile(), '{"format":"tok')],
    ['is gone', () => rmSync(headerFile())],
    ['was made readable by others', () => chmodSync(headerFile(), 0o644)],
  ])('that %s is written anew when its item is opened; only the access token is lost', async (_, spoil) => {
    spoil()
    expect(await open().get(KEY)).toEqual({ ...recordOf(1), perishable: null })
    expect(await open().headers()).toEqual([{ key: KEY, header: recordOf(1).header }])
    expect(await open().listed()).toEqual([KEY])
  })

  it('whose sealed part was touched costs the access token and a warning, nothing more', async () => {
    const [line, sealed = ''] = readFileSync(headerFile(), 'utf8').split('\n')
    writeFileSync(headerFile(), `${line}\n${sealed.slice(0, -4)}AAA=\n`)
    const next = open()
    expect(await next.get(KEY)).toEqual({ ...recordOf(1), perishable: null })
    expect(next.warnings()).toEqual([expect.stringMatching(/access token of ebay:main does not open/)])
  })

  it('that cannot be repaired is a warning; what was read is handed out', async () => {
    rmSync(headerFile())
    const readOnly = keychainStoreIn(home, {
      startHelper: fake.startHelper,
      files: {
        ...nodeFiles,
        writeDurably: path => nodeFiles.writeDurably(join(home, 'no', 'such', path), ''),
      },
    })
    expect(await readOnly.get(KEY)).toMatchObject({ body: '"refresh 1"' })
    expect(readOnly.warnings()).toEqual([
      expect.stringMatching(/behind its keychain item.*could not be written/),
    ])
  })

  it('is not set back by a reader that another run overtook', async () => {
    const other = open()
    let overtaken = false
    fake.interfere = question => {
      if (overtaken || question.op !== 'get' || question.account !== `${ID}/${KEY}`) return undefined
      overtaken = true
      const old = fake.items.get(question.account) ?? ''
      const header = { account: 'ebay:main', generation: 2 }
      const item = `${JSON.stringify({ format: 'tokenctl-item', version: 1, key: KEY, header })}\n"refresh 2"`
      fake.items.set(question.account, Buffer.from(item).toString('base64'))
      const line = JSON.stringify({ format: 'tokenctl-header', version: 1, key: KEY, keyId: null, header })
      writeFileSync(headerFile(), `${line}\n\n`)
      return { ok: true, value: old }
    }
    expect(await other.get(KEY)).toMatchObject({ body: '"refresh 2"' })
    expect(await other.headers()).toMatchObject([{ header: { generation: 2 } }])
  })
})

describe('a keychain that gives no item', () => {
  beforeEach(async () => await store.put(KEY, recordOf(1)))

  it('and no index may be locked: VAULT_LOCKED, and nothing is written', async () => {
    fake.items.clear()
    const next = open()
    for (const work of [
      () => next.get(KEY),
      () => next.put(KEY, recordOf(2)),
      () => next.delete(KEY),
      () => next.fingerprint('x'),
    ])
      await expect(work()).rejects.toMatchObject({
        code: 'VAULT_LOCKED',
        message: expect.stringMatching(/may be locked/),
      })
    expect(await next.isGone(KEY)).toBe(false)
    expect(fake.items.size).toBe(0)
  })

  it.each(['header file', 'index alone'])(
    'though the %s knows it is RECORD_UNREADABLE while the index reads',
    async knows => {
      await store.put('account/ebay:other', { ...recordOf(1), header: { account: 'ebay:other' } })
      fake.items.delete(`${ID}/${KEY}`)
      if (knows === 'index alone') rmSync(headerFile())
      const next = open()
      for (const work of [() => next.get(KEY), () => next.put(KEY, recordOf(2))])
        await expect(work()).rejects.toMatchObject({
          code: 'RECORD_UNREADABLE',
          message: expect.stringMatching(/removed by another program/),
          fix: expect.stringMatching(/accounts remove ebay:main/),
        })
      // The way out: what is left of it can be removed, and the name used again.
      expect(await next.isGone(KEY)).toBe(true)
      await new Vault(next).removeAccount(MAIN, null)
      expect((await next.headers()).map(({ key }) => key)).toEqual(['account/ebay:other'])
      await next.put(KEY, recordOf(3))
      expect(await next.get(KEY)).toEqual(recordOf(3))
    },
  )
})

describe('an item that tokenctl cannot read', () => {
  it.each([
    [
      'of a newer version',
      () => ({ format: 'tokenctl-item', version: 2, key: KEY, header: {} }),
      /newer tokenctl/,
    ],
    [
      'of another key',
      () => ({ format: 'tokenctl-item', version: 1, key: 'account/ebay:x', header: {} }),
      /another record/,
    ],
    ['of another program', () => ({ hello: 'CANARY' }), /not one that tokenctl wrote/],
  ])('%s is neither opened, written over nor removed', async (_, head, message) => {
    const value = Buffer.from(`${JSON.stringify(head())}\nCANARY`).toString('base64')
    fake.items.set(`${ID}/${KEY}`, value)
    for (const work of [() => store.get(KEY), () => store.put(KEY, recordOf(1)), () => store.delete(KEY)])
      await expect(work()).rejects.toMatchObject({
        code: 'RECORD_UNREADABLE',
        message: expect.stringMatching(message),
      })
    expect(fake.items.get(`${ID}/${KEY}`)).toBe(value)
    await expect(store.get(KEY)).rejects.not.toThrow(/CANARY/)
  })
})

describe('a run that dies', () => {
  /** Runs work on a keychain whose helper dies at the nth question, after it did what was asked or before. */
  async function dieAt(
    n: number,
    done: boolean,
    work: (dying: KeychainStore) => Promise<unknown>,
  ): Promise<boolean> {
    let asked = 0
    const dying = keychainStoreIn(home, {
      startHelper: async env => {
        const real = await fake.startHelper(env)
        return {
          ask: async question => {
            if (++asked < n) return await real.ask(question)
            if (asked === n && done) await real.ask(question)
            return { failed: 'died' }
          },
          close: real.close,
        }
      },
    })
    return await work(dying).then(
      () => false,
      () => true,
    )
  }

  const cases = [true, false].flatMap(done => [...Array(14).keys()].map(n => [n + 1, done] as const))

  it.each(cases)(
    'at question %i (done: %s) of a first save leaves it whole or not there, never lost',
    async (n, done) => {
      await store.put('account/ebay:other', { ...recordOf(1), header: { account: 'ebay:other' } })
      await dieAt(n, done, dying => dying.put(KEY, recordOf(1)))
      const next = open()
      const found = await next.get(KEY)
      expect([undefined, '"refresh 1"']).toContain(found?.body)
      expect((await next.headers()).map(({ key }) => key)).toEqual(
        found ? [KEY, 'account/ebay:other'] : ['account/ebay:other'],
      )
      // The next change of the index brings what was half done to an end.
      await next.put('account/ebay:third', { ...recordOf(1), header: { account: 'ebay:third' } })
      const listed = await next.listed()
      const again = await next.get(KEY)
      expect(listed?.includes(KEY)).toBe(again !== undefined)
      await next.put(KEY, recordOf(2))
      expect(await open().get(KEY)).toEqual(recordOf(2))
    },
  )

  it.each(cases)(
    'at question %i (done: %s) of a later save leaves the old record or the new one',
    async (n, done) => {
      await store.put(KEY, recordOf(1))
      await dieAt(n, done, dying => dying.put(KEY, recordOf(2)))
      const found = await open().get(KEY)
      expect(['"refresh 1"', '"refresh 2"']).toContain(found?.body)
      expect(await open().headers()).toEqual([{ key: KEY, header: found?.header }])
    },
  )

  it.each(cases)(
    'at question %i (done: %s) of a removal leaves it there or gone, and the name free',
    async (n, done) => {
      await store.put(KEY, recordOf(1))
      await store.put('account/ebay:other', { ...recordOf(1), header: { account: 'ebay:other' } })
      await dieAt(n, done, dying => dying.delete(KEY))
      const next = open()
      // Whether or not the record is opened first, the next change settles it.
      if (n % 2 === 0) await next.get(KEY)
      await next.put('account/ebay:third', { ...recordOf(1), header: { account: 'ebay:third' } })
      const found = await next.get(KEY)
      const listed = (await next.listed())?.includes(KEY)
      expect(listed).toBe(found !== undefined)
      expect((await next.headers()).some(({ key }) => key === KEY)).toBe(found !== undefined)
      expect(fake.items.has(`${ID}/${KEY}`)).toBe(found !== undefined)
      await next.put(KEY, recordOf(5))
      expect(await open().get(KEY)).toEqual(recordOf(5))
    },
  )
})

describe('a lost state folder', () => {
  it('is rebuilt from the items that the index lists', async () => {
    await store.put(KEY, recordOf(4))
    await store.put('app/ebay:default', { ...recordOf(1), header: { name: 'default' } })
    await store.put('account/ebay:taken', { ...recordOf(1), header: { account: 'ebay:taken' } })
    fake.items.delete(`${ID}/account/ebay:taken`)
    rmSync(join(home, 'headers'), { recursive: true })
    await expect(store.headers()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      fix: expect.stringMatching(/status --verify/),
    })
    const next = open()
    nodeFiles.ensurePrivateFolder(join(home, 'headers'))
    expect(await next.listed()).toHaveLength(3)
    expect(await next.rebuild()).toEqual({
      restored: [KEY, 'app/ebay:default'],
      missing: ['account/ebay:taken'],
      unreadable: [],
    })
    expect(await next.headers()).toMatchObject([
      { key: KEY, header: recordOf(4).header },
      { key: 'app/ebay:default' },
    ])
    expect(await next.rebuild()).toEqual({ restored: [], missing: ['account/ebay:taken'], unreadable: [] })
  })
})

describe('an index item that is gone, while the header files are there', () => {
  const OTHER = 'account/ebay:other'
  beforeEach(async () => {
    await store.put(KEY, recordOf(1))
    await store.put(OTHER, { ...recordOf(1), header: { account: 'ebay:other' } })
    fake.items.delete(`${ID}/index`)
  })

  it('lists all of them again with the next new account', async () => {
    await open().put('account/ebay:new', { ...recordOf(1), header: { account: 'ebay:new' } })
    expect(await open().listed()).toEqual([KEY, 'account/ebay:new', OTHER])
  })

  it('and with the next removal, but for what goes', async () => {
    expect(await open().delete(OTHER)).toBe(true)
    expect(await open().listed()).toEqual([KEY])
  })

  it('is noticed when a record is opened, and brought back by rebuild', async () => {
    const next = open()
    await next.get(KEY)
    expect(next.warnings()).toEqual([
      expect.stringMatching(/index has lost ebay:main, ebay:other: `tokenctl status --verify` mends it/),
    ])
    const verifying = open()
    expect(await verifying.rebuild()).toEqual({ restored: [], missing: [], unreadable: [] })
    await verifying.get(KEY)
    expect(verifying.warnings()).toEqual([])
    expect(await open().listed()).toEqual([KEY, OTHER])
  })

  it('is completed by rebuild where an older run listed itself only', async () => {
    const index = { format: 'tokenctl-index', version: 1, pages: 1, pending: null, keys: [OTHER] }
    fake.items.set(`${ID}/index`, Buffer.from(JSON.stringify(index)).toString('base64'))
    await open().rebuild()
    expect(await open().listed()).toEqual([KEY, OTHER])
  })

  it('is not made up from a keychain that gives nothing, and may be locked', async () => {
    fake.items.clear()
    expect(await open().rebuild()).toEqual({ restored: [], missing: [], unreadable: [] })
    expect(fake.items.size).toBe(0)
    await expect(open().get(KEY)).rejects.toMatchObject({ code: 'VAULT_LOCKED' })
  })
})

describe('a header file that was lost or damaged', () => {
  const OTHER = 'account/ebay:other'
  beforeEach(async () => {
    await store.put(KEY, recordOf(1))
    await store.put(OTHER, { ...recordOf(1), header: { account: 'ebay:other' } })
  })

  it('(lost) is noticed as soon as any other record is opened or stored', async () => {
    rmSync(headerFile())
    for (const work of [
      (next: KeychainStore) => next.get(OTHER),
      (next: KeychainStore) => next.put(OTHER, { ...recordOf(2), header: { account: 'ebay:other' } }),
    ]) {
      const next = open()
      await work(next)
      await next.get(OTHER)
      expect(next.warnings()).toEqual([
        expect.stringMatching(/lists ebay:main, .* gone: `tokenctl status --verify` writes it anew/),
      ])
    }
  })

  it.each([
    ['lost', () => rmSync(headerFile())],
    ['damaged', () => writeFileSync(headerFile(), '{"format":"tok')],
    ['open to others', () => chmodSync(headerFile(), 0o644)],
  ])('(%s) is written anew by rebuild', async (_, spoil) => {
    spoil()
    expect(await open().rebuild()).toEqual({ restored: [KEY], missing: [], unreadable: [] })
    expect(await open().headers()).toMatchObject([{ key: KEY, header: recordOf(1).header }, { key: OTHER }])
  })

  it('(damaged) names status --verify as the mend, and no backup', async () => {
    for (const text of ['{"format":"tok', readFileSync(join(home, 'headers', 'account.ebay.other.header'))]) {
      writeFileSync(headerFile(), text)
      const [entry] = await open().headers()
      expect(entry).toMatchObject({
        key: KEY,
        problem: { code: 'RECORD_UNREADABLE', fix: expect.stringMatching(/^`tokenctl status --verify`/) },
      })
    }
  })

  it('whose item another program changed is told, and the others are mended', async () => {
    for (const name of ['account.ebay.main.header', 'account.ebay.other.header'])
      rmSync(join(home, 'headers', name))
    fake.items.set(`${ID}/${KEY}`, Buffer.from('hello').toString('base64'))
    expect(await open().rebuild()).toEqual({
      restored: [OTHER],
      missing: [],
      unreadable: [expect.stringMatching(/ebay:main/)],
    })
  })

  it('is no difference while another run is at it', async () => {
    const index = JSON.parse(itemText('index'))
    for (const change of ['adding', 'removing']) {
      const keys = change === 'adding' ? [KEY, OTHER, 'account/ebay:new'] : [KEY]
      const pending = { key: change === 'adding' ? 'account/ebay:new' : OTHER, change }
      const text = JSON.stringify({ ...index, pending, keys })
      fake.items.set(`${ID}/index`, Buffer.from(text).toString('base64'))
      const next = open()
      await next.get(KEY)
      expect(next.warnings()).toEqual([])
    }
  })

  it('and an index that cannot be read, are no reason to withhold what was opened', async () => {
    fake.items.set(`${ID}/index`, Buffer.from('hello').toString('base64'))
    const next = open()
    expect(await next.get(KEY)).toEqual(recordOf(1))
    expect(next.warnings()).toEqual([expect.stringMatching(/index item is not JSON/)])
  })
})

describe('many accounts', () => {
  const put = (target: KeychainStore, number: number) => {
    const name = `ebay:shop-with-a-rather-long-name-${number}`
    return target.put(`account/${name}`, { header: { account: name }, body: '1', perishable: null })
  }

  it('go over several pages of the index where items are short', async () => {
    const windows = keychainStoreIn(home, { startHelper: fake.startHelper, files: onWindows })
    for (let number = 0; number < 150; number++) await put(windows, number)
    const pages = [...fake.items].filter(([name]) => name.includes('/index'))
    expect(pages.length).toBeGreaterThan(2)
    for (const [, value] of fake.items) expect(Buffer.from(value, 'base64').length).toBeLessThanOrEqual(2560)
    expect(await windows.listed()).toHaveLength(150)
    expect(await windows.delete('account/ebay:shop-with-a-rather-long-name-100')).toBe(true)
    expect(await windows.listed()).toHaveLength(149)
  })

  it('past 200 are a warning, and past 800 names a new helper takes over', async () => {
    let started = 0
    const counting = keychainStoreIn(home, {
      startHelper: async env => {
        started++
        const names = new Set<string>()
        const real = await fake.startHelper(env)
        return {
          ask: async question => {
            names.add((question as { account: string }).account)
            expect(names.size).toBeLessThan(900)
            return await real.ask(question)
          },
          close: real.close,
        }
      },
    })
    for (let number = 0; number < 200; number++) await put(counting, number)
    expect(counting.warnings()).toEqual([])
    await put(counting, 200)
    expect(counting.warnings()).toEqual([expect.stringMatching(/201 records.*migrate --to file. moves them/)])
    expect(started).toBe(1)
    for (let number = 0; number < 1000; number++) await counting.get(`account/ebay:none-${number}`)
    expect(started).toBe(2)
  })
})

it('a helper’s every fault is an error with exit 5, and what it was asked is not in it', async () => {
  await store.put(KEY, recordOf(1))
  const faults = [
    ...(
      ['locked', 'no-bus', 'no-service', 'no-keyring', 'denied', 'hung', 'no-binding', 'ambiguous'] as const
    ).map(error => ({ error })),
    { error: 'other' as const, text: 'something new' },
    ...(['hung', 'died', 'garbled', 'not-started'] as const).map(failed => ({ failed })),
  ]
  const messages = new Set<string>()
  for (const fault of faults) {
    fake.interfere = () => fault
    const error = await open()
      .put(KEY, { ...recordOf(2), body: '"CANARY"' })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ exit: 5 })
    expect(JSON.stringify(error)).not.toContain('CANARY')
    messages.add((error as Error).message)
  }
  // `hung` is one message whether the helper or its caller found out.
  expect(messages.size).toBe(faults.length - 1)
})

it('serves the vault above it, split where items are short', async () => {
  for (const files of [nodeFiles, onWindows]) {
    const folder = temporaryHome()
    const make = () =>
      new Vault(
        keychainStoreIn(folder, {
          startHelper: fake.startHelper,
          files,
          vaultId: files.platform.padEnd(16, '0'),
        }),
      )
    const first = await make().saveAccount(account('a'.repeat(3000)), null)
    const second = await make().saveAccount(account('b'.repeat(5000)), first.revision)
    expect((await make().account(MAIN))?.secrets).toEqual(second.secrets)
    expect(second.secrets.accessToken?.reveal()).toContain('access of b')
    expect((await make().listing()).accounts).toEqual([second.header])
    expect(readdirSync(join(folder, 'headers'))).toEqual(['account.ebay.main.header'])
    await make().removeAccount(MAIN, second.revision)
    expect(
      [...fake.items.keys()].filter(name => name.startsWith(files.platform) && name.includes('#')),
    ).toEqual([])
  }
})
