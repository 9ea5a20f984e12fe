/** Files for other programs: read, replaced whole, removed; and the errors that name them. */
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { createPlainFiles } from '../../src/platform/plain-files.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const files = createPlainFiles()
let folder: string
beforeEach(() => {
  folder = temporaryHome()
})

test('written into folders that were not there, replaced whole, removed', () => {
  const path = join(folder, 'a', 'b', 'unit')
  expect(files.read(path)).toBeUndefined()
  expect(files.exists(path)).toBe(false)
  files.write(path, 'one')
  files.write(path, Buffer.from('twö'))
  expect(files.read(path)).toBe('twö')
  expect(files.exists(path)).toBe(true)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['unit'])
  expect(files.remove(path)).toBe(true)
  expect(files.remove(path)).toBe(false)
})

test('a folder that is open to others is the person’s own affair', () => {
  chmodSync(folder, 0o755)
  files.write(join(folder, 'unit'), 'x')
  expect(statSync(folder).mode & 0o777).toBe(0o755)
})

test('where a link is, the link is replaced and not what it leads to', () => {
  writeFileSync(join(folder, 'elsewhere'), 'theirs')
  symlinkSync('elsewhere', join(folder, 'unit'))
  files.write(join(folder, 'unit'), 'ours')
  expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('theirs')
  expect(files.read(join(folder, 'unit'))).toBe('ours')
})

test('real paths', () => {
  writeFileSync(join(folder, 'node'), '')
  symlinkSync('node', join(folder, 'link'))
  symlinkSync('nowhere', join(folder, 'dangling'))
  expect(files.real(join(folder, 'link'))).toBe(files.real(join(folder, 'node')))
  expect(files.real(join(folder, 'dangling'))).toBeUndefined()
  expect(files.exists(join(folder, 'dangling'))).toBe(false)
})

test('what stands in the way is named', () => {
  const inFile = join(folder, 'file', 'unit')
  writeFileSync(join(folder, 'file'), '')
  expect(() => files.write(inFile, 'x')).toThrow(expect.objectContaining({ code: 'WRITE_FAILED' }))
  expect(files.read(inFile)).toBeUndefined()
  mkdirSync(join(folder, 'taken'))
  expect(() => files.write(join(folder, 'taken'), 'x')).toThrow(/taken could not be written: a folder/)
  expect(() => files.read(join(folder, 'taken'))).toThrow(
    expect.objectContaining({ code: 'SCHEDULER_FAILED', message: expect.stringContaining('taken') }),
  )
  expect(() => files.remove(join(folder, 'taken'))).toThrow(expect.objectContaining({ code: 'WRITE_FAILED' }))
})
