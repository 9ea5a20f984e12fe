/**
 * What each command loads, by name. A start is paid for by every run of every person, and a module costs its time whether it
 * is used or not: what is not in a command's lists does not belong there, or is a decision with a figure (docs/dependencies.md).
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadedBy } from './support/loaded-modules.ts'
import { makeHome } from './support/temporary-home.ts'
import { tokenctl } from './support/tokenctl.ts'

const empty = makeHome()
const one = makeHome()
const keychain = makeHome()
const homes = { empty: empty.path, one: one.path, keychain: keychain.path }

const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString()

beforeAll(async () => {
  for (const home of [homes.empty, homes.one])
    writeFileSync(join(home, 'config.json'), '{"store":"file"}', { mode: 0o600 })
  const document = {
    version: 1,
    apps: [{ marketplace: 'ebay', keys: { clientId: 'a-b-c', clientSecret: 'PRD-made-up' } }],
    accounts: [
      {
        account: 'ebay:main',
        app: 'default',
        refreshToken: 'v^1.1#made-up',
        consentAt: hours(-48),
        renewedAt: hours(-1),
        accessToken: 'v^1.1#made-up-too',
        accessExpiresAt: hours(1),
      },
    ],
  }
  const { status, stderr } = await tokenctl(['import'], { home: homes.one, input: JSON.stringify(document) })
  expect(status, stderr).toBe(0)
  moveToKeychain()
})
afterAll(() => {
  for (const home of [empty, one, keychain]) home.remove()
})

/** What a keychain store of the same records has in its folder; nothing here asks the keychain. */
function moveToKeychain(): void {
  const [from, to] = [join(homes.one, 'state'), join(homes.keychain, 'state')]
  mkdirSync(join(to, 'headers'), { recursive: true, mode: 0o700 })
  const mark = JSON.parse(readFileSync(join(from, 'vault.json'), 'utf8'))
  writeFileSync(join(to, 'vault.json'), JSON.stringify({ ...mark, store: 'keychain' }), { mode: 0o600 })
  writeFileSync(join(homes.keychain, 'config.json'), '{"store":"keychain"}', { mode: 0o600 })
  for (const name of readdirSync(join(from, 'records'))) {
    const [line = ''] = readFileSync(join(from, 'records', name), 'utf8').split('\n')
    const head = { ...JSON.parse(line), format: 'tokenctl-header', keyId: null }
    const file = join(to, 'headers', name.replace(/\.sealed$/, '.header'))
    writeFileSync(file, `${JSON.stringify(head)}\n\n`, { mode: 0o600 })
  }
}

interface Meant {
  readonly words: readonly string[]
  readonly home: keyof typeof homes
  /** The files of the bundle, each worth 0.4 ms; of a command that does more, how many at most. */
  readonly chunks: readonly string[] | number
  readonly packages: readonly string[]
  readonly builtIn: readonly string[]
  /** The most that the files may weigh, in KiB: what is added to a file is paid for as a new one is. */
  readonly kibibytes: number
}

/** What Node has loaded already, or as good as. */
const NODE = ['node:events', 'node:fs', 'node:os', 'node:path', 'node:process']
/** What reads settings and records that are as this version writes them, and says when they end. */
const PLAIN_RECORDS = ['@date-fns/utc', 'date-fns', 'env-paths', 'is-safe-filename']
/** What a run needs that writes, or finds something out of the ordinary. */
const RECORDS = [...PLAIN_RECORDS, 'commander', 'fastest-levenshtein', 'zod/v4/core', 'zod/v4/mini']
/** What that takes of Node. */
const READING = ['node:buffer', 'node:fs', 'node:os', 'node:path', 'node:process']

const MEANT: readonly Meant[] = [
  {
    words: ['--version'],
    home: 'empty',
    chunks: ['base', 'main'],
    packages: [],
    builtIn: ['node:fs', 'node:os', 'node:path'],
    kibibytes: 17,
  },
  {
    words: ['--help'],
    home: 'empty',
    chunks: ['base', 'line', 'main'],
    packages: ['commander'],
    builtIn: NODE,
    kibibytes: 66,
  },
  {
    words: ['renew', '--help'],
    home: 'empty',
    chunks: ['base', 'line', 'main', 'words'],
    packages: ['commander'],
    builtIn: NODE,
    kibibytes: 100,
  },
  {
    words: ['__complete', '2', 'status', 'eb'],
    home: 'one',
    chunks: ['base', 'complete-line', 'line', 'main'],
    packages: ['commander'],
    builtIn: NODE,
    kibibytes: 73,
  },
  {
    words: ['status'],
    home: 'empty',
    chunks: ['base', 'keychain', 'later', 'main', 'status'],
    packages: [...PLAIN_RECORDS, 'fastest-levenshtein'],
    builtIn: ['node:crypto', ...READING],
    kibibytes: 170,
  },
  {
    words: ['status'],
    home: 'one',
    chunks: ['base', 'main', 'status'],
    packages: PLAIN_RECORDS,
    builtIn: READING,
    kibibytes: 138,
  },
  {
    words: ['status'],
    home: 'keychain',
    chunks: ['base', 'keychain', 'main', 'status'],
    packages: PLAIN_RECORDS,
    builtIn: READING,
    kibibytes: 150,
  },
  {
    words: ['status', '--json'],
    home: 'one',
    chunks: ['base', 'main', 'status'],
    packages: PLAIN_RECORDS,
    builtIn: READING,
    kibibytes: 138,
  },
  {
    words: ['accounts', 'list'],
    home: 'one',
    chunks: 9,
    packages: ['commander', ...PLAIN_RECORDS],
    builtIn: ['node:events', ...READING],
    kibibytes: 231,
  },
  {
    words: ['renew', '--all', '--due'],
    home: 'one',
    chunks: 14,
    packages: RECORDS,
    builtIn: ['node:crypto', 'node:events', ...READING],
    kibibytes: 358,
  },
  {
    words: ['token', 'ebay:main'],
    home: 'one',
    chunks: 14,
    packages: ['@noble/ciphers', ...RECORDS],
    builtIn: ['node:crypto', 'node:events', ...READING],
    kibibytes: 370,
  },
]

test.each(MEANT)('tokenctl $words, home: $home', ({ words, home, ...meant }) => {
  const { chunks, packages, builtIn, bytes, why } = loadedBy(words, homes[home])
  const command = `\`tokenctl ${words.join(' ')}\``
  const listed = [...meant.packages, ...meant.builtIn]
  const crept = [...packages, ...builtIn].filter(name => !listed.includes(name))
  expect(crept, crept.map(name => `${command} loads ${name}:\n    ${why(name)}`).join('\n')).toEqual([])
  // What is not loaded any more leaves its list.
  expect([...packages, ...builtIn].sort(), `what ${command} loads`).toEqual(listed.sort())
  if (typeof meant.chunks === 'number')
    expect(chunks.length, chunks.join(' ')).toBeLessThanOrEqual(meant.chunks)
  else expect(chunks).toEqual(meant.chunks)
  expect(bytes / 1024, `KiB that ${command} loads`).toBeLessThanOrEqual(meant.kibibytes)
})

test('what a command loads is known by name, with the way to it', () => {
  const { why } = loadedBy(['status'], homes.one)
  const way = why('date-fns').split('\n    -> ')
  expect(way[0]).toBe('src/cli/main.ts')
  expect(way[1]).toMatch(/^src\/.*\.ts$/)
  expect(way.at(-1)).toContain('node_modules/date-fns/')
})
