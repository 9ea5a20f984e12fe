import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNodeFiles } from '../../src/platform/files.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { VaultDoor, type VaultDoorOptions } from '../../src/vault/open.ts'
import { type FakeKeychain, fakeKeychain } from '../support/fake-keychain.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { AT, account, MAIN } from './samples.ts'
import { localLocks } from './stores.ts'

const nodeFiles = createNodeFiles()

let home: string
let stateDir: string
let fake: FakeKeychain
let now: number
beforeEach(() => {
  home = temporaryHome()
  stateDir = join(home, 'state')
  fake = fakeKeychain()
  now = AT
})

type Changes = Partial<Omit<VaultDoorOptions, 'settings'>> & Partial<VaultDoorOptions['settings']>

function door({ store, keySource, keyFile, ...more }: Changes = {}): VaultDoor {
  return new VaultDoor({
    by: 'renew',
    stateDir,
    defaultKeyFile: join(home, 'vault.key'),
    settings: { store, keySource, keyFile },
    env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
    files: nodeFiles,
    clock: { now: () => now },
    locks: localLocks(),
    userLocks: () => localLocks(),
    startHelper: fake.startHelper,
    askPassphrase: async () => new Secret('passphrase'),
    ...more,
  })
}

const noKeychain = () => {
  fake.interfere = () => ({ error: 'no-service' })
}
const marker = () => JSON.parse(readFileSync(join(stateDir, 'vault.json'), 'utf8'))

/** Stores one account through a door and forgets the door. */
async function storeOne(changes: Changes = {}): Promise<void> {
  await (await door(changes).write()).saveAccount(account(), null)
}

describe('before anything was stored', () => {
  it('is empty, says which store the first write would use, and writes nothing', async () => {
    expect(await door().read()).toEqual({ state: 'empty', wouldUse: 'keychain' })
    expect(await door({ store: 'keychain' }).read()).toEqual({ state: 'empty', wouldUse: 'keychain' })
    expect(await door({ store: 'file' }).read()).toEqual({ state: 'empty', wouldUse: 'file' })
    noKeychain()
    expect(await door().read()).toMatchObject({
      state: 'empty',
      wouldUse: null,
      reason: { code: 'VAULT_UNAVAILABLE', message: expect.stringMatching(/Secret Service/) },
    })
    expect(existsSync(stateDir)).toBe(false)
    expect(fake.asked.every(({ op }) => op === 'get')).toBe(true)
  })

  it.each([
    ['no service', () => ({ error: 'no-service' }) as const],
    ['a locked one', () => ({ error: 'locked' }) as const],
    ['one that hangs', () => ({ failed: 'hung' }) as const],
  ])(
    'begins with the file store where it was chosen and the keychain is %s, asked once',
    async (_, answer) => {
      fake.interfere = answer
      expect(await door({ store: 'file' }).otherStoreInUse('file')).toBeUndefined()
      expect(fake.asked).toHaveLength(1)
      fake.asked.length = 0
      expect(await door({ store: 'file' }).read()).toEqual({ state: 'empty', wouldUse: 'file' })
      expect(fake.asked).toHaveLength(1)
      await storeOne({ store: 'file' })
      fake.asked.length = 0
      expect(await door({ store: 'file' }).read()).toMatchObject({ state: 'open' })
      expect(await door({ store: 'file' }).otherStoreInUse('keychain')).toBe('file')
      expect(fake.asked).toEqual([])
    },
  )

  it.each([
    ['open to others', () => mkdirSync(stateDir, { mode: 0o755 }), /mode 0755/],
    ['a link', () => symlinkSync(home, stateDir), /symbolic link/],
    ['a file', () => writeFileSync(stateDir, ''), /not a folder/],
  ])('a state folder that is %s is an error, never empty', async (_, make, message) => {
    make()
    for (const work of [() => door().read(), () => door().write(), () => door({ store: 'file' }).read()])
      await expect(work()).rejects.toMatchObject({
        code: 'VAULT_UNAVAILABLE',
        message: expect.stringMatching(message),
      })
  })

  it('a keychain that says it is locked holds something: never empty', async () => {
    fake.interfere = () => ({ error: 'locked' })
    await expect(door().read()).rejects.toMatchObject({ code: 'VAULT_LOCKED' })
  })
})

