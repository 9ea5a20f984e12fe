/**
 * The files of both disk layouts: their names, and the first line that says in the clear what a file is. Reading it
 * needs no key and no cipher. A name and the key inside must agree, so that a file copied over another is found out.
 */
import { TokenctlError } from '../errors.ts'
import type { HeaderJson } from './secret-store.ts'
import { newerVersion, parseStored } from './stored-json.ts'

export interface RecordFileKind {
  readonly format: 'tokenctl-record' | 'tokenctl-header' | 'tokenctl-journal' | 'tokenctl-asked'
  /** The end of the names, with its dot. */
  readonly extension: '.sealed' | '.header' | '.journal' | '.asked'
  /** How a damaged one is mended, where a command does it; else a person has to. */
  readonly mend?: string
}

/** The file store's own: one record, its secrets sealed on the second line. */
export const SEALED: RecordFileKind = { format: 'tokenctl-record', extension: '.sealed' }

/** A record has some 6 KiB at most (a long access token, three refresh tokens); a file past this is none of ours. */
export const MAX_FILE_BYTES = 1024 * 1024

/** The version of the files of both kinds. A newer one is refused. */
export const FILE_VERSION = 1

export interface RecordHead {
  /** The id of the key that sealed the rest; null when nothing is sealed. */
  readonly keyId: string | null
  readonly header: HeaderJson
}

// No name in a key has a dot, so dots can part them, and the way back is certain.
const KEY = /^(account|app|channel)\/([a-z0-9-]+):([a-z0-9-]+)(?:#(\d+)\.(\d+))?$/
const NAME = /^(account|app|channel)\.([a-z0-9-]+)\.([a-z0-9-]+)(?:\.(\d+)\.(\d+))?$/

/** `account.ebay.main.sealed` for `account/ebay:main`. */
export function fileName(key: string, kind: RecordFileKind): string {
  const match = KEY.exec(key)
  if (match === null) throw new TokenctlError('BUG', `${JSON.stringify(key)} is no key of a record.`)
  return match.slice(1).filter(Boolean).join('.') + kind.extension
}

/** The key that a file's name stands for; undefined when the file is none of this kind. */
export function fileKey(name: string, kind: RecordFileKind): string | undefined {
  if (!name.endsWith(kind.extension)) return undefined
  const match = NAME.exec(name.slice(0, -kind.extension.length))
  if (match === null) return undefined
  const [, what, marketplace, own, revision, index] = match
  return `${what}/${marketplace}:${own}${revision === undefined ? '' : `#${revision}.${index}`}`
}

/** Whether a key is that of a part, which no listing shows. */
export function isPart(key: string): boolean {
  return key.includes('#')
}

/** The first line of a file, without its newline. The exact text is what the rest is sealed to. */
export function writeHead(kind: RecordFileKind, key: string, { keyId, header }: RecordHead): string {
  return JSON.stringify({ format: kind.format, version: FILE_VERSION, key, keyId, header })
}

/**
 * What a file's first line says.
 *
 * @throws {RECORD_UNREADABLE} when it is of a newer version, of another record, or no such line.
 */
export function readHead(kind: RecordFileKind, path: string, key: string, line: string): RecordHead {
  const json = parseStored(line)
  const newer = newerVersion(json, FILE_VERSION)
  if (newer !== undefined)
    throw new TokenctlError(
      'RECORD_UNREADABLE',
      `${path} was written by a newer tokenctl (file version ${newer}, known is ${FILE_VERSION}).`,
      { fix: 'Update tokenctl. Nothing was changed.' },
    )
  const head = headIn(json)
  if (head?.format !== kind.format)
    throw new TokenctlError('RECORD_UNREADABLE', `${path} does not begin as a record of tokenctl does.`, {
      fix: kind.mend ?? 'It was cut short or changed. Restore it from a backup; nothing was changed.',
    })
  if (head.key !== key)
    throw new TokenctlError('RECORD_UNREADABLE', `${path} holds another record than its name says.`, {
      fix:
        kind.mend ??
        'Two files were swapped or one was copied over another. Put each back under its own name.',
    })
  return { keyId: head.keyId, header: head.header }
}

interface FirstLine extends RecordHead {
  readonly format: string
  readonly key: string
}

/**
 * The five fields and no other, read by hand: every listing reads one of these a record, and of what is wrong with one no more
 * is told than that something is. Of the header only that it is an object: its own schema looks at every field, once.
 */
function headIn(json: unknown): FirstLine | undefined {
  if (!isObject(json) || Object.keys(json).length !== 5) return undefined
  const { format, version, key, keyId, header } = json
  if (typeof format !== 'string' || typeof key !== 'string') return undefined
  if (version !== FILE_VERSION || !isObject(header)) return undefined
  if (keyId !== null && typeof keyId !== 'string') return undefined
  return { format, key, keyId, header }
}

function isObject(value: unknown): value is HeaderJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
