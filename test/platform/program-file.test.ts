/** Which programs may be run, on real files: every mode and place that lets others change what is run. */
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { programProblem } from '../../src/platform/program-file.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const HOST = { platform: 'linux', uid: process.geteuid?.(), isOwnGroup: () => false } as const
/** Only root can give a file to another user. */
const isRoot = HOST.uid === 0
const ANOTHER = 4711

function program(mode = 0o755, folderMode = 0o755): string {
  const folder = join(temporaryHome(), 'hooks')
  mkdirSync(folder)
  const path = join(folder, 'page')
  writeFileSync(path, '#!/bin/sh\n')
  chmodSync(path, mode)
  chmodSync(folder, folderMode)
  return path
}

test.each([
  [0o755, 0o755],
  [0o700, 0o700],
  [0o500, 0o755],
])('a program of mode %o in a folder of mode %o may be run', (mode, folder) => {
  expect(programProblem(program(mode, folder), HOST)).toBeUndefined()
})

test.each<[number, number, RegExp]>([
  [0o777, 0o755, /can be written by others.*`chmod go-w /],
  [0o775, 0o755, /can be written by others/],
  [0o757, 0o755, /can be written by others/],
  [0o755, 0o777, /in a folder that everybody can write/],
  [0o755, 0o1777, /in a folder that everybody can write/],
  [0o755, 0o775, /in a folder that others of its group can write .*`chmod g-w /],
  [0o755, 0o1775, /in a folder that others of its group can write/],
  [0o644, 0o755, /may not be run by this user/],
])('a program of mode %o in a folder of mode %o may not', (mode, folder, words) => {
  expect(programProblem(program(mode, folder), HOST)).toMatch(words)
})

test.each([
  [0o777, /everybody can write/],
  [0o775, /others of its group can write/],
])('what is above the folder counts too: mode %o, but for a sticky one', (mode, words) => {
  const path = program()
  const above = join(path, '..', '..')
  chmodSync(above, mode)
  const problem = programProblem(path, HOST)
  expect(problem).toMatch(words)
  expect(problem).toContain(`(${above}`)
  chmodSync(above, 0o1000 | mode)
  expect(programProblem(path, HOST)).toBeUndefined()
  chmodSync(above, 0o700)
})

test('a folder that a group of this user alone can write is as good as closed', () => {
  const asked: number[] = []
  const isOwnGroup = (gid: number) => asked.push(gid) > 0
  expect(programProblem(program(0o755, 0o775), { ...HOST, isOwnGroup })).toBeUndefined()
  expect(asked).toEqual([process.getegid?.()])
  expect(programProblem(program(0o755, 0o777), { ...HOST, isOwnGroup })).toMatch(/everybody can write/)
})

test.runIf(isRoot)('a folder of another user’s is refused, wherever it is on the way', () => {
  const folders = (path: string) => [join(path, '..'), join(path, '..', '..')]
  for (const place of [0, 1]) {
    const path = program()
    const folder = folders(path)[place] ?? ''
    chownSync(folder, ANOTHER, ANOTHER)
    expect(programProblem(path, HOST)).toBe(
      `${path} is in a folder that belongs to another user (${folder}, uid 4711), who could put another program there: move it to one of your own.`,
    )
    chmodSync(folder, 0o1755)
    expect(programProblem(path, HOST)).toMatch(/another user/)
  }
})

test.runIf(!isRoot)('a folder of another user’s is refused, even before a program of root’s', () => {
  const folder = temporaryHome()
  symlinkSync('/bin/sh', join(folder, 'sh'))
  expect(programProblem(join(folder, 'sh'), { ...HOST, uid: ANOTHER })).toMatch(
    /folder that belongs to another user/,
  )
})

test('a link is as good as what it leads to', () => {
  const [good, bad] = [program(), program(0o755, 0o777)]
  const folder = temporaryHome()
  symlinkSync(good, join(folder, 'good'))
  symlinkSync(bad, join(folder, 'bad'))
  symlinkSync('/nowhere', join(folder, 'broken'))
  symlinkSync('loop', join(folder, 'loop'))
  expect(programProblem(join(folder, 'good'), HOST)).toBeUndefined()
  expect(programProblem(join(folder, 'bad'), HOST)).toContain(realpathSync(join(bad, '..')))
  expect(programProblem(join(folder, 'broken'), HOST)).toMatch(/^There is no program/)
  expect(programProblem(join(folder, 'loop'), HOST)).toMatch(/ELOOP/)
})

test('every folder that links lead through is looked at', () => {
  const path = program()
  const open = temporaryHome()
  chmodSync(open, 0o777)
  // Neither the first folder nor the last is open: the one in the middle is.
  symlinkSync(path, join(open, 'middle'))
  const folder = temporaryHome()
  symlinkSync(join(open, 'middle'), join(folder, 'first'))
  expect(programProblem(join(folder, 'first'), HOST)).toContain(open)
  // A link to a folder, up and down again by a relative way.
  symlinkSync(join('..', open.split('/').at(-1) ?? ''), join(folder, 'to-open'))
  expect(programProblem(join(folder, 'to-open', 'middle'), HOST)).toContain(open)
  chmodSync(open, 0o755)
  expect(programProblem(join(folder, 'to-open', 'middle'), HOST)).toBeUndefined()
})

test.runIf(isRoot)('a link of another user’s is not followed, though the folder keeps it', () => {
  const path = program()
  const sticky = temporaryHome()
  chmodSync(sticky, 0o1777)
  const link = join(sticky, 'link')
  symlinkSync(join(path, '..'), link)
  expect(programProblem(join(link, 'page'), HOST)).toBeUndefined()
  lchownSync(link, ANOTHER, ANOTHER)
  expect(programProblem(join(link, 'page'), HOST)).toMatch(
    /link that belongs to another user \(.*link, uid 4711\)/,
  )
})

test.each<[string, RegExp]>([
  ['page', /no absolute path/],
  ['./page', /no absolute path/],
  ['/nowhere/page', /^There is no program/],
  ['/etc/passwd/page', /^There is no program/],
  [tmpdir(), /not a regular file/],
  ['/dev/null', /not a regular file/],
  ['/bin/sh\0', /zero byte/],
])('%j is none', (path, words) => {
  expect(programProblem(path, HOST)).toMatch(words)
})

test.runIf(isRoot)('another user’s is refused', () => {
  const path = program()
  chownSync(path, ANOTHER, ANOTHER)
  expect(programProblem(path, HOST)).toMatch(/^.* belongs to another user \(uid 4711\)/)
})

test('root’s is not, nor what leads to it', () => {
  expect(programProblem(realpathSync('/bin/sh'), { ...HOST, uid: ANOTHER })).toBeUndefined()
  expect(programProblem('/bin/sh', { ...HOST, uid: ANOTHER })).toBeUndefined()
})

test('Windows has no such modes', () => {
  expect(
    programProblem(program(0o777, 0o777), { ...HOST, platform: 'win32', uid: undefined }),
  ).toBeUndefined()
})
