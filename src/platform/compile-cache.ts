/**
 * What V8 makes of the program's own files, kept for the next start: compiling `status` takes a fifth of `node -e 0`, reading
 * back what came of it a twentieth (docs/performance.md). The program's code and nothing else is in it, no value of any run.
 *
 * It is code, and is run: so it rests in a folder of this user that nobody else can write to, or nowhere. Nothing depends on
 * it: where it cannot be, or is damaged, a start takes longer, and nothing is said.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync, type Stats } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { keepScripts } from './kept-scripts.ts'

/** What the folder of a version is called; whatever else is there is not ours to remove. */
const VERSION = /^\d+\.\d+\.\d+/

type Env = Readonly<Record<string, string | undefined>>

export interface CompileCacheOptions {
  /** The command's name: each has a folder of its own, since a file is kept with those functions that were called. */
  readonly command: string
  /** The program's version. What other versions kept is removed as one begins. */
  readonly version: string
  /** The folder of the program's own files. */
  readonly program: string
}

/** What Node has since 22.8, and Node 20 has not. */
type ModuleApi = { readonly enableCompileCache?: (folder: string) => unknown }

type Process = Pick<
  NodeJS.Process,
  'env' | 'platform' | 'geteuid' | 'getBuiltinModule' | 'version' | 'arch' | 'pid'
>

/**
 * Has V8 use what an earlier start of this command kept, for files that are loaded from here on.
 *
 * @returns what is called at the end of the run, to keep what there was not yet. It never throws.
 * @see https://nodejs.org/docs/latest-v22.x/api/module.html#module-compile-cache (checked 2026-11-23)
 */
export function useCompileCache(
  proc: Process,
  { command, version, program }: CompileCacheOptions,
): () => void {
  // Node's own variable, for whoever wants none.
  if (proc.env['NODE_DISABLE_COMPILE_CACHE']) return () => {}
  try {
    const root = join(cacheFolder(proc.env, proc.platform), 'compiled')
    if (!isPrivate(root, proc)) return () => {}
    beginVersion(root, version)
    const folder = join(root, version, command)
    const { enableCompileCache } = proc.getBuiltinModule('node:module') as ModuleApi
    if (enableCompileCache === undefined)
      return keepScripts(join(folder, `${proc.version}-${proc.arch}`), program, proc)
    enableCompileCache(folder)
  } catch {
    // A disk that is full or read-only, a home that is none: it goes without.
  }
  return () => {}
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
  if (platform === 'win32') return true
  const there = lstatSync(folder, { throwIfNoEntry: false })
  if (there !== undefined)
    return there.isDirectory() && there.uid === geteuid?.() && (there.mode & 0o022) === 0
  // Not in a home that is somebody else's, as sudo may leave it: they could not use their own any more.
  if (nearest(dirname(folder)).uid !== geteuid?.()) return false
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return true
}

/** Of the folders on the way to one, the last that is there. Nothing is made in a home that is not. @throws as `lstat` */
function nearest(folder: string): Stats {
  const there = [folder, dirname(folder)].map(each => lstatSync(each, { throwIfNoEntry: false }))
  return there.find(each => each !== undefined) ?? lstatSync(dirname(dirname(folder)))
}

/** Makes the folder of a version, in place of those of others. @throws what the system says */
function beginVersion(root: string, version: string): void {
  const own = join(root, version)
  if (lstatSync(own, { throwIfNoEntry: false }) !== undefined) return
  mkdirSync(own, { recursive: true, mode: 0o700 })
  for (const other of readdirSync(root))
    if (other !== version && VERSION.test(other)) rmSync(join(root, other), { recursive: true, force: true })
}
