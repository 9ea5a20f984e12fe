import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { TokenSet } from '../../src/tokens/token-set.ts'
import { createMemoryStore } from '../../src/vault/memory.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import { APP, AT, account, anyHeader, anySecrets, MAIN, revealed } from './samples.ts'

/** A Windows credential, and a store that fits hardly more than a header. */
const LIMITS = [undefined, 2560, 1500]

/** A store over another that fails at its nth change, after it made it or before. */
function failingStore(store: SecretStore, failAt: number, made: 'made' | 'not made'): SecretStore {
  let changes = 0
  const change = async <T>(work: () => Promise<T>): Promise<T> => {
    if (++changes !== failAt) return await work()
    if (made === 'made') await work()
    throw new TokenctlError('WRITE_FAILED', 'the run was killed here')
  }
  return {
    ...store,
    put: (key, record) => change(() => store.put(key, record)),
    delete: key => change(() => store.delete(key)),
  }
}

/** All keys of a store, parts too. */
function spied(store: SecretStore): { store: SecretStore; keys: Set<string> } {
  const keys = new Set<string>()
  return {
    keys,
    store: {
      ...store,
      put: async (key, record) => {
        await store.put(key, record)
        keys.add(key)
      },
      delete: async key => {
        keys.delete(key)
        return await store.delete(key)
      },
    },
  }
}

const memory = (maxValueBytes?: number) =>
  createMemoryStore(maxValueBytes === undefined ? {} : { maxValueBytes })

describe.each(LIMITS)('accounts in a store that takes %s bytes', limit => {
  it('come back as they were saved, with the next revision and a fingerprint of the store', async () => {
    const vault = new Vault(memory(limit))
    await fc.assert(
      fc.asyncProperty(anyHeader, anySecrets(limit === undefined ? 200 : 3000), async (header, secrets) => {
        const before = await vault.account(MAIN)
        const saved = await vault.saveAccount({ header, secrets }, before?.revision ?? null)
        expect(saved.revision).toBe((before?.revision ?? 0) + 1)
        const { fingerprint } = saved.header
        if (secrets.refreshToken === null) expect(fingerprint).toBeNull()
        else expect(fingerprint).toMatch(/^[0-9a-f]{16}$/)
        expect(saved.header).toEqual({ ...header, fingerprint })
        expect(revealed(saved.secrets)).toEqual(revealed(secrets))
        const read = await vault.account(MAIN)
        expect(read?.header).toEqual(saved.header)
        expect(revealed(read?.secrets ?? secrets)).toEqual(revealed(secrets))
        expect(await vault.listing()).toEqual({
          accounts: [saved.header],
          apps: [],
          channels: [],
          unreadable: [],
        })
      }),
      { numRuns: 40 },
    )
  })

  it('leave no part behind when they shrink or go', async () => {
    const { store, keys } = spied(memory(limit))
    const vault = new Vault(store)
    const long = await vault.saveAccount(account('x'.repeat(6000)), null)
    if (limit !== undefined) expect(keys.size).toBeGreaterThan(3)
    const longer = await vault.saveAccount(account('y'.repeat(9000)), long.revision)
    const short = await vault.saveAccount(account('z'), longer.revision)
    expect([...keys]).toEqual(['account/ebay:main'])
    const again = await vault.saveAccount(account('x'.repeat(6000)), short.revision)
    await vault.removeAccount(MAIN, again.revision)
    expect([...keys]).toEqual([])
    expect(await vault.account(MAIN)).toBeUndefined()
  })

  it.each(['made', 'not made'] as const)(
    'are the old or the new whole record when a run dies at any change (%s), and can be saved again',
    async made => {
      let reached = 0
      for (let failAt = 1; failAt <= 40; failAt++) {
        const store = memory(limit)
        const before = await new Vault(store).saveAccount(account('old'.repeat(1500)), null)
        const dying = new Vault(failingStore(store, failAt, made))
        const died = await dying.saveAccount(account('new'.repeat(1700)), before.revision).then(
          () => false,
          () => true,
        )
        if (!died) break
        reached = failAt
        const vault = new Vault(store)
        const found = await vault.account(MAIN)
        expect(['old'.repeat(1500), 'new'.repeat(1700)]).toContain(found?.secrets.refreshToken?.reveal())
        expect((await vault.listing()).accounts).toHaveLength(1)
        const saved = await vault.saveAccount(account('next'.repeat(1300)), found?.revision ?? null)
        expect(saved.secrets.refreshToken?.reveal()).toBe('next'.repeat(1300))
      }
      expect(reached).toBeGreaterThanOrEqual(limit === undefined ? 1 : 6)
    },
  )

  it('are there under one name or both when a run dies while renaming', async () => {
    for (let failAt = 1; failAt <= 40; failAt++) {
      const store = memory(limit)
      await new Vault(store).saveAccount(account('t'.repeat(3000)), null)
      const to = { marketplace: 'ebay', name: 'second' }
      const dying = new Vault(failingStore(store, failAt, 'not made'))
      const done = await dying.renameAccount(MAIN, to).then(
        () => true,
        () => false,
      )
      const vault = new Vault(store)
      const found = (await vault.account(MAIN)) ?? (await vault.account(to))
      expect(found?.secrets.refreshToken?.reveal()).toBe('t'.repeat(3000))
      if (done) return
    }
    throw new Error('renaming never came to its end')
  })
})

