/**
 * The marketplaces that a person described: `marketplaces/<id>.json` in the settings folder, read when a word is wanted
 * that no built-in one has, and once a run. A manifest says where tokens are sent, so it is held to what a key file is:
 * nobody else's, and nobody else's to write.
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { Files } from '../../platform/files.ts'
import type { MarketplaceAdapter } from '../adapter.ts'
import { MARKETPLACE_IDS, type OwnMarketplaces, SHIPPED_IDS } from '../ids.ts'
import { adapterFrom } from './adapter.ts'
import { MARKETPLACE_ID, parseManifest } from './manifest.ts'

/** Longer than any manifest; what is longer is none. */
const LONGEST_BYTES = 64 * 1024

/** Those of a settings folder. */
export function ownMarketplaces(
  settingsFolder: string,
  files: Pick<Files, 'list' | 'checkPrivateFolder' | 'readPrivate'>,
): OwnMarketplaces {
  const folder = `${settingsFolder}/marketplaces`
  const read = new Map<string, () => MarketplaceAdapter | undefined>()
  const readOnce = (id: string) => {
    const known = read.get(id)
    if (known !== undefined) return known
    const found = outcomeOf(() => readOne(folder, id, files))
    read.set(id, found)
    return found
  }
  return {
    ids: () => idsIn(folder, files),
    has: id => {
      try {
        return readOnce(id)() !== undefined
      } catch (error) {
        if (!isTokenctlError(error)) throw error
        return true
      }
    },
    find: id => readOnce(id)(),
  }
}

function readOne(
  folder: string,
  id: string,
  files: Pick<Files, 'checkPrivateFolder' | 'readPrivate'>,
): MarketplaceAdapter | undefined {
  // What was typed becomes part of a path.
  if (!MARKETPLACE_ID.test(id)) return undefined
  const file = `${folder}/${id}.json`
  const bytes = asSettings(() =>
    files.checkPrivateFolder(folder) ? files.readPrivate(file, { maxBytes: LONGEST_BYTES }) : undefined,
  )
  if (bytes === undefined) return undefined
  const manifest = parseManifest(bytes.toString('utf8'), file)
  if (manifest.id === id) return { ...adapterFrom(manifest), isOwn: true }
  throw new TokenctlError(
    'SETTINGS_INVALID',
    `The manifest ${file} has another id than its name says: \`${manifest.id}\`.`,
    { fix: idFix(id, manifest.id) },
  )
}

/** What brings name and id together. A file that is called like a built-in marketplace is never looked at. */
function idFix(id: string, other: string): string {
  const isBuiltIn = [...MARKETPLACE_IDS, ...SHIPPED_IDS].some(each => each === other)
  return isBuiltIn
    ? `Set its \`id\` to \`${id}\`. \`${other}\` is built in, and no manifest takes its place.`
    : `Set its \`id\` to \`${id}\`, or call the file \`${other}.json\`.`
}

function idsIn(folder: string, files: Pick<Files, 'list'>): readonly string[] {
  try {
    const names = files.list(folder) ?? []
    return names.map(name => /^(.+)\.json$/.exec(name)?.[1] ?? '').filter(id => MARKETPLACE_ID.test(id))
  } catch (error) {
    // A folder that is no good is told by whoever wants one of its files.
    if (!isTokenctlError(error)) throw error
    return []
  }
}

const FILE_FIX =
  'A manifest is a file of your own and no link, closed to others (`chmod 600`), of 64 KiB at most, in a folder of the same kind (`chmod 700`). It holds no secret, but says where tokens are sent: if others could write it, look at its addresses first.'

/** What the files' own errors are to a reader of settings; their advice is for secrets. @throws {SETTINGS_INVALID} */
function asSettings<Value>(work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    throw new TokenctlError('SETTINGS_INVALID', error.message, { fix: FILE_FIX, cause: error })
  }
}

/** What a call comes to, as often as it is asked for: its value, or what it threw. */
function outcomeOf<Value>(work: () => Value): () => Value {
  try {
    const value = work()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
