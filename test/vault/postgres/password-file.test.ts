/** .pgpass, by libpq's rules, and refused where others can read it. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { passwordFromFile } from '../../../src/vault/postgres/password-file.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const WANTED = { host: 'db.example', port: 5432, database: 'shop', user: 'me' }
const files = createNodeFiles()

function found(text: string, wanted: Partial<typeof WANTED> = {}): string | undefined {
  const path = join(temporaryHome(), '.pgpass')
  writeFileSync(path, text, { mode: 0o600 })
  return passwordFromFile(path, { ...WANTED, ...wanted }, files)
}

it.each<[what: string, text: string, expected: string | undefined]>([
  ['a line', 'db.example:5432:shop:me:one', 'one'],
  ['with an end', 'db.example:5432:shop:me:one\n', 'one'],
  ["with Windows' end", 'db.example:5432:shop:me:one\r\n', 'one'],
  ['stars', '*:*:*:*:one', 'one'],
  ['the first that fits', 'x:*:*:*:no\ndb.example:*:*:me:one\n*:*:*:*:two', 'one'],
  ['short', '*:*:*:*:p', 'p'],
  ['another host', 'other:5432:shop:me:no', undefined],
  ['another port', 'db.example:5433:shop:me:no', undefined],
  ['another database', 'db.example:5432:other:me:no', undefined],
  ['another user', 'db.example:5432:shop:you:no', undefined],
  ['a comment', '#*:*:*:*:no\n*:*:*:*:one', 'one'],
  ['a star is no pattern', 'db*:5432:shop:me:no', undefined],
  ['a protected star is none', '\\*:*:*:*:no', undefined],
  ['protected signs', '*:*:*:*:a\\:b\\\\c', 'a:b\\c'],
  ['a protected sign at the end', '*:*:*:*:a\\:', 'a:'],
  ['a lone protection at the end', '*:*:*:*:a\\', 'a\\'],
  ['what follows the password', '*:*:*:*:one:rest', 'one'],
  ['blanks belong to it', '*:*:*:*: one ', ' one '],
  ['other letters', '*:*:*:*:pässwörd', 'pässwörd'],
  ['too few fields', '*:*:*:one', undefined],
  ['an empty password', '*:*:*:*:\n*:*:*:*:two', 'two'],
  ['an empty file', '', undefined],
])('%s', (_, text, expected) => {
  expect(found(text)).toBe(expected)
})

it('fits names that have to be protected', () => {
  expect(found('\\:\\:1:5432:shop:m\\\\e:one', { host: '::1', user: 'm\\e' })).toBe('one')
})

it('is no fault where it is not there', () => {
  expect(passwordFromFile(join(temporaryHome(), 'none'), WANTED, files)).toBeUndefined()
})

it.skipIf(process.platform === 'win32')('is refused where others can read it', () => {
  const path = join(temporaryHome(), '.pgpass')
  writeFileSync(path, '*:*:*:*:one')
  chmodSync(path, 0o644)
  expect(() => passwordFromFile(path, WANTED, files)).toThrow(
    expect.objectContaining({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringContaining('read or written by others'),
    }),
  )
})
