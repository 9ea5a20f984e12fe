/**
 * What each command loads, by name. A start is paid for by every run of every person, and a module costs its time whether it
 * is used or not: what is not in a command's lists does not belong there, or is a decision with a figure (docs/dependencies.md).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadedBy } from './support/loaded-modules.ts'
import { makeHome } from './support/temporary-home.ts'
import { tokenctl } from './support/tokenctl.ts'

const empty = makeHome()
const one = makeHome()
const homes = { empty: empty.path, one: one.path }

const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString()

beforeAll(async () => {
  for (const home of Object.values(homes))
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
})
afterAll(() => {
  empty.remove()
  one.remove()
})

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
/** What reads settings and records, and says when they end. */
const RECORDS = [
  '@date-fns/utc',
  'commander',
  'date-fns',
  'env-paths',
  'fastest-levenshtein',
  'is-safe-filename',
  'zod/v4/core',
  'zod/v4/mini',
]

const MEANT: readonly Meant[] = [
  {
    words: ['--version'],
    home: 'empty',
    chunks: ['base', 'main', 'rolldown-runtime'],
    packages: ['commander'],
    builtIn: NODE,
    kibibytes: 60,
  },
  {
    words: ['--help'],
    home: 'empty',
    chunks: ['base', 'main', 'rolldown-runtime', 'words'],
    packages: ['commander'],
    builtIn: NODE,
    kibibytes: 94,
  },
  {
    words: ['renew', '--help'],
    home: 'empty',
    chunks: ['base', 'main', 'rolldown-runtime', 'words'],
    packages: ['commander'],
    builtIn: NODE,
    kibibytes: 94,
  },
  {
    words: ['__complete', '2', 'status', 'eb'],
    home: 'one',
    chunks: ['base', 'complete-line', 'main', 'rolldown-runtime'],
    packages: ['commander'],
    builtIn: NODE,
    kibibytes: 68,
  },
  {
    words: ['status'],
    home: 'empty',
    chunks: [
      'base',
      'keychain',
      'keychain-bus',
      'keychain-faults',
      'keychain-items',
      'main',
      'rolldown-runtime',
      'status',
    ],
    packages: RECORDS,
    builtIn: ['node:crypto', ...NODE],
    kibibytes: 254,
  },
  {
    words: ['status'],
    home: 'one',
    chunks: ['base', 'main', 'rolldown-runtime', 'status'],
    packages: RECORDS,
    builtIn: NODE,
    kibibytes: 248,
  },
  {
    words: ['status', '--json'],
    home: 'one',
    chunks: ['base', 'main', 'rolldown-runtime', 'status'],
    packages: RECORDS,
    builtIn: NODE,
    kibibytes: 248,
  },
  { words: ['accounts', 'list'], home: 'one', chunks: 11, packages: RECORDS, builtIn: NODE, kibibytes: 281 },
  {
    words: ['renew', '--all', '--due'],
    home: 'one',
    chunks: 28,
    packages: RECORDS,
    builtIn: ['global crypto', 'node:crypto', ...NODE],
    kibibytes: 348,
  },
  {
    words: ['token', 'ebay:main'],
    home: 'one',
    chunks: 24,
    packages: ['@noble/ciphers', ...RECORDS],
    builtIn: ['global crypto', 'node:crypto', ...NODE],
    kibibytes: 344,
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
  const way = why('zod/v4/core').split('\n    -> ')
  expect(way[0]).toBe('src/cli/main.ts')
  expect(way[1]).toMatch(/^src\/.*\.ts$/)
  expect(way.at(-1)).toContain('node_modules/zod/v4/core/')
})
