import { createMemoryStore } from '../../src/vault/memory.ts'
import { testSecretStore } from '../contracts/secret-store.ts'

for (const maxValueBytes of [undefined, 2560]) {
  testSecretStore(`memory, ${maxValueBytes ?? 'no'} limit`, async () => {
    const store = createMemoryStore(maxValueBytes === undefined ? {} : { maxValueBytes })
    return { store, reopen: async () => store }
  })
}
