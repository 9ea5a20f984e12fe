/**
 * What every check of `doctor` stands on: the world, the settings where they can be read, and the vault as far as it
 * shows itself without a secret. Opened once and closed once; nothing here waits for a person.
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { LineProcess } from '../../platform/line-process.ts'
import type { Machine } from '../../platform/machine.ts'
import type { Settings } from '../../settings.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { type Marker, readMarker } from '../../vault/marker.ts'
import { type OpenedVault, VaultDoor, type VaultDoorOptions } from '../../vault/open.ts'
import { openFileStore, openKeychainStore } from '../../vault/open-store.ts'
import type { SecretStore } from '../../vault/secret-store.ts'
import type { Listing } from '../../vault/vault.ts'
import { listingOf } from '../finding.ts'
import type { World } from '../world.ts'

export interface Ground {
  readonly world: World
  readonly machine: Machine
  readonly now: EpochMs
  /** Whether this is the scheduled run's own look at what it can do. */
  readonly isScheduled: boolean
  /** Undefined where the settings file cannot be read: what hangs on it is skipped. */
  readonly settings: Settings | undefined
  readonly settingsError: TokenctlError | undefined
  /** Undefined with the settings. */
  readonly vault: VaultSight | undefined
}

/** The vault, seen from outside. */
export interface VaultSight {
  /** What doors and stores are made of; its helper is one for all, and its passphrase is never asked for. */
  readonly parts: VaultDoorOptions
  readonly marker: Marker | undefined
  /** Undefined where it cannot be seen. */
  readonly opened: OpenedVault | undefined
  readonly error: TokenctlError | undefined
  /** Nothing where the vault is empty or cannot be seen. */
  readonly listing: Listing
  /** The store that holds records; undefined where none does or it cannot be seen. Not opened before it is used. */
  readonly store: SecretStore | undefined
  close(): Promise<void>
}

/** A lock that is free is taken at once; one that another holds for longer is worth a word. */
const LOCK_MS = 5000

const NOTHING: Listing = { accounts: [], apps: [], channels: [], unreadable: [] }

/** A key rests under a passphrase, which `doctor` asks nobody for. */
export class PassphraseWanted extends TokenctlError {
  constructor(path: string) {
    super(
      'ANSWER_MISSING',
      `The key ${path} is under a passphrase, and an unattended run has nobody to ask.`,
      {
        fix: 'For a schedule take the key from a file or a systemd credential: `tokenctl config set key-source file`.',
      },
    )
  }
}

/** Looks at settings and vault. The caller closes what it gets. */
export async function standOn(world: World, isScheduled: boolean): Promise<Ground> {
  const read = readSettings(world)
  return {
    world,
    machine: await world.machine(),
    now: world.clock.now(),
    isScheduled,
    ...read,
    vault: read.settings === undefined ? undefined : await lookAtVault(world),
  }
}

function readSettings(world: World): Pick<Ground, 'settings' | 'settingsError'> {
  try {
    return { settings: world.settings(), settingsError: undefined }
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return { settings: undefined, settingsError: error }
  }
}

async function lookAtVault(world: World): Promise<VaultSight> {
  const { parts, closeHelper } = withOneHelper(await world.vaultParts('doctor', { lockMs: LOCK_MS }))
  const door = new VaultDoor(parts)
  let store: SecretStore | undefined
  const close = async () => {
    await store?.close()
    await door.close()
    await closeHelper()
  }
  try {
    const opened = await door.read()
    const marker = readMarker(parts.stateDir, parts.files)
    const listing = await listingOf(opened)
    if (marker !== undefined)
      store = await (marker.store === 'file' ? openFileStore : openKeychainStore)(marker.id, parts)
    return { parts, marker, opened, error: undefined, listing, store, close }
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    const marker = markerOrNone(parts)
    return { parts, marker, opened: undefined, error, listing: NOTHING, store: undefined, close }
  }
}

/** What is wrong with the mark was thrown before. */
function markerOrNone({ stateDir, files }: VaultDoorOptions): Marker | undefined {
  try {
    return readMarker(stateDir, files)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return undefined
  }
}

/** One helper for every store that is made of these: a keychain that hangs costs one wait, not one each. */
function withOneHelper(parts: VaultDoorOptions): {
  readonly parts: VaultDoorOptions
  readonly closeHelper: () => Promise<void>
} {
  let started: Promise<LineProcess> | undefined
  return {
    parts: {
      ...parts,
      startHelper: async env => {
        started ??= Promise.resolve(parts.startHelper(env))
        const helper = await started
        return { ask: question => helper.ask(question), close: async () => {} }
      },
      askPassphrase: async ({ path }) => {
        throw new PassphraseWanted(path)
      },
    },
    closeHelper: async () => (await started)?.close(),
  }
}
