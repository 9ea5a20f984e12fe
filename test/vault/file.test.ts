import {
  chmodSync,
  copyFileSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { createNodeFiles, type Files } from '../../src/platform/files.ts'
import { createFileStore, type FileStoreOptions } from '../../src/vault/file.ts'
import { vaultKey } from '../../src/vault/key-source.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import { testSecretStore } from '../contracts/secret-store.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { account, MAIN } from './samples.ts'
import { fileStoreIn } from './stores.ts'

testSecretStore('sealed folder', async () => {
  const home = temporaryHome()
  return { store: fileStoreIn(home), reopen: async () => fileStoreIn(home) }
})

const KEY = 'account/ebay:main'
const RECORD = {
  header: { account: 'ebay:main', generation: 3 },
  body: '"CANARY-body"',
  perishable: 'CANARY-access',
}

let home: string
let store: SecretStore
let path: string
beforeEach(async () => {
  home = temporaryHome()
  store = fileStoreIn(home)
  path = join(home, 'records', 'account.ebay.main.sealed')
  await store.put(KEY, RECORD)
})

/** What every way in says about a record that cannot be read: the same, and the file stays as it is. */
async function expectUnreadable(message: RegExp, key = KEY, where = path): Promise<void> {
  const before = readFileSync(where)
  const fresh = fileStoreIn(home)
  for (const work of [
    () => fresh.get(key),
    () => fresh.put(key, { ...RECORD, body: '"other"' }),
    () => fresh.delete(key),
  ])
    await expect(work()).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      message: expect.stringMatching(message),
    })
  expect(readFileSync(where).equals(before)).toBe(true)
}

describe('another key than that of the records', () => {
  const RIGHT = () => join(home, 'vault.key')
  const OTHER = () => join(home, 'other.key')
  const withOther = () => fileStoreIn(home, { env: { TOKENCTL_KEY_FILE: OTHER() } })
  beforeEach(() => writeFileSync(OTHER(), Buffer.alloc(32, 7), { mode: 0o600 }))

  it('seals nothing new: the folder is not split between two', async () => {
    const before = readdirSync(join(home, 'records'))
    await expect(withOther().put('account/ebay:new', RECORD)).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      message: expect.stringMatching(
        /was sealed with the key [0-9a-f]{8}, and .*other\.key is the key [0-9a-f]{8}/,
      ),
      fix: expect.stringMatching(/TOKENCTL_KEY_FILE/),
    })
    expect(readdirSync(join(home, 'records'))).toEqual(before)
  })

  it('is told by the first record that can be read', async () => {
    writeFileSync(join(home, 'records', 'account.ebay.damaged.sealed'), 'cut', { mode: 0o600 })
    await expect(withOther().put('account/ebay:new', RECORD)).rejects.toMatchObject({ exit: 5 })
    await fileStoreIn(home).put('account/ebay:new', RECORD)
  })

  it('may seal what is its own, where a folder was split before', async () => {
    const aside = join(home, 'aside')
    renameSync(path, aside)
    await withOther().put('account/ebay:theirs', RECORD)
    renameSync(aside, path)
    await withOther().put('account/ebay:theirs', { ...RECORD, body: '"newer"' })
    expect(await withOther().get('account/ebay:theirs')).toMatchObject({ body: '"newer"' })
    expect(readFileSync(RIGHT())).toHaveLength(32)
  })
})

