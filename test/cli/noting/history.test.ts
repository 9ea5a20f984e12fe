/** What is written down, line by line. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHistory, done } from '../../../src/cli/noting/history.ts'
import { eventsOf } from '../../../src/cli/noting/history-events.ts'
import { historyLineSchema } from '../../../src/cli/shapes/history-shape.ts'
import { ERROR_CODES } from '../../../src/errors.ts'
import type { LineLog } from '../../../src/platform/line-log.ts'
import type { HistoryEvent } from '../../../src/renewal/ports.ts'
import { NOW } from '../../support/world.ts'

function memoryLog(): LineLog {
  const lines: string[] = []
  return { append: line => lines.push(line) > 0, lines: () => lines }
}

const RUN = { random: () => 0.5, by: () => 'renew' }

const FAILED: HistoryEvent = {
  action: 'renew',
  subject: 'ebay:main',
  outcome: 'failed',
  code: 'MARKETPLACE_DOWN',
  failure: 'transient',
  requestId: 'abc-123',
}

test('a line says when, by which run and command, what, of whom and how it ended', () => {
  const log = memoryLog()
  createHistory(log, RUN).write([{ event: FAILED, at: NOW }])
  expect(log.lines().map(line => JSON.parse(line))).toEqual([
    {
      version: 1,
      at: '2026-11-22T10:00:00Z',
      run: '80000000',
      by: 'renew',
      action: 'renew',
      subject: 'ebay:main',
      from: null,
      outcome: 'failed',
      code: 'MARKETPLACE_DOWN',
      class: 'transient',
      requestId: 'abc-123',
    },
  ])
})

test('all that one run did has one number, and another run another', () => {
  const log = memoryLog()
  const numbers = [0.25, 0.75]
  const random = () => numbers.shift() ?? expect.unreachable('asked for a third number')
  const one = createHistory(log, { ...RUN, random })
  const other = createHistory(log, { ...RUN, random })
  for (const history of [one, one, other]) history.write([{ event: FAILED, at: NOW }])
  expect(eventsOf(log.lines()).events.map(event => event.run)).toEqual(['40000000', '40000000', 'c0000000'])
})

test.each([0, 0.5, 1 - 2 ** -53, 1e-12])('the number of a run is 8 hex digits for %d too', number => {
  const log = memoryLog()
  createHistory(log, { ...RUN, random: () => number }).write([{ event: FAILED, at: NOW }])
  expect(eventsOf(log.lines()).events[0]?.run).toMatch(/^[0-9a-f]{8}$/)
})

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/)
const subject = fc
  .tuple(fc.constantFrom('ebay', 'amazon', 'aliexpress'), name)
  .map(([marketplace, word]) => `${marketplace}:${word}`)
const event: fc.Arbitrary<HistoryEvent> = fc.record(
  {
    action: fc.constantFrom(
      ...(['renew', 'recover', 'set-amazon', 'login', 'import', 'track', 'renewed'] as const),
      ...(['rename', 'remove', 'ack', 'app set', 'app remove'] as const),
    ),
    subject,
    from: subject,
    outcome: fc.constantFrom(
      ...(['renewed', 'proved', 'fresh', 'needs-person', 'failed', 'done', 'stored', 'pending'] as const),
    ),
    code: fc.option(fc.constantFrom(...Object.keys(ERROR_CODES))),
    failure: fc.option(fc.constantFrom('permanent', 'configuration', 'transient', 'ambiguous')),
    requestId: fc.option(fc.stringMatching(/^[\x21-\x7e]{1,128}$/)),
  },
  { requiredKeys: ['action', 'subject', 'outcome', 'code', 'failure', 'requestId'] },
)

test('property: any event that is written is read back, whatever the clock and the command', () => {
  const by = fc.constantFrom(
    'renew',
    'status --probe',
    'app set',
    'accounts rename',
    'set-amazon',
    'tokenctl',
  )
  // The years that a date's four digits hold; a clock outside them is broken beyond a history.
  const now = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 20 }), by, now, (events, command, ms) => {
      const log = memoryLog()
      const history = createHistory(log, { ...RUN, by: () => command })
      for (const each of events) history.write([{ event: each, at: ms }])
      const read = eventsOf(history.lines())
      expect(read.skipped).toBe(0)
      expect(read.events).toHaveLength(events.length)
      for (const [index, { failure, from = null, ...rest }] of events.entries()) {
        expect(read.events[index]).toMatchObject({ ...rest, from, class: failure, by: command })
        expect(Date.parse(read.events[index]?.at ?? '')).toBe(ms)
      }
    }),
  )
})

test('`done` is an event of every kind that is no renewal', () => {
  const log = memoryLog()
  createHistory(log, RUN).write([{ event: done('rename', 'ebay:outlet', { from: 'ebay:main' }), at: NOW }])
  expect(historyLineSchema.parse(JSON.parse(log.lines()[0] ?? ''))).toMatchObject({
    action: 'rename',
    subject: 'ebay:outlet',
    from: 'ebay:main',
    outcome: 'done',
    code: null,
    class: null,
    requestId: null,
  })
})
