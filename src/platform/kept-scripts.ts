/**
 * The compile cache of a Node that has none of its own (20): the program's files are compiled with what V8 kept of an earlier
 * start, where that is there and whole. For CommonJS files of one folder; how all others are compiled stays as it is.
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { Script } from 'node:vm'
import { makePrivateFolder } from './private-folder.ts'

/** Of Node's loader: what turns the text of a file into its exports. Every compile cache for Node 20 stands on it. */
interface Loader {
  readonly prototype: {
    _compile(this: LoadedModule, text: string, path: string, ...more: unknown[]): unknown
  }
  wrap(text: string): string
}

interface LoadedModule {
  readonly exports: object
  require(id: string): unknown
}

type Process = Pick<NodeJS.Process, 'getBuiltinModule' | 'pid'>

/**
 * Compiles the program's files with what is kept of them in `folder`.
 *
 * @param program the folder of the program's files. Their names must change with what is in them: V8 compares lengths alone.
 * @returns what keeps those that were compiled anew; it never throws.
 */
export function keepScripts(folder: string, program: string, proc: Process): () => void {
  const loader = proc.getBuiltinModule('node:module') as unknown as Loader
  const { Script } = proc.getBuiltinModule('node:vm')
  const files = `${program}${sep}`
  const compiled = new Map<string, Script>()
  const compile = loader.prototype._compile
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
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return undefined
  }
  const half = bytes.length / 2
  const data = bytes.subarray(0, half)
  return half > 0 && data.equals(bytes.subarray(half)) ? data : undefined
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
