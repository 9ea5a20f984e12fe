/** The program is started while its next version is being put there, and files of it are gone, empty, or there in part. */
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/errors.ts'
import { expectReplaced, installedProgram } from '../support/replaced-program.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { tokenctl } from '../support/tokenctl.ts'

type Which = (name: string) => boolean

const ENTRY: Which = name => name === 'main.cjs'
const BASE: Which = name => /^chunks.base-/.test(name)
/** Without them not even what shows an error is there. */
const MOST: Which = name => /^chunks.(?!base-|line-|rolldown-runtime-|words-)/.test(name)

/** A program of which something becomes of some files; its entry. */
function damaged(which: Which, damage: (path: string) => void): string {
  const { bin } = installedProgram()
  const dist = join(bin, '..', '..', 'dist')
  const names = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(which)
  expect(names).not.toEqual([])
  for (const name of names) damage(join(dist, name))
  return bin
}

const remove = (path: string) => rmSync(path, { recursive: true })
const halve = (path: string) => truncateSync(path, Math.floor(statSync(path).size / 2))
const empty = (path: string) => truncateSync(path)

test.each<[string, Which, (path: string) => void]>([
  ['without its entry', ENTRY, remove],
  ['without its chunks', name => name === 'chunks', remove],
  ['without what a command is made of', MOST, remove],
  ['with its entry, in part', ENTRY, halve],
  ['with its entry, empty', ENTRY, empty],
  ['with what its entry needs, in part', BASE, halve],
  ['with what a command is made of, in part', MOST, halve],
])('%s: a plain sentence, and 4', async (_, which, damage) => {
  expectReplaced(await tokenctl(['status'], { home: temporaryHome(), bin: damaged(which, damage) }))
})

test('as JSON where that is asked for; nothing at all at a press of Tab', async () => {
  const bin = damaged(MOST, remove)
  const { status, stdout, stderr } = await tokenctl(['status', '--json'], { home: temporaryHome(), bin })
  expect({ status, stderr }).toEqual({ status: ERROR_CODES.PROGRAM_REPLACED.exit, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, error: { code: 'PROGRAM_REPLACED' } })
  const tab = await tokenctl(['__complete', '2', 'status', 'eb'], { home: temporaryHome(), bin })
  expect(tab).toMatchObject({ status: 0, stdout: '', stderr: '' })
})
