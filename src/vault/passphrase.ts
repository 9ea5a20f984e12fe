/**
 * A key file under a passphrase is an ordinary `age` file, so that the stock `age` program opens it too. Its slow key
 * derivation (1.6 s) runs once in a run. Loaded only for a vault whose key is kept so.
 */
import { TokenctlError } from '../errors.ts'
import type { Secret } from '../tokens/secret.ts'

/** The bytes under a passphrase, as an age file. @throws {ANSWER_MISSING} when the passphrase is empty. */
export async function sealWithPassphrase(bytes: Uint8Array, passphrase: Secret): Promise<Uint8Array> {
  if (passphrase.reveal() === '')
    throw new TokenctlError('ANSWER_MISSING', 'A passphrase cannot be empty.', {
      fix: 'Type one; four random words or more.',
    })
  const { Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase.reveal())
  return await encrypter.encrypt(bytes)
}

/**
 * What an age file under a passphrase holds, armoured or not.
 *
 * @throws {VAULT_LOCKED} when this passphrase does not open it.
 */
export async function openWithPassphrase(
  path: string,
  file: Uint8Array,
  passphrase: Secret,
): Promise<Uint8Array> {
  const { armor, Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase.reveal())
  try {
    const text = Buffer.from(file).toString('latin1')
    const bytes = text.startsWith('-----') ? armor.decode(text) : file
    return await decrypter.decrypt(bytes, 'uint8array')
  } catch (cause) {
    throw new TokenctlError('VAULT_LOCKED', `The passphrase does not open ${path}, or the file is damaged.`, {
      fix: 'Try again. `age --decrypt` opens the same file with the same passphrase.',
      cause,
    })
  }
}