describe('revisions', () => {
  it('refuse what another run changed, made or removed meanwhile, and change nothing', async () => {
    const vault = new Vault(memory())
    await expect(vault.saveAccount(account('a'), 1)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringContaining('removed by another run'),
    })
    const first = await vault.saveAccount(account('a'), null)
    await expect(vault.saveAccount(account('b'), null)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringContaining('made by another run'),
      account: 'ebay:main',
    })
    await vault.saveAccount(account('b'), first.revision)
    await expect(vault.saveAccount(account('c'), first.revision)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringContaining('changed by another run'),
    })
    await expect(vault.removeAccount(MAIN, first.revision)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    expect((await vault.account(MAIN))?.secrets.refreshToken?.reveal()).toBe('b')
  })

  it('hold for apps too', async () => {
    const vault = new Vault(memory())
    const saved = await vault.saveApp(APP, null)
    expect(saved).toMatchObject({ header: APP.header, revision: 1 })
    expect(saved.keys['clientSecret']?.reveal()).toBe('very secret')
    await expect(vault.saveApp(APP, null)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    const next = await vault.saveApp({ ...APP, keys: { clientId: new Secret('other') } }, saved.revision)
    expect(Object.keys((await vault.app('ebay', 'default'))?.keys ?? {})).toEqual(['clientId'])
    await vault.removeApp('ebay', 'default', next.revision)
    expect(await vault.app('ebay', 'default')).toBeUndefined()
    await expect(vault.removeApp('ebay', 'default', next.revision)).rejects.toMatchObject({
      code: 'ACCOUNT_UNKNOWN',
      message: 'There is no ebay:default any more.',
    })
  })

  it('tell their accounts in a listing whether they are public', async () => {
    const vault = new Vault(memory())
    const app = { ...APP, header: { ...APP.header, marketplace: 'amazon' } }
    await vault.saveApp({ ...app, header: { ...app.header, isPublic: false } }, null)
    await vault.saveApp({ ...app, header: { ...app.header, name: 'second-app', isPublic: true } }, null)
    for (const [name, ofApp] of [
      ['one', 'default'],
      ['two', 'second-app'],
      ['three', 'missing'],
    ] as const)
      await vault.saveAccount(account('Atzr|1', { account: `amazon:${name}`, app: ofApp }), null)
    const two = { marketplace: 'amazon', name: 'two' }
    expect((await vault.account(two))?.header.isAppPublic).toBeNull()
    const { accounts } = await vault.listing()
    expect(Object.fromEntries(accounts.map(each => [each.account, each.isAppPublic]))).toEqual({
      'amazon:one': false,
      'amazon:two': true,
      'amazon:three': null,
    })
    expect((await vault.account(two))?.header.isAppPublic).toBeNull()
  })

  it('keep the keys before a rotation with those after it, too long for one item too', async () => {
    const header = { ...APP.header, secretIssuedAt: AT, previousEndsAt: AT + 1000 }
    const previous = { clientId: new Secret('id'), clientSecret: new Secret('s'.repeat(3000)) }
    const store = { ...memory(), maxValueBytes: 2560 }
    const vault = new Vault(store)
    const saved = await vault.saveApp({ header, keys: APP.keys, previous }, null)
    expect(saved).toMatchObject({ header, revision: 1 })
    const read = await vault.app('ebay', 'default')
    expect(read?.previous?.['clientSecret']?.reveal()).toBe('s'.repeat(3000))
    expect(read?.keys['clientSecret']?.reveal()).toBe('very secret')
    expect((await vault.listing()).apps).toEqual([header])
    await vault.saveApp(APP, saved.revision)
    expect((await vault.app('ebay', 'default'))?.previous).toBeNull()
  })

  it('begin with 1 and go up by one, and apps are listed as saved', async () => {
    const vault = new Vault(memory())
    for (const revision of [1, 2, 3]) {
      const saved = await vault.saveApp(APP, revision === 1 ? null : revision - 1)
      expect(saved.revision).toBe(revision)
    }
    expect(await vault.listing()).toEqual({ accounts: [], apps: [APP.header], channels: [], unreadable: [] })
  })

  it('of nothing stop a removal without one: only what another program took away is removed so', async () => {
    const store = memory()
    const vault = new Vault(store)
    await vault.saveAccount(account('a'), null)
    await expect(vault.removeAccount(MAIN, null)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    expect(await vault.account(MAIN)).toBeDefined()
    const gone = new Vault({ ...store, isGone: async () => true })
    await gone.removeAccount(MAIN, null)
    expect(await vault.account(MAIN)).toBeUndefined()
    const there = new Vault({ ...store, isGone: async () => false })
    const { revision } = await vault.saveAccount(account('b'), null)
    await expect(there.removeAccount(MAIN, null)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    expect((await vault.account(MAIN))?.revision).toBe(revision)
    await expect(vault.removeAccount({ marketplace: 'ebay', name: 'none' }, null)).resolves.toBeUndefined()
  })
})

describe('renaming', () => {
  it('moves everything but the name, and refuses where it cannot', async () => {
    const vault = new Vault(memory())
    const saved = await vault.saveAccount(account('t', { generation: 7 }), null)
    const to = { marketplace: 'ebay', name: 'second' }
    const renamed = await vault.renameAccount(MAIN, to)
    expect(renamed.header).toEqual({ ...saved.header, account: 'ebay:second' })
    expect(await vault.account(MAIN)).toBeUndefined()
    await expect(vault.renameAccount(MAIN, to)).rejects.toMatchObject({
      code: 'ACCOUNT_UNKNOWN',
      message: 'There is no account ebay:main.',
    })
    await vault.saveAccount(account('u'), null)
    await expect(vault.renameAccount(MAIN, to)).rejects.toMatchObject({
      code: 'USAGE',
      fix: 'Choose another name, or remove that account first.',
    })
    await expect(vault.renameAccount(MAIN, { marketplace: 'amazon', name: 'x' })).rejects.toMatchObject({
      code: 'USAGE',
      message: "ebay:main cannot become amazon:x: a token stays its marketplace's.",
    })
  })
})

describe('a rename that was killed after the new name was stored', () => {
  const second = { marketplace: 'ebay', name: 'second' }
  /** Both names, as such a run leaves them; `change` is what happened to the new one since. */
  async function halfRenamed(
    change: Partial<TokenSet['secrets']> = {},
    token: Secret | null = new Secret('t'),
  ) {
    const vault = new Vault(memory())
    const previous = { refreshToken: new Secret('s'), generation: 3 }
    const set = account('t', { generation: 4 })
    const secrets = { ...set.secrets, refreshToken: token, previous }
    await vault.saveAccount({ ...set, secrets }, null)
    const header = { ...set.header, account: 'ebay:second' }
    await vault.saveAccount({ header, secrets: { ...secrets, ...change } }, null)
    return vault
  }

  it.each([
    ['as it was', {}],
    ['with another access token', { accessToken: new Secret('newer access') }],
  ])('is finished by the same rename: the new name %s stays, the old one goes', async (_, change) => {
    const vault = await halfRenamed(change)
    const before = await vault.account(second)
    expect(await vault.renameAccount(MAIN, second)).toEqual(before)
    expect((await vault.listing()).accounts.map(header => header.account)).toEqual(['ebay:second'])
    expect(await vault.account(second)).toEqual(before)
  })

  it.each<[string, Partial<TokenSet['secrets']>, Secret | null]>([
    ['another token', { refreshToken: new Secret('u') }, new Secret('t')],
    [
      'another one before it',
      { previous: { refreshToken: new Secret('u'), generation: 3 } },
      new Secret('t'),
    ],
    ['a token that waits for its proof', { pending: new Secret('u') }, new Secret('t')],
    ['no token, as the old one', {}, null],
  ])('is not what an account with %s is: both stay', async (_, change, token) => {
    const vault = await halfRenamed(change, token)
    await expect(vault.renameAccount(MAIN, second)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'There is an account ebay:second already.',
    })
    expect((await vault.listing()).accounts).toHaveLength(2)
  })
})