describe('the first write', () => {
  it('takes the keychain where it keeps things, and marks it', async () => {
    await storeOne()
    expect(marker()).toEqual({
      version: 1,
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      store: 'keychain',
      createdAt: '2026-11-22T10:00:00Z',
    })
    expect([...fake.items.keys()].every(name => name.startsWith(`${marker().id}/`))).toBe(true)
    expect([...fake.items.keys()].some(name => name.includes('probe'))).toBe(false)
    noKeychain()
    const opened = await door().read()
    expect(opened.state === 'open' && (await opened.vault.listing()).accounts).toHaveLength(1)
  })

  it('ends with the choices where no keychain answers and nobody chose; nothing is made', async () => {
    noKeychain()
    await expect(door().write()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringMatching(/No store was chosen/),
      fix: expect.stringMatching(/config set store file/),
    })
    expect(door().isUnchosen()).toBe(true)
    expect(existsSync(stateDir)).toBe(false)
    await expect(door({ store: 'keychain' }).write()).rejects.toMatchObject({
      message: expect.not.stringMatching(/No store was chosen/),
    })
    expect(door({ store: 'keychain' }).isUnchosen()).toBe(false)
  })

  it('ends where a keychain answers questions and keeps nothing', async () => {
    fake.interfere = question => (question.op === 'set' ? { error: 'no-keyring' } : undefined)
    await expect(door().write()).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    fake.interfere = question => (question.op === 'set' ? { ok: true } : undefined)
    await expect(door().write()).rejects.toMatchObject({
      message: expect.stringMatching(/does? not give them back/),
    })
    expect(existsSync(stateDir)).toBe(false)
  })

  it('takes the file store where it was chosen, with its key, and writes nothing to a keychain', async () => {
    await storeOne({ store: 'file' })
    expect(marker().store).toBe('file')
    expect(readFileSync(join(home, 'vault.key'))).toHaveLength(32)
    expect(fake.asked.every(({ op }) => op === 'get')).toBe(true)
    expect(fake.items.size).toBe(0)
    const opened = await door().read()
    expect(opened.state === 'open' && opened.vault.kind).toBe('file')
  })

  it('by two runs at once marks one vault', async () => {
    const locks = localLocks()
    const vaults = await Promise.all([1, 2, 3].map(() => door({ store: 'file', locks }).write()))
    await Promise.all(
      vaults.map((vault, number) =>
        vault.saveAccount(account('t', { account: `ebay:shop-${number}` }), null),
      ),
    )
    const opened = await door().read()
    expect(opened.state === 'open' && (await opened.vault.listing()).accounts).toHaveLength(3)
    expect(
      opened.state === 'open' && (await opened.vault.account({ marketplace: 'ebay', name: 'shop-2' })),
    ).toBeTruthy()
  })

  it('seals under a key that rests in the keychain where that is the source', async () => {
    await storeOne({ store: 'file', keySource: 'keychain' })
    expect([...fake.items.keys()]).toEqual([`${marker().id}/file-key`])
    const opened = await door({ keySource: 'keychain' }).read()
    expect(opened.state === 'open' && (await opened.vault.account(MAIN))?.revision).toBe(1)
  })
})

