/**
 * Whether a store of a state folder has anything in it, by its files' names alone: asked on every way in, so it stands apart
 * from what is done where the answer is "no" (`lost-state.ts`).
 */
import { join } from 'node:path'
import type { Files } from '../platform/files.ts'
import type { StoreName } from './choices.ts'
import { STORE_FOLDERS } from './open-store.ts'

/** How many files of records a store has in a state folder; that of many machines has none. */
export function countRecords(stateDir: string, store: StoreName, files: Files): number {
  if (store === 'postgres' || !files.checkPrivateFolder(stateDir)) return 0
  const names = files.list(join(stateDir, STORE_FOLDERS[store])) ?? []
  return names.filter(name => !name.startsWith('.')).length
}