describe('a sealed file', () => {
  it('says in the clear what is no secret, and nothing else', () => {
    const text = readFileSync(path, 'utf8')
    const [line = ''] = text.split('\n')
    expect(JSON.parse(line)).toEqual({
      format: 'tokenctl-record',
      version: 1,
      key: KEY,
      keyId: expect.stringMatching(/^[0-9a-f]{8}$/),
      header: RECORD.header,
    })
    expect(text).not.toContain('CANARY')
    expect(text.split('\n')).toHaveLength(3)
  })

  it('is found out when it is cut short at any byte', async () => {
    const whole = readFileSync(path)
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length), { mode: 0o600 })
      await expect(store.get(KEY), `cut at ${length}`).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
    }
    await expectUnreadable(/cut short/)
  })

  it('is found out when any one bit of it is flipped', async () => {
    const whole = readFileSync(path)
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length * 8 - 1), async bit => {
        const flipped = Buffer.from(whole)
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        writeFileSync(path, flipped, { mode: 0o600 })
        await expect(store.get(KEY), `bit ${bit}`).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
      }),
      { numRuns: 400 },
    )
  })

  it('is found out when its header was edited by hand, as soon as it is opened', async () => {
    writeFileSync(path, readFileSync(path, 'utf8').replace('"generation":3', '"generation":4'))
    expect(await store.headers()).toEqual([{ key: KEY, header: { ...RECORD.header, generation: 4 } }])
    await expectUnreadable(/was changed after it was written/)
  })

  it('is found out when it was swapped with another, whole or only its body', async () => {
    const other = join(home, 'records', 'account.ebay.other.sealed')
    await store.put('account/ebay:other', { ...RECORD, header: { account: 'ebay:other' } })
    const [one, two] = [path, other].map(file => readFileSync(file, 'utf8').split('\n'))
    writeFileSync(path, [one?.[0], two?.[1], ''].join('\n'))
    writeFileSync(other, [two?.[0], one?.[1], ''].join('\n'))
    await expectUnreadable(/was changed after it was written/)
    await expectUnreadable(/was changed after it was written/, 'account/ebay:other', other)
    writeFileSync(path, (two ?? []).join('\n'))
    await expectUnreadable(/holds another record than its name says/)
    expect(await fileStoreIn(home).headers()).toMatchObject([
      { key: KEY, problem: { code: 'RECORD_UNREADABLE' } },
      { key: 'account/ebay:other' },
    ])
  })

  it.each([
    ['version":1', 'version":2', /newer tokenctl \(file version 2, known is 1\)/],
    ['tokenctl-record', 'something-else!', /does not begin as a record/],
    ['"header":{', '"more":1,"header":{', /does not begin as a record/],
  ])('with %s made %s is refused', async (from, to, message) => {
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
    await expectUnreadable(message)
    expect(await store.headers()).toMatchObject([{ key: KEY, problem: { code: 'RECORD_UNREADABLE' } }])
  })

  it('that is no UTF-8, or begins with a byte order mark, is not what was written', async () => {
    const whole = readFileSync(path)
    const broken = Buffer.from(whole)
    broken[whole.indexOf('"account"') + 1] = 0xff
    writeFileSync(path, broken)
    await expectUnreadable(/ is not UTF-8 text\.$/)
    writeFileSync(path, Buffer.concat([Buffer.from('\ufeff'), whole]))
    await expectUnreadable(/does not begin as a record/)
  })

  it('with something after its end is damaged, be it a newline', async () => {
    const whole = readFileSync(path, 'utf8')
    for (const end of ['\n', 'x', '\nx\n']) {
      writeFileSync(path, whole + end)
      await expectUnreadable(/was cut short or has something after its end\.$/)
    }
    const problem = await store.get(KEY).catch((error: unknown) => error)
    expect(problem).toMatchObject({ fix: 'Restore it from a backup. Nothing was changed.' })
  })

  it('past its cap is refused and not read whole', async () => {
    writeFileSync(path, 'x'.repeat(3 * 1024 * 1024), { mode: 0o600 })
    await expectUnreadable(/longer than 1048576 bytes/)
    expect(await store.headers()).toMatchObject([{ problem: { code: 'RECORD_UNREADABLE' } }])
  })

  it('that others can read, that is a link, or that has two names is refused, and listed as such', async () => {
    chmodSync(path, 0o640)
    await expectUnreadable(/mode 0640/)
    expect(await store.headers()).toMatchObject([{ key: KEY, problem: { code: 'RECORD_UNREADABLE' } }])
    chmodSync(path, 0o600)
    linkSync(path, join(home, 'second'))
    await expectUnreadable(/2 names/)
    rmSync(join(home, 'second'))
    renameSync(path, join(home, 'real'))
    symlinkSync(join(home, 'real'), path)
    await expectUnreadable(/symbolic link/)
  })

  it('under a name that no record has is said, other files are left alone', async () => {
    copyFileSync(path, join(home, 'records', 'account.ebay.sealed'))
    writeFileSync(join(home, 'records', 'README'), '')
    writeFileSync(join(home, 'records', '.account.ebay.main.sealed.0a.tmp'), '')
    writeFileSync(join(home, 'records', '.account.ebay.copy.sealed'), '')
    expect(await store.headers()).toMatchObject([
      {
        key: 'account.ebay.sealed',
        problem: {
          code: 'RECORD_UNREADABLE',
          message: expect.stringMatching(/a name that no record has/),
          fix: expect.stringMatching(/Give it back its own name/),
        },
      },
      { key: KEY },
    ])
  })
})

