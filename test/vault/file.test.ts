import { testSecretStore } from '../contracts/secret-store.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { fileStoreIn } from './stores.ts'

testSecretStore('sealed folder', async () => {
  const home = temporaryHome()
  return { store: fileStoreIn(home), reopen: async () => fileStoreIn(home) }
})