describe('records of a marketplace that cannot be used', () => {
  it('are listed as unreadable with the reason, each by its name, and the others as they are', async () => {
    const store = createMemoryStore()
    const sound = new Vault(store)
    await sound.saveAccount(account(), null)
    await sound.saveApp(APP, null)
    const why = new TokenctlError('SETTINGS_INVALID', 'The manifest is no good.', { fix: 'Mend it.' })
    const asked: string[] = []
    const refuses = (marketplace: string) => {
      asked.push(marketplace)
      return marketplace === 'ebay' ? why : undefined
    }
    const listing = await new Vault(store, { refuses }).listing()
    expect(listing).toMatchObject({ accounts: [], apps: [] })
    expect(listing.unreadable).toMatchObject([
      {
        key: 'account/ebay:main',
        error: {
          code: 'SETTINGS_INVALID',
          account: 'ebay:main',
          fix: 'Mend it.',
          message: 'The account ebay:main cannot be used: The manifest is no good.',
        },
      },
      { key: 'app/ebay:default', error: { message: expect.stringMatching(/^The app ebay:default cannot/) } },
    ])
    expect(new Set(asked)).toEqual(new Set(['ebay']))
  })
})

describe('what cannot be read', () => {
  const newer = { header: { record: 4, account: 'ebay:main' }, body: '{"record":4}', perishable: null }

  it('is listed as unreadable beside the others, and is neither written over nor removed', async () => {
    const store = memory()
    const vault = new Vault(store)
    await store.put('account/ebay:main', newer)
    await vault.saveAccount(account('x', { account: 'ebay:other' }), null)
    const { accounts, unreadable } = await vault.listing()
    expect(accounts.map(header => header.account)).toEqual(['ebay:other'])
    expect(unreadable).toMatchObject([{ key: 'account/ebay:main', error: { code: 'RECORD_UNREADABLE' } }])
    for (const work of [
      () => vault.account(MAIN),
      () => vault.saveAccount(account(), null),
      () => vault.saveAccount(account(), 1),
      () => vault.removeAccount(MAIN, 1),
      () => vault.removeAccount(MAIN, null),
      () => vault.renameAccount({ marketplace: 'ebay', name: 'other' }, MAIN),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
    expect(await store.get('account/ebay:main')).toEqual(newer)
  })

  it('is a part that is missing, or that belongs to another revision', async () => {
    const store = memory(1000)
    const vault = new Vault(store)
    await vault.saveAccount(account('x'.repeat(3000)), null)
    const part = await store.get('account/ebay:main#1.1')
    await store.delete('account/ebay:main#1.1')
    await expect(vault.account(MAIN)).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      message: expect.stringContaining('missing'),
    })
    await store.put('account/ebay:main#1.1', {
      header: {},
      body: `${part?.body.slice(0, -1)}!`,
      perishable: null,
    })
    await expect(vault.account(MAIN)).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      message: expect.stringContaining('do not belong together'),
    })
  })

  it('is said when a store does not give back what it took', async () => {
    const store = memory()
    const lying: SecretStore = {
      ...store,
      put: (key, record) => store.put(key, { ...record, perishable: 'something else' }),
    }
    await expect(new Vault(lying).saveAccount(account(), null)).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: 'ebay:main did not read back as it was written.',
      account: 'ebay:main',
      fix: expect.stringContaining('tokenctl status --verify'),
    })
  })

  it('is said when a store forgets at once what it took', async () => {
    const forgetful: SecretStore = { ...memory(), put: async () => {} }
    await expect(new Vault(forgetful).saveAccount(account(), null)).rejects.toMatchObject({
      code: 'WRITE_FAILED',
    })
  })

  it('is listed with the store’s own word of it, apps as well as accounts', async () => {
    const problem = new TokenctlError('RECORD_UNREADABLE', 'the disk says no')
    const entries = [
      { key: 'account/ebay:main', problem },
      { key: 'app/ebay:default', header: { record: 9 } },
    ]
    const { accounts, apps, unreadable } = await new Vault({
      ...memory(),
      headers: async () => entries,
    }).listing()
    expect([accounts, apps]).toEqual([[], []])
    expect(unreadable.map(({ key }) => key)).toEqual(['account/ebay:main', 'app/ebay:default'])
    expect(unreadable[0]?.error).toBe(problem)
    expect(unreadable[1]?.error.message).toContain('newer tokenctl')
  })

  it('is not what a fault of ours makes of a record', async () => {
    const fault = new TypeError('ours')
    const broken = {
      key: 'account/ebay:main',
      get header(): never {
        throw fault
      },
    }
    await expect(new Vault({ ...memory(), headers: async () => [broken] }).listing()).rejects.toBe(fault)
  })

  it('never reaches the store: a header that would not be read again is refused before', async () => {
    const { store, keys } = spied(memory())
    const vault = new Vault(store)
    // Six digits of a year are written, and are no date to a reader.
    const late = Date.UTC(20_000, 0, 1)
    await expect(vault.saveAccount(account('t', { endsAt: late }), null)).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
    })
    const app = { ...APP, header: { ...APP.header, secretIssuedAt: late } }
    await expect(vault.saveApp(app, null)).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
    expect([...keys]).toEqual([])
  })
})