describe('the key', () => {
  it('is made at the first write, 32 bytes for nobody else, and is not needed for listing', async () => {
    expect(readFileSync(join(home, 'vault.key'))).toHaveLength(32)
    rmSync(join(home, 'vault.key'))
    const fresh = fileStoreIn(home)
    expect(await fresh.headers()).toEqual([{ key: KEY, header: RECORD.header }])
    expect(fresh.warnings?.()).toEqual([expect.stringMatching(/key of the vault is missing/)])
  })

  it('is never made anew beside records', async () => {
    rmSync(join(home, 'vault.key'))
    const fresh = fileStoreIn(home)
    for (const work of [
      () => fresh.get(KEY),
      () => fresh.put('account/ebay:new', RECORD),
      () => fresh.delete(KEY),
      () => fresh.fingerprint('x'),
    ])
      await expect(work()).rejects.toMatchObject({
        code: 'VAULT_UNAVAILABLE',
        message: expect.stringContaining('vault.key'),
        fix: expect.stringMatching(
          /^Restore it from your backup.*no new key is made while there are records/,
        ),
      })
    expect(readdirSync(home)).toEqual(['records'])
  })

  it('that is another is told by both ids', async () => {
    const { keyId } = JSON.parse(readFileSync(path, 'utf8').split('\n')[0] ?? '')
    writeFileSync(join(home, 'vault.key'), Buffer.alloc(32, 1))
    await expectUnreadable(
      new RegExp(`sealed with the key ${keyId}, and \\S+vault.key is the key [0-9a-f]{8}`),
    )
    expect(fileStoreIn(home).warnings?.()).toEqual([])
  })

  it('that is no key is a warning for a listing and an error for what opens', async () => {
    writeFileSync(join(home, 'vault.key'), '')
    const fresh = fileStoreIn(home)
    expect(await fresh.headers()).toHaveLength(1)
    await expect(fresh.get(KEY)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    chmodSync(join(home, 'vault.key'), 0o644)
    expect(fresh.warnings?.()).toEqual([expect.stringMatching(/mode 0644.*chmod 600/)])
  })
})

it('a folder that is gone, or open to others, is never empty', async () => {
  const folder = join(home, 'records')
  const fresh = fileStoreIn(home)
  chmodSync(folder, 0o755)
  const ways = [() => fresh.headers(), () => fresh.get(KEY), () => fresh.prove()]
  for (const work of ways) await expect(work()).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
  rmSync(folder, { recursive: true })
  for (const work of [...ways, () => fresh.put(KEY, RECORD), () => fresh.delete(KEY)])
    await expect(work()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: `The folder of the records is gone: ${folder}.`,
      fix: expect.stringMatching(/Restore it from a backup\..*vault\.json/),
    })
})

