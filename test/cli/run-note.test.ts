/** The note of the last run over all accounts: written where there is a state folder, and never a reason to fail. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noteRun, readRunNote } from '../../src/cli/run-note.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { fakeClock } from '../support/clock.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { screen } from './render/screen.ts'

const files = createNodeFiles()

function worldAt(home: string) {
  const folders = { settings: home, state: join(home, 'state') }
  return { clock: fakeClock(), files, folders, terminal: screen('pipe') }
}

test('what was noted is read back, and holds nothing else', () => {
  const world = worldAt(temporaryHome())
  mkdirSync(world.folders.state, { mode: 0o700 })
  noteRun(4, world)
  expect(readRunNote(world.folders.state, files)).toEqual({ at: world.clock.now(), exit: 4 })
  const text = readFileSync(join(world.folders.state, 'last-run.json'), 'utf8')
  expect(JSON.parse(text)).toEqual({ version: 1, at: '2026-11-22T10:00:00Z', exit: 4 })
})

test('where nothing was ever stored nothing is made', () => {
  const world = worldAt(temporaryHome())
  noteRun(0, world)
  expect(existsSync(world.folders.state)).toBe(false)
  expect(readRunNote(world.folders.state, files)).toBeUndefined()
})

test('what cannot be written is a note on standard error', () => {
  const world = worldAt(temporaryHome())
  mkdirSync(world.folders.state, { mode: 0o700 })
  chmodSync(world.folders.state, 0o755)
  noteRun(0, world)
  expect(world.terminal.shown.err).toMatch(/^Note: when this run was is not written down\. .*open to others/)
})

test.each([
  '',
  '{',
  '[]',
  '{"version":2,"at":"2026-11-22T10:00:00Z","exit":0}',
  '{"version":1,"at":"soon","exit":0}',
])('a note that is none (%j) is none', text => {
  const world = worldAt(temporaryHome())
  mkdirSync(world.folders.state, { mode: 0o700 })
  writeFileSync(join(world.folders.state, 'last-run.json'), text, { mode: 0o600 })
  expect(readRunNote(world.folders.state, files)).toBeUndefined()
})
