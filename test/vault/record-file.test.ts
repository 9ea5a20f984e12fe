/** Names of files and what their first line must say, by table: a file is believed only when both agree. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import {
  fileKey,
  fileName,
  isPart,
  type RecordFileKind,
  readHead,
  SEALED,
  writeHead,
} from '../../src/vault/record-file.ts'

const HEADERS: RecordFileKind = {
  format: 'tokenctl-header',
  extension: '.header',
  mend: 'Run the mending command.',
}
const KEY = 'account/ebay:main'
const HEAD = { keyId: '1a2b3c4d', header: { account: 'ebay:main', generation: 3 } }

function failure(work: () => unknown): TokenctlError {
  try {
    work()
  } catch (error) {
    if (error instanceof TokenctlError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const word = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,12}$/)
const anyKey = fc
  .tuple(
    fc.constantFrom('account', 'app'),
    word,
    word,
    fc.option(fc.tuple(fc.nat(), fc.nat()), { nil: undefined }),
  )
  .map(
    ([what, marketplace, own, part]) =>
      `${what}/${marketplace}:${own}${part === undefined ? '' : `#${part.join('.')}`}`,
  )

describe('the name of a file', () => {
  it.each([
    ['account/ebay:main', 'account.ebay.main.sealed'],
    ['app/amazon:default', 'app.amazon.default.sealed'],
    ['account/ebay:main#12.34', 'account.ebay.main.12.34.sealed'],
  ])('of %s is %s, and leads back', (key, name) => {
    expect(fileName(key, SEALED)).toBe(name)
    expect(fileKey(name, SEALED)).toBe(key)
  })

  it('leads back to any key, and no two keys share one', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (one, other) => {
        expect(fileKey(fileName(one, HEADERS), HEADERS)).toBe(one)
        expect(fileName(one, SEALED) === fileName(other, SEALED)).toBe(one === other)
        expect(isPart(one)).toBe(one.includes('#'))
      }),
    )
  })

  it.each([
    'account/ebay:main#1',
    'account/ebay:main#1.x',
    'account/ebay:main ',
    ' account/ebay:main',
    'account/ebay',
    'account/:main',
    'account/ebay:',
    'account/ebay:Main',
    'account/eb.ay:main',
    'other/ebay:main',
    'account/../x:main',
  ])('is none for %j, which is no key', key => {
    const error = failure(() => fileName(key, SEALED))
    expect([error.code, error.message]).toEqual(['BUG', `${JSON.stringify(key)} is no key of a record.`])
  })

  it.each([
    'account.ebay.main.header',
    'account.ebay.main',
    'account.ebay.sealed',
    'account.ebay.main.1.sealed',
    'account.ebay.main.1.2.3.sealed',
    'xaccount.ebay.main.sealed',
    'account.ebay.Main.sealed',
    'account..main.sealed',
    'account.ebay..sealed',
    'account.ebay.main.a.1.sealed',
    'account.ebay.main.sealed.sealed',
  ])('%s stands for no key', name => {
    expect(fileKey(name, SEALED)).toBeUndefined()
  })
})

describe('the first line', () => {
  const line = writeHead(SEALED, KEY, HEAD)

  it('says what the file is, and comes back', () => {
    expect(JSON.parse(line)).toEqual({ format: 'tokenctl-record', version: 1, key: KEY, ...HEAD })
    expect(readHead(SEALED, '/there', KEY, line)).toEqual(HEAD)
    const unsealed = { ...HEAD, keyId: null }
    expect(readHead(HEADERS, '/there', KEY, writeHead(HEADERS, KEY, unsealed))).toEqual(unsealed)
  })

  const changed = (change: object) => JSON.stringify({ ...JSON.parse(line), ...change })
  it.each<[string, string]>([
    ['no JSON', line.slice(0, -1)],
    ['nothing', ''],
    ['a list', '[]'],
    ['of another kind', writeHead(HEADERS, KEY, HEAD)],
    ['with a header that is a list', changed({ header: [] })],
    ['with a header that is null', changed({ header: null })],
    ['with a header that is text', changed({ header: 'x' })],
    ['with a key that is none', changed({ key: 7 })],
    ['without a key id', changed({ keyId: undefined })],
    ['with more than it has', changed({ more: 1 })],
    ['of version 0', changed({ version: 0 })],
  ])('is refused when it is %s', (_, text) => {
    const error = failure(() => readHead(SEALED, '/there', KEY, text))
    expect(error.code).toBe('RECORD_UNREADABLE')
    expect(error.message).toBe('/there does not begin as a record of tokenctl does.')
    expect(error.fix).toMatch(/Restore it from a backup; nothing was changed\.$/)
    expect(failure(() => readHead({ ...SEALED, mend: 'Do this.' }, '/there', KEY, text)).fix).toBe('Do this.')
  })

  it('is refused when it is of a newer version, whatever else it says', () => {
    const error = failure(() => readHead(SEALED, '/there', KEY, changed({ version: 2, new: true })))
    expect([error.code, error.message, error.fix]).toEqual([
      'RECORD_UNREADABLE',
      '/there was written by a newer tokenctl (file version 2, known is 1).',
      'Update tokenctl. Nothing was changed.',
    ])
  })

  it('is refused when it is of another record', () => {
    const read = (kind: RecordFileKind) =>
      failure(() => readHead(kind, '/there', 'account/ebay:other', writeHead(kind, KEY, HEAD)))
    const error = read(SEALED)
    expect([error.code, error.message]).toEqual([
      'RECORD_UNREADABLE',
      '/there holds another record than its name says.',
    ])
    expect(error.fix).toMatch(/Put each back under its own name/)
    expect(read(HEADERS).fix).toBe(HEADERS.mend)
  })
})
