/**
 * Two small files of the state folder that are no secret: `vault.json` says which store the records rest in and under
 * which id (written at the first write, and by who moves them), `last-opened.json` when a body was last opened and by which command.
 */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { type EpochMs, parseDate, toIso } from '../tokens/time.ts'
import { STORES, type StoreName } from './choices.ts'
import { readMark } from './marker-shape.ts'
import { MARKER_VERSION, SHARED_MOVE_VERSION, TWO_STORES_VERSION } from './marker-versions.ts'
import { newerVersion, parseStored } from './stored-json.ts'

export interface Marker {
  /** 16 hex digits; every item in the keychain begins with them. */
  readonly id: string
  readonly store: StoreName
  /** When the records came to rest there. Every move changes it and nothing else does: by it one stay is told from the next. */
  readonly createdAt: string
  /** A store that has copies of records, which nobody uses. */
  readonly other?: OtherStore
  /** The key that the records are being sealed with anew, or were until that was cut off (`rekey-file.ts`). */
  readonly sealing?: { readonly keyFile: string; readonly keyId: string }
}

/** `filling`: records are being copied there, or that was cut off · `left`: they were moved away and are still there too. */
export interface OtherStore {
  readonly store: StoreName
  readonly is: 'filling' | 'left'
  /** What tells the move from all others, where one of the two stores is of many machines (`shared-gate.ts`). 16 hex digits. */
  readonly move?: string
}

export interface LastOpened {
  readonly at: EpochMs
  /** The command: `renew`. */
  readonly by: string
}

/** Where the mark of a vault is. */
export function markerPath(stateDir: string): string {
  return join(stateDir, 'vault.json')
}

/**
 * The mark of the vault in a state folder; undefined when nothing was ever stored there.
 *
 * @throws {VAULT_UNAVAILABLE} when it is of a newer version or not in shape, or folder or file are not private.
 */
export function readMarker(stateDir: string, files: Files): Marker | undefined {
  if (!files.checkPrivateFolder(stateDir)) return undefined
  const path = markerPath(stateDir)
  const bytes = files.readPrivate(path, {
    code: 'VAULT_UNAVAILABLE',
    maxBytes: 16_384,
  })
  if (bytes === undefined) return undefined
  const json = parseStored(bytes.toString('utf8'))
  const newer = newerVersion(json, MARKER_VERSION)
  if (newer !== undefined)
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      `A newer tokenctl made this vault (${path}, version ${newer}).`,
      {
        fix: 'Update tokenctl. Nothing was changed.',
      },
    )
  const marker = plainMark(json) ?? readMark(json)
  if (marker !== undefined) return marker
  throw new TokenctlError(
    'VAULT_UNAVAILABLE',
    `${path} is damaged: it does not say where the records rest.`,
    {
      fix: 'Restore it from a backup, or move it away and run `tokenctl status --verify`, which writes it anew.',
    },
  )
}

/** A mark as nearly all are, of one store; undefined where only the schema can tell. */
function plainMark(json: unknown): Marker | undefined {
  if (typeof json !== 'object' || json === null || Object.keys(json).length !== 4) return undefined
  const { version, id, store: named, createdAt } = json as Readonly<Record<string, unknown>>
  const store = STORES.find(each => each === named)
  if (version !== 1 || typeof id !== 'string' || typeof createdAt !== 'string') return undefined
  return store !== undefined && /^[0-9a-f]{16}$/.test(id) ? { id, store, createdAt } : undefined
}

/** The mark of records that come to rest in a store now: later than the one before it, wherever the clock was set. */
export function newMarker(
  marker: Omit<Marker, 'createdAt'>,
  now: EpochMs,
  before: Marker | undefined,
): Marker {
  const last = before && parseDate(before.createdAt)
  return { ...marker, createdAt: toIso(last === undefined ? now : Math.max(now, last + 1)) }
}

/** Writes the mark durably. @throws {WRITE_FAILED} */
export function writeMarker(stateDir: string, marker: Marker, files: Files): void {
  const { id, store, createdAt, other, sealing } = marker
  const text = JSON.stringify({
    version: versionOf(marker),
    id,
    store,
    ...(other && { other }),
    ...(sealing && { sealing }),
    createdAt,
  })
  files.writeDurably(markerPath(stateDir), `${text}\n`)
}

/** The oldest version that has all that is said: what an older tokenctl need not know it is not told. */
function versionOf({ other, sealing }: Marker): number {
  if (sealing !== undefined) return MARKER_VERSION
  if (other?.move !== undefined) return SHARED_MOVE_VERSION
  return other === undefined ? 1 : TWO_STORES_VERSION
}

/** What a person should know of a store that has copies of records and is not in use; whole sentences. */
export function otherNote({ store, other, sealing }: Marker): readonly string[] {
  if (sealing !== undefined)
    return [
      'Sealing the records with a new key is under way or was cut off. If no `tokenctl rekey` runs any more, `tokenctl rekey` finishes it; until then nothing is changed or renewed.',
    ]
  if (other === undefined) return []
  const removal = '`tokenctl migrate --remove-old`'
  return other.is === 'left'
    ? [
        `The records were moved to the ${store} store, and their old copies are still in the ${other.store} store: ${removal} removes them.`,
      ]
    : [
        `Moving the records to the ${other.store} store is under way or was cut off; they are all in the ${store} store, as before. If no \`tokenctl migrate\` runs any more, \`tokenctl migrate --to ${other.store}\` finishes it, and ${removal} takes it back.`,
      ]
}

/** The id of the vault in a folder without a mark: from the folder's own path, so that a lost folder is noticed. */
export async function derivedId(stateDir: string): Promise<string> {
  const { createHash } = await import('node:crypto')
  const { resolve } = await import('node:path')
  return createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 16)
}

/** When a body was last opened; undefined when none was, or nobody can say: it is a note and decides nothing. */
export function readLastOpened(stateDir: string, files: Files): LastOpened | undefined {
  const note = readNote(join(stateDir, 'last-opened.json'), files)
  if (typeof note !== 'object' || note === null || !('at' in note && 'by' in note)) return undefined
  if (typeof note.at !== 'string' || typeof note.by !== 'string') return undefined
  const at = parseDate(note.at)
  return at === undefined ? undefined : { at, by: note.by }
}

function readNote(path: string, files: Files): unknown {
  try {
    const bytes = files.readPrivate(path, { maxBytes: 16_384 })
    return bytes && parseStored(bytes.toString('utf8'))
  } catch (error) {
    // A note that cannot be read is none; the folder's own checks say what is wrong with its modes.
    if (!isTokenctlError(error)) throw error
    return undefined
  }
}

/** Notes that a body was opened now. @throws {WRITE_FAILED} */
export function writeLastOpened(stateDir: string, { at, by }: LastOpened, files: Files): void {
  files.writeDurably(join(stateDir, 'last-opened.json'), `${JSON.stringify({ at: toIso(at), by })}\n`)
}
