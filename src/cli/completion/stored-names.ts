/**
 * The names of what is stored, for completion alone: read off the names of the vault's files, so that no file of it is
 * opened, no secret, no keychain and no setting. Whatever keeps them from being read, there are none; nothing is thrown. Of
 * a fleet's there are none, either: no database is asked at a press of Tab.
 *
 * Which folder, and how files are called, is written out here: importing the vault and the platform's folders costs
 * more than all the rest of a completion. A test holds both beside what it repeats.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/** What a record is of. */
export type RecordKind = 'account' | 'app' | 'channel'

/** A record by the two words of its key: `ebay` and `main`. */
export interface StoredName {
  readonly kind: RecordKind
  readonly marketplace: string
  readonly name: string
}

/** Where each store keeps a file for each record, and how those end. */
const PLACES = {
  file: { folder: 'records', extension: '.sealed' },
  keychain: { folder: 'headers', extension: '.header' },
} as const

/** The store whose names are in a database, which nobody asks at every press of a key. */
const FAR = 'postgres'

/** The words for the stores. */
export const STORE_WORDS: readonly string[] = [...Object.keys(PLACES), FAR]

// A part of a record has two numbers more, and is no name of its own. Nor is what a line would take for an option.
const NAME = /^(account|app|channel)\.([a-z0-9][a-z0-9-]{0,62})\.([a-z0-9][a-z0-9-]{0,62})$/

/** The mark is a line; what is longer is none. */
const MARK_BYTES = 16_384

/** Every name that is stored in a state folder, in their order; none where the folder cannot be read. */
export function storedNames(stateDir: string): readonly StoredName[] {
  try {
    const { folder, extension } = PLACES[storeOf(markIn(stateDir))]
    return readdirSync(join(stateDir, folder))
      .filter(file => file.endsWith(extension))
      .map(file => NAME.exec(file.slice(0, -extension.length)))
      .flatMap(match => (match === null ? [] : [nameOf(match)]))
      .sort((a, b) => (formatted(a) < formatted(b) ? -1 : 1))
  } catch {
    // Nothing was stored yet, or it cannot be seen from here: `status` says which, completion is no place for it.
    return []
  }
}

/** Whether there are names that cannot be read here: those of a fleet. */
export function restFar(stateDir: string): boolean {
  try {
    return markedStore(markIn(stateDir)) === FAR
  } catch {
    return false
  }
}

/** Where the platform keeps this user's state. @throws where the user has no home folder */
export function stateFolder(env: Env, platform: NodeJS.Platform): string {
  const home = env['TOKENCTL_HOME']
  if (home !== undefined && home !== '') return join(resolve(home), 'state')
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] || join(homedir(), 'AppData', 'Local'), 'tokenctl', 'Data')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tokenctl')
  return join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'tokenctl')
}

function formatted({ marketplace, name }: StoredName): string {
  return `${marketplace}:${name}`
}

function nameOf([, kind, marketplace = '', name = '']: RegExpExecArray): StoredName {
  return { kind: kind as RecordKind, marketplace, name }
}

function markIn(stateDir: string): unknown {
  return readMark(join(stateDir, 'vault.json'))
}

/** Never waits: a pipe that was put in its place is no file. */
function readMark(path: string): unknown {
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() || stat.size > MARK_BYTES) throw new Error('is no mark of a vault')
    return JSON.parse(readFileSync(fd, 'utf8'))
  } finally {
    closeSync(fd)
  }
}

function markedStore(mark: unknown): unknown {
  return typeof mark === 'object' && mark !== null && 'store' in mark ? mark.store : undefined
}

function storeOf(mark: unknown): keyof typeof PLACES {
  const store = markedStore(mark)
  if (store === 'file' || store === 'keychain') return store
  throw new Error('names no store')
}
