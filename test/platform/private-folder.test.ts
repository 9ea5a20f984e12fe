/** Which folders are made, and that making them comes to an end whatever a file system says. */
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePrivateFolder } from '../../src/platform/private-folder.ts'
import { temporaryHome } from '../support/temporary-home.ts'

test('what is missing on the way is made, closed to others, and told from the outside in', () => {
  const home = temporaryHome()
  const [one, two] = [join(home, 'one'), join(home, 'one', 'two')]
  expect(makePrivateFolder(two)).toEqual([one, two])
  for (const folder of [one, two]) expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(makePrivateFolder(two)).toEqual([])
  mkdirSync(join(home, 'there'))
  symlinkSync(join(home, 'there'), join(home, 'link'))
  expect(makePrivateFolder(join(home, 'link', 'three'))).toEqual([join(home, 'link', 'three')])
})

test('below a file, or a link to nothing, the system’s own word is thrown', () => {
  const home = temporaryHome()
  writeFileSync(join(home, 'file'), '')
  symlinkSync(join(home, 'nothing'), join(home, 'link'))
  expect(() => makePrivateFolder(join(home, 'file', 'x'))).toThrow(/ENOTDIR/)
  expect(() => makePrivateFolder(join(home, 'link', 'x'))).toThrow(/ENOENT/)
})

test.runIf(process.platform === 'linux')(
  'a file system that takes none says so, and is not asked for ever',
  () => {
    expect(() => makePrivateFolder('/proc/one/two')).toThrow(/ENOENT/)
  },
)
