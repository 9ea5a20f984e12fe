/**
 * The door to the vault: which store the records rest in, chosen once and marked at the first write, and never changed
 * by an error. It tells "nothing was ever stored" from "stored, and cannot be seen now" (I5): only the first is empty.
 */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Locks } from '../platform/file-lock.ts'
import type { Files } from '../platform/files.ts'
import type { KeySourceKind, StoreName } from './choices.ts'
import { type AskPassphrase, fileSource } from './key-source.ts'
import type { KeychainStore } from './keychain.ts'
import type { StartHelper } from './keychain-items.ts'
import { countRecords, Forgotten, rebuildState, refuseForgotten, refuseUnmarked } from './lost-state.ts'
import {
  derivedId,
  type LastOpened,
  type Marker,
  readLastOpened,
  readMarker,
  writeLastOpened,
  writeMarker,
} from './marker.ts'
import { openFileStore, openKeychainStore, probeKeychain, STORE_FOLDERS } from './open-store.ts'
import { Vault } from './vault.ts'

export interface VaultDoorOptions {
  /** The command that opens, for the note on who opened records last. */
  readonly by: string
  readonly stateDir: string
  /** The file store's key where no setting names another. */
  readonly defaultKeyFile: string
  readonly settings: {
    readonly store: string | undefined
    readonly keySource: string | undefined
    readonly keyFile: string | undefined
  }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly files: Files
  readonly clock: Pick<Clock, 'now'>
  readonly locks: Locks
  readonly startHelper: StartHelper
  readonly askPassphrase: AskPassphrase
}

export type OpenedVault =
  | { readonly state: 'open'; readonly vault: Vault }
  | {
      readonly state: 'empty'
      /** The store that the first write would use; null where none answers and a person has to choose. */
      readonly wouldUse: StoreName | null
      /** Why none answers. */
      readonly reason?: TokenctlError
    }

/** The way in for one run. Nothing is touched until a method is called. */
export class VaultDoor {
  readonly #options: VaultDoorOptions
  readonly #warnings: string[] = []
  #open: { readonly marker: Marker; readonly vault: Vault } | undefined
  #keychain: KeychainStore | undefined
  #noted = false

  constructor(options: VaultDoorOptions) {
    this.#options = options
  }

