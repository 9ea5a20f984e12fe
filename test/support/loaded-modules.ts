/**
 * What one run of the built program loads, and why: the run says which files and built-in modules it asked for
 * (module-recorder.cjs), the build which sources and packages each of those files holds (dist/modules.json).
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { ended, environmentOf, type RunOptions } from './tokenctl.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const DIST = join(ROOT, 'dist')
const BIN = join(ROOT, 'bin', 'tokenctl.js')
const RECORDER = join(import.meta.dirname, 'module-recorder.cjs')
const ENTRY = 'src/cli/main.ts'

/** What an empty Node has not, and a program gets without asking for a module: by the internal module that brings it. */
const GLOBALS: Readonly<Record<string, string>> = {
  'internal/deps/undici/undici': 'globalThis.fetch',
  'internal/crypto/webcrypto': 'globalThis.crypto',
}

interface Recorded {
  readonly requests: readonly {
    readonly by: string | null
    readonly what: string
    readonly file: string | null
  }[]
  readonly natives: readonly string[]
}

interface Source {
  readonly bytes: number
  readonly atOnce: readonly string[]
  readonly later: readonly string[]
}

export interface Loaded {
  /**
   * The bundle's files, without folder and hash (`main`; where several are called so, by their source:
   * `marketplaces/ebay/wire`), the packages of which something is in them (`npm:commander`; of zod its parts: `npm:zod/v4/core`),
   * built-in modules that were asked for (`node:fs`), and globals of Node's that are modules too (`globalThis.fetch`). Sorted.
   */
  readonly names: readonly string[]
  /** The size of the bundle's files, in bytes. */
  readonly bytes: number
  /**
   * What a person needs who finds a name that should not be there: the sources from the entry to it, by the
   * shortest way, and the file of the bundle that asked for it first.
   */
  readonly why: (name: string) => string
}

export interface LoadedOptions extends Pick<RunOptions, 'env' | 'input'> {
  /** TOKENCTL_HOME, and the working folder. */
  readonly home: string
  /** The exit statuses that the run may end with; 0 when left out. */
  readonly ends?: readonly number[]
}

/** Runs the built program to its end. Programs that it starts are not looked at. @throws where it is not built, or ends otherwise */
export async function loadedBy(args: readonly string[], options: LoadedOptions): Promise<Loaded> {
  const report = builtReport()
  const { requests, natives } = await record(args, options)
  const files = [...new Set(requests.map(({ file }) => file))].filter(file => file?.startsWith(DIST) === true)
  const chunks = files.map(file => fileInDist(file))
  const shown = namesOf(report)
  const sources = new Map(['', ...chunks].flatMap(name => Object.entries(report[name] ?? {})))
  const chunkOf = new Map(
    chunks.flatMap(name => Object.keys(report[name] ?? {}).map(source => [source, shown(name)])),
  )
  const outside = requests.map(({ what, file }) => (file === null ? nodeName(what) : packageOf(file)))
  const inside = [...sources].map(([name, { bytes }]) => (bytes === 0 ? undefined : packageOf(name)))
  const globals = natives.map(name => GLOBALS[name])
  const names = [...chunks.map(shown), ...outside, ...inside, ...globals].filter(name => name !== undefined)
  // By the first source that has it, which file of the bundle; of that, or of what is in none, who asked first.
  const asker = (found: string) => {
    const holder = chunkOf.get([...chunkOf.keys()].find(source => packageOf(source) === found) ?? '') ?? found
    const first = requests.find(({ what, file }) =>
      file === null ? nodeName(what) === holder : [shown(fileInDist(file)), packageOf(file)].includes(holder),
    )
    return first?.by?.startsWith(DIST) === true ? `\n    (asked for in ${shown(fileInDist(first.by))})` : ''
  }
  return {
    names: [...new Set(names)].sort(),
    bytes: chunks.reduce((sum, name) => sum + statSync(join(DIST, name)).size, 0),
    why: found => {
      const isFound = (name: string) => [name, packageOf(name), chunkOf.get(name)].includes(found)
      return `${shortestWay(sources, found, isFound)}${asker(found)}`
    },
  }
}

const fileInDist = (file: string | null) => relative(DIST, file ?? '').replaceAll('\\', '/')
const nodeName = (asked: string) => `node:${asked.replace(/^node:/, '')}`

async function record(args: readonly string[], { ends = [0], ...options }: LoadedOptions): Promise<Recorded> {
  const child = spawn(process.execPath, ['--require', RECORDER, BIN, ...args], {
    // What V8 made of an earlier run would be read in place of some files.
    env: { ...environmentOf(options), NODE_DISABLE_COMPILE_CACHE: '1' },
    // What a line names without a folder is written there.
    cwd: options.home,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  }) as ChildProcessWithoutNullStreams
  // A program that ends without reading its input is no fault of the test.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input)
  const [run, recorded] = await Promise.all([ended(child), text(child.stdio[3] as Readable)])
  if (run.status === null || !ends.includes(run.status))
    throw new Error(`tokenctl ${args.join(' ')} ended with ${run.status}:\n${run.stdout}${run.stderr}`)
  return JSON.parse(recorded)
}

type Report = Readonly<Record<string, Readonly<Record<string, Source>>>>

/** The sources in each file of the bundle; in '' those of which no code is left. */
function builtReport(): Report {
  const path = join(DIST, 'modules.json')
  if (!existsSync(path)) throw new Error('Build first: npm run build')
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** What each file is called: by its name, without folder and hash; where several have one, by the source that they have it of. */
function namesOf(report: Report): (file: string) => string {
  const plain = (file: string) => file.replace(/^chunks\//, '').replace(/(-[\w-]{8})?\.cjs$/, '')
  const all = Object.keys(report).map(plain)
  return file => {
    const name = plain(file)
    if (all.filter(other => other === name).length < 2) return name
    const own = Object.keys(report[file] ?? {})
    const source = own.find(path => path.endsWith(`/${name}.ts`)) ?? own.at(-1) ?? name
    return packageOf(source)?.slice('npm:'.length) ?? source.replace(/^src\/|\.ts$/g, '')
  }
}

/** `npm:` and the package of a file, if it is of one. Who takes zod may take the whole or a part: its folders are told apart. */
function packageOf(path: string): string | undefined {
  const [, name, inside = ''] = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path) ?? []
  if (name === undefined) return undefined
  return `npm:${name === 'zod' ? ['zod', ...inside.split('/').slice(0, -1)].slice(0, 3).join('/') : name}`
}

/** Breadth first over what was loaded, at once before later. */
function shortestWay(
  sources: ReadonlyMap<string, Source>,
  found: string,
  isFound: (name: string) => boolean,
): string {
  const ways = [[ENTRY]]
  const seen = new Set([ENTRY])
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const last = way.at(-1) ?? ''
    if (isFound(last)) return way.join('\n    -> ')
    const { atOnce = [], later = [] } = sources.get(last) ?? {}
    for (const next of [...atOnce, ...later]) {
      if (seen.has(next) || !(sources.has(next) || next === found)) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return `${found} (no source names it: a global, or by another process)`
}
