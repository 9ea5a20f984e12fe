/**
 * V8's code cache for files of the program: they are compiled with what was kept of an earlier start, where that is there and
 * whole. For CommonJS files of one folder; how all others are compiled stays as it is. By hand, since Node's own cache
 * (`module.enableCompileCache`, from 22.8 on) costs a start 0.1 of `node -e 0` more, and Node 20 has none (docs/dependencies.md).
 *
 * @see https://nodejs.org/docs/latest-v22.x/api/vm.html#scriptcreatecacheddata (checked 2026-11-23)
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { Script } from 'node:vm'
import { makePrivateFolder } from './private-folder.ts'

/** Of Node's loader: what turns the text of a file into its exports. What keeps compiled code has always stood on it. */
interface Loader {
  readonly prototype: {
    _compile?(this: LoadedModule, text: string, path: string, ...more: unknown[]): unknown
  }
  wrap(text: string): string
}

interface LoadedModule {
  readonly exports: object
  require(id: string): unknown
}

type Process = Pick<NodeJS.Process, 'getBuiltinModule' | 'pid'>

/** No file of ours comes near it. */
const LONGEST_BYTES = 16 * 1024 * 1024

/**
 * Compiles the program's files with what is kept of them in `folder`.
 *
 * @param program the folder of the program's files. Their names must change with what is in them: V8 compares lengths alone.
 * @returns what keeps those that were compiled anew; it never throws.
 */
export function useCodeCache(folder: string, program: string, proc: Process): () => void {
  const loader = proc.getBuiltinModule('node:module') as unknown as Loader
  const { Script } = proc.getBuiltinModule('node:vm')
  const files = `${program}${sep}`
  const compiled = new Map<string, Script>()
  const compile = loader.prototype._compile
  // A Node that does it in another way: it goes without.
  if (compile === undefined) return () => {}
  loader.prototype._compile = function (text, filename, ...more) {
    if (!filename.startsWith(files)) return compile.call(this, text, filename, ...more)
    const path = join(folder, basename(filename))
    const cachedData = read(path)
    const script = new Script(loader.wrap(text), { filename, ...(cachedData && { cachedData }) })
    if (script.cachedDataRejected !== false) compiled.set(path, script)
    const load = (id: string) => this.require(id)
    return script.runInThisContext().call(this.exports, this.exports, load, this, filename, dirname(filename))
  }
  return () => {
    try {
      if (compiled.size > 0) makePrivateFolder(folder)
      for (const [path, script] of compiled) write(path, script.createCachedData(), `${path}.${proc.pid}`)
    } catch {
      // A disk that is full: the next start compiles them again.
    }
  }
}

/**
 * What V8 kept; undefined where it is not there or not whole. V8 looks at its own heading and at lengths, not at the code
 * behind them, and a damaged file would end every start: so each stands twice in its file, and must be the same both times.
 */
function read(path: string): Buffer | undefined {
  let file: number | undefined
  try {
    // Windows has neither flag. Without the first a pipe of that name would be waited for.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0))
    const there = fstatSync(file)
    if (!there.isFile() || there.size > LONGEST_BYTES) return undefined
    const bytes = readFileSync(file)
    const half = bytes.length / 2
    const data = bytes.subarray(0, half)
    return half > 0 && data.equals(bytes.subarray(half)) ? data : undefined
  } catch {
    // There is none yet, or none that can be read.
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** In one piece or not at all, as far as a start can see. What a power failure leaves of it is found when it is read. @throws what the system says */
function write(path: string, data: Buffer, draft: string): void {
  const file = openSync(draft, 'w', 0o600)
  try {
    writeFileSync(file, Buffer.concat([data, data]))
    renameSync(draft, path)
  } finally {
    closeSync(file)
    rmSync(draft, { force: true })
  }
}