it('two accounts with one token are told once, each by the name of the other', async () => {
  const vault = new Vault(memory())
  for (const name of ['ebay:b', 'ebay:a', 'ebay:c'])
    await vault.saveAccount(account(name === 'ebay:c' ? 'other' : 'same', { account: name }), null)
  expect(vault.warnings()).toEqual([])
  await vault.listing()
  expect(vault.warnings()).toEqual([
    expect.stringMatching(/^ebay:a and ebay:b hold the same token\..*`tokenctl accounts rename`/),
  ])
  const twins = ['a', 'b', 'c'].map(name => vault.twinOf({ marketplace: 'ebay', name }))
  expect(twins).toEqual(['ebay:b', 'ebay:a', undefined])
})

describe('parts that another run is replacing', () => {
  /** A store whose first part is missing as often as this, as it is for a moment. */
  async function replacing(times: number) {
    const store = memory(1000)
    await new Vault(store).saveAccount(account('x'.repeat(3000)), null)
    let missing = times
    return new Vault({
      ...store,
      get: async key => (key.endsWith('#1.0') && missing-- > 0 ? undefined : await store.get(key)),
    })
  }

  it.each([0, 1, 2])('are read again when they were missing %d times', async times => {
    expect((await (await replacing(times)).account(MAIN))?.revision).toBe(1)
  })

  it('are given up at the third time', async () => {
    await expect((await replacing(3)).account(MAIN)).rejects.toMatchObject({
      message: 'A part of the record account/ebay:main is missing.',
    })
  })
})

