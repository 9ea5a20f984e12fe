/** Room and kind of a file system, of a folder that is there and of one that is not yet. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileSystemOf, networkName } from '../../src/platform/file-system.ts'
import { temporaryHome } from '../support/temporary-home.ts'

test('a folder that is there, and one below it that is not yet, have the same figures', () => {
  const home = temporaryHome()
  const facts = fileSystemOf(home, 'linux')
  expect(facts?.at).toBe(home)
  expect(facts?.freeBytes).toBeGreaterThan(0)
  expect(fileSystemOf(join(home, 'not', 'yet'), 'linux')).toMatchObject({ at: home, network: facts?.network })
})

test('what cannot be looked at has none', () => {
  expect(fileSystemOf('/dev/null/x', 'linux')).toBeUndefined()
})

test.each([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  // The same from a 32-bit kernel.
  [0xff534d42 | 0, 'CIFS'],
  [0x65735546, 'FUSE'],
  // ext4, tmpfs.
  [0xef53, null],
  [0x01021994, null],
])('number %d is %s', (type, name) => {
  expect(networkName(type)).toBe(name)
})

test('the numbers are those of Linux: other systems number otherwise', () => {
  expect(fileSystemOf('/', 'darwin')?.network).toBeNull()
})
