/**
 * What one run of the built program loads, and why: the run says which files and built-in modules it asked for
 * (module-recorder.cjs), the build which sources and packages each of those files holds (dist/modules.json).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const DIST = join(ROOT, 'dist')
const RECORDER = join(import.meta.dirname, 'module-recorder.cjs')
const ENTRY = 'src/cli/main.ts'

/** What an empty Node has not, and a program gets without asking for a module: by the internal module that brings it. */
const GLOBALS: Readonly<Record<string, string>> = {
  'internal/deps/undici/undici': 'fetch',
  'internal/crypto/webcrypto': 'crypto',
}

interface Recorded {
  readonly requests: readonly { readonly what: string; readonly file: string | null }[]
  readonly natives: readonly string[]
}

interface Source {
  readonly bytes: number
  readonly atOnce: readonly string[]
  readonly later: readonly string[]
}

export interface Loaded {
  /** The bundle's files, without folder and hash: `main`, `status`. */
  readonly chunks: readonly string[]
  /** Packages of which something is in them: `commander`; of zod its parts: `zod/v4/core`. */
  readonly packages: readonly string[]
  /** Built-in modules that were asked for (`node:fs`), and globals of Node's that are modules too (`global fetch`). */
  readonly builtIn: readonly string[]
  /** The size of the bundle's files, in bytes. */
  readonly bytes: number
  /** What a person needs who finds it in one of the lists: the sources from the entry to it, by the shortest way. */
  readonly why: (found: string) => string
}

/** Runs the built program to its end. @throws where it is not built, or ends with anything but 0. */
export function loadedBy(args: readonly string[], home: string): Loaded {
  const { requests, natives } = record(args, home)
  const files = [...new Set(requests.map(({ file }) => file))].filter(file => file?.startsWith(DIST) === true)
  const names = files.map(file => relative(DIST, file ?? '').replaceAll('\\', '/'))
  const sources = sourcesIn(['', ...names])
  const asked = requests
    .filter(({ file }) => file === null)
    .map(({ what }) => `node:${what.replace(/^node:/, '')}`)
  const globals = natives.flatMap(name => (GLOBALS[name] === undefined ? [] : [`global ${GLOBALS[name]}`]))
  const outside = requests.map(({ file }) => packageOf(file ?? ''))
  const inside = [...sources].map(([name, { bytes }]) => (bytes === 0 ? undefined : packageOf(name)))
  return {
    chunks: sorted(names.map(name => name.replace(/^chunks\//, '').replace(/(-[\w-]{8})?\.cjs$/, ''))),
    packages: sorted([...outside, ...inside].filter(name => name !== undefined)),
    builtIn: sorted([...asked, ...globals]),
    bytes: names.reduce((sum, name) => sum + statSync(join(DIST, name)).size, 0),
    why: found => shortestWay(sources, found),
  }
}

function record(args: readonly string[], home: string): Recorded {
  const bin = join(ROOT, 'bin', 'tokenctl.js')
  const { status, stderr, output } = spawnSync(process.execPath, ['--require', RECORDER, bin, ...args], {
    // What V8 made of an earlier run would be read in place of some files.
    env: { PATH: process.env['PATH'], TOKENCTL_HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`tokenctl ${args.join(' ')} ended with ${status}:\n${stderr}`)
  return JSON.parse(output[3] ?? '')
}

/** The sources in these files of the bundle; in '' those of which no code is left. */
function sourcesIn(names: readonly string[]): ReadonlyMap<string, Source> {
  const path = join(DIST, 'modules.json')
  if (!existsSync(path)) throw new Error('Build first: npm run build')
  const report: Readonly<Record<string, Readonly<Record<string, Source>>>> = JSON.parse(
    readFileSync(path, 'utf8'),
  )
  return new Map(names.flatMap(name => Object.entries(report[name] ?? {})))
}

/** The package of a file, if it is of one. Who takes zod may take the whole or a part: its folders are told apart. */
function packageOf(path: string): string | undefined {
  const [, name, inside = ''] = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path) ?? []
  return name === 'zod' ? ['zod', ...inside.split('/').slice(0, -1)].slice(0, 3).join('/') : name
}

/** Breadth first over what was loaded, at once before later. */
function shortestWay(sources: ReadonlyMap<string, Source>, found: string): string {
  const ways = [[ENTRY]]
  const seen = new Set([ENTRY])
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const last = way.at(-1) ?? ''
    if (last === found || packageOf(last) === found) return way.join('\n    -> ')
    const { atOnce = [], later = [] } = sources.get(last) ?? {}
    for (const next of [...atOnce, ...later]) {
      if (seen.has(next) || !(sources.has(next) || next === found)) continue
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return `${found} (no source names it: a global, or by another process)`
}

const sorted = (names: readonly string[]) => [...new Set(names)].sort()
