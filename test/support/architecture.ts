/**
 * The checker behind `architecture.test.ts`: reads one source file and names each line that breaks the house's
 * order (rooms, packages, clocks, secrets, names). Pure: path and text in, offences out.
 */
import { posix } from 'node:path'
import { parseAst } from 'rolldown/parseAst'

interface Room {
  /** Rooms it may import anything from. Its own is always among them, and so is `errors`. */
  readonly rooms: readonly string[]
  readonly packages: readonly string[]
}

/** The table of rooms. A file straight under `src/` is a room of its own name. */
export const ROOMS: Readonly<Record<string, Room>> = {
  errors: { rooms: [], packages: [] },
  tokens: { rooms: [], packages: ['date-fns', '@date-fns/utc'] },
  oauth: { rooms: ['tokens'], packages: ['zod/mini'] },
  marketplaces: { rooms: ['json-place', 'oauth', 'tokens'], packages: ['zod/mini', 'fastest-levenshtein'] },
  'json-place': { rooms: [], packages: [] },
  settings: { rooms: ['json-place', 'tokens', 'marketplaces', 'vault'], packages: ['zod/mini'] },
  vault: {
    rooms: ['tokens'],
    packages: ['zod/mini', '@napi-rs/keyring', '@noble/ciphers', 'age-encryption', 'pg'],
  },
  renewal: { rooms: ['marketplaces', 'vault', 'tokens'], packages: [] },
  simulator: { rooms: ['tokens'], packages: [] },
  schedule: { rooms: [], packages: ['zod/mini'] },
  platform: {
    rooms: [],
    packages: ['undici', 'inquirer', 'env-paths', 'fs-native-extensions', 'open', 'nodemailer'],
  },
  cli: {
    rooms: [
      'tokens',
      'oauth',
      'marketplaces',
      'json-place',
      'settings',
      'vault',
      'renewal',
      'simulator',
      'schedule',
      'platform',
      'index',
    ],
    packages: [
      'commander',
      'chalk',
      'cli-table3',
      'conf',
      'date-fns',
      'fastest-levenshtein',
      'zod/mini',
      'age-encryption',
    ],
  },
  library: {
    rooms: ['cli', 'renewal', 'marketplaces', 'vault', 'tokens', 'settings', 'platform'],
    packages: [],
  },
  index: {
    rooms: ['library', 'renewal', 'vault', 'marketplaces', 'oauth', 'tokens', 'platform'],
    packages: [],
  },
}

/** Rooms that do no input or output: of Node they get only what computes. */
const PURE_ROOMS = ['errors', 'tokens', 'oauth', 'marketplaces', 'json-place', 'settings', 'schedule']
const PURE_BUILTINS = ['node:crypto', 'node:buffer', 'node:util', 'node:path']

/** Reached by `import()` at the moment of need, since each costs a start more than the whole rest. */
const HEAVY = [
  'undici',
  'inquirer',
  'chalk',
  'cli-table3',
  'conf',
  '@napi-rs/keyring',
  'age-encryption',
  'open',
  'nodemailer',
]

/** The process and its clock are touched here only; everywhere else they are handed in. */
const TOUCHES_PROCESS = /^src\/(platform|cli)\/|^src\/vault\/keychain-helper\.ts$/

/** Where implementations are chosen; everything else in `cli` gets them handed in. */
const CHOOSES = /^src\/cli\/(world|main)\.ts$/

/** I2. */
const REVEALS =
  /^src\/(oauth|marketplaces|vault)\/|^src\/cli\/(commands\/(token|exec)|delivery\/delivery-document|moving\/(export-document|age-open))\.ts$/

const NO_NAMES = ['utils', 'util', 'helpers', 'helper', 'common', 'manager', 'service', 'misc', 'shared']

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

interface Import {
  readonly node: Node
  readonly from: string
  readonly isType: boolean
  readonly isLazy: boolean
}

/** Every offence in one file, as `src/room/file.ts:12: what is wrong`. `path` begins with `src/`. */
export function offences(path: string, source: string): string[] {
  const found: string[] = ofPath(path).map(what => `${path}:1: ${what}`)
  if (!/^\s*(#!.*\n)?\s*\/[*/]/.test(source)) found.push(`${path}:1: does not begin with what it is for`)
  if (path.endsWith('.d.ts')) return found
  const root = parseAst(source, { lang: 'ts' }, path) as unknown as Node
  walk(root, undefined, (node, parent) => {
    for (const what of [...ofImport(path, node), ...ofUse(path, node, parent)])
      found.push(`${path}:${source.slice(0, node.start).split('\n').length}: ${what}`)
  })
  return found
}

function roomOf(path: string): string {
  return path.split('/')[1]?.replace(/\.ts$/, '') ?? ''
}

function ofPath(path: string): string[] {
  const found: string[] = []
  const parts = path.split('/')
  if (parts.length > 4) found.push('lies deeper than src/room/part/file.ts')
  const words = parts.slice(1).map(part => part.replace(/(\.d)?\.ts$/, ''))
  for (const word of words)
    if (NO_NAMES.includes(word)) found.push(`"${word}" says nothing about what it holds`)
  if (ROOMS[roomOf(path)] === undefined) found.push(`"${roomOf(path)}" is no room of this house`)
  return found
}

function walk(
  node: Node,
  parent: Node | undefined,
  visit: (node: Node, parent: Node | undefined) => void,
): void {
  visit(node, parent)
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child === 'object' && child !== null && typeof child.type === 'string')
        walk(child, node, visit)
  }
}

