/**
 * What reaches a seller's machine: the files of the tarball, the packages that are installed beside it, and nothing
 * that runs by itself while they are. Each list here is meant: a new entry is a decision, not an accident.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { schemaDocuments } from '../src/cli/published/json-schemas.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const SHIPPED = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'bin/package.json',
  'bin/tokenctl.js',
  'dist/THIRD-PARTY-NOTICES.txt',
  'dist/browser-helper.cjs',
  'dist/keychain-helper.cjs',
  'dist/library/THIRD-PARTY-NOTICES.txt',
  'dist/library/contracts.js',
  'dist/library/index.js',
  'dist/main.cjs',
  'dist/man/tokenctl.1',
  'dist/shared/age-encryption.cjs',
  'dist/shared/inquirer.cjs',
  'dist/shared/nodemailer.cjs',
  'dist/shared/undici.cjs',
  'docs/architecture.md',
  'docs/completion.md',
  'docs/consent.md',
  'docs/delivery.md',
  'docs/dependencies.md',
  'docs/doctor.md',
  'docs/fleet.md',
  'docs/json.md',
  'docs/library.md',
  'docs/many-accounts.md',
  'docs/marketplace-manifests.md',
  'docs/marketplaces.md',
  'docs/monitoring.md',
  'docs/moving-store.md',
  'docs/moving.md',
  'docs/mutation.md',
  'docs/notifications.md',
  'docs/performance.md',
  'docs/proof-figures.md',
  'docs/release.md',
  'docs/reliability.md',
  'docs/scripts.md',
  'docs/simulator.md',
  'docs/unattended.md',
  'examples/list-ebay-orders.sh',
  'examples/orders.mjs',
  'examples/receiver/receiver.mjs',
  'examples/receiver/store-token.mjs',
  'examples/receiver/store.mjs',
  'examples/receiver/verify.mjs',
  'package.json',
]

/** One a command; test/cli/published has which. */
const SCHEMA = /^dist\/schemas\/[a-z-]+\.json$/

/** Chunks are named by the bundler: a word and a hash. */
const CHUNK = /^dist\/chunks\/[\w-]+\.cjs$/
const LIBRARY_CHUNK = /^dist\/library\/[\w-]+-[\w-]{8}\.js$/

/** What a program's types are read from: of every source that one of the two entries reaches. */
const TYPES = /^dist\/types\/(src|test)\/[\w/-]+\.d\.ts$/

/** All that `npm install tokenctl` brings besides tokenctl, but for the keychain's native parts (one of them). */
const INSTALLED = [
  '@napi-rs/keyring',
  'bare-addon-resolve',
  'bare-module-resolve',
  'bare-semver',
  'fs-native-extensions',
  'require-addon',
  'which-runtime',
]

/** The most that the tarball may weigh, the folder that it becomes, and that with all that is installed beside it. */
const MEGABYTES = [1.4, 4.3, 9.5] as const

