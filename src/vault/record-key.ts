/**
 * Which key the sealed records of a folder belong to, told by their first lines: nothing is opened for it. Records under
 * two keys look whole until the day that one of them is missed, so another key is stopped before it seals anything.
 */
import { join } from 'node:path'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import type { VaultKey } from './key-source.ts'
import { fileKey, MAX_FILE_BYTES, readHead, SEALED } from './record-file.ts'

export interface SealedRecord {
  readonly path: string
  /** The id of the key that sealed it; null when its head names none. */
  readonly keyId: string | null
}

/** The first record of a folder whose head can be read; undefined where there is none. */
export function firstSealed(folder: string, files: Files): SealedRecord | undefined {
  for (const name of files.list(folder) ?? []) {
    const key = fileKey(name, SEALED)
    const path = join(folder, name)
    const keyId = key === undefined ? null : keyIdOf(path, key, files)
    if (keyId !== null) return { path, keyId }
  }
  return undefined
}

function keyIdOf(path: string, key: string, files: Files): string | null {
  try {
    const line = files.readPrivate(path, { firstLine: true, maxBytes: MAX_FILE_BYTES })
    return line === undefined ? null : readHead(SEALED, path, key, line.toString('utf8')).keyId
  } catch (error) {
    // Whoever opens that record is told what is wrong with it; here any other one serves as well.
    if (!isTokenctlError(error)) throw error
    return null
  }
}

/** Stops where a key is not the one that sealed a record; `place` is where that key is. @throws {RECORD_UNREADABLE} */
export function refuseOtherKey(record: SealedRecord, key: VaultKey, place: string): void {
  if (key.id === record.keyId) return
  throw new TokenctlError(
    'RECORD_UNREADABLE',
    `${record.path} was sealed with the key ${hex(record.keyId)}, and ${place} is the key ${key.id}.`,
    {
      fix: 'Nothing was changed. Give the key that belongs to the records: by `tokenctl config set key-file PATH`, or by the variable TOKENCTL_KEY_FILE where that is set.',
    },
  )
}

// The file may hold anything in the id's place.
function hex(id: string | null): string {
  return id !== null && /^[0-9a-f]{8}$/.test(id) ? id : '(unknown)'
}
