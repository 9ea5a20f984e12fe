/**
 * What was told, and which hooks are still to be called, kept between runs: `notices.json` in the state folder. No secret:
 * names of accounts and channels, and dates. A file that cannot be read is moved aside and never removed; then each notice, and each
 * hook of a recovery, may come once more, and no oftener, and the hooks that it held as owed are not called.
 * Whoever reads it to change it holds the lock `notices`.
 */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { asTokenctlError, TokenctlError } from '../../errors.ts'
import { HOOK_EVENTS, type Mark, NOTICE_EVENTS } from '../../renewal/notices.ts'
import type { Listing } from '../../vault/listings.ts'
import { date } from '../../vault/record-shapes.ts'
import { newerVersion, parseStored } from '../../vault/stored-json.ts'
import type { World } from '../world.ts'

const VERSION = 1
/** A hundred thousand accounts that were all told of have some 30 MiB. */
const MAX_BYTES = 64 * 1024 * 1024

const mark = z.strictObject({
  event: z.enum([...NOTICE_EVENTS, ...HOOK_EVENTS]),
  key: z.string().check(z.maxLength(200)),
  days: z.nullable(z.int()),
  at: date,
  owed: z.array(z.string().check(z.maxLength(63))),
})
const book = z.strictObject({
  version: z.literal(VERSION),
  /** By record: `account/ebay:main`, `app/amazon:default`. */
  told: z.record(z.string().check(z.maxLength(200)), z.array(mark)),
})

/** What was told, by record. */
export class NoticeMarks {
  readonly #world: Pick<World, 'files' | 'folders'>
  readonly #told: Map<string, readonly Mark[]>

  constructor(
    world: Pick<World, 'files' | 'folders'>,
    told: Iterable<readonly [string, readonly Mark[]]> = [],
  ) {
    this.#world = world
    this.#told = new Map(told)
  }

  /** The marks of a record, such as `account/ebay:main`. */
  of(key: string): readonly Mark[] {
    return this.#told.get(key) ?? []
  }

  set(key: string, marks: readonly Mark[]): void {
    if (marks.length === 0) this.#told.delete(key)
    else this.#told.set(key, marks)
  }

  /** Forgets what is not there any more: another of the same name is another. */
  keepOnly({ accounts, apps, unreadable }: Omit<Listing, 'channels'>): void {
    const keys = new Set([
      ...accounts.map(({ account }) => `account/${account}`),
      ...apps.map(({ marketplace, name }) => `app/${marketplace}:${name}`),
      ...unreadable.map(({ key }) => key),
    ])
    for (const key of this.#told.keys()) if (!keys.has(key)) this.#told.delete(key)
  }

  /** What is known of one name is known of another, and of the first nothing any more. */
  move(from: string, to: string): void {
    this.set(to, this.of(from))
    this.set(from, [])
  }

  /** Writes all of it, whole or not at all. @throws {WRITE_FAILED} · {VAULT_UNAVAILABLE} */
  save(): void {
    const { files, folders } = this.#world
    files.ensurePrivateFolder(folders.state)
    const told = Object.fromEntries(
      [...this.#told].map(([key, marks]) => [key, marks.map(each => ({ ...each, owed: [...each.owed] }))]),
    )
    files.writeDurably(
      pathOf(folders.state),
      `${JSON.stringify(z.encode(book, { version: VERSION, told }))}\n`,
    )
  }
}

function pathOf(state: string): string {
  return join(state, 'notices.json')
}

/**
 * The marks of this home, and what to say about a file that was moved aside.
 *
 * @throws {RECORD_UNREADABLE} for a file of a newer tokenctl, which stays where it is.
 */
export function readNoticeMarks(world: Pick<World, 'files' | 'folders'>): {
  readonly marks: NoticeMarks
  readonly note: string | null
} {
  try {
    return { marks: requireNoticeMarks(world), note: null }
  } catch (error) {
    if (error instanceof NewerFile) throw error
    const { message } = asTokenctlError(error)
    return { marks: new NoticeMarks(world), note: setAside(pathOf(world.folders.state), message, world) }
  }
}

/**
 * The same, where nothing may be set aside: whoever takes one thing out of the file must not end what else it holds.
 *
 * @throws {RECORD_UNREADABLE} · what reading the file throws
 */
export function requireNoticeMarks(world: Pick<World, 'files' | 'folders'>): NoticeMarks {
  const path = pathOf(world.folders.state)
  const bytes = world.files.readPrivate(path, { maxBytes: MAX_BYTES })
  if (bytes === undefined) return new NoticeMarks(world)
  const told = parse(path, bytes.toString('utf8'))
  if (told === undefined) throw new TokenctlError('RECORD_UNREADABLE', `${path} is not in shape.`)
  return new NoticeMarks(world, told)
}

/**
 * What was told of a record, and which hooks it is owed, under its new name; keys such as `account/ebay:main`.
 *
 * @returns what to say where that could not be written down; null where it was
 */
export async function moveNoticeMarks(
  from: string,
  to: string,
  world: Pick<World, 'files' | 'folders' | 'locks'>,
): Promise<string | null> {
  try {
    return await world.locks.hold('notices', async () => {
      const { marks, note } = readNoticeMarks(world)
      if (marks.of(from).length + marks.of(to).length > 0) {
        marks.move(from, to)
        marks.save()
      }
      return note
    })
  } catch (error) {
    const { message } = asTokenctlError(error)
    return `What was told of it before may be told again under its new name. ${message}`
  }
}

class NewerFile extends TokenctlError {}

/** Whether the file was written by a newer tokenctl: it is never set aside, and until then nothing is told. */
export function isNewerMarks(error: TokenctlError): boolean {
  return error instanceof NewerFile
}

/** Where the file is. */
export function noticeMarksPath({ folders }: Pick<World, 'folders'>): string {
  return pathOf(folders.state)
}

function parse(path: string, text: string): Iterable<readonly [string, readonly Mark[]]> | undefined {
  const json = parseStored(text)
  const newer = newerVersion(json, VERSION)
  if (newer !== undefined)
    throw new NewerFile('RECORD_UNREADABLE', `${path} was written by a newer tokenctl (version ${newer}).`, {
      fix: 'Update tokenctl. Nothing was changed.',
    })
  const result = z.safeDecode(book, json as z.input<typeof book>)
  return result.success ? Object.entries(result.data.told) : undefined
}

function setAside(path: string, what: string, { files }: Pick<World, 'files'>): string {
  const again =
    'notices and hooks of a recovery may come once more, and hooks still owed a call are not called'
  try {
    return `${what} It is now ${files.setAside(path, 'unreadable')}, and ${again}.`
  } catch (error) {
    return `${what} ${asTokenctlError(error).message} Until it is mended or moved away, ${again}.`
  }
}
