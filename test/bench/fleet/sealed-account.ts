/** An account's record as it rests in either store, made by the program's own code and sealed for real, without a store. */
import { Secret } from '../../../src/tokens/secret.ts'
import { type AccountHeader, NO_SECRETS, newHeader } from '../../../src/tokens/token-set.ts'
import { seal } from '../../../src/vault/envelope.ts'
import { keyedFingerprint } from '../../../src/vault/key.ts'
import type { VaultKey } from '../../../src/vault/key-source.ts'
import { columnsOf } from '../../../src/vault/postgres/columns.ts'
import { fileName, SEALED, writeHead } from '../../../src/vault/record-file.ts'
import { writeAccountSecrets } from '../../../src/vault/record-secrets.ts'
import { accountKey, writeAccountHeader } from '../../../src/vault/records.ts'

/** What is said of an account; its token is as long as a vendor's. */
export type SeededAccount = Pick<AccountHeader, 'account' | 'environment' | 'consentAt'> &
  Partial<AccountHeader> & { readonly token: string }

export interface SealedAccount {
  /** The values of its row, by column. */
  readonly columns: Readonly<Record<string, string | number | boolean | null>>
  readonly file: string
  readonly text: string
}

/** The record of an account of the app `default`. */
export async function sealedAccount(
  { token, ...given }: SeededAccount,
  { id, bytes }: VaultKey,
): Promise<SealedAccount> {
  const key = accountKey(given.account)
  const fingerprint = await keyedFingerprint(bytes, token)
  const made = newHeader({ app: 'default', holdsToken: true, ...given, fingerprint })
  const header = writeAccountHeader(made, 1)
  const head = writeHead(SEALED, key, { keyId: id, header })
  const secrets = writeAccountSecrets({ ...NO_SECRETS, refreshToken: new Secret(token) })
  const sealed = await seal(bytes, head, JSON.stringify(secrets))
  return {
    columns: { key, head, sealed, key_id: id, ...columnsOf(key, header) },
    file: fileName(key, SEALED),
    text: `${head}\n${sealed}\n`,
  }
}
