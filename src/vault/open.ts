/**
 * The door to the vault: which store the records rest in, chosen once and marked at the first write, and never changed
 * by an error. It tells "nothing was ever stored" from "stored, and cannot be seen now" (I5): only the first is empty.
 */
import { isTokenctlError, type TokenctlError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Locks } from '../platform/file-lock.ts'
import type { Files } from '../platform/files.ts'
import { LOCAL_STORES, STORES, type StoreName } from './choices.ts'
import { refuseHidden, restElsewhere, tryKeychain, whyNoKeychain } from './first-store.ts'
import { alone, gated, isSameStay, type Stay } from './gate.ts'
import { prepareKeyFile, refuseKeyChoice } from './key-choice.ts'
import type { AskPassphrase } from './key-source.ts'
import type { KeychainStore } from './keychain.ts'
import type { StartHelper } from './keychain-items.ts'
import {
  hasForgotten,
  markedHolds,
  rebuildState,
  refuseForgotten,
  refuseKeyAlone,
  refuseUnmarked,
} from './lost-state.ts'
import {
  derivedId,
  type LastOpened,
  type Marker,
  newMarker,
  otherNote,
  readLastOpened,
  readMarker,
  writeLastOpened,
  writeMarker,
} from './marker.ts'
import { ensureStoreFolder, openFileStore, openKeychainStore, openPostgresStore } from './open-store.ts'
import type { PostgresAddress } from './postgres/address.ts'
import type { PostgresStore } from './postgres/store.ts'
import { countRecords } from './record-count.ts'
import type { SecretStore } from './secret-store.ts'
import { Vault } from './vault.ts'

