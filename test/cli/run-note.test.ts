/** The note of the last run over all accounts: written where there is a state folder, and never a reason to fail. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Exit } from '../../src/cli/exit.ts'
import { noteRun, readRunNote, withRunNote } from '../../src/cli/run-note.ts'
import { TokenctlError } from '../../src/errors.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { HOUR } from '../../src/tokens/time.ts'
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
  expect(readRunNote(world.folders.state, files)).toEqual({
    at: world.clock.now(),
    exit: 4,
    unattended: { at: world.clock.now(), exit: 4 },
  })
  const text = readFileSync(join(world.folders.state, 'last-run.json'), 'utf8')
  const run = { at: '2026-11-22T10:00:00Z', exit: 4 }
  expect(JSON.parse(text)).toEqual({ version: 1, ...run, unattended: run })
})

test('one that a person typed leaves what is known of the last that nobody did', () => {
  const world = worldAt(temporaryHome())
  mkdirSync(world.folders.state, { mode: 0o700 })
  const byHand = { ...world, terminal: screen(80) }
  noteRun(0, byHand)
  expect(readRunNote(world.folders.state, files)?.unattended).toBeNull()
  noteRun(5, world)
  const unattended = { at: world.clock.now(), exit: 5 }
  world.clock.advance(HOUR)
  noteRun(0, byHand)
  expect(readRunNote(world.folders.state, files)).toEqual({ at: world.clock.now(), exit: 0, unattended })
})

test('a good run that found nothing ever stored is noted, too', () => {
  const world = worldAt(temporaryHome())
  noteRun(0, world)
  expect(readRunNote(world.folders.state, files)).toEqual({
    at: world.clock.now(),
    exit: 0,
    unattended: { at: world.clock.now(), exit: 0 },
  })
})

test('one that failed makes no state folder: the true one may only be out of sight', () => {
  const world = worldAt(temporaryHome())
  noteRun(5, world)
  expect(existsSync(world.folders.state)).toBe(false)
  expect(readRunNote(world.folders.state, files)).toBeUndefined()
})

test.each<[string, () => Promise<Exit>, number]>([
  ['ends with 0', async () => 0, 0],
  ['ends with 3', async () => 3, 3],
  ['finds the vault locked', () => Promise.reject(new TokenctlError('VAULT_LOCKED', 'm')), 5],
  ['has a fault of ours', () => Promise.reject(new TypeError('m')), 1],
])('a run that %s is noted with its status, and ends as it did', async (_, work, exit) => {
  const world = worldAt(temporaryHome())
  mkdirSync(world.folders.state, { mode: 0o700 })
  const [run, same] = await Promise.allSettled([withRunNote(world, work), work()])
  expect(run).toEqual(same)
  expect(readRunNote(world.folders.state, files)?.exit).toBe(exit)
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
