/**
 * XChaCha20-Poly1305 with a random nonce before each text, as @noble/ciphers' `managedNonce` lays it out: 24 bytes of nonce,
 * the ciphertext, 16 bytes of tag. HChaCha20 is noble's, which makes of key and nonce a key for once; the ChaCha20-Poly1305
 * behind it (RFC 8439) is Node's own, in a third of the time: a fleet seals three texts for each renewal. Where Node was built
 * without that cipher, as for FIPS, noble does all of it; each opens what the other sealed.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03 (section 2.3)
 */
import { createCipheriv, createDecipheriv, getCiphers, randomBytes } from 'node:crypto'
import { hchacha, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { managedNonce } from '@noble/ciphers/utils.js'

/** What seals and opens under one key, bound to one text beside it. */
export interface Cipher {
  encrypt(text: Uint8Array): Uint8Array
  /** @throws where the key, the text beside it or what was sealed is another */
  decrypt(sealed: Uint8Array): Uint8Array
}

export type MakeCipher = (key: Uint8Array, beside: Uint8Array) => Cipher

const NATIVE = 'chacha20-poly1305'
const [NONCE_BYTES, TAG_BYTES] = [24, 16]
/** The first words of ChaCha's state: "expand 32-byte k" (RFC 8439 section 2.3). */
const CONSTANTS = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574)

/** The cipher of this machine. */
export function xchacha(ciphers: readonly string[] = getCiphers()): MakeCipher {
  return ciphers.includes(NATIVE) ? native : managedNonce(xchacha20poly1305)
}

const native: MakeCipher = (key, beside) => ({
  encrypt(text) {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(NATIVE, keyForOnce(key, nonce), shortNonce(nonce), {
      authTagLength: TAG_BYTES,
    })
    cipher.setAAD(beside, { plaintextLength: text.length })
    return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
  },
  decrypt(sealed) {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error('is too short')
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length)
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES)
    const cipher = createDecipheriv(NATIVE, keyForOnce(key, nonce), shortNonce(nonce), {
      authTagLength: TAG_BYTES,
    })
    cipher.setAAD(beside, { plaintextLength: body.length })
    cipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([cipher.update(body), cipher.final()])
  },
})

/** HChaCha20 of the key and the first 16 bytes of the nonce. */
function keyForOnce(key: Uint8Array, nonce: Uint8Array): Buffer {
  const out = new Uint32Array(8)
  hchacha(CONSTANTS, words(key), words(nonce.subarray(0, 16)), out)
  const bytes = Buffer.alloc(32)
  for (const [at, word] of out.entries()) bytes.writeUInt32LE(word, 4 * at)
  return bytes
}

/** The rest of the nonce behind four zeros: what the inner cipher takes for its own. */
function shortNonce(nonce: Uint8Array): Buffer {
  return Buffer.concat([Buffer.alloc(4), nonce.subarray(16)])
}

/** Little-endian words, wherever the bytes lie. */
function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(4 * at, true))
}