  /**
   * The vault as it is, for reading; `empty` where nothing was ever stored.
   *
   * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} when there is something that cannot be seen · {STORE_IN_USE}
   */
  async read(): Promise<OpenedVault> {
    const marker = this.#marker()
    if (marker !== undefined) {
      if (marker.store === 'keychain' && this.#records('keychain') === 0)
        await refuseForgotten(await this.#keychainOf(marker.id))
      return { state: 'open', vault: await this.#vaultOf(marker) }
    }
    refuseUnmarked(this.#options.stateDir, this.#options.files)
    if (this.#chosen() === 'file') return { state: 'empty', wouldUse: 'file' }
    try {
      await refuseForgotten(await this.#keychainOf(await derivedId(this.#options.stateDir)))
      return { state: 'empty', wouldUse: 'keychain' }
    } catch (reason) {
      if (!isTokenctlError(reason) || reason.code !== 'VAULT_UNAVAILABLE' || reason instanceof Forgotten)
        throw reason
      return { state: 'empty', wouldUse: null, reason }
    }
  }

  /**
   * The vault for writing. The first time this chooses the store, tries it where it is the keychain, and marks it.
   *
   * @throws {VAULT_UNAVAILABLE} when nobody chose a store and no keychain answers · {VAULT_LOCKED} · {STORE_IN_USE} · {WRITE_FAILED}
   */
  async write(): Promise<Vault> {
    const { stateDir, files, clock, locks } = this.#options
    const marker = this.#marker()
    if (marker !== undefined) return await this.#vaultOf(marker)
    refuseUnmarked(this.#options.stateDir, this.#options.files)
    const id = await derivedId(stateDir)
    const store = this.#chosen() ?? 'keychain'
    if (store === 'keychain') await this.#tryKeychain(id)
    files.ensurePrivateFolder(stateDir)
    const made = await locks.hold('vault', async () => {
      const theirs = this.#marker()
      if (theirs !== undefined) return theirs
      files.ensurePrivateFolder(join(stateDir, STORE_FOLDERS[store]))
      writeMarker(stateDir, { id, store }, clock.now(), files)
      return { id, store }
    })
    return await this.#vaultOf(made)
  }

  /**
   * Writes anew what a lost state folder lacks: the mark, and the headers from the keychain's items. Nothing where
   * nothing was ever stored.
   *
   * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} · {WRITE_FAILED}
   */
  async rebuild(): Promise<void> {
    const found = { marker: this.#marker(), chosen: this.#chosen() }
    this.#warnings.push(...(await rebuildState(this.#options, found, id => this.#keychainOf(id))))
  }

  /** The store that holds records now; undefined where none does, so that another may be chosen. */
  storeInUse(): StoreName | undefined {
    const marker = readMarker(this.#options.stateDir, this.#options.files)
    const holds = (store: StoreName) => this.#records(store) > 0
    if (marker !== undefined) return this.#records(marker.store) === 0 ? undefined : marker.store
    return holds('file') ? 'file' : holds('keychain') ? 'keychain' : undefined
  }

  /** Whether neither a setting nor a record says which store it is. */
  isUnchosen(): boolean {
    return this.#chosen() === undefined && this.#marker() === undefined
  }

  /**
   * Makes a key file where there is none, before a setting names it.
   *
   * @throws {VAULT_UNAVAILABLE} when records are there that another key seals, or the file there is no key
   */
  async prepareKeyFile(path: string): Promise<void> {
    const { files, askPassphrase, settings } = this.#options
    const kind: KeySourceKind = settings.keySource === 'passphrase' ? 'passphrase' : 'file'
    const source = fileSource({ kind, files, askPassphrase }, path)
    if (!source.isMissing()) return void (await source.read())
    if (this.#records('file') > 0)
      throw new TokenctlError(
        'VAULT_UNAVAILABLE',
        `There is no key at ${path}, and records wait for theirs.`,
        {
          fix: `Copy the key there first, mode 600 (it is now at ${settings.keyFile ?? this.#options.defaultKeyFile}).`,
        },
      )
    await source.create()
  }

  /** When records were last opened, and by which command; undefined when never. */
  lastOpened(): LastOpened | undefined {
    return readLastOpened(this.#options.stateDir, this.#options.files)
  }

  /** What a person should know and no call failed over; whole sentences. */
  warnings(): readonly string[] {
    return [...this.#warnings, ...(this.#open?.vault.warnings() ?? [])]
  }

  /** Lets go of what the run holds. Safe to call twice. */
  async close(): Promise<void> {
    await this.#open?.vault.close()
    await this.#keychain?.close()
  }

  #chosen(): StoreName | undefined {
    const { store } = this.#options.settings
    return store === 'file' || store === 'keychain' ? store : undefined
  }

  /** The mark, unless another store was chosen since and the marked one holds nothing. */
  #marker(): Marker | undefined {
    const marker = readMarker(this.#options.stateDir, this.#options.files)
    const chosen = this.#chosen()
    if (marker === undefined || chosen === undefined || chosen === marker.store) return marker
    if (this.#records(marker.store) === 0) return undefined
    throw new TokenctlError(
      'STORE_IN_USE',
      `The records rest in the ${marker.store} store, not in ${chosen}.`,
      {
        fix: `Set it back: \`tokenctl config set store ${marker.store}\`. Moving the records is the work of \`tokenctl migrate\`, which this version does not have yet.`,
      },
    )
  }

  #records(store: StoreName): number {
    return countRecords(this.#options.stateDir, store, this.#options.files)
  }

  async #tryKeychain(id: string): Promise<void> {
    try {
      await refuseForgotten(await this.#keychainOf(id))
      await probeKeychain(id, this.#options)
    } catch (error) {
      const nowhere =
        isTokenctlError(error) && error.code === 'VAULT_UNAVAILABLE' && !(error instanceof Forgotten)
      if (!nowhere || this.#chosen() !== undefined) throw error
      throw new TokenctlError(
        'VAULT_UNAVAILABLE',
        `${error.message} No store was chosen for the secrets yet.`,
        {
          fix: `Choose the encrypted folder with \`tokenctl config set store file\`, or make a keychain answer: ${error.fix}`,
          cause: error,
        },
      )
    }
  }

  async #keychainOf(id: string): Promise<KeychainStore> {
    this.#keychain ??= await openKeychainStore(id, this.#options)
    return this.#keychain
  }

  async #vaultOf(marker: Marker): Promise<Vault> {
    if (this.#open?.marker.store === marker.store) return this.#open.vault
    const store =
      marker.store === 'keychain'
        ? await this.#keychainOf(marker.id)
        : await openFileStore(marker.id, this.#options)
    const vault = new Vault(store, { onOpen: () => this.#noteOpened() })
    this.#open = { marker, vault }
    return vault
  }

  /** Once a run. A note that cannot be written is no reason to withhold what was opened. */
  #noteOpened(): void {
    if (this.#noted) return
    this.#noted = true
    const { stateDir, clock, by, files } = this.#options
    try {
      writeLastOpened(stateDir, { at: clock.now(), by }, files)
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      this.#warnings.push(error.message)
    }
  }
}
