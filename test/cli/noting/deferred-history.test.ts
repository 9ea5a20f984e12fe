/** Noting what was done: nothing is opened before, the order stays, and no failure stops anything. */
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { deferHistory } from '../../../src/cli/noting/deferred-history.ts'
import { createHistory, done, type HistoryFile, type Noted } from '../../../src/cli/noting/history.ts'
import { eventsOf } from '../../../src/cli/noting/history-events.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { createLineLog } from '../../../src/platform/line-log.ts'
import { fakeClock } from '../../support/clock.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { screen } from '../render/screen.ts'

/** A history in a folder, and how often it was opened. */
function historyIn(folder: string) {
  const clock = fakeClock()
  const terminal = screen('pipe')
  const open = vi.fn(async () =>
    createHistory(createLineLog(folder, 'history', createNodeFiles()), {
      random: () => 0,
      by: () => 'track',
    }),
  )
  return { history: deferHistory(open, { clock, terminal }), clock, open, shown: terminal.shown }
}

test('is opened at the first note, once', async () => {
  const { history, open } = historyIn(temporaryHome())
  await history.settled()
  expect(open).toHaveBeenCalledTimes(0)
  for (const name of ['a', 'b', 'c']) history.note(done('track', `ebay:${name}`))
  await history.settled()
  expect(open).toHaveBeenCalledTimes(1)
})

test('keeps the order, and the time at which each was noted', async () => {
  const { history, clock } = historyIn(temporaryHome())
  for (const name of ['a', 'b', 'c']) {
    history.note(done('track', `ebay:${name}`))
    clock.advance(1000)
  }
  const { events } = eventsOf(await history.lines())
  expect(events.map(({ at, subject }) => `${at} ${subject}`)).toEqual([
    '2026-11-22T10:00:00Z ebay:a',
    '2026-11-22T10:00:01Z ebay:b',
    '2026-11-22T10:00:02Z ebay:c',
  ])
})

test('what is noted in one turn is one write, and what comes later another', async () => {
  const write = vi.fn()
  const history = deferHistory(async () => ({ write, lines: () => [] }), {
    clock: fakeClock(),
    terminal: screen('pipe'),
  })
  for (const name of ['a', 'b']) history.note(done('track', `ebay:${name}`))
  await history.settled()
  history.note(done('track', 'ebay:c'))
  await history.settled()
  const subjects = write.mock.calls.map(([noted]) => noted.map(({ event }: Noted) => event.subject))
  expect(subjects).toEqual([['ebay:a', 'ebay:b'], ['ebay:c']])
})

describe('what cannot be written', () => {
  test('is said once, and stops nothing', async () => {
    const home = temporaryHome()
    fs.symlinkSync(join(home, 'elsewhere'), join(home, 'history.1.jsonl'))
    const { history, shown } = historyIn(home)
    history.note(done('track', 'ebay:a'))
    history.note(done('track', 'ebay:b'))
    await history.settled()
    expect(shown.out).toBe('')
    expect(shown.err).toMatch(
      /^Note: this is missing in the history\. .+history\.1\.jsonl is a symbolic link\. Links are not followed.*\n$/,
    )
    expect(shown.err.split('\n')).toHaveLength(2)
    expect(fs.existsSync(join(home, 'elsewhere'))).toBe(false)
    // Whoever asks for the lines is told.
    await expect(history.lines()).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
  })

  test('costs that note alone: what can be written after it is', async () => {
    const home = temporaryHome()
    const file = join(home, 'history.1.jsonl')
    fs.mkdirSync(file)
    const { history } = historyIn(home)
    history.note(done('track', 'ebay:a'))
    await history.settled()
    fs.rmdirSync(file)
    history.note(done('track', 'ebay:b'))
    expect(eventsOf(await history.lines()).events.map(event => event.subject)).toEqual(['ebay:b'])
  })

  test.each<[string, () => Promise<HistoryFile>]>([
    ['a broken installation', () => Promise.reject(new Error('made-up-secret'))],
    [
      'a fault of ours',
      async () => ({
        write: () => {
          throw new Error('made-up-secret')
        },
        lines: () => [],
      }),
    ],
  ])('by %s: its words are not shown, and nothing is left unhandled', async (_, open) => {
    const terminal = screen('pipe')
    const history = deferHistory(open, { clock: fakeClock(), terminal })
    history.note(done('track', 'ebay:a'))
    await history.settled()
    expect(terminal.shown.err).toMatch(/^Note: this is missing in the history\. Something went wrong/)
    expect(terminal.shown.err).not.toContain('made-up-secret')
  })

  test('where no state folder is, there is nothing to say, and none is made', async () => {
    const home = join(temporaryHome(), 'state')
    const { history, shown } = historyIn(home)
    history.note(done('track', 'ebay:a'))
    expect(await history.lines()).toEqual([])
    expect(shown).toEqual({ out: '', err: '' })
    expect(fs.existsSync(home)).toBe(false)
  })
})
