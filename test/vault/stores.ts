/** Stores over a temporary home, as the door makes them, for the tests of this room. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Locks } from '../../src/platform/file-lock.ts'
import { createNodeFiles, type Files } from '../../src/platform/files.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { createFileStore } from '../../src/vault/file.ts'
import { chooseKeySource, type KeySourceOptions } from '../../src/vault/key-source.ts'
import { KeychainStore } from '../../src/vault/keychain.ts'
import { KeychainItems, type StartHelper } from '../../src/vault/keychain-items.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'

const nodeFiles = createNodeFiles()

/** Locks of one process: no two works on a name at once, but for those that share it. */
export function localLocks(): Locks {
  const holders = new Map<string, { alone: boolean; sharing: number }>()
  let waiting: (() => void)[] = []
  return {
    hold: async (name, work, { shared = false } = {}) => {
      const held = holders.get(name) ?? { alone: false, sharing: 0 }
      holders.set(name, held)
      while (held.alone || (!shared && held.sharing > 0))
        await new Promise<void>(resolve => waiting.push(resolve))
      if (shared) held.sharing += 1
      else held.alone = true
      try {
        return await work()
      } finally {
        if (shared) held.sharing -= 1
        else held.alone = false
        const woken = waiting
        waiting = []
        for (const wake of woken) wake()
      }
    },
  }
}

/** One for each home: what a store and the same store opened again share. */
const locksOfHomes = new Map<string, Locks>()

function lockIn(home: string): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const locks = locksOfHomes.get(home) ?? localLocks()
  locksOfHomes.set(home, locks)
  return (name, work) => locks.hold(name, work)
}

/** The options of a key source that has its key file in the home. */
export function keyOptions(home: string, more: Partial<KeySourceOptions> = {}): KeySourceOptions {
  return {
    kind: 'file',
    keyFile: join(home, 'vault.key'),
    env: {},
    files: nodeFiles,
    askPassphrase: async () => new Secret('correct horse battery staple'),
    keyItem: async () => {
      throw new Error('no keychain in this test')
    },
    ...more,
  }
}

/** A file store in `home/records`. */
export function fileStoreIn(home: string, options: Partial<KeySourceOptions> = {}): SecretStore {
  const folder = join(home, 'records')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return createFileStore({
    folder,
    journalFolder: join(home, 'journal'),
    files: options.files ?? nodeFiles,
    lock: lockIn(home),
    keySource: () => chooseKeySource(keyOptions(home, options)),
  })
}

export interface KeychainFacts {
  readonly startHelper: StartHelper
  readonly env?: Readonly<Record<string, string>>
  readonly files?: Files
  readonly vaultId?: string
}

/** A keychain store with its header files in `home/headers`. */
export function keychainStoreIn(home: string, facts: KeychainFacts): KeychainStore {
  const folder = join(home, 'headers')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files = facts.files ?? nodeFiles
  const items = new KeychainItems({
    vaultId: facts.vaultId ?? '0123456789abcdef',
    env: facts.env ?? { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
    files,
    startHelper: facts.startHelper,
  })
  return new KeychainStore({ folder, journalFolder: join(home, 'journal'), files, items, lock: lockIn(home) })
}