describe('what the vault hands on', () => {
  it('is the kind of its store, its warnings, its proof and its end', async () => {
    const done: string[] = []
    const store: SecretStore = {
      ...memory(),
      warnings: () => ['The key is missing.'],
      prove: async () => void done.push('proved'),
      close: async () => void done.push('closed'),
      lock: async (name, work) => {
        done.push(`locked ${name}`)
        return await work()
      },
    }
    const vault = new Vault(store)
    expect(vault.kind).toBe('memory')
    expect(vault.warnings()).toEqual(['The key is missing.'])
    expect(new Vault(memory()).warnings()).toEqual([])
    expect(await vault.locks.hold('ebay:main', async () => 42)).toBe(42)
    await vault.prove()
    await vault.close()
    expect(done).toEqual(['locked ebay:main', 'proved', 'closed'])
    expect(await vault.journal()).toBe(await vault.journal())
  })
})

it('tells each time that a body is opened, and never for a listing', async () => {
  const opened: string[] = []
  const vault = new Vault(memory(), { onOpen: key => opened.push(key) })
  await vault.saveAccount(account(), null)
  opened.length = 0
  await vault.listing()
  expect(opened).toEqual([])
  await vault.account(MAIN)
  expect(opened).toEqual(['account/ebay:main'])
})
