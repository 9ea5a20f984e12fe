/**
 * The machine that a run stands on, as `doctor` looks at it: Node, the disk, modes, native code, the way onto the
 * network. Built only for `doctor`; each part does its own one thing. Changes nothing but where its method says so.
 */
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { FileSystemFacts } from './file-system.ts'
import { fileSystemOf } from './file-system.ts'
import type { Files } from './files.ts'
import { userLocksFolder } from './folders.ts'
import {
  closeToOthers,
  isWritableByOthers,
  type Loose,
  leftoversIn,
  looseFile,
  looseFolder,
  looseUnder,
  namesIn,
  openAbove,
  removeLeftover,
} from './loose-files.ts'
import { type NativeModule, nativeModules } from './native-modules.ts'
import { proxyFor } from './proxy.ts'
import { versionInside } from './single-file.ts'

/** What can be looked at. Paths are absolute. */
export interface Machine {
  /** `20.20.2` */
  readonly nodeVersion: string
  readonly nodePath: string
  /** The file that was started: `…/bin/tokenctl.js`. */
  readonly programPath: string
  /** `0.1.0`; `unknown` where its own manifest cannot be read. */
  readonly programVersion: string
  /** The user's name by the system's list, or number where it has none. */
  readonly user: string
  /** The file system under a folder that may not be there yet; undefined where it does not say. */
  fileSystemOf(folder: string): FileSystemFacts | undefined
  /** Where the locks on a keychain's items are. @throws {VAULT_UNAVAILABLE} for a user that the system's list does not know. */
  userLocksFolder(): string
  /** What is not private of a folder that should be, with all that is under it. */
  looseUnder(folder: string): readonly Loose[]
  /** The same of the folder alone. */
  looseFolder(folder: string): readonly Loose[]
  /** The same of a file. */
  looseFile(path: string): readonly Loose[]
  isWritableByOthers(path: string): boolean
  /** The folder above a path that everybody may write, if there is one. */
  openAbove(path: string): string | undefined
  /** Takes a file or folder of ours away from others, and gives the mode that it had. @throws what the system throws. */
  closeToOthers(path: string): number
  /** Half-written files that killed runs left in a folder. */
  leftoversIn(folder: string): readonly string[]
  /** Removes one of those. @throws what the system throws. */
  removeLeftover(path: string): void
  /** The names in a folder; none where it cannot be read. */
  namesIn(folder: string): readonly string[]
  nativeModules(): Promise<readonly NativeModule[]>
  /**
   * The proxy for an address, without its credentials; undefined for the direct way.
   *
   * @throws {SETTINGS_INVALID} when the variable in force holds no proxy's address.
   */
  proxyFor(url: URL): { readonly host: string; readonly variable: string } | undefined
  /** Who issued the certificate that a host shows; undefined when nothing shows one. */
  issuerOf(host: string, port: number): Promise<string | undefined>
}

/** The real machine. @param bundleFolder where the program's own files are, from which native packages resolve. */
export function createMachine(
  bundleFolder: string,
  files: Pick<Files, 'platform' | 'uid'>,
  env: Readonly<Record<string, string | undefined>>,
): Machine {
  const { platform, uid } = files
  const ownUid = platform === 'win32' ? undefined : uid
  return {
    nodeVersion: process.versions.node,
    nodePath: process.execPath,
    programPath: process.argv[1] ?? bundleFolder,
    programVersion: versionInside() ?? versionBeside(bundleFolder),
    user: nameOfUser(uid),
    fileSystemOf: folder => fileSystemOf(folder, platform),
    userLocksFolder: () => userLocksFolder(platform),
    looseUnder: folder => looseUnder(folder, ownUid),
    looseFolder: folder => looseFolder(folder, ownUid),
    looseFile: path => looseFile(path, ownUid),
    isWritableByOthers: path => isWritableByOthers(path, ownUid),
    openAbove: path => openAbove(path, ownUid),
    closeToOthers: path => closeToOthers(path, ownUid),
    leftoversIn: folder => leftoversIn(folder, ownUid),
    removeLeftover,
    namesIn,
    nativeModules: () => nativeModules(bundleFolder),
    proxyFor: url => {
      const proxy = proxyFor(url, env)
      return proxy && { host: proxy.host, variable: proxy.variable }
    },
    issuerOf: async (host, port) => (await import('./certificate.ts')).certificateIssuer(host, port),
  }
}

/** From the file: importing it would make a part of the bundle of it that every start of the program loads. */
function versionBeside(bundleFolder: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(bundleFolder, '..', 'package.json'), 'utf8'))
    return typeof version === 'string' ? version : 'unknown'
  } catch {
    // The program ran this far without it; that it is gone is no reason to say nothing else.
    return 'unknown'
  }
}

function nameOfUser(uid: number | undefined): string {
  try {
    return userInfo().username
  } catch {
    // A user that the system's list does not know, as containers have them.
    return `uid ${uid ?? '?'}`
  }
}
