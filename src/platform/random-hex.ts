/** Names that nobody can guess and no other run takes: of drafts, which stand beside a file until they replace it. */
import { randomBytes } from 'node:crypto'

/** Eight random bytes in hex. Not by the global generator: with it Node loads all of the Web Crypto API. */
export function randomHex(): string {
  return randomBytes(8).toString('hex')
}
