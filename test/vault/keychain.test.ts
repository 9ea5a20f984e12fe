import { createNodeFiles } from '../../src/platform/files.ts'
import { testSecretStore } from '../contracts/secret-store.ts'
import { fakeKeychain } from '../support/fake-keychain.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { keychainStoreIn } from './stores.ts'

const onWindows = createNodeFiles({ platform: 'win32', uid: undefined })

for (const [name, files] of [
  ['Linux', undefined],
  ['Windows’ item size', onWindows],
] as const) {
  testSecretStore(`keychain over a fake helper, ${name}`, async () => {
    const home = temporaryHome()
    const { startHelper } = fakeKeychain()
    const open = () => keychainStoreIn(home, files === undefined ? { startHelper } : { startHelper, files })
    return { store: open(), reopen: async () => open() }
  })
}
