/** Where a process spends its processor time, by the parts of the program: a profile of `--cpu-prof` over a readable build. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Parts in the order in which they are shown; a module is of the first that fits. */
const PARTS = [
  [
    'HTTP client (undici, http-pool)',
    /node_modules\/undici|src\/platform\/(http|pool-exchange|network-failure|unpack)|^wasm:/,
  ],
  [
    'SQL client (pg, statements)',
    /node_modules\/pg|node_modules\/postgres-|src\/vault\/postgres\/(?!journal)/,
  ],
  ['journal', /src\/vault\/(postgres\/)?journal|src\/vault\/asked/],
  ['sealing (ciphers, digests)', /@noble\/ciphers|src\/vault\/(envelope|key|key-source)\.ts/],
  ['zod', /node_modules\/zod/],
  ['records (heads, bodies, headers)', /src\/(vault|tokens)\//],
  ['files, locks, history', /src\/platform\/|src\/cli\/noting|fs-native-extensions/],
  ['renewal and marketplaces', /src\/(renewal|oauth|marketplaces)\//],
  ['command line', /src\/cli|node_modules/],
]
const NATIVE = new Map([
  ['(garbage collector)', 'garbage collection'],
  ['(program)', 'native code'],
  ['(idle)', 'idle'],
])
const SOCKETS = "Node's own (sockets, files, promises)"

/** The profile that a run left in a folder, as shares of its processor time by part, and the functions that took most. */
export function profileIn(folder) {
  const [name] = readdirSync(folder).filter(file => file.endsWith('.cpuprofile'))
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(child => [child, id])))
  const byId = new Map(nodes.map(node => [node.id, node]))
  const moduleOf = moduleFinder()
  const isOwn = node => moduleOf(node) !== undefined
  /** What is Node's own is of the module that called it. */
  const own = node => {
    for (let at = node; at !== undefined; at = byId.get(parents.get(at.id))) if (isOwn(at)) return at
    return undefined
  }
  const [byPart, byFunction] = [new Map(), new Map()]
  let busy = 0
  for (const [at, id] of samples.entries()) {
    const node = byId.get(id)
    const micros = timeDeltas[at]
    const native = NATIVE.get(node.callFrame.functionName)
    if (native === 'idle') continue
    busy += micros
    const caller = native === undefined ? own(node) : undefined
    const module = caller && moduleOf(caller)
    const part = native ?? (module === undefined ? SOCKETS : partOf(module))
    byPart.set(part, (byPart.get(part) ?? 0) + micros)
    const where =
      caller === undefined
        ? node.callFrame.functionName
        : `${caller.callFrame.functionName || '(anonymous)'} ${module}`
    byFunction.set(where, (byFunction.get(where) ?? 0) + micros)
  }
  const most = map =>
    [...map].sort((a, b) => b[1] - a[1]).map(([what, micros]) => ({ what, share: micros / busy }))
  return { busySeconds: busy / 1e6, parts: most(byPart), functions: most(byFunction).slice(0, 40) }
}

const partOf = module => PARTS.find(([, modules]) => modules.test(module))?.[0] ?? SOCKETS

// The bundler's own comment before what came of a module.
const MODULE = /^\s*\/\/ (?:\.\.\/)*(?:\S+\/)?((?:src|node_modules)\/\S+\.[cm]?[jt]s)$/

/** Finds the module that a function came from. */
function moduleFinder() {
  const files = new Map()
  const modulesOf = path => {
    let current
    return readFileSync(path, 'utf8')
      .split('\n')
      .map(line => {
        current = MODULE.exec(line)?.[1] ?? current
        return current
      })
  }
  return ({ callFrame: { url, lineNumber } }) => {
    if (url.startsWith('wasm:')) return url
    if (url === '' || url.startsWith('node:')) return undefined
    const path = url.startsWith('file:') ? fileURLToPath(url) : url
    if (!path.endsWith('.cjs')) return path
    if (!files.has(path)) files.set(path, modulesOf(path))
    return files.get(path)[lineNumber] ?? path
  }
}