/** npm runs these by itself when a package is installed. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']

interface LockEntry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
  readonly license?: string
}

/** What `npm pack --json` says. */
interface Packed {
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

interface Manifest {
  readonly engines: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
}

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8'))
const manifest: Manifest = readJson('package.json')
const lock: { readonly packages: Readonly<Record<string, LockEntry>> } = readJson('package-lock.json')
const locked = Object.entries(lock.packages).filter(([path]) => path !== '')
const shipped = locked.filter(([, { dev }]) => dev !== true)
const nameOf = (path: string) => path.replace(/^.*node_modules\//, '')

describe('the tarball', () => {
  let files: readonly string[] = []
  let bytes = { packed: 0, unpacked: 0 }

  beforeAll(() => {
    if (!existsSync(join(ROOT, 'dist', 'main.cjs'))) throw new Error('Build first: npm run build')
    // The list says what is packed; --dry-run writes no file and --ignore-scripts runs nothing.
    const text = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    // One entry a package: in an array, or by name in later versions of npm.
    const [packed] = Object.values<Packed>(JSON.parse(text))
    if (packed === undefined) throw new Error('npm packs nothing')
    files = packed.files.map(({ path }) => path)
    bytes = { packed: packed.size, unpacked: packed.unpackedSize }
  })

  test('holds what is meant to ship and nothing else', () => {
    const named = [CHUNK, LIBRARY_CHUNK, SCHEMA, TYPES]
    expect(files.filter(path => !named.some(each => each.test(path))).sort()).toEqual(SHIPPED)
  })

  test('is no larger than it says (docs/release.md)', () => {
    const [packed, unpacked, installed] = MEGABYTES
    expect(bytes.packed / 1e6, 'MB, packed').toBeLessThanOrEqual(packed)
    expect(bytes.unpacked / 1e6, 'MB, unpacked').toBeLessThanOrEqual(unpacked)
    const beside = shipped.map(([path]) => bytesUnder(path)).reduce((sum, each) => sum + each, 0)
    expect((bytes.unpacked + beside) / 1e6, 'MB, installed').toBeLessThanOrEqual(installed)
    const page = readFileSync(join(ROOT, 'docs', 'release.md'), 'utf8')
    expect(page).toContain(`| at most | ${MEGABYTES.map(each => `${each.toFixed(1)} MB`).join(' | ')} |`)
  })

  test('holds every chunk of the bundle', () => {
    const built = readdirSync(join(ROOT, 'dist', 'chunks')).map(name => `dist/chunks/${name}`)
    expect(files.filter(path => CHUNK.test(path)).sort()).toEqual(built.sort())
    expect(built).not.toEqual([])
  })

  test('holds the library, its types, and nothing of the types that no program reaches', () => {
    const built = readdirSync(join(ROOT, 'dist', 'library')).map(name => `dist/library/${name}`)
    const meant = built.filter(path => path !== 'dist/library/modules.json')
    expect(files.filter(path => path.startsWith('dist/library/')).sort()).toEqual(meant.sort())
    const types = files.filter(path => TYPES.test(path))
    expect(types).toContain('dist/types/src/index.d.ts')
    expect(types).toContain('dist/types/test/contracts/index.d.ts')
    expect(types.filter(path => path.startsWith('dist/types/src/cli/'))).toEqual([])
  })

  test.each([
    ['age-encryption', 'Decrypter'],
    ['inquirer', 'createPromptModule'],
    ['nodemailer', 'createTransport'],
    ['undici', 'ProxyAgent'],
  ])('holds %s once: the library takes it from the same file as the program', async (name, part) => {
    const folder = join(ROOT, 'dist', 'library')
    const asks = (file: string) => readFileSync(join(folder, file), 'utf8').includes(`../shared/${name}.cjs`)
    const [taker, ...more] = readdirSync(folder).filter(file => file.endsWith('.js') && asks(file))
    expect(more).toEqual([])
    const shared = createRequire(import.meta.url)(join(ROOT, 'dist', 'shared', `${name}.cjs`))
    const taken = await import(join(folder, taker ?? ''))
    expect(taken[part]).toBeTypeOf('function')
    expect(taken[part]).toBe(shared[part] ?? shared.default[part])
  })

  test('holds every published schema', () => {
    const made = [...schemaDocuments().keys()].map(name => `dist/schemas/${name}.json`)
    expect(files.filter(path => SCHEMA.test(path)).sort()).toEqual(made.sort())
  })

  test('carries no source map, inside a file or beside it', () => {
    const scripts = files.filter(path => path.endsWith('.cjs'))
    for (const path of scripts) {
      expect(readFileSync(join(ROOT, path), 'utf8'), path).not.toContain('sourceMappingURL=')
    }
  })

  test('names the licence of every package whose code is bundled', () => {
    const notices = readFileSync(join(ROOT, 'dist', 'THIRD-PARTY-NOTICES.txt'), 'utf8')
    for (const name of ['commander', 'zod', 'conf', 'undici', '@noble/ciphers', 'age-encryption', 'open']) {
      expect(notices).toMatch(new RegExp(`^  ${name} \\d+\\.\\d+\\.\\d+ \\(\\S+\\)$`, 'm'))
    }
    expect(notices).toContain('Permission is hereby granted, free of charge')
  })

  test('loads nothing that is not bundled but Node itself and the two native packages', () => {
    const wanted = files
      .filter(path => path.endsWith('.cjs'))
      .flatMap(path => [
        ...readFileSync(join(ROOT, path), 'utf8').matchAll(/(?<![\w.`'"])require\([`'"]([^`'"]+)[`'"]\)/g),
      ])
      .map(match => match[1] ?? '')
      .filter(name => !/^(\.|node:)/.test(name) && !isBuiltin(name))
      // pg asks for it where a program wants `native` of it, which this one does not.
      .filter(name => name !== 'pg-native')
    expect([...new Set(wanted)].sort()).toEqual(Object.keys(manifest.dependencies).sort())
  })
})

describe('what is installed beside it', () => {
  test('is the two native packages and what they need', () => {
    expect(
      shipped
        .filter(([, { optional }]) => optional !== true)
        .map(([path]) => nameOf(path))
        .sort(),
    ).toEqual(INSTALLED)
    expect(shipped.filter(([, { optional }]) => optional === true).map(([path]) => nameOf(path))).toSatisfy(
      (names: readonly string[]) => names.every(name => name.startsWith('@napi-rs/keyring-')),
    )
  })

  test('is little: at most 12 packages asked for, 40 with what they ask for and for every system', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(12)
    expect(shipped.length).toBeLessThanOrEqual(40)
    expect(shipped.length).toBeGreaterThan(INSTALLED.length)
  })

  test('runs nothing when it is installed, and neither does any other package here', () => {
    expect(locked.filter(([path, entry]) => entry.hasInstallScript === true || runsByItself(path))).toEqual(
      [],
    )
  })
})

/** Of a package on the disk, with what is inside it; none of one for another system. */
function bytesUnder(path: string): number {
  if (!existsSync(join(ROOT, path))) return 0
  return readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** What the package on the disk says, since a registry need not: packages for other systems are not there. */
function runsByItself(path: string): boolean {
  if (!existsSync(join(ROOT, path, 'package.json'))) return false
  const scripts: Manifest['scripts'] = readJson(path, 'package.json').scripts
  // npm compiles by itself where it finds a binding.gyp.
  return (
    INSTALL_SCRIPTS.some(name => scripts?.[name] !== undefined) || existsSync(join(ROOT, path, 'binding.gyp'))
  )
}

describe('the manifest and the lock file', () => {
  test('every package is asked for in one exact version, and that one is locked', () => {
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies }
    for (const [name, version] of Object.entries(wanted)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version)
    }
  })

  test('Node 20.19 is the floor', () => {
    expect(manifest.engines).toEqual({ node: '>=20.19' })
  })

  test('every package has its checksum, and comes from the public registry', () => {
    for (const [path, { integrity, resolved }] of locked) {
      expect(integrity, path).toMatch(/^sha512-/)
      if (resolved !== undefined) expect(resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\//)
    }
  })
})
