import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/tokens/secret.ts'
import { chooseKeySource, type KeySourceOptions, vaultKey } from '../../src/vault/key-source.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { keyOptions } from './stores.ts'

let home: string
let path: string
beforeEach(() => {
  home = temporaryHome()
  path = join(home, 'vault.key')
})

const source = (more: Partial<KeySourceOptions> = {}) => chooseKeySource(keyOptions(home, more))
const RAW = Buffer.alloc(32, 5)

describe('a key file', () => {
  it('is made once and then found', async () => {
    expect(source().isMissing()).toBe(true)
    expect(await source().read()).toBeUndefined()
    const made = await source().create()
    expect(source().isMissing()).toBe(false)
    expect(readFileSync(path)).toEqual(Buffer.from(made.bytes))
    expect((await source().create()).id).toBe(made.id)
    expect((await source().read())?.id).toBe(made.id)
  })

  it.each([
    ['empty', '', /is empty/],
    ['31 bytes', Buffer.alloc(31), /has 31 bytes/],
    ['33 bytes', Buffer.alloc(33), /has 33 bytes/],
    ['hex text', `${'0f'.repeat(32)}\n`, /as hex digits/],
    ['base64 text', `${RAW.toString('base64')}\n`, /as base64/],
  ])('that is %s is refused with its path and a mend', async (_, content, message) => {
    writeFileSync(path, content, { mode: 0o600 })
    await expect(source().read()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(/Restore/),
    })
    await expect(source().read()).rejects.toThrow(path)
  })

  it('that is a folder, a link or readable by others is refused', async () => {
    mkdirSync(path)
    await expect(source().read()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringMatching(/is a folder/),
    })
    const real = join(home, 'real')
    writeFileSync(real, RAW, { mode: 0o600 })
    symlinkSync(real, join(home, 'link'))
    await expect(source({ keyFile: join(home, 'link') }).read()).rejects.toMatchObject({
      message: expect.stringMatching(/symbolic link/),
    })
    chmodSync(real, 0o644)
    await expect(source({ keyFile: real }).read()).rejects.toMatchObject({
      fix: expect.stringMatching(/chmod 600/),
    })
  })
})

describe('which key it is', () => {
  beforeEach(() => {
    mkdirSync(join(home, 'credentials'))
    writeFileSync(join(home, 'credentials', 'tokenctl-key'), Buffer.alloc(32, 2), { mode: 0o400 })
    writeFileSync(join(home, 'named'), Buffer.alloc(32, 1), { mode: 0o600 })
    writeFileSync(path, Buffer.alloc(32, 3), { mode: 0o600 })
  })

  it.each([
    ['the environment before all', 'file', ['named', 'credentials'], 1],
    ['a credential before the setting', 'file', ['credentials'], 2],
    ['the setting', 'file', [], 3],
    ['the credential where systemd is to give it', 'systemd', ['credentials'], 2],
  ] as const)('%s', async (_, kind, given, filled) => {
    const env = {
      ...(given.some(one => one === 'named') ? { TOKENCTL_KEY_FILE: join(home, 'named') } : {}),
      ...(given.some(one => one === 'credentials')
        ? { CREDENTIALS_DIRECTORY: join(home, 'credentials') }
        : {}),
    }
    expect(await source({ kind, env }).read()).toEqual(await vaultKey(Buffer.alloc(32, filled)))
  })

  it('a service without the credential says which line the unit lacks', async () => {
    for (const env of [{}, { CREDENTIALS_DIRECTORY: home }]) {
      const systemd = source({ kind: 'systemd', env })
      for (const work of [systemd.read, systemd.create])
        await expect(work()).rejects.toMatchObject({
          code: 'VAULT_UNAVAILABLE',
          fix: expect.stringContaining('LoadCredentialEncrypted=tokenctl-key'),
        })
    }
  })

  it('an item of the keychain', async () => {
    let stored: Uint8Array | undefined
    const keyItem = async () => ({
      get: async () => stored,
      set: async (bytes: Uint8Array) => {
        stored = bytes
      },
    })
    const keychain = source({ kind: 'keychain', keyItem })
    expect(await keychain.read()).toBeUndefined()
    const made = await keychain.create()
    expect(await keychain.read()).toEqual(made)
    stored = new Uint8Array(5)
    await expect(keychain.read()).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
  })
})

describe('a key under a passphrase', () => {
  it('is an age file that the same passphrase opens and another does not', async () => {
    const asked: string[] = []
    const askWith = (text: string) => async (request: { purpose: string }) => {
      asked.push(request.purpose)
      return new Secret(text)
    }
    const made = await source({
      kind: 'passphrase',
      askPassphrase: askWith('four random words here'),
    }).create()
    expect(readFileSync(path, 'latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt /)
    for (const kind of ['passphrase', 'file'] as const)
      expect((await source({ kind, askPassphrase: askWith('four random words here') }).read())?.id).toBe(
        made.id,
      )
    expect(asked).toEqual(['create', 'open', 'open'])
    await expect(
      source({ kind: 'passphrase', askPassphrase: askWith('CANARY wrong') }).read(),
    ).rejects.toMatchObject({
      code: 'VAULT_LOCKED',
      message: expect.not.stringContaining('CANARY'),
    })
  })

  it('asks nobody before there is a file, and refuses an empty one or a plain key', async () => {
    const never = async () => {
      throw new Error('asked')
    }
    expect(await source({ kind: 'passphrase', askPassphrase: never }).read()).toBeUndefined()
    await expect(
      source({ kind: 'passphrase', askPassphrase: async () => new Secret('') }).create(),
    ).rejects.toMatchObject({ code: 'ANSWER_MISSING' })
    writeFileSync(path, RAW, { mode: 0o600 })
    await expect(source({ kind: 'passphrase', askPassphrase: never }).read()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringMatching(/not under a passphrase/),
    })
  })

  it('says so when the file is damaged', async () => {
    writeFileSync(path, 'age-encryption.org/v1\nnonsense', { mode: 0o600 })
    await expect(source().read()).rejects.toMatchObject({ code: 'VAULT_LOCKED' })
  })
})

it('ids tell keys apart and are no part of them', async () => {
  const { id } = await vaultKey(RAW)
  expect(id).toMatch(/^[0-9a-f]{8}$/)
  expect(RAW.toString('hex')).not.toContain(id)
  expect((await vaultKey(Buffer.alloc(32, 6))).id).not.toBe(id)
})
