/** The store of a fleet over a database of a test's own, as the door opens it: one machine for each home. */
import { createHash, randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { onTestFinished } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import type { KeySource } from '../../../src/vault/key-source.ts'
import { vaultKey } from '../../../src/vault/key-source.ts'
import { addressOf } from '../../../src/vault/postgres/address.ts'
import { PostgresStore } from '../../../src/vault/postgres/store.ts'

export interface StoreParts {
  /** The fleet's key; every machine has the same. */
  readonly key?: Uint8Array
  readonly now?: () => number
  readonly by?: string
}

/** 32 bytes that belong to a text. */
export const keyOf = (text: string): Uint8Array => createHash('sha256').update(text).digest()

/** A store that is closed with its test; its tables are there. */
export async function fleetStore(
  env: Readonly<Record<string, string>>,
  parts: StoreParts = {},
): Promise<PostgresStore> {
  const store = machineStore(env, parts)
  await store.makeTables()
  return store
}

/** The same, of a machine that has made no tables. */
export function machineStore(
  env: Readonly<Record<string, string>>,
  { key = keyOf('the key of the fleet'), now = Date.now, by = 'test' }: StoreParts = {},
): PostgresStore {
  const store = new PostgresStore({
    by,
    clock: { now, sleep: ms => new Promise(resolve => setTimeout(resolve, ms)) },
    keySource: () => sourceOf(key),
    address: async () =>
      addressOf({ env, settings: {}, files: createNodeFiles(), platform: 'linux', homeDir: homedir() }),
  })
  onTestFinished(() => store.close())
  return store
}

/** A key that is there, for a vault that has records. */
function sourceOf(key: Uint8Array): KeySource {
  const read = () => vaultKey(key)
  return { place: 'the key of the test', read, create: read, isMissing: () => false }
}

/** A name that no other test has. */
export const ownName = (): string => `shop-${randomBytes(4).toString('hex')}`
