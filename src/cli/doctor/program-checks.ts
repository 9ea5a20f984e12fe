/** The program itself: its version, the Node that runs it, and whether the packages with native code load. */
import type { NativeModule } from '../../platform/native-modules.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, warning } from './findings.ts'
import type { Ground } from './ground.ts'

// The floor of package.json; Debian 12's own Node is past it.
const [FLOOR_MAJOR, FLOOR_MINOR] = [20, 19]
/** The versions that the suite runs on. */
const TRIED = 'Tried on 20, 22, 24 and 26.'

/** Whether this version of Node is one to run on: `20.20.2`. */
export function nodeFinding(version: string, path: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const mend =
    'Install a version of Node with long-term support: 22 or 24. Then `tokenctl schedule install` again, so that the schedule runs by it.'
  if (major < FLOOR_MAJOR || (major === FLOOR_MAJOR && minor < FLOOR_MINOR))
    return problem(
      'node',
      `Node ${version} is older than ${FLOOR_MAJOR}.${FLOOR_MINOR}, the oldest that tokenctl runs on.`,
      {
        where: path,
        mend,
      },
    )
  // Odd versions are kept for half a year (https://nodejs.org/en/about/previous-releases, checked 23 Nov 2026).
  if (major % 2 === 1)
    return warning('node', `Node ${version} is an odd version, which gets no fixes after half a year.`, {
      where: path,
      mend,
    })
  return ok('node', `Node ${version}. ${TRIED}`, path)
}

/** The program's own findings. */
export async function programChecks({ machine, vault }: Ground): Promise<readonly Finding[]> {
  const needsKeychain = vault === undefined || usesKeychain(vault)
  const modules = await machine.nativeModules()
  return [
    ok('tokenctl', `tokenctl ${machine.programVersion}.`, machine.programPath),
    nodeFinding(machine.nodeVersion, machine.nodePath),
    ...modules.map(each => nativeFinding(each, needsKeychain)),
  ]
}

/** Whether secrets or their key rest in a keychain, or would with the first write. */
export function usesKeychain(vault: NonNullable<Ground['vault']>): boolean {
  return vault.parts.settings.keySource === 'keychain' || (storeOf(vault) ?? 'keychain') === 'keychain'
}

/** The store that the records rest in, or would with the first write; undefined where nobody can say. */
function storeOf({ marker, opened, parts }: NonNullable<Ground['vault']>): string | undefined {
  if (marker !== undefined) return marker.store
  return opened?.state === 'empty' ? (opened.wouldUse ?? undefined) : parts.settings.store
}

function nativeFinding({ name, path, sha256, why }: NativeModule, needsKeychain: boolean): Finding {
  if (path !== null) return ok('native', `${name} loads (SHA-256 ${sha256}).`, path)
  const what = `${name} does not load on this machine (${why}).`
  const mend = 'Install tokenctl again here, with optional packages.'
  const isNeeded = name !== '@napi-rs/keyring' || needsKeychain
  if (!isNeeded) return warning('native', `${what} The file store does without it.`, { where: name, mend })
  return problem('native', what, { where: name, mend, code: 'VAULT_UNAVAILABLE' })
}
