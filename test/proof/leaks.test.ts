/** The search for secrets finds one wherever it begins and however it is written. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeRefreshToken } from '../../src/simulator/token-shapes.ts'
import { VENDORS } from '../../src/simulator/vendors.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { leaksIn, temporaryFilesIn } from './leaks.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

test.each(VENDORS)('a token of %s, in each encoding, wherever it begins', vendor => {
  const token = makeRefreshToken(vendor)
  const forms = [
    token,
    JSON.stringify({ token }),
    encodeURIComponent(token),
    Buffer.from(token).toString('hex'),
    ...['', 'a', 'ab', 'abc'].map(before => base64(`${before}${token}`)),
    Buffer.from(`a${token}`).toString('base64url'),
  ]
  for (const form of forms) {
    const folder = temporaryHome()
    mkdirSync(join(folder, 'deep'))
    writeFileSync(join(folder, 'deep', 'file'), `before ${form} after`)
    expect({ form, leaks: leaksIn(folder, [token]).length }).toEqual({ form, leaks: 1 })
    expect(leaksIn(folder, [makeRefreshToken(vendor)])).toEqual([])
  }
})

test('half-written files are told by their name', () => {
  const folder = temporaryHome()
  for (const name of ['.a.sealed.12.tmp', 'a.sealed']) writeFileSync(join(folder, name), '')
  expect(temporaryFilesIn(folder)).toEqual([join(folder, '.a.sealed.12.tmp')])
})
