/**
 * Bodies that are longer than a store's item: cut into parts under names of their own revision, written before the
 * item that names them. So a run that is killed in between leaves the old record whole, or the new one, and never a
 * mixture: `account/ebay:main#7.0` belongs to revision 7 and to nothing else.
 */
import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import { TokenctlError } from '../errors.ts'
import { recordBytes } from './record-size.ts'
import type { HeaderJson, SecretRecord, SecretStore } from './secret-store.ts'

// JSON bodies begin with `{"record"`; one that begins so is a list of parts.
const LISTING = '{"parts":'
const listing = z.strictObject({
  parts: z.int().check(z.gte(1), z.lte(10_000)),
  revision: z.int(),
  sha256: z.string(),
})

/** Whether a record is longer than one item of a store. */
export function needsParts(store: SecretStore, record: Pick<SecretRecord, 'header' | 'body'>): boolean {
  return recordBytes(record) > store.maxValueBytes
}

/** The longest header of a part (`{}`) in bytes; counts against the store's limit. */
const PART_HEADER_BYTES = 2

function partKey(key: string, revision: number, index: number): string {
  return `${key}#${revision}.${index}`
}

function digest(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}

/**
 * The text to store under the key itself: the body where it fits, else the list of its parts, which are durable by then.
 * Every body is JSON; what is not ASCII in it is escaped first, so that no character is ever cut in two.
 *
 * @throws {WRITE_FAILED}
 */
export async function writeParts(
  store: SecretStore,
  key: string,
  revision: number,
  header: HeaderJson,
  body: string,
): Promise<string> {
  const headerBytes = Buffer.byteLength(JSON.stringify(header))
  const ascii = body.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  if (headerBytes + ascii.length <= store.maxValueBytes) return ascii
  const size = store.maxValueBytes - PART_HEADER_BYTES
  const parts = Math.ceil(ascii.length / size)
  const text = JSON.stringify({ parts, revision, sha256: digest(ascii) })
  if (headerBytes + text.length > store.maxValueBytes)
    throw new TokenctlError(
      'WRITE_FAILED',
      `The header of ${key} is longer than this store takes (${store.maxValueBytes} bytes).`,
    )
  for (let index = 0; index < parts; index++) {
    const slice = ascii.slice(index * size, (index + 1) * size)
    await store.put(partKey(key, revision, index), { header: {}, body: slice, perishable: null })
  }
  return text
}

/**
 * The body that a stored text stands for; undefined when a part is missing, as it is for a moment while another run
 * replaces the record.
 *
 * @throws {RECORD_UNREADABLE} when the parts do not make the body that was written.
 */
export async function readParts(store: SecretStore, key: string, text: string): Promise<string | undefined> {
  const list = parseListing(key, text)
  if (list === undefined) return text
  const slices: string[] = []
  for (let index = 0; index < list.parts; index++) {
    const part = await store.get(partKey(key, list.revision, index))
    if (part === undefined) return undefined
    slices.push(part.body)
  }
  const body = slices.join('')
  if (digest(body) === list.sha256) return body
  throw new TokenctlError('RECORD_UNREADABLE', `The parts of the record ${key} do not belong together.`)
}

/** Removes the parts that a text which is no longer stored named; with them any that a killed run left behind them. */
export async function removeParts(store: SecretStore, key: string, text: string): Promise<void> {
  const list = parseListing(key, text)
  if (list === undefined) return
  for (let index = 0; index < list.parts; index++) await store.delete(partKey(key, list.revision, index))
  let next = list.parts
  while (await store.delete(partKey(key, list.revision, next))) next++
}

function parseListing(key: string, text: string): z.output<typeof listing> | undefined {
  if (!text.startsWith(LISTING)) return undefined
  try {
    return z.parse(listing, JSON.parse(text))
  } catch (cause) {
    throw new TokenctlError('RECORD_UNREADABLE', `The record ${key} names its parts in no known way.`, {
      cause,
    })
  }
}