describe('what the store leans on', () => {
  const nodeFiles = createNodeFiles()
  /** A store over the same folder, with some of what it leans on replaced. */
  const over = (files: Partial<Files>, more: Partial<FileStoreOptions> = {}) =>
    createFileStore({
      folder: join(home, 'records'),
      journalFolder: join(home, 'journal'),
      files: { ...nodeFiles, ...files },
      lock: (_, work) => work(),
      keySource: () => {
        throw new Error('nobody asks for a key here')
      },
      ...more,
    })

  it('is named, and its key is that of its files', async () => {
    expect(store.kind).toBe('file')
    const [line = ''] = readFileSync(path, 'utf8').split('\n')
    expect((await store.sealKey()).id).toBe(JSON.parse(line).keyId)
  })

  it('is proved by a file that it makes', async () => {
    await expect(store.prove()).resolves.toBeUndefined()
    const full = new TokenctlError('WRITE_FAILED', 'full')
    const refusing = over({
      proveWritable: () => {
        throw full
      },
    })
    await expect(refusing.prove()).rejects.toBe(full)
  })

  it('is looked at once: its folder, and the key that its records are under', async () => {
    const folder = join(home, 'records')
    const asked: string[] = []
    const files: Files = {
      ...nodeFiles,
      checkPrivateFolder(path) {
        asked.push(`check ${path}`)
        return nodeFiles.checkPrivateFolder(path)
      },
      list(path) {
        asked.push(`list ${path}`)
        return nodeFiles.list(path)
      },
    }
    const counted = fileStoreIn(home, { files })
    for (const name of ['one', 'two', 'three']) await counted.put(`account/ebay:${name}`, RECORD)
    expect(asked.filter(each => each.endsWith(folder))).toEqual([`check ${folder}`, `list ${folder}`])
  })

  it('a record that is removed while the folder is listed is none', async () => {
    expect(await over({ readPrivate: () => undefined }).headers()).toEqual([])
  })

  it('a fault of ours in reading is no unreadable record', async () => {
    const fault = new TypeError('ours')
    const broken = over({
      readPrivate: () => {
        throw fault
      },
    })
    await expect(broken.headers()).rejects.toBe(fault)
  })

  it('a fault of ours in asking for the key is no warning, and without records none is missed', () => {
    expect(() => over({}).warnings?.()).toThrow('nobody asks for a key here')
    rmSync(path)
    rmSync(join(home, 'vault.key'))
    expect(fileStoreIn(home).warnings?.()).toEqual([])
  })

  it('lets go of what its key source holds', async () => {
    const close = vi.fn(async () => {})
    await over({}, { close }).close()
    expect(close).toHaveBeenCalledOnce()
    await expect(over({}).close()).resolves.toBeUndefined()
  })

  it('a key is made under one lock for all runs, unless another run made it in the meantime', async () => {
    rmSync(path)
    const locked: string[] = []
    const theirs = await vaultKey(new Uint8Array(32).fill(9))
    const create = vi.fn(async () => await vaultKey(new Uint8Array(32)))
    const source = { place: 'there', create, isMissing: () => false }
    const lock: FileStoreOptions['lock'] = (name, work) => {
      locked.push(name)
      return work()
    }
    const answers = [undefined, theirs]
    const slower = over({}, { lock, keySource: () => ({ ...source, read: async () => answers.shift() }) })
    expect(await slower.sealKey()).toBe(theirs)
    expect([locked, create.mock.calls]).toEqual([['vault-key'], []])
    const first = over({}, { lock, keySource: () => ({ ...source, read: async () => undefined }) })
    await first.sealKey()
    expect([locked, create.mock.calls]).toEqual([['vault-key', 'vault-key'], [[]]])
    const later = over({}, { lock, keySource: () => ({ ...source, read: async () => theirs }) })
    await later.sealKey()
    expect(locked).toHaveLength(2)
  })

  it('says how long a record is that is too long', async () => {
    const body = `"${'x'.repeat(600_000)}"`
    const bytes = JSON.stringify(RECORD.header).length + body.length
    await expect(store.put(KEY, { ...RECORD, body })).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: `The record ${KEY} has ${bytes} bytes; the most is 524288.`,
    })
  })
})

it('1,000 headers are listed quickly, and no cipher is loaded for it', async () => {
  const head = readFileSync(path, 'utf8')
  for (let number = 0; number < 1000; number++)
    writeFileSync(
      join(home, 'records', `account.ebay.shop-${number}.sealed`),
      head.replace('"key":"account/ebay:main"', `"key":"account/ebay:shop-${number}"`),
      { mode: 0o600 },
    )
  const fresh = fileStoreIn(home)
  await fresh.headers()
  const startedAt = performance.now()
  expect(await fresh.headers()).toHaveLength(1001)
  // Far above what it takes (some 30 ms): this finds a change of kind, not of degree.
  expect(performance.now() - startedAt).toBeLessThan(400)
})

it('serves the vault above it', async () => {
  rmSync(path)
  const vault = new Vault(store)
  const saved = await vault.saveAccount(account('token'), null)
  expect((await new Vault(fileStoreIn(home)).account(MAIN))?.revision).toBe(saved.revision)
})
