/** The history on screens of every width. */
import { expect, test } from 'vitest'
import { cellWidth } from '../../../src/cli/render/cell-width.ts'
import { showTime } from '../../../src/cli/render/dates.ts'
import { presentHistory } from '../../../src/cli/render/history.ts'
import type { RecordedEvent } from '../../../src/cli/shapes/history-shape.ts'
import { at } from '../../support/accounts.ts'
import { screen } from './screen.ts'

const event = (changes: Partial<RecordedEvent>): RecordedEvent => ({
  at: '2026-11-22T10:00:00Z',
  run: '0badcafe',
  by: 'renew',
  action: 'renew',
  subject: 'ebay:main',
  from: null,
  outcome: 'renewed',
  code: null,
  class: null,
  requestId: null,
  ...changes,
})

const EVENTS = [
  event({ action: 'import', by: 'import', outcome: 'done' }),
  event({
    subject: 'aliexpress:gadgets',
    outcome: 'failed',
    code: 'MARKETPLACE_DOWN',
    class: 'transient',
    requestId: '6fd2b0f4-9a39-4a08-8c29-9d6a3d4f0a11',
  }),
  event({ action: 'rename', by: 'accounts rename', outcome: 'done', subject: 'ebay:b', from: 'ebay:a' }),
]

const local = showTime(at('2026-11-22T10:00:00Z'))

async function draw(width: number | 'pipe', events: readonly RecordedEvent[] = EVENTS) {
  const terminal = screen(width)
  await presentHistory(events, terminal)
  return terminal.shown
}

test('where there is room: everything, in the order given', async () => {
  const { out, err } = await draw(160)
  expect(out).toBe(
    [
      'When              Account             What         Outcome                    By               Run       Class      Request id',
      `${local}  ebay:main           import       done                       import           0badcafe  -          -`,
      `${local}  aliexpress:gadgets  renew        failed [MARKETPLACE_DOWN]  renew            0badcafe  transient  6fd2b0f4-9a39-4a08-8c29-9d6a3d4f0a11`,
      `${local}  ebay:b              rename of a  done                       accounts rename  0badcafe  -          -`,
      '',
    ].join('\n'),
  )
  expect(err).toBe('')
})

test('a pipe gets every column', async () => {
  const { out, err } = await draw('pipe')
  expect(out.split('\n')[0]).toMatch(/^When +Account +What +Outcome +By +Run +Class +Request id$/)
  expect(err).toBe('')
})

test('what no event has is no column, and its want is no news', async () => {
  const fine = await draw(80, EVENTS.slice(0, 1))
  expect(fine.out.split('\n')[0]).toMatch(/^When +Account +What +Outcome +By +Run$/)
  expect(fine.err).toBe('')
  expect((await draw(40, EVENTS.slice(0, 1))).out).not.toMatch(/Class|Request id/)
})

test('at 80 columns the least telling columns are left out, which is said, and nothing is wrapped', async () => {
  const widest = event({ outcome: 'failed', code: 'ENVIRONMENT_MISMATCH', action: 'set-amazon' })
  const { out, err } = await draw(80, [...EVENTS, widest])
  expect(out.split('\n')[0]).toMatch(/^When +Account +What +Outcome$/)
  expect(out.split('\n')).toHaveLength(6)
  for (const line of out.split('\n')) expect(cellWidth(line)).toBeLessThanOrEqual(80)
  expect(err).toBe(
    'Left out for want of room: By, Run, Class, Request id. A wider window or `--json` shows them.\n',
  )
})

test('at 40 columns: a block an event, with a request id on a line of its own', async () => {
  const { out, err } = await draw(40, EVENTS.slice(1, 2))
  expect(out).toBe(
    [
      `When:       ${local}`,
      'Account:    aliexpress:gadgets',
      'What:       renew',
      'Outcome:    failed [MARKETPLACE_DOWN]',
      'By:         renew',
      'Run:        0badcafe',
      'Class:      transient',
      'Request id:',
      '  6fd2b0f4-9a39-4a08-8c29-9d6a3d4f0a11',
      '',
    ].join('\n'),
  )
  expect(err).toBe('')
})

test('whatever a cell holds, no screen obeys it', async () => {
  const { out } = await draw('pipe', [event({ requestId: '\u001b]52;c;eA==\u0007', code: 'A\u202eB' })])
  expect(out).toContain('\\u001b]52;c;eA==\\u0007')
  expect(out).toContain('A\\u202eB')
})
