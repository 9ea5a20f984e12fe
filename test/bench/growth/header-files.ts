/** The keychain store's header files without the keychain's items: enough for whoever lists, too little for whoever opens. */
import { createNodeFiles } from '../../../src/platform/files.ts'
import { type AccountHeader, newHeader } from '../../../src/tokens/token-set.ts'
import { HeaderFiles } from '../../../src/vault/header-files.ts'
import { KEY_BYTES } from '../../../src/vault/key.ts'
import { accountKey, writeAccountHeader } from '../../../src/vault/records.ts'

export type ListedAccount = Pick<AccountHeader, 'account' | 'environment' | 'consentAt'> &
  Partial<AccountHeader> & { readonly token: string; readonly accessToken: string }

/** Writes a file for each account, with its access token beside, sealed under a key that nobody keeps. */
export async function writeHeaderFiles(folder: string, accounts: Iterable<ListedAccount>): Promise<void> {
  const files = new HeaderFiles(folder, createNodeFiles())
  const sealKey = new Uint8Array(KEY_BYTES)
  let number = 0
  for (const { token: _, accessToken, ...given } of accounts) {
    number += 1
    const fingerprint = number.toString(16).padStart(16, '0')
    const header = newHeader({ app: 'default', holdsToken: true, ...given, fingerprint })
    const key = accountKey(given.account)
    await files.write(key, writeAccountHeader(header, 1), { text: accessToken, key: sealKey })
  }
}