describe('a vault that was marked', () => {
  it.each(['file', 'keychain'] as const)(
    'in the %s store is not changed by another choice while it holds records',
    async store => {
      await storeOne({ store })
      const other = store === 'file' ? 'keychain' : 'file'
      expect(await door().otherStoreInUse(other)).toBe(store)
      expect(await door().otherStoreInUse(store)).toBeUndefined()
      for (const work of [() => door({ store: other }).read(), () => door({ store: other }).write()])
        await expect(work()).rejects.toMatchObject({
          code: 'STORE_IN_USE',
          exit: 2,
          message: expect.stringMatching(store),
        })
      await (await door().write()).removeAccount(MAIN, 1)
      expect(await door().otherStoreInUse(other)).toBeUndefined()
      await storeOne({ store: other })
      expect(marker().store).toBe(other)
      expect(await door().otherStoreInUse(store)).toBe(other)
    },
  )

  it.each([
    ['a newer version', { version: 99, whatever: 1 }, /newer tokenctl made this vault/],
    ['an unknown store', { version: 1, id: '0'.repeat(16), store: 'cloud', createdAt: '' }, /damaged/],
    ['no JSON', 'nonsense', /damaged/],
  ])('with %s is refused, and stays as it is', async (_, content, message) => {
    await storeOne({ store: 'file' })
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    writeFileSync(join(stateDir, 'vault.json'), text)
    for (const work of [() => door().read(), () => door().write(), () => door().rebuild()])
      await expect(work()).rejects.toMatchObject({
        code: 'VAULT_UNAVAILABLE',
        message: expect.stringMatching(message),
      })
    expect(readFileSync(join(stateDir, 'vault.json'), 'utf8')).toBe(text)
  })

  it('whose mark others can read is refused', async () => {
    await storeOne({ store: 'file' })
    chmodSync(join(stateDir, 'vault.json'), 0o644)
    await expect(door().read()).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
  })

  it('whose folder of records is gone is never empty', async () => {
    await storeOne({ store: 'file' })
    rmSync(join(stateDir, 'records'), { recursive: true })
    const opened = await door().read()
    if (opened.state !== 'open') throw new Error('empty')
    await expect(opened.vault.listing()).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
  })
})

describe('a state that was lost', () => {
  it.each(['the whole folder', 'the headers', 'the folder of headers', 'the mark'])(
    '%s, while the keychain has the accounts: exit 5, and rebuild brings it back',
    async lost => {
      await storeOne()
      const where = {
        'the whole folder': stateDir,
        'the headers': join(stateDir, 'headers', 'account.ebay.main.header'),
        'the folder of headers': join(stateDir, 'headers'),
        'the mark': join(stateDir, 'vault.json'),
      }[lost]
      rmSync(where ?? '', { recursive: true })
      for (const work of lost === 'the mark' || lost === 'the whole folder'
        ? [() => door().read(), () => door().write()]
        : [() => door().read()])
        await expect(work()).rejects.toMatchObject({
          code: 'VAULT_UNAVAILABLE',
          exit: 5,
          fix: expect.stringMatching(/status --verify/),
        })
      await door().rebuild()
      const opened = await door().read()
      if (opened.state !== 'open') throw new Error('empty')
      expect((await opened.vault.listing()).accounts).toMatchObject([{ account: 'ebay:main' }])
      expect((await opened.vault.account(MAIN))?.secrets.refreshToken?.reveal()).toBe('v^1.1#refresh')
    },
  )

  it.each(['with its mark', 'without its mark'])(
    'the index item, beside the headers (%s): noticed when a record is opened, and brought back',
    async how => {
      await storeOne()
      const { id } = marker()
      fake.items.delete(`${id}/index`)
      const reading = door()
      const found = await reading.read()
      if (found.state !== 'open') throw new Error('empty')
      await found.vault.account(MAIN)
      expect(reading.warnings()).toEqual([expect.stringMatching(/index has lost ebay:main.*status --verify/)])
      if (how === 'without its mark') rmSync(join(stateDir, 'vault.json'))
      await door().rebuild()
      expect(marker()).toMatchObject({ id, store: 'keychain' })
      rmSync(stateDir, { recursive: true })
      await expect(door().read()).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    },
  )

  it('the mark of a file store is written anew beside its records', async () => {
    await storeOne({ store: 'file' })
    rmSync(join(stateDir, 'vault.json'))
    await expect(door().read()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringMatching(/vault\.json is missing, and 1 files/),
    })
    await door().rebuild()
    expect(await door().read()).toMatchObject({ state: 'open' })
  })

  it('rebuild does nothing where nothing was stored, and says what the keychain lost', async () => {
    await door().rebuild()
    noKeychain()
    await door().rebuild()
    expect(existsSync(stateDir)).toBe(false)
    fake.interfere = () => undefined
    await storeOne()
    fake.items.delete(`${marker().id}/account/ebay:main`)
    rmSync(stateDir, { recursive: true })
    const rebuilding = door()
    await rebuilding.rebuild()
    expect(rebuilding.warnings()).toEqual([expect.stringMatching(/lists account\/ebay:main/)])
  })
})

