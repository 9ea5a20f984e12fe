/**
 * The keychain's own list of what is in it: keychains cannot be asked by us (their find calls fetch every secret), and
 * without a list a lost state folder would look like a vault that was never used.
 * A key is listed before its item is made and struck out before its item goes; `pending` names the one change that a
 * killed run may have left half done. Where items are short (Windows) the list goes over several pages.
 */
import { TokenctlError } from '../errors.ts'
import type { KeychainItems } from './keychain-items.ts'
import { type FirstPage, INDEX_VERSION, readFirstPage, readLaterPage } from './keychain-shapes.ts'
import { newerVersion, parseStored } from './stored-json.ts'

export type Pending = NonNullable<FirstPage['pending']>

/** Room kept on the first page for `pending`, whose key has 160 characters at most. */
const PENDING_BYTES = 220

/** The list as it was read; changed in place, then written by `KeychainIndex.write`. */
export interface IndexState {
  pages: string[][]
  pending: Pending | null
  /** The texts as stored, to write only what changed. */
  readonly stored: readonly (string | undefined)[]
}

export class KeychainIndex {
  readonly #items: KeychainItems
  readonly #maxItemBytes: number

  constructor(items: KeychainItems, maxItemBytes: number) {
    this.#items = items
    this.#maxItemBytes = maxItemBytes
  }

  /** The list; undefined when there is none. @throws {RECORD_UNREADABLE} and what the keychain throws. */
  async read(): Promise<IndexState | undefined> {
    const first = await this.#text(0)
    if (first === undefined) return undefined
    const { pages: count, pending, keys } = parse(readFirstPage, first)
    const pages = [keys]
    const stored: (string | undefined)[] = [first]
    for (let number = 1; number < count; number++) {
      const text = await this.#text(number)
      stored.push(text)
      // A run that was killed after it counted the page, before it wrote it.
      pages.push(text === undefined ? [] : parse(readLaterPage, text).keys)
    }
    return { pages, pending, stored }
  }

  /** Puts a key on the first page that has room for it; nothing when it is there already. */
  add(state: IndexState, key: string): void {
    if (isListed(state, key)) return
    const page = state.pages.find((keys, number) => this.#fits([...keys, key], number))
    if (page === undefined) state.pages.push([key])
    else page.push(key)
  }

  /** Writes the pages that changed, the first one first: it counts the others and names the pending change. */
  async write(state: IndexState): Promise<void> {
    for (const number of state.pages.keys()) {
      const text = pageText(state, number)
      if (text !== state.stored[number]) await this.#items.set(pageName(number), Buffer.from(text, 'utf8'))
    }
  }

  /** Removes a list, its first page last: while that is there, the others are known of. */
  async remove(state: IndexState): Promise<void> {
    for (const number of [...state.pages.keys()].reverse()) await this.#items.delete(pageName(number))
  }

  async #text(number: number): Promise<string | undefined> {
    return (await this.#items.get(pageName(number)))?.toString('utf8')
  }

  #fits(keys: readonly string[], number: number): boolean {
    const bytes = Buffer.byteLength(JSON.stringify({ keys })) + (number === 0 ? PENDING_BYTES : 0)
    return bytes <= this.#maxItemBytes
  }
}

/** A list with nothing in it. */
export function emptyIndex(): IndexState {
  return { pages: [[]], pending: null, stored: [] }
}

/** Whether a key is listed. */
export function isListed(state: IndexState, key: string): boolean {
  return state.pages.some(keys => keys.includes(key))
}

/** Strikes a key out. */
export function strike(state: IndexState, key: string): void {
  state.pages = state.pages.map(keys => keys.filter(listed => listed !== key))
}

// No dot: Windows joins item and service by one.
function pageName(number: number): string {
  return number === 0 ? 'index' : `index-${number}`
}

function pageText(state: IndexState, number: number): string {
  const keys = state.pages[number] ?? []
  if (number > 0) return JSON.stringify({ keys })
  const { pending } = state
  return JSON.stringify({
    format: 'tokenctl-index',
    version: INDEX_VERSION,
    pages: state.pages.length,
    pending,
    keys,
  })
}

function parse<Page>(read: (json: unknown) => Page | undefined, text: string): Page {
  const unreadable = (what: string, fix: string) => new TokenctlError('RECORD_UNREADABLE', what, { fix })
  const changed = 'Another program changed it. Nothing was changed.'
  const json = parseStored(text)
  // It holds no secret, but it may be another program's text, which is not for the screen.
  if (json === undefined) throw unreadable("The keychain's index item is not JSON.", changed)
  const newer = newerVersion(json, INDEX_VERSION)
  if (newer !== undefined)
    throw unreadable(
      `The keychain's index was written by a newer tokenctl (version ${newer}).`,
      'Update tokenctl.',
    )
  const page = read(json)
  if (page !== undefined) return page
  throw unreadable("The keychain's index item is not in shape.", changed)
}
