/**
 * What stands between a setting and the file store's key: a key file is made where none is and nothing waits for one,
 * and another key than the records' own is refused before the setting is stored.
 */
import { join } from 'node:path'
import { TokenctlError } from '../errors.ts'
import type { KeySourceKind } from './choices.ts'
import { fileSource, type KeySource } from './key-source.ts'
import type { VaultDoorOptions } from './open.ts'
import { openKeySource, STORE_FOLDERS } from './open-store.ts'
import { firstSealed, refuseOtherKey, type SealedRecord } from './record-key.ts'

/**
 * Makes a key file where there is none, before a setting names it; one that is there must be the records' own.
 *
 * @throws {VAULT_UNAVAILABLE} when there is none and records wait for theirs, or the file is no key · {RECORD_UNREADABLE}
 *   when it is another key than the records'
 */
export async function prepareKeyFile(path: string, options: VaultDoorOptions): Promise<void> {
  const { files, askPassphrase, settings } = options
  const kind: KeySourceKind = settings.keySource === 'passphrase' ? 'passphrase' : 'file'
  const source = fileSource({ kind, files, askPassphrase }, path)
  const sealed = sealedIn(options)
  if (source.isMissing() && sealed !== undefined)
    throw new TokenctlError('VAULT_UNAVAILABLE', `There is no key at ${path}, and records wait for theirs.`, {
      fix: `Copy the key there first, mode 600 (it is now at ${settings.keyFile ?? options.defaultKeyFile}).`,
    })
  const key = (await source.read()) ?? (await source.create())
  if (sealed !== undefined) refuseOtherKey(sealed, key, source.place)
}

/**
 * Stops a choice of key, or the return to a default, that records rest under another key than; `keyFile` undefined is
 * the default one. Nothing where there are no records.
 *
 * @throws {STORE_IN_USE} when what is chosen has no key · {RECORD_UNREADABLE} when it has another · {VAULT_UNAVAILABLE} · {VAULT_LOCKED}
 */
export async function refuseKeyChoice(
  id: string,
  chosen: { readonly keySource: string | undefined; readonly keyFile: string | undefined },
  options: VaultDoorOptions,
): Promise<void> {
  const sealed = sealedIn(options)
  if (sealed === undefined) return
  const { source, close } = openKeySource(id, { ...options, settings: { ...options.settings, ...chosen } })
  try {
    await compare(sealed, source(), chosen.keySource)
  } finally {
    await close()
  }
}

async function compare(sealed: SealedRecord, source: KeySource, kind: string | undefined): Promise<void> {
  const key = source.isMissing() ? undefined : await source.read()
  if (key !== undefined) return refuseOtherKey(sealed, key, source.place)
  throw new TokenctlError(
    'STORE_IN_USE',
    `Records rest under the key ${sealed.keyId}, and there is none here: ${source.place}.`,
    {
      fix:
        kind === 'systemd'
          ? `Leave it at \`file\`: what systemd gives a service as \`${source.place}\` is taken before the key file all the same.`
          : 'Leave it as it is, or put the key of the records there first.',
    },
  )
}

function sealedIn({ stateDir, files }: VaultDoorOptions): SealedRecord | undefined {
  if (!files.checkPrivateFolder(stateDir)) return undefined
  return firstSealed(join(stateDir, STORE_FOLDERS.file), files)
}