describe('records that only the keychain still knows of', () => {
  const LOST = {
    'the whole folder': () => stateDir,
    'the headers': () => join(stateDir, 'headers', 'account.ebay.main.header'),
    'the folder of headers': () => join(stateDir, 'headers'),
  }

  it.each(Object.entries(LOST))(
    '(%s gone) are not hidden by the choice of the file store, which is refused',
    async (_, where) => {
      await storeOne()
      rmSync(where(), { recursive: true })
      expect(await door().otherStoreInUse('file')).toBe('keychain')
      expect(await door({ store: 'file' }).otherStoreInUse('keychain')).toBeUndefined()
      const chosen = door({ store: 'file' })
      for (const work of [() => chosen.read(), () => chosen.write()])
        await expect(work()).rejects.toMatchObject({
          code: 'STORE_IN_USE',
          fix: expect.stringMatching(/config set store keychain/),
        })
      // The mend that it names leads on.
      await door({ store: 'keychain' }).rebuild()
      const opened = await door({ store: 'keychain' }).read()
      expect(opened.state === 'open' && (await opened.vault.account(MAIN))?.revision).toBe(1)
    },
  )

  it('are unknown, not none, while the marked keychain does not answer; the way out is named', async () => {
    await storeOne()
    rmSync(join(stateDir, 'headers', 'account.ebay.main.header'))
    noKeychain()
    for (const work of [() => door().otherStoreInUse('file'), () => door({ store: 'file' }).read()])
      await expect(work()).rejects.toMatchObject({
        code: 'VAULT_UNAVAILABLE',
        message: expect.stringMatching(/cannot say whether any are left/),
        fix: expect.stringMatching(/remove .*vault\.json/),
      })
    expect(await door({ store: 'file' }).otherStoreInUse('keychain')).toBeUndefined()
    rmSync(join(stateDir, 'vault.json'))
    await storeOne({ store: 'file' })
    expect(marker().store).toBe('file')
  })
})

describe('a file store whose state folder is gone', () => {
  const gone = { code: 'VAULT_UNAVAILABLE', exit: 5, message: expect.stringMatching(/the records are gone/) }

  it.each(['file', undefined])('is not empty while its key is there (store: %s)', async store => {
    await storeOne({ store: 'file' })
    rmSync(stateDir, { recursive: true })
    await expect(door({ store }).read()).rejects.toMatchObject({
      ...gone,
      fix: expect.stringMatching(/backup.*config set key-file .*vault\.key/),
    })
    // What it says for a vault that never was: the key is named, kept, and used.
    const keyFile = join(home, 'vault.key')
    const key = readFileSync(keyFile)
    await door({ store: 'file' }).prepareKeyFile(keyFile)
    expect(await door({ store: 'file', keyFile }).read()).toEqual({ state: 'empty', wouldUse: 'file' })
    await storeOne({ store: 'file', keyFile })
    expect(readFileSync(keyFile)).toEqual(key)
  })

  it('can be begun anew by a write, which reads nothing', async () => {
    await storeOne({ store: 'file' })
    rmSync(stateDir, { recursive: true })
    await storeOne({ store: 'file' })
    expect(await door({ store: 'file' }).read()).toMatchObject({ state: 'open' })
  })

  it('is empty where a setting named the key before the first record, or the keychain was chosen', async () => {
    await door({ store: 'file' }).prepareKeyFile(join(home, 'other.key'))
    const keyFile = join(home, 'other.key')
    expect(await door({ store: 'file', keyFile }).read()).toMatchObject({ state: 'empty' })
    writeFileSync(join(home, 'vault.key'), 'left over', { mode: 0o600 })
    expect(await door({ store: 'keychain' }).read()).toMatchObject({ state: 'empty' })
  })
})

