/**
 * What the keys of all stores have in common: their length, and the digest of a text that one makes. A key itself never
 * rests here; where it does is each store's own matter.
 */

/** The length of every key: what XChaCha20-Poly1305 takes. */
export const KEY_BYTES = 32

let createHmac: typeof import('node:crypto').createHmac | undefined

/** A digest of a text under a key, 16 hex digits: tells two texts apart and says nothing about either. */
export async function keyedFingerprint(key: Uint8Array, text: string): Promise<string> {
  // On first use: a listing takes no fingerprint, and should not wait for the load. And once: in the bundle each import of
  // a module of Node's copies all its names, which was a twentieth of a renewal.
  createHmac ??= (await import('node:crypto')).createHmac
  return createHmac('sha256', key).update(`tokenctl fingerprint v1\0${text}`).digest('hex').slice(0, 16)
}
