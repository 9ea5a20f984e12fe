/**
 * Where the file store's key comes from: a file of 32 random bytes, a systemd credential, a file under a passphrase, or
 * an item of the keychain. A key is made only where no record waits for one: a new key beside old records would look
 * like a repair and lose them all.
 */
import { dirname, join } from 'node:path'
import { TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import type { Secret } from '../tokens/secret.ts'
import type { KeySourceKind } from './choices.ts'
import { KEY_BYTES } from './key.ts'

export interface VaultKey {
  /** Tells two keys apart and says nothing about either: 8 hex digits. */
  readonly id: string
  readonly bytes: Uint8Array
}

/** A passphrase is wanted: `open` for a file that there is, `create` for one to be made (ask twice). */
export type AskPassphrase = (request: {
  readonly path: string
  readonly purpose: 'open' | 'create'
}) => Promise<Secret>

/** One item of the keychain that holds a key. */
export interface KeyItem {
  get(): Promise<Uint8Array | undefined>
  set(bytes: Uint8Array): Promise<void>
}

export interface KeySource {
  /** Where the key is, for messages. */
  readonly place: string
  /** The key; undefined when there is none. @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} when it cannot be read. */
  read(): Promise<VaultKey | undefined>
  /** Makes a key where there is none and returns the one that is there then. @throws {WRITE_FAILED} · as `read`. */
  create(): Promise<VaultKey>
  /** Whether the key is certainly missing, found out without opening it. */
  isMissing(): boolean
}

export interface KeySourceOptions {
  readonly kind: KeySourceKind
  /** The key file where nothing overrides it. */
  readonly keyFile: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly files: Files
  readonly askPassphrase: AskPassphrase
  /** The keychain's item, made on first use. */
  readonly keyItem: () => Promise<KeyItem>
}

const CREDENTIAL = 'tokenctl-key'
const AGE_BEGINS = 'age-encryption.org/v1\n'
const AGE_ARMOR_BEGINS = '-----BEGIN AGE ENCRYPTED FILE-----'
/** An age file of 32 bytes has some 200; anything much longer is something else. */
const MAX_KEY_FILE_BYTES = 16_384

/** A key with its id: SHA-256 over a fixed label and the key, the first 8 hex digits. */
export async function vaultKey(bytes: Uint8Array): Promise<VaultKey> {
  // On first use: a listing asks whether there is a key, and should not wait for what only opening one needs.
  const { createHash } = await import('node:crypto')
  const id = createHash('sha256').update('tokenctl key id v1\0').update(bytes).digest('hex').slice(0, 8)
  return { id, bytes }
}

/**
 * The source that settings and environment name: TOKENCTL_KEY_FILE before a systemd credential `tokenctl-key`
 * before the setting.
 *
 * @throws {VAULT_UNAVAILABLE} when systemd is to give the key and gave none to this process.
 */
export function chooseKeySource(options: KeySourceOptions): KeySource {
  const { kind, env, files } = options
  if (kind === 'keychain') return keychainSource(options)
  const named = env['TOKENCTL_KEY_FILE']
  if (named !== undefined && named !== '') return fileSource(options, named)
  const folder = env['CREDENTIALS_DIRECTORY']
  const credential = folder === undefined || folder === '' ? undefined : join(folder, CREDENTIAL)
  if (kind === 'systemd') return credentialSource(files, credential)
  if (kind === 'file' && credential !== undefined && hasCredential(files, credential))
    return credentialSource(files, credential)
  return fileSource(options, options.keyFile)
}

function hasCredential(files: Files, path: string): boolean {
  return files.readPrivate(path, { code: 'VAULT_UNAVAILABLE', owner: 'system' }) !== undefined
}

function credentialSource(files: Files, path: string | undefined): KeySource {
  const none = () =>
    new TokenctlError('VAULT_UNAVAILABLE', `systemd gave this process no credential named ${CREDENTIAL}.`, {
      fix: `Add \`LoadCredentialEncrypted=${CREDENTIAL}\` (or \`LoadCredential=\`) to the unit, or take the key from a file: \`tokenctl config set key-source file\`.`,
    })
  const read = async () => {
    if (path === undefined) throw none()
    const bytes = files.readPrivate(path, {
      code: 'VAULT_UNAVAILABLE',
      owner: 'system',
    })
    if (bytes === undefined) throw none()
    return rawKey(path, bytes)
  }
  return {
    place: path ?? CREDENTIAL,
    read,
    create: read,
    isMissing: () => path === undefined,
  }
}

/** The key in one file: 32 raw bytes, or an age file under a passphrase; which of the two is made is `kind`'s to say. */
export function fileSource(
  { kind, files, askPassphrase }: Pick<KeySourceOptions, 'kind' | 'files' | 'askPassphrase'>,
  path: string,
): KeySource {
  const load = () =>
    files.readPrivate(path, {
      code: 'VAULT_UNAVAILABLE',
      maxBytes: MAX_KEY_FILE_BYTES,
    })

  async function read(): Promise<VaultKey | undefined> {
    const bytes = load()
    if (bytes === undefined) return undefined
    const text = bytes.toString('latin1')
    if (text.startsWith(AGE_BEGINS) || text.startsWith(AGE_ARMOR_BEGINS)) {
      const { openWithPassphrase } = await import('./passphrase.ts')
      const passphrase = await askPassphrase({ path, purpose: 'open' })
      return rawKey(path, await openWithPassphrase(path, bytes, passphrase))
    }
    if (kind === 'passphrase')
      throw new TokenctlError('VAULT_UNAVAILABLE', `The key file ${path} is not under a passphrase.`, {
        fix: `Put it under one with age (\`age --passphrase -o ${path}.age ${path}\`, then use that file), or take it as it is: \`tokenctl config set key-source file\`.`,
      })
    return rawKey(path, bytes)
  }

  async function create(): Promise<VaultKey> {
    const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
    files.ensurePrivateFolder(dirname(path))
    let content: Uint8Array = bytes
    if (kind === 'passphrase') {
      const { sealWithPassphrase } = await import('./passphrase.ts')
      content = await sealWithPassphrase(bytes, await askPassphrase({ path, purpose: 'create' }))
    }
    if (files.createDurably(path, content)) return await vaultKey(bytes)
    // Another run was quicker: its key is the one that counts.
    const theirs = await read()
    if (theirs === undefined) throw new TokenctlError('VAULT_UNAVAILABLE', `The key file ${path} vanished.`)
    return theirs
  }

  return { place: path, read, create, isMissing: () => load() === undefined }
}

function keychainSource({ keyItem }: KeySourceOptions): KeySource {
  const place = 'an item of the keychain'
  const read = async () => {
    const bytes = await (await keyItem()).get()
    return bytes === undefined ? undefined : rawKey(place, bytes)
  }
  return {
    place,
    read,
    create: async () => {
      const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
      await (await keyItem()).set(bytes)
      return vaultKey(bytes)
    },
    // Only the keychain knows, and a listing does not wake it.
    isMissing: () => false,
  }
}

/** Checks that a key is 32 bytes, and says what it looks like where it is not. */
async function rawKey(place: string, bytes: Uint8Array): Promise<VaultKey> {
  if (bytes.length === KEY_BYTES) return vaultKey(bytes)
  const text = Buffer.from(bytes).toString('latin1').trim()
  const what =
    bytes.length === 0
      ? 'is empty'
      : /^[0-9a-fA-F]{64}$/.test(text)
        ? 'holds a key written as hex digits'
        : /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
          ? 'holds a key written as base64'
          : `has ${bytes.length} bytes`
  throw new TokenctlError(
    'VAULT_UNAVAILABLE',
    `The key file ${place} ${what}; it must be ${KEY_BYTES} raw bytes.`,
    {
      fix: 'Restore the right file. For a vault without records, move this one away and a new one is made at the next write.',
    },
  )
}