describe('when records were last opened', () => {
  it('is noted once a run, by the command, when a body is opened and not for a listing', async () => {
    await storeOne({ store: 'file' })
    rmSync(join(stateDir, 'last-opened.json'))
    const listing = door({ by: 'status' })
    const opened = await listing.read()
    if (opened.state !== 'open') throw new Error('empty')
    await opened.vault.listing()
    expect(listing.lastOpened()).toBeUndefined()
    now = AT + 60_000
    await opened.vault.account(MAIN)
    now = AT + 120_000
    await opened.vault.account(MAIN)
    expect(listing.lastOpened()).toEqual({ at: AT + 60_000, by: 'status' })
  })

  it('is no reason to fail: what is damaged says nothing, what cannot be written warns', async () => {
    await storeOne({ store: 'file' })
    writeFileSync(join(stateDir, 'last-opened.json'), 'nonsense')
    expect(door().lastOpened()).toBeUndefined()
    const failing = door({
      files: {
        ...nodeFiles,
        writeDurably: (path, data) =>
          nodeFiles.writeDurably(path.includes('last-opened') ? join(home, 'no', 'folder', 'x') : path, data),
      },
    })
    const opened = await failing.read()
    expect(opened.state === 'open' && (await opened.vault.account(MAIN))?.revision).toBe(1)
    expect(failing.warnings()).toEqual([expect.stringMatching(/could not be written/)])
  })
})

describe('a key file that a setting is about to name', () => {
  it('is made where there is none, and taken where there is one', async () => {
    const path = join(home, 'keys', 'vault.key')
    await door().prepareKeyFile(path)
    const made = readFileSync(path)
    expect(made).toHaveLength(32)
    await door().prepareKeyFile(path)
    expect(readFileSync(path)).toEqual(made)
    writeFileSync(path, 'short', { mode: 0o600 })
    await expect(door().prepareKeyFile(path)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
  })

  it('is not made while records wait for another', async () => {
    await storeOne({ store: 'file' })
    const path = join(home, 'other.key')
    await expect(door().prepareKeyFile(path)).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      fix: expect.stringMatching(/Copy the key there first/),
    })
    expect(existsSync(path)).toBe(false)
  })

  it('is refused where it is there and is not the key of the records; a copy of theirs is taken', async () => {
    await storeOne({ store: 'file' })
    const path = join(home, 'other.key')
    writeFileSync(path, Buffer.alloc(32, 7), { mode: 0o600 })
    await expect(door().prepareKeyFile(path)).rejects.toMatchObject(otherKey)
    writeFileSync(path, readFileSync(join(home, 'vault.key')), { mode: 0o600 })
    await door().prepareKeyFile(path)
  })
})

const otherKey = {
  code: 'RECORD_UNREADABLE',
  exit: 5,
  message: expect.stringMatching(/was sealed with the key [0-9a-f]{8}, and .* is the key [0-9a-f]{8}\./),
}

describe('another source of the key, under records', () => {
  const FILE = { keySource: 'file', keyFile: undefined }
  const from = (keySource: string, env = {}) => door({ env }).refuseKeyChoice({ ...FILE, keySource })
  beforeEach(async () => await storeOne({ store: 'file' }))

  it('is refused where it has no key, or another', async () => {
    for (const source of ['systemd', 'keychain'])
      await expect(from(source, { DBUS_SESSION_BUS_ADDRESS: 'x' })).rejects.toMatchObject({
        code: 'STORE_IN_USE',
        fix: expect.stringMatching(/Leave it/),
      })
    fake.items.set(`${marker().id}/file-key`, Buffer.alloc(32, 7).toString('base64'))
    await expect(from('keychain', { DBUS_SESSION_BUS_ADDRESS: 'x' })).rejects.toMatchObject(otherKey)
    await expect(from('passphrase')).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    await expect(
      door().refuseKeyChoice({ ...FILE, keyFile: join(home, 'nowhere.key') }),
    ).rejects.toMatchObject({ code: 'STORE_IN_USE' })
  })

  it('is taken where it has their key', async () => {
    const bytes = readFileSync(join(home, 'vault.key'))
    fake.items.set(`${marker().id}/file-key`, bytes.toString('base64'))
    await from('keychain', { DBUS_SESSION_BUS_ADDRESS: 'x' })
    writeFileSync(join(home, 'tokenctl-key'), bytes, { mode: 0o600 })
    await from('systemd', { CREDENTIALS_DIRECTORY: home })
    await from('file')
  })

  it('is nobody’s matter where there are no records', async () => {
    await (await door().write()).removeAccount(MAIN, 1)
    await from('keychain')
  })
})

it('can be closed unopened, and twice', async () => {
  await door().close()
  const used = door()
  await used.read()
  await used.close()
  await used.close()
})
