/** Which channels did not take what was last sent: noted, kept while it lasts, and gone once they do. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { notingFailure, readFailingChannels } from '../../../src/cli/notices/failing-channels.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { HOUR } from '../../../src/tokens/time.ts'
import { fakeClock } from '../../support/clock.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { screen } from '../render/screen.ts'

const NOW = Date.UTC(2026, 10, 22, 10)
const fine = async () => {}
const fails = (code: 'NOTICE_FAILED' | 'NETWORK_FAILED' | 'CANCELLED') => async () => {
  throw new TokenctlError(code, 'https://hooks.example.com/CNRY did not take it.')
}

function aWorld() {
  const home = temporaryHome()
  const [files, clock, terminal] = [createNodeFiles(), fakeClock(NOW), screen('pipe')]
  const state = join(home, 'state')
  const world = { clock, files, folders: { settings: home, state }, terminal }
  const path = join(state, 'failing-channels.json')
  return { world, path, failing: () => Object.fromEntries(readFailingChannels(state, files)) }
}

test('a failure is noted with its code and no address, thrown on, and forgotten when the channel takes one', async () => {
  const { world, path, failing } = aWorld()
  await expect(notingFailure('chat', world, fails('NOTICE_FAILED'))).rejects.toMatchObject({
    code: 'NOTICE_FAILED',
  })
  world.clock.advance(HOUR)
  await expect(notingFailure('chat', world, fails('NETWORK_FAILED'))).rejects.toThrow()
  await expect(notingFailure('alive', world, fails('NETWORK_FAILED'))).rejects.toThrow()
  expect(failing()).toEqual({
    chat: { since: NOW, at: NOW + HOUR, code: 'NETWORK_FAILED' },
    alive: { since: NOW + HOUR, at: NOW + HOUR, code: 'NETWORK_FAILED' },
  })
  expect(readFileSync(path, 'utf8')).not.toContain('CNRY')
  await notingFailure('chat', world, fine)
  expect(Object.keys(failing())).toEqual(['alive'])
})

test('a channel that works writes nothing; one that was stopped is not known to fail', async () => {
  const { world, path } = aWorld()
  await notingFailure('chat', world, fine)
  await expect(notingFailure('chat', world, fails('CANCELLED'))).rejects.toThrow()
  expect(() => readFileSync(path)).toThrow(/ENOENT/)
})

test.each(['', '[]', '{"version":2,"failing":{}}', '{"version":1,"failing":{"chat":{}}}'])(
  'a note that is none (%j) is none, and written anew',
  async text => {
    const { world, path, failing } = aWorld()
    world.files.ensurePrivateFolder(world.folders.state)
    writeFileSync(path, text, { mode: 0o600 })
    expect(failing()).toEqual({})
    await expect(notingFailure('chat', world, fails('NOTICE_FAILED'))).rejects.toThrow()
    expect(Object.keys(failing())).toEqual(['chat'])
  },
)

test('one that cannot be written is a note, and changes nothing', async () => {
  const { world } = aWorld()
  writeFileSync(world.folders.state, 'no folder')
  await expect(notingFailure('chat', world, fails('NOTICE_FAILED'))).rejects.toMatchObject({
    code: 'NOTICE_FAILED',
  })
  expect(world.terminal.shown.err).toMatch(/^Note: how the channel chat does is not written down\. /)
})
