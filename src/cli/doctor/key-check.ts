/**
 * The key of the file store, or of a fleet: there, private, of the right length, the records' own, and not beside them. Read,
 * never shown, never made: a key that `doctor` made would look like a repair and lose every record.
 */
import { join, relative } from 'node:path'
import { isTokenctlError, type TokenctlError } from '../../errors.ts'
import type { KeySource } from '../../vault/key-source.ts'
import { openKeySource, STORE_FOLDERS } from '../../vault/open-store.ts'
import type { PostgresStore } from '../../vault/postgres/store.ts'
import { firstSealed, refuseOtherKey } from '../../vault/record-key.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import { type Ground, PassphraseWanted, type VaultSight } from './ground.ts'
import { isSet } from './settings-checks.ts'

/** What the key is to whoever wants to open something now. */
export interface KeyVerdict {
  readonly findings: readonly Finding[]
  /** `there`: it opens · `later`: none is needed yet · `asks`: a passphrase has to be typed · `no` */
  readonly key: 'there' | 'later' | 'asks' | 'no'
}

/** Whether the records rest, or will rest, in the file store. */
function isFileStore({ marker, opened }: VaultSight): boolean {
  if (marker !== undefined) return marker.store === 'file'
  return opened?.state === 'empty' && opened.wouldUse === 'file'
}

/** The file that holds the key, where one of ours does: no systemd credential, no item of a keychain. */
export function keyFileOf({ parts, marker }: VaultSight): string | undefined {
  const { keySource = 'file', keyFile } = parts.settings
  if (marker?.store === 'keychain' || !['file', 'passphrase'].includes(keySource)) return undefined
  if (isSet(parts.env, 'TOKENCTL_KEY_FILE')) return parts.env['TOKENCTL_KEY_FILE']
  return isSet(parts.env, 'CREDENTIALS_DIRECTORY') ? undefined : (keyFile ?? parts.defaultKeyFile)
}

/** Looks at the key. */
export async function keyCheck({ vault, isScheduled }: Ground): Promise<KeyVerdict> {
  if (vault === undefined) return none('no', 'Not tried: the settings cannot be read.')
  const { fleet, isFleet } = vault
  if (isFleet && fleet === undefined) return none('no', 'Not tried: the records cannot be seen.')
  if (!isFleet && !isFileStore(vault)) return none('later', 'Only the file store has a key of its own.')
  const { source, close } = openKeySource(vault.marker?.id ?? '', vault.parts)
  try {
    return fleet === undefined ? await look(source(), vault) : await lookAtFleets(source(), fleet)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    if (!(error instanceof PassphraseWanted)) return { key: 'no', findings: [refused(error, vault)] }
    if (isScheduled) return { key: 'asks', findings: [problem('key', error)] }
    return {
      key: 'asks',
      findings: [
        warning('key', error.message, {
          mend: `\`tokenctl status --verify\` asks for it and opens every record. ${error.fix}`,
        }),
      ],
    }
  } finally {
    await close()
  }
}

function none(key: KeyVerdict['key'], why: string): KeyVerdict {
  return { key, findings: [skipped('key', why)] }
}

/** What keeps a key in the keychain from us is the keychain's own finding. */
function refused(error: TokenctlError, { parts }: VaultSight): Finding {
  const byKeychain = parts.settings.keySource === 'keychain' && error.code.startsWith('VAULT_')
  return problem(byKeychain ? 'keychain' : 'key', error)
}

async function look(source: KeySource, vault: VaultSight): Promise<KeyVerdict> {
  const { parts, marker } = vault
  const records = join(parts.stateDir, STORE_FOLDERS.file)
  const sealed = marker === undefined ? undefined : firstSealed(records, parts.files)
  const { place } = source
  const key = await source.read()
  if (key === undefined) {
    if (sealed === undefined)
      return { key: 'later', findings: [ok('key', 'The first write makes the key.', place)] }
    const mend =
      'Restore it from your backup. Without it the tokens cannot be opened; no new key is made while there are records.'
    const what = `The key of the vault is missing: ${place}.`
    return { key: 'no', findings: [problem('key', what, { where: place, mend, code: 'VAULT_UNAVAILABLE' })] }
  }
  if (sealed !== undefined) refuseOtherKey(sealed, key, place)
  if (keyFileOf(vault) !== undefined && isInside(parts.stateDir, place))
    return { key: 'there', findings: [beside(place, parts.stateDir)] }
  return { key: 'there', findings: [ok('key', `The key is the records' own (${key.id}).`, place)] }
}

/** Every machine of a fleet has the same key; the database names it. */
async function lookAtFleets(source: KeySource, { session }: PostgresStore): Promise<KeyVerdict> {
  const { place } = source
  const theirs = await session.keyId()
  const key = await source.read()
  if (key?.id === theirs)
    return { key: 'there', findings: [ok('key', `The key is the fleet's (${key?.id}).`, place)] }
  if (theirs === null) {
    const made =
      key === undefined ? 'The first write makes the key of the fleet' : 'The first write seals with this key'
    return { key: 'later', findings: [ok('key', `${made}; every machine needs the same.`, place)] }
  }
  const here =
    key === undefined
      ? "The fleet's key is not on this machine"
      : `The key here is ${key.id}, and the records are sealed with another`
  return {
    key: 'no',
    findings: [
      problem('key', `${here}: ${place}.`, {
        where: place,
        mend: `Copy the key ${hexId(theirs)} from another machine of the fleet to there, mode 600, or name it: \`tokenctl config set key-file PATH\`.`,
        code: key === undefined ? 'VAULT_UNAVAILABLE' : 'RECORD_UNREADABLE',
      }),
    ],
  }
}

/** The table may hold anything in its place. */
function hexId(id: string): string {
  return /^[0-9a-f]{8}$/.test(id) ? id : '(unknown)'
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && !way.startsWith('..') && !/^([A-Za-z]:|[\\/])/.test(way)
}

function beside(place: string, folder: string): Finding {
  return warning(
    'key',
    `The key ${place} is inside the folder of the records: whoever copies ${folder} has both.`,
    {
      where: place,
      mend: 'Copy it to another place, mode 600, name that (`tokenctl config set key-file /path/to/key`), and remove this one.',
    },
  )
}
