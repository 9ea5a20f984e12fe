/** The scheduled run's own report: written privately, and no report where it is damaged or another version's. */
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  readScheduledCheck,
  scheduledCheckPath,
  writeScheduledCheck,
} from '../../../src/cli/schedules/scheduled-check.ts'
import type { ScheduledCheck } from '../../../src/cli/shapes/doctor-shape.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const files = createNodeFiles()
const CHECK: ScheduledCheck = {
  version: 1,
  at: '2026-11-22T10:00:00Z',
  user: 'shop',
  path: null,
  node: { version: '20.20.2', path: '/usr/bin/node' },
  tokenctl: { version: '0.1.0', path: '/usr/bin/tokenctl' },
  exit: 0,
  findings: [{ id: 'disk', state: 'ok', what: 'Room.', where: null, mend: null, code: null }],
}

test('comes back as it went in; the folder is made, and all is private', () => {
  const state = join(temporaryHome(), 'state')
  writeScheduledCheck(state, CHECK, files)
  expect(readScheduledCheck(state, files)).toEqual(CHECK)
  expect(statSync(state).mode & 0o777).toBe(0o700)
  expect(statSync(scheduledCheckPath(state)).mode & 0o777).toBe(0o600)
})

test.each([
  ['nothing', ''],
  ['no JSON', '{"version":1,'],
  ['a newer version', JSON.stringify({ ...CHECK, version: 2 })],
  ['a finding of no known kind', JSON.stringify({ ...CHECK, findings: [{ id: 'moon' }] })],
])('%s in its place is no report', (_, text) => {
  const home = temporaryHome()
  writeFileSync(scheduledCheckPath(home), text, { mode: 0o600 })
  expect(readScheduledCheck(home, files)).toBeUndefined()
})

test("none, and another user's, are no report either", () => {
  const home = temporaryHome()
  expect(readScheduledCheck(home, files)).toBeUndefined()
  writeFileSync(scheduledCheckPath(home), JSON.stringify(CHECK), { mode: 0o600 })
  const others = createNodeFiles({ platform: 'linux', uid: (process.getuid?.() ?? 0) + 1 })
  expect(readScheduledCheck(home, others)).toBeUndefined()
})
