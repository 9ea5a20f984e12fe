/**
 * A store that forgets with its process: for tests, and for the limits of other stores (`maxValueBytes` as small as
 * Windows' proves that everything above splits what is larger). Never offered to a person.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { createJournalMemory } from './journal-store.ts'
import { vaultKey } from './key-source.ts'
import { refuseTooLong } from './record-size.ts'
import type { HeaderEntry, SecretRecord, SecretStore } from './secret-store.ts'

/** An empty store; a body that is longer with its header than `maxValueBytes` (UTF-8) is refused with WRITE_FAILED. */
export function createMemoryStore(options: { readonly maxValueBytes?: number } = {}): SecretStore {
  const { maxValueBytes = Number.MAX_SAFE_INTEGER } = options
  const records = new Map<string, string>()
  const key = randomBytes(32)
  /** One after the other, as a kernel's lock does between processes. */
  const queues = new Map<string, Promise<unknown>>()

  return {
    kind: 'memory',
    maxValueBytes,
    headers: async () =>
      [...records]
        .map(([key, text]): HeaderEntry => ({ key, header: (JSON.parse(text) as SecretRecord).header }))
        .filter(entry => 'header' in entry && Object.keys(entry.header).length > 0)
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    get: async key => {
      const text = records.get(key)
      return text === undefined ? undefined : (JSON.parse(text) as SecretRecord)
    },
    put: async (key, record) => {
      refuseTooLong(key, record, maxValueBytes)
      records.set(key, JSON.stringify(record))
    },
    delete: async key => records.delete(key),
    journal: createJournalMemory(),
    asked: createJournalMemory(),
    sealKey: () => vaultKey(key),
    prove: async () => {},
    lock: (name, work) => {
      const turn = (queues.get(name) ?? Promise.resolve()).then(work)
      queues.set(
        name,
        turn.catch(() => undefined),
      )
      return turn
    },
    fingerprint: async text => createHmac('sha256', key).update(text).digest('hex').slice(0, 16),
    close: async () => {},
  }
}
