/** How long a record is to the stores, and how long one may be. The header counts: it rests beside the body. */
import { TokenctlError } from '../errors.ts'
import type { SecretRecord } from './secret-store.ts'

type Sized = Pick<SecretRecord, 'header' | 'body'>

/**
 * The most that a store takes which has no narrower limit of its own, in bytes. Longer ones are no token's. A file of the file
 * store has room for it (`MAX_FILE_BYTES`): base64 makes four of three, and the head line wants its place; and what one store
 * takes another must take too, so that records can be moved.
 */
export const MAX_RECORD_BYTES = 512 * 1024

/** The length of a record, in bytes. */
export function recordBytes({ header, body }: Sized): number {
  return Buffer.byteLength(JSON.stringify(header)) + Buffer.byteLength(body)
}

/** @throws {WRITE_FAILED} for a record that is longer than so many bytes */
export function refuseTooLong(key: string, record: Sized, most: number): void {
  const bytes = recordBytes(record)
  if (bytes > most)
    throw new TokenctlError('WRITE_FAILED', `The record ${key} has ${bytes} bytes; the most is ${most}.`)
}