function importOf(node: Node): Import | undefined {
  const source = node['source'] as { readonly value?: unknown } | null | undefined
  const from = typeof source?.value === 'string' ? source.value : undefined
  const each = (node['specifiers'] ?? []) as readonly Node[]
  const allTypes =
    each.length > 0 && each.every(one => one['importKind'] === 'type' || one['exportKind'] === 'type')
  const isType = node['importKind'] === 'type' || node['exportKind'] === 'type' || allTypes
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return from === undefined ? undefined : { node, from, isType, isLazy: false }
    case 'ImportExpression':
      return { node, from: from ?? '', isType: false, isLazy: true }
    case 'TSImportType':
      return { node, from: from ?? '', isType: true, isLazy: false }
    default:
      return undefined
  }
}

function ofImport(path: string, node: Node): string[] {
  const imported = importOf(node)
  if (imported === undefined) return []
  if (imported.from === '') return ['imports what is only known when it runs']
  if (imported.from.startsWith('node:')) return ofBuiltin(path, imported)
  if (imported.from.startsWith('.')) return ofSource(path, imported)
  return ofPackage(path, imported)
}

function ofBuiltin(path: string, { from, isType }: Import): string[] {
  const allowed = isType || !PURE_ROOMS.includes(roomOf(path)) || PURE_BUILTINS.includes(from)
  return allowed ? [] : [`${roomOf(path)} is pure and imports ${from}`]
}

function ofSource(path: string, { from, isType }: Import): string[] {
  const target = posix.join(posix.dirname(path), from)
  // The program tells its own version.
  if (target === 'package.json' && roomOf(path) === 'cli') return []
  if (!target.startsWith('src/')) return [`imports ${from} from outside src`]
  // A manifest is data, and a room's own.
  if (target.endsWith('.json') && roomOf(path) === roomOf(target)) return []
  if (!target.endsWith('.ts')) return [`imports ${from} without its extension`]
  const [own, other] = [roomOf(path), roomOf(target)]
  if (own === other || other === 'errors') return []
  // The types of the outside are for all; its making is for `cli` alone.
  if (other === 'platform' && isType)
    return own === 'errors' || own === 'tokens' ? [`${own} imports platform`] : []
  if (other === 'platform' && own === 'cli' && !CHOOSES.test(path))
    return [`chooses an implementation (${from})`]
  return ROOMS[own]?.rooms.includes(other) ? [] : [`${own} imports ${other} (${from})`]
}

function ofPackage(path: string, { from, isType, isLazy }: Import): string[] {
  const own = roomOf(path)
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')
  const known = ROOMS[own]?.packages ?? []
  const found = known.includes(name) || known.includes(from) ? [] : [`${own} imports the package ${from}`]
  if (HEAVY.includes(name) && !isType && !isLazy)
    found.push(`imports ${name} at the start, not when it is needed`)
  return found
}

function isIdentifier(node: unknown, name: string): boolean {
  return typeof node === 'object' && node !== null && 'name' in node && node.name === name
}

/** Whether an identifier is a value that is used, and no name of a property. */
function isReference(node: Node, parent: Node | undefined): boolean {
  if (node.type !== 'Identifier' || parent === undefined) return false
  if (parent.type === 'MemberExpression') return parent['object'] === node || parent['computed'] === true
  if (parent.type === 'Property') return parent['value'] === node
  return !/^TS|^(Method|Property)Definition$|Specifier$/.test(parent.type)
}

function ofUse(path: string, node: Node, parent: Node | undefined): string[] {
  if (node.type === 'CallExpression') {
    const callee = node['callee'] as Node
    if (isIdentifier(callee['property'], 'reveal') && !REVEALS.test(path)) return ['calls reveal() (I2)']
  }
  if (TOUCHES_PROCESS.test(path)) return []
  if (
    node.type === 'MemberExpression' &&
    isIdentifier(node['object'], 'Date') &&
    isIdentifier(node['property'], 'now')
  )
    return ['reads the clock: Date.now']
  const readsClock = node.type === 'NewExpression' || node.type === 'CallExpression'
  if (readsClock && isIdentifier(node['callee'], 'Date') && (node['arguments'] as unknown[]).length === 0)
    return ['reads the clock: Date without an argument']
  for (const name of ['process', 'console'])
    if (isIdentifier(node, name) && isReference(node, parent)) return [`touches ${name}`]
  if (node.type === 'MemberExpression' && isIdentifier(node['object'], 'globalThis')) {
    const name = ['process', 'console'].find(each => isIdentifier(node['property'], each))
    if (name !== undefined) return [`touches ${name}`]
  }
  return []
}
