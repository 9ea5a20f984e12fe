/**
 * Every record under a new key, so that who has the old one, or a copy of it, can open nothing that is written from now on.
 * The new key is durable in its own file before the first record is sealed with it. Nobody else is at work meanwhile, and
 * nothing is on its way: an answer that waits is sealed under the old key. What cuts it off is finished by the same command,
 * and loses nothing: of a fleet it is one transaction, of the file store each record names the key that opens it
 * (`rekey-file.ts`). The old key is never removed: backups and what lies aside open with nothing else.
 */
import { TokenctlError } from '../errors.ts'
import { STORES, type StoreName } from './choices.ts'
import { alone } from './gate.ts'
import type { KeySource, VaultKey } from './key-source.ts'
import { derivedId, type Marker, readMarker } from './marker.ts'
import { type MoveHooks, refuseStopped, refuseWaiting } from './migrate.ts'
import type { VaultDoorOptions } from './open.ts'
import { newKeySource, openKeySource, openPostgresStore } from './open-store.ts'

export interface Rekeyed {
  readonly store: StoreName
  /** `already`: all records were under the key of this file. */
  readonly outcome: 'sealed' | 'already'
  /** The key that they are under now. */
  readonly keyId: string
  /** The one before; null where that is not known any more. */
  readonly before: string | null
  readonly count: number
  /** Accounts of links that were sent for a consent and cannot be read. */
  readonly unreadableLinks: readonly string[]
}

export interface RekeyHooks extends Pick<MoveHooks, 'onRecord' | 'isStopped'> {
  /** Done when the last record is under the new key: from here on this machine has to find it. */
  readonly whenSealed: () => Promise<void>
}

/** What there is to seal anew, and with what. */
export interface RekeyPlan {
  /** Undefined where nothing is stored yet. */
  readonly store: StoreName | undefined
  /** Where the key is now, for messages. */
  readonly place: string
  /** The file of the new key. */
  readonly keyFile: string
  /** Whether that file is still to be made. */
  readonly isToBeMade: boolean
}

/**
 * What `rekey` would do: changes nothing and opens nothing.
 *
 * @param keyFile where the new key is or shall be; absent: beside the old one, `vault.key.2` for `vault.key`
 * @throws {USAGE} where the store has no key to change, or nobody can say where the new one goes · {STORE_IN_USE} where copies
 *   of a move are left
 */
export function rekeyPlan(keyFile: string | undefined, options: VaultDoorOptions): RekeyPlan {
  const { settings, stateDir, files } = options
  const marker = readMarker(stateDir, files)
  const store = marker?.store ?? STORES.find(each => each === settings.store)
  if (store === 'keychain') throw ofKeychain()
  const { place } = openKeySource(marker?.id ?? '', options).source()
  if (marker?.other !== undefined) throw copiesLeft(marker.other.store)
  const begun = marker?.sealing?.keyFile
  if (begun !== undefined && keyFile !== undefined && keyFile !== begun) throw begunWith(begun)
  const next = begun ?? keyFile ?? nextKeyFile(place, options)
  return { store, place, keyFile: next, isToBeMade: newKeySource(next, options).isMissing() }
}

/**
 * Seals every record with the key of a file, which is made where it is not there.
 *
 * @throws {STORE_IN_USE} where something is on its way, or copies of a move are left · {LOCK_HELD} while others are at work · {RECORD_UNREADABLE} · {CANCELLED}
 *   · {WRITE_FAILED} · {VAULT_UNAVAILABLE} · {VAULT_LOCKED}
 */
