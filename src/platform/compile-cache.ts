/**
 * What V8 makes of the program's own files, kept for the next start: compiling `status` takes a fifth of `node -e 0`, reading
 * back what came of it a twentieth (docs/performance.md). The program's code and nothing else is in it, no value of any run.
 *
 * It is code, and is run: so it rests in a folder of this user that nobody else can write to, or nowhere. Nothing depends on
 * it: where it cannot be, or is damaged, a start takes longer, and nothing is said.
 */
import { lstatSync, readdirSync, rmSync, type Stats, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { useCodeCache } from './code-cache.ts'
import { makePrivateFolder } from './private-folder.ts'

/** What the folder of a version is called; whatever else is there is not ours to remove. */
const VERSION = /^\d+\.\d+\.\d+/

/** In a mode: the group and all others may write. */
const WRITE_OF_OTHERS = 0o022
/** Only the owner of what is in a folder may rename it there, as in /tmp. */
const STICKY = 0o1000

/** How many versions keep what they have, beside the one that is run. */
const OTHERS_KEPT = 2

/** Of flags, in a folder's name; those that differ only past it take turns. */
const LONGEST_FLAGS = 100

type Env = Readonly<Record<string, string | undefined>>

export interface CompileCacheOptions {
  /** The command's name: each has a folder of its own, since a file is kept with those functions that were called. */
  readonly command: string
  /** The program's version. What versions kept that were not begun lately is removed as one begins. */
  readonly version: string
  /** The folder of the program's own files. */
  readonly program: string
}

type Process = Pick<
  NodeJS.Process,
  | 'env'
  | 'platform'
  | 'geteuid'
  | 'getBuiltinModule'
  | 'version'
  | 'arch'
  | 'pid'
  | 'argv'
  | 'execArgv'
  | 'execPath'
>

/**
 * Has V8 use what an earlier start of this command kept, for files that are loaded from here on.
 *
 * @returns what is called at the end of the run, to keep what there was not yet. It never throws.
 */
export function useCompileCache(
  proc: Process,
  { command, version, program }: CompileCacheOptions,
  use: typeof useCodeCache = useCodeCache,
): () => void {
  // Node's own variable, for whoever wants none; a single file has its own inside.
  if (proc.env['NODE_DISABLE_COMPILE_CACHE'] || proc.argv[1] === proc.execPath) return () => {}
  try {
    const root = join(cacheFolder(proc.env, proc.platform), 'compiled')
    // An empty HOME would be the working folder: what somebody unpacked there, perhaps, is not what this user kept.
    if (!isAbsolute(root) || !isPrivate(root, proc)) return () => {}
    beginVersion(root, version)
    return use(join(root, version, command, engine(proc)), program, proc)
  } catch {
    // A disk that is full or read-only, a home that is none: it goes without.
  }
  return () => {}
}

/** What V8 makes is good for one Node, under the same flags. */
function engine({ version, arch, env, execArgv }: Process): string {
  const flags = [...execArgv, env['NODE_OPTIONS'] ?? ''].join(' ').trim()
  return `${version}-${arch}${flags.replace(/[^\w=-]+/g, '_').slice(0, LONGEST_FLAGS)}`
}

/** This user's folder for what can be had again. @throws what the system says where there is no home */
function cacheFolder(env: Env, platform: NodeJS.Platform): string {
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? homedir(), 'tokenctl', 'Cache')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'tokenctl')
  // A relative one is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/ (checked 2026-11-23)
  const named = env['XDG_CACHE_HOME'] ?? ''
  return join(isAbsolute(named) ? named : join(homedir(), '.cache'), 'tokenctl')
}

/** Whether a folder is this user's, and for no other to write to; made where it is not there. @throws what the system says */
function isPrivate(folder: string, { platform, geteuid }: Process): boolean {
  // Windows keeps a user's folders by other means, and makes these figures up.
  const isOwn = (each: Stats) => each.isDirectory() && (platform === 'win32' || each.uid === geteuid?.())
  let there = lstatSync(folder, { throwIfNoEntry: false })
  if (there === undefined) {
    // Not in a home that is somebody else's, as sudo may leave it: they could not use their own any more. Nor one that is not.
    if (!isOwn(statSync(outside(folder)))) return false
    makePrivateFolder(folder)
    there = lstatSync(folder)
  }
  if (platform === 'win32') return isOwn(there)
  const isClosed = ({ mode }: Stats) => (mode & WRITE_OF_OTHERS) === 0
  // Who can rename it can put another in its place between this look at it and what is read there.
  const keepsNames = (each: Stats) =>
    (each.uid === 0 || each.uid === geteuid?.()) && (isClosed(each) || (each.mode & STICKY) !== 0)
  const around = [dirname(folder), dirname(dirname(folder))]
  return isOwn(there) && isClosed(there) && around.every(each => keepsNames(statSync(each)))
}

/** The folder below which nothing is there of the way to one; the third, the user's own, where none of its folders is there. */
function outside(folder: string): string {
  const way = [dirname(folder), dirname(dirname(folder))]
  const there = way.find(each => lstatSync(each, { throwIfNoEntry: false }) !== undefined)
  return there ?? dirname(dirname(dirname(folder)))
}

/** Makes the folder of a version. Of others the newest stay, for two that are installed side by side. @throws what the system says */
function beginVersion(root: string, version: string): void {
  const own = join(root, version)
  if (lstatSync(own, { throwIfNoEntry: false }) !== undefined) return
  makePrivateFolder(own)
  const age = (name: string) => lstatSync(join(root, name)).mtimeMs
  const others = readdirSync(root).filter(name => name !== version && VERSION.test(name))
  for (const old of others.sort((a, b) => age(b) - age(a)).slice(OTHERS_KEPT))
    rmSync(join(root, old), { recursive: true, force: true })
}
