/** A store whose keychain can lock itself, and whose calls are the outside's where no file stands behind them. */
import { TokenctlError } from '../../src/errors.ts'
import type { VaultKey } from '../../src/vault/key-source.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import type { Outside } from './model-outside.ts'

/** @param aside gets the name of each journal that is moved out of the way. */
export function troubled(
  store: SecretStore,
  outside: Outside,
  isMemory: boolean,
  aside: string[],
): SecretStore {
  let key: Promise<VaultKey> | undefined
  const unlocked = () => {
    if (outside.isLocked) throw new TokenctlError('VAULT_LOCKED', 'The keychain is locked.')
  }
  const call = (need?: 'space' | 'write') => {
    if (!isMemory) return
    try {
      outside.call(need)
    } catch (error) {
      if (outside.isDead) throw error
      throw new TokenctlError('WRITE_FAILED', 'The disk is full.', { cause: error })
    }
  }
  /** A write that can be cut off before and after it is made. */
  const writing = async <T>(need: 'space' | 'write', write: () => Promise<T>): Promise<T> => {
    call(need)
    const result = await write()
    if (isMemory) outside.durable()
    call()
    return result
  }
  const kept = async (keep: () => Promise<string>): Promise<string> => {
    call('write')
    const where = await keep()
    aside.push(where)
    call()
    return where
  }
  const { journal } = store
  const opened = async () => {
    // From memory after the first call, as every store keeps it.
    if (key === undefined) unlocked()
    key ??= store.sealKey()
    return await key
  }
  return {
    kind: store.kind,
    maxValueBytes: store.maxValueBytes,
    headers: () => store.headers(),
    close: () => store.close(),
    asked: store.asked,
    lock: (_name, work) => work(),
    sealKey: opened,
    fingerprint: async text => {
      await opened()
      return await store.fingerprint(text)
    },
    get: async name => {
      unlocked()
      return await store.get(name)
    },
    put: async (name, record) => {
      call()
      unlocked()
      await writing('space', () => store.put(name, record))
    },
    delete: async name => {
      call()
      unlocked()
      return await writing('write', () => store.delete(name))
    },
    prove: async () => {
      call('space')
      unlocked()
      await store.prove()
    },
    journal: {
      keys: () => journal.keys(),
      read: name => journal.read(name),
      begin: async (name, text) => {
        const begun = await writing('space', () => journal.begin(name, text))
        return {
          addLine: line => writing('write', () => begun.addLine(line)),
          close: () => begun.close(),
        }
      },
      remove: name => writing('write', () => journal.remove(name)),
      setAside: (name, why) => kept(() => journal.setAside(name, why)),
      copyAside: (name, why) => kept(() => journal.copyAside(name, why)),
    },
  }
}