export interface PostgresParts {
  /** Where the database is. @throws {SETTINGS_INVALID} */
  readonly address: () => Promise<PostgresAddress>
  readonly sleep: Clock['sleep']
}

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
  /** The locks of the state folder. */
  readonly locks: Locks
  /** The locks of the user on a vault whose secrets are no folder's but the user's own: those in a keychain. */
  readonly userLocks: (vaultId: string) => Locks
  readonly startHelper: StartHelper
  readonly askPassphrase: AskPassphrase
  /** What a fleet's database needs besides; absent where there can be none. */
  readonly postgres?: PostgresParts
  /** Why the records of a marketplace cannot be used, whatever they hold; undefined where they can. */
  readonly refuses?: (marketplace: string) => TokenctlError | undefined
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
  #keychain: { readonly stay: Stay; readonly store: KeychainStore } | undefined
  #fleet: PostgresStore | undefined
  /** What was opened before the records were moved. Somebody in this process may still be at it. */
  readonly #left: Pick<SecretStore, 'close'>[] = []
  /** A fleet's records, where this machine has no mark yet. */
  #unmarked: Vault | undefined
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
    const marker = await this.#marker()
    if (marker !== undefined) {
      if (marker.store === 'keychain' && this.#records('keychain') === 0)
        await refuseForgotten(await this.#keychainOf(marker.id, marker))
      return { state: 'open', vault: await this.#vaultOf(marker) }
    }
    refuseUnmarked(this.#options.stateDir, this.#options.files, this.#chosen())
    if (this.#chosen() === 'postgres') return await this.#readFleet()
    const id = await derivedId(this.#options.stateDir)
    if (this.#chosen() === 'file') {
      await refuseHidden(await this.#keychainOf(id))
      refuseKeyAlone(this.#options)
      return { state: 'empty', wouldUse: 'file' }
    }
    const reason = await whyNoKeychain(await this.#keychainOf(id))
    if (this.#chosen() === undefined) refuseKeyAlone(this.#options)
    return reason === undefined
      ? { state: 'empty', wouldUse: 'keychain' }
      : { state: 'empty', wouldUse: null, reason }
  }

  /**
   * The vault for writing. The first time this chooses the store, tries it where it is the keychain, and marks it.
   *
   * @throws {VAULT_UNAVAILABLE} when nobody chose a store and no keychain answers · {VAULT_LOCKED} · {STORE_IN_USE} · {WRITE_FAILED}
   */
  async write(): Promise<Vault> {
    const { stateDir, files, clock, locks } = this.#options
    const marker = await this.#marker()
    if (marker !== undefined) return await this.#vaultOf(marker)
    refuseUnmarked(this.#options.stateDir, this.#options.files, this.#chosen())
    const id = await derivedId(stateDir)
    const store = this.#chosen() ?? 'keychain'
    const keychain = await this.#keychainOf(id)
    if (store === 'keychain') await tryKeychain(keychain, id, this.#options)
    else await refuseHidden(keychain)
    files.ensurePrivateFolder(stateDir)
    if (store === 'postgres') await (await this.#fleetOf()).makeTables()
    const mark = async () => {
      const theirs = await this.#marker()
      if (theirs !== undefined) return theirs
      ensureStoreFolder(store, this.#options)
      const made = newMarker({ id, store }, clock.now(), readMarker(stateDir, files))
      writeMarker(stateDir, made, files)
      return made
    }
    // A mark that stands over a store with nothing in it may be another run's, which is about to put something there.
    const isMarked = () => readMarker(stateDir, files) !== undefined
    const made = await locks.hold('vault', () => (isMarked() ? alone(this.#options, mark) : mark()))
    return await this.#vaultOf(made)
  }

  /**
   * Writes anew what a lost state folder lacks: the mark, and the headers from the keychain's items. Nothing where
   * nothing was ever stored.
   *
   * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} · {WRITE_FAILED}
   */
  async rebuild(): Promise<void> {
    const found = { marker: await this.#marker(), chosen: this.#chosen() }
    const keychainOf = (id: string) => this.#keychainOf(id, found.marker)
    this.#warnings.push(...(await rebuildState(this.#options, found, keychainOf)))
  }

  /**
   * The store that holds records now, where that is another than `wanted`; undefined where none does, so that `wanted`
   * may be chosen.
   *
   * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} where only the keychain can say, and does not answer
   */
  async otherStoreInUse(wanted: StoreName): Promise<StoreName | undefined> {
    const { stateDir, files } = this.#options
    const marker = readMarker(stateDir, files)
    if (marker !== undefined)
      return marker.store !== wanted && (await this.#holds(marker)) ? marker.store : undefined
    const others = LOCAL_STORES.filter(store => store !== wanted)
    const other = others.find(store => this.#records(store) > 0)
    if (other !== undefined || wanted === 'keychain') return other
    return (await hasForgotten(await this.#keychainOf(await derivedId(stateDir)))) ? 'keychain' : undefined
  }

  /** Whether neither a setting nor a record says which store it is. */
  isUnchosen(): boolean {
    return (
      this.#chosen() === undefined && readMarker(this.#options.stateDir, this.#options.files) === undefined
    )
  }

  /**
   * Makes a key file where there is none, before a setting names it; one that is there must be the records' own.
   *
   * @throws {VAULT_UNAVAILABLE} when records wait for a key that is not there, or the file is none · {RECORD_UNREADABLE}
   */
  async prepareKeyFile(path: string): Promise<void> {
    await prepareKeyFile(path, this.#options)
  }

  /**
   * Stops where the key settings would be another key than that of the records; undefined is a setting's default.
   *
   * @throws {STORE_IN_USE} · {RECORD_UNREADABLE} · {VAULT_UNAVAILABLE} · {VAULT_LOCKED}
   */
  async refuseKeyChoice(chosen: Pick<VaultDoorOptions['settings'], 'keySource' | 'keyFile'>): Promise<void> {
    const { stateDir, files } = this.#options
    const id = readMarker(stateDir, files)?.id ?? (await derivedId(stateDir))
    await refuseKeyChoice(id, chosen, this.#options)
  }

  /** When records were last opened, and by which command; undefined when never. */
  lastOpened(): LastOpened | undefined {
    return readLastOpened(this.#options.stateDir, this.#options.files)
  }

  /** What a person should know and no call failed over; whole sentences. */
  warnings(): readonly string[] {
    const left = this.#open === undefined ? [] : otherNote(this.#open.marker)
    return [...this.#warnings, ...left, ...((this.#open?.vault ?? this.#unmarked)?.warnings() ?? [])]
  }

  /** Lets go of what the run holds. Safe to call twice. */
  async close(): Promise<void> {
    for (const each of [...this.#left, this.#open?.vault, this.#keychain?.store, this.#fleet])
      await each?.close()
  }

  #chosen(): StoreName | undefined {
    const { store } = this.#options.settings
    return STORES.find(each => each === store)
  }

  /** The mark, unless another store was chosen since and the marked one holds nothing. */
  async #marker(): Promise<Marker | undefined> {
    const marker = readMarker(this.#options.stateDir, this.#options.files)
    const chosen = this.#chosen()
    if (marker === undefined || chosen === undefined || chosen === marker.store) return marker
    if (!(await this.#holds(marker))) return undefined
    throw restElsewhere(marker.store, chosen)
  }

  /** Whether another store cannot be chosen. Copies that were left elsewhere must not come up as records again. */
  async #holds(marker: Marker): Promise<boolean> {
    if (marker.other !== undefined || this.#records(marker.store) > 0) return true
    if (marker.store === 'postgres') return await (await this.#fleetOf()).hasRecords()
    return (
      marker.store === 'keychain' &&
      (await markedHolds(await this.#keychainOf(marker.id, marker), this.#options))
    )
  }

  #records(store: StoreName): number {
    return countRecords(this.#options.stateDir, store, this.#options.files)
  }

  /** The keychain as it is under a mark; what was opened before there was one goes on under the first. */
  async #keychainOf(id: string, marker?: Marker): Promise<KeychainStore> {
    const there = this.#keychain
    if (there !== undefined) {
      const { stay, store } = there
      stay.marker ??= marker
      if (marker === undefined || stay.marker === undefined || isSameStay(stay.marker, marker)) return store
      this.#left.push(store)
    }
    const stay: Stay = { store: 'keychain', marker }
    const store = await openKeychainStore(id, gated(stay, this.#options))
    this.#keychain = { stay, store }
    return store
  }

  async #vaultOf(marker: Marker): Promise<Vault> {
    const there = this.#open
    if (there !== undefined && isSameStay(there.marker, marker)) {
      this.#open = { ...there, marker }
      return there.vault
    }
    if (there !== undefined) this.#left.push(there.vault)
    const vault = this.#vaultOver(await this.#storeOf(marker))
    this.#open = { marker, vault }
    return vault
  }

  async #storeOf(marker: Marker): Promise<SecretStore> {
    if (marker.store === 'keychain') return await this.#keychainOf(marker.id, marker)
    // Whoever moves the records of many machines is kept out by a gate of the database's own.
    if (marker.store === 'postgres') return await this.#fleetOf()
    return await openFileStore(marker.id, gated({ store: 'file', marker }, this.#options))
  }

  #vaultOver(store: SecretStore): Vault {
    const { refuses } = this.#options
    return new Vault(store, { onOpen: () => this.#noteOpened(), ...(refuses && { refuses }) })
  }

  async #fleetOf(): Promise<PostgresStore> {
    const { stateDir, files } = this.#options
    const id = () => readMarker(stateDir, files)?.id ?? derivedId(stateDir)
    this.#fleet ??= await openPostgresStore(await id(), this.#options)
    return this.#fleet
  }

  /** The records of a fleet, on a machine that has not written one: another has, or nobody yet. */
  async #readFleet(): Promise<OpenedVault> {
    const store = await this.#fleetOf()
    if (!(await store.session.hasTables())) return { state: 'empty', wouldUse: 'postgres' }
    this.#unmarked ??= this.#vaultOver(store)
    return { state: 'open', vault: this.#unmarked }
  }

  /** Once a run. A note that cannot be written is no reason to withhold what was opened. */
  #noteOpened(): void {
    if (this.#noted) return
    this.#noted = true
    const { stateDir, clock, by, files } = this.#options
    try {
      // A machine that uses what others stored has nothing of its own yet: its notes and its history go there.
      if (this.#unmarked !== undefined) files.ensurePrivateFolder(stateDir)
      writeLastOpened(stateDir, { at: clock.now(), by }, files)
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      this.#warnings.push(error.message)
    }
  }
}
