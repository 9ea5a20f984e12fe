/** Which programs may be run, on real files: every mode and place that lets others change what is run. */
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { programProblem } from '../../src/platform/program-file.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const HOST = { platform: 'linux', uid: process.geteuid?.() } as const

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
  [0o755, 0o775],
])('a program of mode %o in a folder of mode %o may be run', (mode, folder) => {
  expect(programProblem(program(mode, folder), HOST)).toBeUndefined()
})

test.each<[number, number, RegExp]>([
  [0o777, 0o755, /can be written by others.*`chmod go-w /],
  [0o775, 0o755, /can be written by others/],
  [0o757, 0o755, /can be written by others/],
  [0o755, 0o777, /in a folder that everybody can write/],
  [0o755, 0o1777, /in a folder that everybody can write/],
  [0o644, 0o755, /may not be run by this user/],
])('a program of mode %o in a folder of mode %o may not', (mode, folder, words) => {
  expect(programProblem(program(mode, folder), HOST)).toMatch(words)
})

test('what is above the folder counts too, but for a sticky one', () => {
  const path = program()
  const above = join(path, '..', '..')
  chmodSync(above, 0o777)
  expect(programProblem(path, HOST)).toMatch(/everybody can write/)
  chmodSync(above, 0o1777)
  expect(programProblem(path, HOST)).toBeUndefined()
  chmodSync(above, 0o700)
})

test('a link is as good as what it leads to', () => {
  const [good, bad] = [program(), program(0o755, 0o777)]
  const folder = temporaryHome()
  symlinkSync(good, join(folder, 'good'))
  symlinkSync(bad, join(folder, 'bad'))
  symlinkSync('/nowhere', join(folder, 'broken'))
  expect(programProblem(join(folder, 'good'), HOST)).toBeUndefined()
  expect(programProblem(join(folder, 'bad'), HOST)).toContain(realpathSync(bad))
  expect(programProblem(join(folder, 'broken'), HOST)).toMatch(/^There is no program/)
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

test('another user’s is refused, root’s is not', () => {
  expect(programProblem(program(), { platform: 'linux', uid: 4711 })).toSatisfy(
    problem => problem === undefined || /another user/.test(String(problem)),
  )
  expect(programProblem(realpathSync('/bin/sh'), { platform: 'linux', uid: 4711 })).toBeUndefined()
})

test('Windows has no such modes', () => {
  expect(programProblem(program(0o777, 0o777), { platform: 'win32', uid: undefined })).toBeUndefined()
})
