/**
 * The keychain store's own key, an item too: for what can be had again (access tokens) and for fingerprints. No refresh
 * token hangs on it, so it is made anew where it is gone from a keychain that is open.
 */
import { TokenctlError } from '../errors.ts'
import { held } from './held.ts'
import { KEY_BYTES, keyedFingerprint } from './key.ts'
import type { KeychainItems } from './keychain-items.ts'

export interface KeychainKeyOptions {
  readonly items: KeychainItems
  /** Shuts out other runs while the key is made. */
  readonly lock: <T>(work: () => Promise<T>) => Promise<T>
  /** Whether the keychain keeps quiet about what certainly is in it. */
  readonly mayBeLocked: () => Promise<boolean>
}

export class KeychainKey {
  readonly #options: KeychainKeyOptions

  constructor(options: KeychainKeyOptions) {
    this.#options = options
  }

  /** The 32 bytes, made when there are none. @throws {VAULT_LOCKED} · {VAULT_UNAVAILABLE} · {RECORD_UNREADABLE} */
  readonly get: () => Promise<Buffer> = held(() => this.#load())

  /** A digest of a text under the key, 16 hex digits. @throws as `get` */
  async fingerprint(text: string): Promise<string> {
    return await keyedFingerprint(await this.get(), text)
  }

  async #load(): Promise<Buffer> {
    const { items, lock, mayBeLocked } = this.#options
    const known = checked(await items.get('key'))
    if (known !== undefined) return known
    return await lock(async () => {
      const theirs = checked(await items.get('key'))
      if (theirs !== undefined) return theirs
      if (await mayBeLocked())
        throw new TokenctlError('VAULT_LOCKED', 'The keychain may be locked: it gave no key for this vault.')
      const { randomBytes } = await import('node:crypto')
      const made = randomBytes(KEY_BYTES)
      await items.set('key', made)
      return made
    })
  }
}

function checked(bytes: Buffer | undefined): Buffer | undefined {
  if (bytes === undefined || bytes.length === KEY_BYTES) return bytes
  throw new TokenctlError('RECORD_UNREADABLE', "The keychain's item `key` is not one that tokenctl wrote.", {
    fix: 'Another program changed it. Nothing was changed.',
  })
}
