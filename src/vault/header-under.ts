/** What of a record's header hangs on the key that seals it: an account's fingerprint, and nothing else. */
import { keyedFingerprint } from './key.ts'
import type { VaultKey } from './key-source.ts'
import { readParts } from './parts.ts'
import { isPart } from './record-file.ts'
import { readAccountSecrets } from './record-secrets.ts'
import type { HeaderJson, SecretRecord, SecretStore } from './secret-store.ts'

/**
 * The header of a record as it is to stand beside it under another key. The record is opened as far as that takes, so that
 * none is sealed anew that could not be read.
 *
 * @param store where the record's parts are, if it has any
 * @throws {RECORD_UNREADABLE}
 */
export async function headerUnder(
  { bytes }: Pick<VaultKey, 'bytes'>,
  key: string,
  { header, body, perishable }: SecretRecord,
  store: SecretStore,
): Promise<HeaderJson> {
  if (!key.startsWith('account/') || isPart(key)) return header
  const whole = (await readParts(store, key, body)) ?? body
  const { refreshToken } = readAccountSecrets(key, whole, perishable)
  const fingerprint = refreshToken === null ? null : await keyedFingerprint(bytes, refreshToken.reveal())
  return { ...header, fingerprint }
}
