/** The example's store, on real files: in whatever order deliveries come, the newest tokens are what is kept. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { handOverBy } from '../../../src/cli/delivery/hand-over.ts'
import { type DeliveryDocument, deliverySchema } from '../../../src/cli/shapes/delivery-shape.ts'
import { createHttp } from '../../../src/platform/http.ts'
import { createPrograms } from '../../../src/platform/run-program.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR, MINUTE, toIso } from '../../../src/tokens/time.ts'
import { at, delivery, tokenSet } from '../../support/accounts.ts'
import { fakeClock } from '../../support/clock.ts'
import { watchFs } from '../../support/fs-calls.ts'
import { startExample, store } from '../../support/receiver.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const NOW = at('2026-11-22T10:00:00Z')
const KEY = Buffer.alloc(32, 7).toString('base64')

function document(generation: number, changes: Partial<DeliveryDocument> = {}): DeliveryDocument {
  return deliverySchema.parse({
    version: 1,
    id: `dlv_${generation.toString(16).padStart(32, '0')}`,
    account: 'ebay:main',
    marketplace: 'ebay',
    name: 'main',
    environment: 'production',
    region: null,
    seller: null,
    setUpAt: toIso(NOW - 20 * DAY),
    generation,
    issuedAt: toIso(NOW + generation * HOUR),
    tokens: [{ kind: 'access', token: `token-${generation}`, expiresAt: null }],
    ...changes,
  })
}

const another = (id: string) => `dlv_${id.padStart(32, 'f')}`
const keptIn = (folder: string, file = 'ebay.main.json') =>
  JSON.parse(readFileSync(join(folder, file), 'utf8'))

describe('what is kept', () => {
  it('is the newest generation, whatever comes late', () => {
    const folder = temporaryHome()
    const outcomes = [3, 4, 2, 3, 4, 5].map(each => store(folder, document(each), NOW).outcome)
    expect(outcomes).toEqual(['stored', 'stored', 'older', 'already', 'already', 'stored'])
    expect(keptIn(folder)).toMatchObject({ generation: 5, tokens: [{ token: 'token-5' }] })
  })

  it('is not touched by an older one, also long after its id was forgotten', () => {
    const folder = temporaryHome()
    for (const each of [3, 4]) store(folder, document(each), NOW)
    const before = readFileSync(join(folder, 'ebay.main.json'))
    expect(store(folder, document(3), NOW + 30 * DAY)).toEqual({ outcome: 'older' })
    expect(readFileSync(join(folder, 'ebay.main.json')).equals(before)).toBe(true)
  })

  it('is not touched by the same tokens under another id', () => {
    const folder = temporaryHome()
    store(folder, document(4), NOW)
    const before = readFileSync(join(folder, 'ebay.main.json'))
    expect(store(folder, document(4, { id: another('a') }), NOW + MINUTE)).toEqual({ outcome: 'already' })
    expect(readFileSync(join(folder, 'ebay.main.json')).equals(before)).toBe(true)
  })

  it('grows where another token of the generation is handed on from now on', () => {
    const folder = temporaryHome()
    const tokens = document(4).tokens
    store(folder, document(4), NOW)
    const both = [...tokens, { kind: 'refresh' as const, token: 'refresh-4', expiresAt: null }]
    expect(store(folder, document(4, { id: another('b'), tokens: both }), NOW)).toEqual({ outcome: 'stored' })
    expect(keptIn(folder).tokens).toEqual(both)
  })

  it.each<[string, Partial<DeliveryDocument>, 'stored' | 'older']>([
    ['connected anew, issued later', { setUpAt: toIso(NOW), issuedAt: toIso(NOW + 30 * DAY) }, 'stored'],
    // By `import`: the generation is 0, and nobody knows when the token was issued.
    ['connected anew by import', { setUpAt: toIso(NOW), generation: 0, issuedAt: null }, 'stored'],
    ['connected anew within the second', { setUpAt: toIso(NOW - 20 * DAY + 1) }, 'stored'],
    ['from before it was connected anew', { setUpAt: toIso(NOW - 30 * DAY), generation: 40 }, 'older'],
    ['of the same set-up, issued later', { issuedAt: toIso(NOW + 30 * DAY) }, 'older'],
    ['of the same set-up, issued nobody knows when', { issuedAt: null }, 'older'],
  ])('where a token is kept: one %s', (_, changes, outcome) => {
    const folder = temporaryHome()
    store(folder, document(12), NOW)
    expect(store(folder, document(1, changes), NOW)).toEqual({ outcome })
    expect(keptIn(folder).generation).toBe(outcome === 'stored' ? (changes.generation ?? 1) : 12)
  })

  it('is what is set up anew, also with the tokens that are kept: what was under way from before is older', () => {
    const folder = temporaryHome()
    const { tokens } = document(12)
    store(folder, document(12), NOW)
    expect(store(folder, document(3, { setUpAt: toIso(NOW), tokens }), NOW).outcome).toBe('stored')
    expect(store(folder, document(13), NOW)).toEqual({ outcome: 'older' })
  })

  it('gives way where it was kept before documents said when they were set up', () => {
    const folder = temporaryHome()
    store(folder, document(12), NOW)
    const { setUpAt: _, ...older } = keptIn(folder)
    writeFileSync(join(folder, 'ebay.main.json'), JSON.stringify(older))
    expect(store(folder, document(1), NOW).outcome).toBe('stored')
  })

  it('is a newer generation also where its time of issue is unknown or behind', () => {
    for (const issuedAt of [null, toIso(NOW - DAY)]) {
      const folder = temporaryHome()
      store(folder, document(4), NOW)
      expect(store(folder, document(5, { issuedAt }), NOW)).toEqual({ outcome: 'stored' })
    }
  })

  it('is each account’s own', () => {
    const folder = temporaryHome()
    store(folder, document(9), NOW)
    expect(store(folder, document(1, { account: 'ebay:outlet', id: another('c') }), NOW).outcome).toBe(
      'stored',
    )
    expect(readdirSync(folder).sort()).toEqual(['ebay.main.json', 'ebay.outlet.json'])
  })

  it('is the highest generation that came, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }), generations => {
        const folder = temporaryHome()
        for (const each of generations) expect(store(folder, document(each), NOW).outcome).not.toBe('unfit')
        expect(keptIn(folder).generation).toBe(Math.max(...generations))
      }),
      { numRuns: 30 },
    )
  })
})

it.each<[string, object | null, string]>([
  ['nothing', null, 'its version is not 1'],
  ['a later version', { version: 2 }, 'its version is not 1'],
  ['no id', { id: 'x' }, 'it has no id'],
  ['no generation', { generation: '4' }, 'it has no generation'],
  ['no time of set-up', { setUpAt: undefined }, 'it does not say when it was set up'],
  ['an account that is no file’s name', { account: 'ebay:../../x' }, 'it has no account'],
  ['no token', { tokens: [] }, 'it has no tokens'],
])('%s is not kept', (_, changes, problem) => {
  const folder = temporaryHome()
  const given = changes === null ? null : { ...document(4), ...changes }
  expect(store(folder, given, NOW)).toEqual({ outcome: 'unfit', problem })
  expect(readdirSync(folder)).toEqual([])
})

it.skipIf(process.platform === 'win32')('what is kept is on the disk, and so is its name', () => {
  const folder = temporaryHome()
  const { calls, stillOpen } = watchFs()
  try {
    // The example takes the functions by their names.
    syncBuiltinESMExports()
    store(folder, document(4), NOW)
  } finally {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
  }
  const file = 'ebay.main.json'
  expect(calls.filter(each => /^(fsync|rename|write) /.test(each))).toEqual([
    `write ${file}.new`,
    `fsync ${file}.new`,
    `rename ${file}`,
    `fsync ${basename(folder)}`,
  ])
  expect(stillOpen()).toEqual([])
})

it('a file that cannot be read is not written over', () => {
  const folder = temporaryHome()
  writeFileSync(join(folder, 'ebay.main.json'), '{"generation":')
  expect(() => store(folder, document(4), NOW)).toThrow(SyntaxError)
  expect(readFileSync(join(folder, 'ebay.main.json'), 'utf8')).toBe('{"generation":')
})

it('the real sender is told yes about an older generation, and the receiver keeps the newer', async () => {
  const receiver = await startExample()
  receiver.setKeys(KEY)
  // The example looks at the real clock.
  const clock = fakeClock(Date.now())
  const way = { url: new Secret(receiver.url), key: new Secret(KEY) }
  const send = handOverBy({
    clock,
    env: {},
    http: async () => createHttp({}),
    programs: async () => createPrograms(),
  })
  for (const generation of [7, 6, 7]) {
    const set = tokenSet(
      { generation, acceptedAt: clock.now() + generation * MINUTE, accessExpiresAt: clock.now() + HOUR },
      { accessToken: new Secret(`token-${generation}`), delivery: way },
    )
    await send({ stored: { ...set, revision: 1 }, delivery: delivery(), way, again: null })
  }
  // Its answer may be here before what it prints.
  await expect
    .poll(() => receiver.lines)
    .toEqual(['200 ebay:main: stored', '200 ebay:main: older', '200 ebay:main: already'])
  expect(keptIn(receiver.folder)).toMatchObject({ generation: 7, tokens: [{ token: 'token-7' }] })
})
