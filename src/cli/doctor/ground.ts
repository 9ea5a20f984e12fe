/**
 * What every check of `doctor` stands on: the world, the settings where they can be read, and the vault as far as it
 * shows itself without a secret. Opened once and closed once; nothing here waits for a person.
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { LineProcess } from '../../platform/line-process.ts'
import type { Machine } from '../../platform/machine.ts'
import type { Settings } from '../../settings.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { Listing } from '../../vault/listings.ts'
import { derivedId, type Marker, readMarker } from '../../vault/marker.ts'
import { type OpenedVault, VaultDoor, type VaultDoorOptions } from '../../vault/open.ts'
import { openPostgresStore, openStore } from '../../vault/open-store.ts'
import type { PostgresStore } from '../../vault/postgres/store.ts'
import type { SecretStore } from '../../vault/secret-store.ts'
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
  /** Whether the records rest, or would with the first write, in the database of a fleet. */
  readonly isFleet: boolean
  /** That database's, with tables or without; undefined where it cannot be seen. */
  readonly fleet: PostgresStore | undefined
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
  const open: Pick<SecretStore, 'close'>[] = [door]
  const close = async () => {
    for (const each of open) await each.close()
    await closeHelper()
  }
  try {
    const opened = await door.read()
    const marker = usedMarker(readMarker(parts.stateDir, parts.files), parts)
    const listing = await listingOf(opened)
    const isFleet = isOfFleet(marker, parts)
    // As the door has it: no folder's, so no mark names its id.
    const fleet = isFleet ? await openPostgresStore(await derivedId(parts.stateDir), parts) : undefined
    const store = fleet ?? (marker && (await openStore(marker.store, marker.id, parts)))
    if (store !== undefined) open.push(store)
    const holding = opened.state === 'open' ? store : undefined
    return { parts, marker, opened, error: undefined, listing, store: holding, isFleet, fleet, close }
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    const marker = markerOrNone(parts)
    const isFleet = isOfFleet(marker, parts)
    const seen = { parts, marker, opened: undefined, error, listing: NOTHING, store: undefined }
    return { ...seen, isFleet, fleet: undefined, close }
  }
}

function isOfFleet(marker: Marker | undefined, { settings }: VaultDoorOptions): boolean {
  return (marker?.store ?? settings.store) === 'postgres'
}

/** Without the mark of a store that another was chosen in the place of, while nothing rested there. */
function usedMarker(marker: Marker | undefined, { settings }: VaultDoorOptions): Marker | undefined {
  const chosen = settings.store
  return chosen === undefined || chosen === marker?.store ? marker : undefined
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
