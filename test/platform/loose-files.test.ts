/** What is open to others, a link, or another user's; and closing only what is ours and open by its mode alone. */
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  closeToOthers,
  isWritableByOthers,
  leftoversIn,
  looseFile,
  looseFolder,
  looseUnder,
  openAbove,
  removeLeftover,
} from '../../src/platform/loose-files.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const UID = process.getuid?.()
const LEFT = '.record.0123456789abcdef.tmp'

function file(path: string, mode: number): string {
  writeFileSync(path, 'text')
  chmodSync(path, mode)
  return path
}

describe.skipIf(UID === undefined)('what is loose', () => {
  test('a private tree has nothing; nor has what is not there', () => {
    const home = temporaryHome()
    mkdirSync(join(home, 'a'), { mode: 0o700 })
    file(join(home, 'a', 'b'), 0o600)
    file(join(home, 'a', 'c'), 0o400)
    expect(looseUnder(home, UID)).toEqual([])
    expect(looseUnder(join(home, 'none'), UID)).toEqual([])
    expect(looseFile(join(home, 'none'), UID)).toEqual([])
  })

  test('folder, folder in it and file: each, outermost first, all ours to close', () => {
    const home = temporaryHome()
    mkdirSync(join(home, 'a'))
    chmodSync(join(home, 'a'), 0o750)
    file(join(home, 'a', 'b'), 0o604)
    chmodSync(home, 0o711)
    const loose = looseUnder(home, UID)
    expect(loose.map(({ path }) => path)).toEqual([home, join(home, 'a'), join(home, 'a', 'b')])
    expect(loose.every(({ canClose }) => canClose)).toBe(true)
    expect(looseFolder(home, UID)).toHaveLength(1)
  })

  test('links, second names and pipes are loose, and not ours to close', () => {
    const home = temporaryHome()
    symlinkSync('/etc', join(home, 'folder-link'))
    symlinkSync('/etc/hostname', join(home, 'link'))
    file(join(home, 'one'), 0o644)
    linkSync(join(home, 'one'), join(home, 'two'))
    const loose = looseUnder(home, UID)
    expect(loose.map(({ path }) => path.slice(home.length + 1))).toEqual([
      'folder-link',
      'link',
      'one',
      'two',
    ])
    expect(loose.some(({ canClose }) => canClose)).toBe(false)
  })

  test.skipIf(UID !== 0)("another user's is loose, and not ours to close", () => {
    const path = file(join(temporaryHome(), 'a'), 0o644)
    chownSync(path, 12_345, 12_345)
    expect(looseFile(path, UID)).toMatchObject([{ canClose: false }])
    expect(() => closeToOthers(path, UID)).toThrow()
    expect(statSync(path).mode & 0o777).toBe(0o644)
  })

  test('nothing is, where the system has no such numbers', () => {
    const path = file(join(temporaryHome(), 'a'), 0o666)
    expect(looseFile(path, undefined)).toEqual([])
    expect(isWritableByOthers(path, undefined)).toBe(false)
    expect(openAbove(path, undefined)).toBeUndefined()
  })
})

describe.skipIf(UID === undefined)('closing', () => {
  test.each([
    [0o644, 0o600],
    [0o4777, 0o600],
  ])('a file of mode %o becomes %o, and what it had is told', (mode, closed) => {
    const path = file(join(temporaryHome(), 'a'), mode)
    expect(closeToOthers(path, UID)).toBe(mode)
    expect(statSync(path).mode & 0o7777).toBe(closed)
  })

  test('a folder becomes 0700', () => {
    const home = temporaryHome()
    chmodSync(home, 0o777)
    expect(closeToOthers(home, UID)).toBe(0o777)
    expect(statSync(home).mode & 0o7777).toBe(0o700)
  })

  test('a link is refused, and what it leads to stays as it is', () => {
    const home = temporaryHome()
    const path = file(join(home, 'a'), 0o644)
    symlinkSync(path, join(home, 'link'))
    expect(() => closeToOthers(join(home, 'link'), UID)).toThrow(/ELOOP/)
    expect(statSync(path).mode & 0o777).toBe(0o644)
  })

  test('a file with a second name is refused: the other name may be somebody else’s', () => {
    const home = temporaryHome()
    const path = file(join(home, 'a'), 0o644)
    linkSync(path, join(home, 'b'))
    expect(() => closeToOthers(path, UID)).toThrow()
    expect(statSync(path).mode & 0o777).toBe(0o644)
  })
})

describe('leftovers', () => {
  test('old half-written files of ours, and no others', () => {
    const home = temporaryHome()
    const [left, fresh, other] = [LEFT, LEFT.replace('record', 'fresh'), '.other.tmp'].map(name =>
      file(join(home, name), 0o600),
    )
    for (const path of [left, other]) utimesSync(path ?? '', 1, 1)
    mkdirSync(join(home, LEFT.replace('record', 'folder')))
    expect(leftoversIn(home, UID)).toEqual([left])
    expect(existsSync(fresh ?? '')).toBe(true)
    expect(leftoversIn(join(home, 'none'), UID)).toEqual([])
  })

  test('the disk’s own time decides: a clock that is ahead makes nothing old', () => {
    const home = temporaryHome()
    file(join(home, LEFT), 0o600)
    expect(leftoversIn(home, UID)).toEqual([])
  })

  test('nothing else can be removed', () => {
    const home = temporaryHome()
    const left = file(join(home, LEFT), 0o600)
    removeLeftover(left)
    expect(existsSync(left)).toBe(false)
    const record = file(join(home, 'account.ebay.main.sealed'), 0o600)
    expect(() => removeLeftover(record)).toThrow()
    expect(existsSync(record)).toBe(true)
  })
})

test.skipIf(UID === undefined)(
  'a folder above that everybody may write is found, but for one with a sticky bit',
  () => {
    const home = temporaryHome()
    mkdirSync(join(home, 'a', 'b'), { recursive: true })
    expect(openAbove(join(home, 'a', 'b'), UID)).toBeUndefined()
    chmodSync(join(home, 'a'), 0o1777)
    expect(openAbove(join(home, 'a', 'b'), UID)).toBeUndefined()
    chmodSync(join(home, 'a'), 0o777)
    expect(openAbove(join(home, 'a', 'b'), UID)).toBe(join(home, 'a'))
  },
)
