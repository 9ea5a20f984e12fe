/** From lines to events: what is left out and counted, and which event is of what. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concerns, eventsOf } from '../../../src/cli/noting/history-events.ts'
import type { HistoryLine, RecordedEvent } from '../../../src/cli/shapes/history-shape.ts'

const LINE: HistoryLine = {
  version: 1,
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
}
const { version: _, ...EVENT } = LINE

test('a line is an event', () => {
  expect(eventsOf([JSON.stringify(LINE)])).toEqual({ events: [EVENT], skipped: 0 })
})

test('what a newer version adds is no part of it, and no harm', () => {
  const newer = { ...LINE, action: 'deliver', outcome: 'delivered', colour: 'red' }
  expect(eventsOf([JSON.stringify(newer)])).toEqual({
    events: [{ ...EVENT, action: 'deliver', outcome: 'delivered' }],
    skipped: 0,
  })
})

test.each<[string, string | object]>([
  ['a torn line', JSON.stringify(LINE).slice(0, 60)],
  ['two lines in one', JSON.stringify(LINE).repeat(2)],
  ['garbage', '\u0000\u0001\ufffd'],
  ['brackets without end', '['.repeat(1_000_000)],
  ['an empty object', {}],
  ['a list', [LINE]],
  ['null', 'null'],
  ['another version', { ...LINE, version: 2 }],
  ['no version', EVENT],
  ['a date that is none', { ...LINE, at: '2026-13-01T00:00:00Z' }],
  ['a run that is none', { ...LINE, run: 'xyz' }],
  ['a command with an escape in it', { ...LINE, by: 'renew\u001b[2J' }],
  ['an account with an escape in it', { ...LINE, subject: 'ebay:\u001b]52;c;x\u0007' }],
  ['a code in words', { ...LINE, code: 'it went wrong' }],
  ['an outcome in sentences', { ...LINE, outcome: 'Renewed, all is well.' }],
  ['a request id with a space', { ...LINE, requestId: 'a b' }],
  ['a request id of a page', { ...LINE, requestId: 'a'.repeat(129) }],
  ['a field that is missing', { ...LINE, class: undefined }],
])('%s is left out and counted', (_, line) => {
  const text = typeof line === 'string' ? line : JSON.stringify(line)
  const good = JSON.stringify(LINE)
  expect(eventsOf([good, text, good])).toEqual({ events: [EVENT, EVENT], skipped: 1 })
})

test('property: no line of any kind throws, and each is an event or counted', () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.json())
  const mutated = fc
    .record({ key: fc.constantFrom(...Object.keys(LINE)), value: fc.jsonValue() })
    .map(({ key, value }) => JSON.stringify({ ...LINE, [key]: value }))
  fc.assert(
    fc.property(fc.array(fc.oneof(value, mutated), { maxLength: 10 }), lines => {
      const { events, skipped } = eventsOf(lines)
      expect(events.length + skipped).toBe(lines.length)
    }),
    { numRuns: 300 },
  )
})

test.each<[Partial<RecordedEvent>, string, boolean]>([
  [{}, 'ebay:main', true],
  [{}, 'ebay', true],
  [{}, 'ebay:mai', false],
  [{}, 'ebay:main-2', false],
  [{}, 'eba', false],
  [{}, 'amazon', false],
  [{ subject: 'ebay:main-2' }, 'ebay:main', false],
  [{ subject: 'ebay:outlet', from: 'ebay:main' }, 'ebay:main', true],
  [{ subject: 'ebay:outlet', from: 'ebay:main' }, 'ebay:outlet', true],
  [{ subject: 'ebay:outlet', from: 'ebay:main' }, 'ebay:other', false],
])('%j and %s: %s', (changes, word, is) => {
  expect(concerns({ ...EVENT, ...changes }, word)).toBe(is)
})
