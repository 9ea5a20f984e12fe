/** The text of one item of the keychain: a line that says what it is and repeats the header, then the body as it is. */
import { TokenctlError } from '../errors.ts'
import { ITEM_VERSION, readItemHead } from './keychain-shapes.ts'
import { keySubject } from './records.ts'
import type { HeaderJson } from './secret-store.ts'
import { newerVersion, parseStored } from './stored-json.ts'

/** What the first line needs besides the header, in bytes, with the longest key. */
export const ITEM_OVERHEAD_BYTES = 240

export interface Item {
  readonly header: HeaderJson
  readonly body: string
}

/** An item's bytes. */
export function writeItem(key: string, { header, body }: Item): Buffer {
  const head = JSON.stringify({ format: 'tokenctl-item', version: ITEM_VERSION, key, header })
  return Buffer.from(`${head}\n${body}`, 'utf8')
}

/**
 * What an item's bytes say.
 *
 * @throws {RECORD_UNREADABLE} when they are of a newer version, of another key, or another program's.
 */
export function readItem(key: string, bytes: Buffer): Item {
  const text = bytes.toString('utf8')
  const end = text.indexOf('\n')
  const json = end === -1 ? undefined : parseStored(text.slice(0, end))
  const newer = newerVersion(json, ITEM_VERSION)
  if (newer !== undefined)
    throw unreadable(key, `was written by a newer tokenctl (item version ${newer})`, 'Update tokenctl.')
  const head = readItemHead(json)
  if (head === undefined)
    throw unreadable(
      key,
      'is not one that tokenctl wrote',
      'Another program changed it; see its own program.',
    )
  if (head.key !== key)
    throw unreadable(key, 'is that of another record', 'Another program moved it; see its own program.')
  return { header: head.header, body: text.slice(end + 1) }
}

function unreadable(key: string, what: string, fix: string): TokenctlError {
  return new TokenctlError('RECORD_UNREADABLE', `The keychain's item of ${keySubject(key)} ${what}.`, {
    fix: `${fix} Nothing was changed.`,
  })
}