export async function rekey(
  { keyFile, store }: RekeyPlan & { readonly store: StoreName },
  options: VaultDoorOptions,
  hooks: RekeyHooks,
): Promise<Rekeyed> {
  return await alone(options, async () => {
    const marker = readMarker(options.stateDir, options.files)
    if (marker !== undefined && marker.store !== store) throw movedMeanwhile()
    if (marker?.other !== undefined) throw copiesLeft(marker.other.store)
    const source = newKeySource(keyFile, options)
    if (store === 'postgres') return await rekeyFleet(source, marker, options, hooks)
    if (marker === undefined) throw movedMeanwhile()
    const { rekeyFiles } = await import('./rekey-file.ts')
    return await rekeyFiles({ marker, source, keyFile }, options, hooks)
  })
}

async function rekeyFleet(
  source: KeySource,
  marker: Marker | undefined,
  options: VaultDoorOptions,
  hooks: RekeyHooks,
): Promise<Rekeyed> {
  const id = marker?.id ?? (await derivedId(options.stateDir))
  const store = await openPostgresStore(id, options)
  try {
    const before = (await store.session.vault())?.keyId ?? null
    const found = await source.read()
    const none = { store: 'postgres', outcome: 'already', count: 0, unreadableLinks: [] } as const
    if (found !== undefined && found.id === before) {
      await hooks.whenSealed()
      return { ...none, keyId: found.id, before: null }
    }
    // Before a key is made: whoever has not the records' own cannot seal them anew.
    const from = await store.sealKey()
    refuseWaiting(await store.journal.keys())
    const to = found ?? (await source.create())
    const { resealAll } = await import('./postgres/reseal.ts')
    const resealed = await store.gate.alone(async () => {
      refuseWaiting(await store.journal.keys())
      const refuse = () => refuseStopped(hooks)
      return await resealAll(store, { from, to }, { onRecord: hooks.onRecord, refuseStopped: refuse })
    })
    await hooks.whenSealed()
    return { store: 'postgres', outcome: 'sealed', keyId: to.id, before: from.id, ...resealed }
  } finally {
    await store.close()
  }
}

/** The key of a source that has one by now. @throws as the source does */
export async function keyOf(source: KeySource): Promise<VaultKey> {
  return (await source.read()) ?? (await source.create())
}

/** `/there/vault.key` → `/there/vault.key.2` → `/there/vault.key.3`: a run that was cut off finds the one that it made. @throws {USAGE} */
function nextKeyFile(place: string, { settings, defaultKeyFile, env }: VaultDoorOptions): string {
  if (![settings.keyFile ?? defaultKeyFile, env['TOKENCTL_KEY_FILE']].includes(place))
    throw new TokenctlError(
      'USAGE',
      `The key is not in a file that could have a next one beside it: ${place}.`,
      {
        fix: 'Say where the new key shall be: `tokenctl rekey --new-key-file PATH`.',
      },
    )
  const [, base = place, number = '1'] = /^(.*?)(?:\.(\d{1,6}))?$/s.exec(place) ?? []
  return `${base}.${Number(number) + 1}`
}

function ofKeychain(): TokenctlError {
  return new TokenctlError(
    'USAGE',
    'The records rest in the keychain, which seals them with a key of its own.',
    {
      fix: "Change the keychain's password in its own program. What tokenctl seals there besides is access tokens alone, which every renewal replaces.",
    },
  )
}

function begunWith(keyFile: string): TokenctlError {
  return new TokenctlError(
    'USAGE',
    `The records are being sealed with the key ${keyFile}, and that was cut off.`,
    {
      fix: 'Finish it first: `tokenctl rekey`.',
    },
  )
}

/** Copies are under the old key, and what cannot be opened is never removed. */
function copiesLeft(store: StoreName): TokenctlError {
  return new TokenctlError(
    'STORE_IN_USE',
    `The ${store} store has copies of an earlier move, which only the key of now opens.`,
    { fix: 'Remove them first: `tokenctl migrate --remove-old`. Nothing was changed.' },
  )
}

function movedMeanwhile(): TokenctlError {
  return new TokenctlError('LOCK_HELD', 'The records were moved by another run meanwhile.', {
    fix: 'Nothing was changed. Run it again.',
  })
}
