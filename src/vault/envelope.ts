/**
 * Sealing: XChaCha20-Poly1305 under a 32-byte key, a fresh 24-byte random nonce before each text, and the line that
 * stands beside it as associated data, so that neither part can be changed or moved without being found out.
 * The cipher is loaded on first use; a listing never gets here.
 */

import type { Cipher, MakeCipher } from './xchacha.ts'

/** A text sealed to the line beside it; base64 of nonce, ciphertext and tag. */
export async function seal(key: Uint8Array, beside: string, text: string): Promise<string> {
  const cipher = await cipherFor(key, beside)
  return Buffer.from(cipher.encrypt(Buffer.from(text, 'utf8'))).toString('base64')
}

/** The text that was sealed; undefined when the key, the line beside it or the sealed text is another. */
export async function open(key: Uint8Array, beside: string, sealed: string): Promise<string | undefined> {
  const bytes = Buffer.from(sealed, 'base64')
  // Buffer skips what is not base64: a changed character must be found out like any other change.
  if (bytes.toString('base64') !== sealed) return undefined
  const cipher = await cipherFor(key, beside)
  try {
    return Buffer.from(cipher.decrypt(bytes)).toString('utf8')
  } catch {
    // The cipher says only that it does not fit, and there is nothing more to say: undefined is that answer.
    return undefined
  }
}

/** Made once: records are sealed by the thousand. */
let make: MakeCipher | undefined

async function cipherFor(key: Uint8Array, beside: string): Promise<Cipher> {
  make ??= (await import('./xchacha.ts')).xchacha()
  return make(key, Buffer.from(beside, 'utf8'))
}
