/** The note of the last run over all accounts: written where there is a state folder, and never a reason to fail. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Exit } from '../../../src/cli/exit.ts'
import { noteRun, readRunNote, withRunNote } from '../../../src/cli/schedules/run-note.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { HOUR } from '../../../src/tokens/time.ts'
import { writeLastOpened } from '../../../src/vault/marker.ts'
import { fakeClock } from '../../support/clock.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { screen } from '../render/screen.ts'

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
    openedAt: null,
  })
  const text = readFileSync(join(world.folders.state, 'last-run.json'), 'utf8')
  const run = { at: '2026-11-22T10:00:00Z', exit: 4 }
  expect(JSON.parse(text)).toEqual({ version: 1, ...run, unattended: run, openedAt: null })
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
  expect(readRunNote(world.folders.state, files)).toEqual({
    at: world.clock.now(),
    exit: 0,
    unattended,
    openedAt: null,
  })
})

test('a good run that found nothing ever stored is noted, too', () => {
  const world = worldAt(temporaryHome())
  noteRun(0, world)
  expect(readRunNote(world.folders.state, files)).toEqual({
    at: world.clock.now(),
    exit: 0,
    unattended: { at: world.clock.now(), exit: 0 },
    openedAt: null,
  })
})

describe('a record that was opened', () => {
  /** What is noted of a run that opens one, or leaves the note of an earlier one, or of another command. */
  async function noted(
    home: string,
    { by, typed = false, exit = 0 }: { by?: string; typed?: boolean; exit?: Exit },
  ): Promise<number | null | undefined> {
    const world = { ...worldAt(home), terminal: screen(typed ? 80 : 'pipe') }
    await withRunNote(world, async () => {
      world.clock.advance(HOUR)
      if (by !== undefined) writeLastOpened(world.folders.state, { at: world.clock.now(), by }, files)
      world.clock.advance(HOUR)
      return exit
    })
    return readRunNote(world.folders.state, files)?.openedAt
  }

  test('by a run that nobody typed is noted with its end, and stays noted', async () => {
    const home = temporaryHome()
    mkdirSync(join(home, 'state'), { mode: 0o700 })
    writeLastOpened(join(home, 'state'), { at: fakeClock().now() - HOUR, by: 'renew' }, files)
    expect(await noted(home, {})).toBeNull()
    expect(await noted(home, { by: 'status' })).toBeNull()
    expect(await noted(home, { by: 'renew', typed: true })).toBeNull()
    expect(await noted(home, { by: 'renew', exit: 4 })).toBeNull()
    const end = fakeClock().now() + 2 * HOUR
    expect(await noted(home, { by: 'renew' })).toBe(end)
    for (const later of [{ typed: true }, { exit: 4 as const, by: 'status' }])
      expect(await noted(home, later)).toBe(end)
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
