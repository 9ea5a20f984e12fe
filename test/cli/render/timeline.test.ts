/** The year on a screen: wide and narrow, drawn and typed, coloured or not; no line too long, no sign unexplained. */
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellWidth } from '../../../src/cli/render/cell-width.ts'
import { DRAWN, type Glyphs, TYPED } from '../../../src/cli/render/glyphs.ts'
import { presentTimeline } from '../../../src/cli/render/timeline.ts'
import { axisCells, trackCells } from '../../../src/cli/render/timeline-cells.ts'
import type { StatusFindings } from '../../../src/cli/status/status-findings.ts'
import { type Track, timeLineAt } from '../../../src/cli/status/timeline.ts'
import { Settings } from '../../../src/settings.ts'
import { at, header } from '../../support/accounts.ts'
import { inUtc } from '../../support/time-zone.ts'
import { app, EVERY_STATE, findings, NOW } from './findings.ts'
import { EVERYTHING } from './page-findings.ts'
import { screen } from './screen.ts'

inUtc()

async function shown(
  found: StatusFindings,
  columns: number | 'pipe',
  { glyphs = DRAWN, colour = false }: { glyphs?: Glyphs; colour?: boolean } = {},
): Promise<{ readonly out: string; readonly err: string }> {
  const terminal = screen(columns, colour)
  await presentTimeline(found, glyphs, { terminal, settings: () => new Settings({}) })
  return terminal.shown
}

/** The part that is drawn: up to the empty line, and the legend up to the next. */
const partsOf = (out: string) => {
  const [drawing = '', legend = ''] = out.split('\n\n')
  return { rows: drawing.split('\n'), legend: legend.split('\n') }
}

describe('everything there is', () => {
  it.each([
    ['80 columns', 80, DRAWN, 'timeline-80.txt'],
    ['40 columns', 40, DRAWN, 'timeline-40.txt'],
    ['80 columns of ASCII', 80, TYPED, 'timeline-80-typed.txt'],
  ] as const)('%s', async (_, columns, glyphs, golden) => {
    const { out } = await shown(EVERYTHING, columns, { glyphs })
    await expect(out).toMatchFileSnapshot(`goldens/${golden}`)
  })

  it('colours say nothing that is not there without them', async () => {
    for (const columns of [40, 80]) {
      const { out } = await shown(EVERYTHING, columns, { colour: true })
      expect(out).toContain('\u001b[')
      expect(out.replace(/\u001b\[\d+m/g, '')).toBe((await shown(EVERYTHING, columns)).out)
    }
  })

  it('notes go to standard error, and what else status says stands below', async () => {
    const { out, err } = await shown(EVERYTHING, 80)
    expect(err).toContain('Note: ebay is set to http://127.0.0.1:4711')
    expect(out).toContain('AliExpress  not connected   tokenctl login aliexpress\n')
    expect(out).toContain('Amazon app default: expiring')
    expect(out).toContain('tokenctl accounts ack aliexpress:refused')
    expect(out).toContain('tokenctl deliver aliexpress:hands-on')
    expect(out).toMatch(/\nStore: file\. Records last opened 2026-11-22 03:00 by `renew`\.\n$/)
  })
})

describe.each([
  ['drawn', DRAWN],
  ['typed', TYPED],
])('%s signs', (_, glyphs) => {
  it.each([20, 30, 40, 59, 60, 80, 132, 400])('no line is longer than %i columns', async columns => {
    const { rows, legend } = partsOf((await shown(EVERYTHING, columns, { glyphs })).out)
    // What is to be typed stands alone and whole, however narrow the screen is.
    const drawn = rows.filter(line => !/^ {2}tokenctl /.test(line))
    expect(rows.length - drawn.length).toBe(8)
    // Two words cannot be cut: the state, and a few letters of the name.
    for (const line of drawn) expect(cellWidth(line)).toBeLessThanOrEqual(Math.max(columns, 21))
    for (const line of legend) expect(cellWidth(line)).toBeLessThanOrEqual(Math.max(columns, 26))
  })

  it('every sign has its word below, and no other is explained', async () => {
    const { rows, legend } = partsOf((await shown(EVERYTHING, 80, { glyphs })).out)
    const cells = rows
      .slice(2)
      .filter(line => !/^ {2}tokenctl /.test(line))
      .map(line => line.slice(39))
    const used = new Set([...cells.join('').replaceAll(' ', '')])
    const items = legend.flatMap(line => line.split('   '))
    for (const sign of used) expect(items.filter(item => item.split(' ').includes(sign))).toHaveLength(1)
    expect(items).toHaveLength(used.size)
    const few = partsOf(
      (await shown(findings([header({ renewedAt: at('2026-11-20') })]), 80, { glyphs })).out,
    )
    expect(few.legend).toEqual([
      `${glyphs.todayAbove} ${glyphs.today} today, 2026-11-22   ${glyphs.quiet} until Renew by   ${glyphs.renewBy} Renew by`,
    ])
  })
})

it('docs/monitoring.md shows it as it is', async () => {
  const docs = readFileSync(new URL('../../../docs/monitoring.md', import.meta.url), 'utf8')
  const shops = EVERY_STATE.filter(({ account }) =>
    ['ebay:ending', 'amazon:due', 'ebay:fine'].includes(account),
  )
  const { out } = await shown(findings(shops), 70, { glyphs: TYPED })
  expect(docs).toContain(`\`\`\`text\n${out.split('\n\nStore')[0]}\n\`\`\`\n`)
})

it('a pipe has the width of a screen of 80', async () => {
  expect((await shown(EVERYTHING, 'pipe')).out).toBe((await shown(EVERYTHING, 80)).out)
})

it('nothing connected: no line, and the first words', async () => {
  const { out, err } = await shown(findings([], { notConnected: ['ebay', 'amazon', 'aliexpress'] }), 80)
  expect(out).toMatch(/^eBay {8}not connected/)
  expect(err).toContain('Nothing is connected yet.')
})

it('nothing that would harm a screen comes through, and no name is too wide', async () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }),
    fc.string({ unit: fc.constantFrom('店', '🛒', 'e\u0301', '\u202e', '\u001b[31m'), minLength: 1 }),
  )
  await fc.assert(
    fc.asyncProperty(name, fc.constantFrom(40, 80), async (hostile, columns) => {
      const { out } = await shown(
        findings([], { appHeaders: [app('amazon', '2026-06-15', hostile)] }),
        columns,
      )
      const { rows } = partsOf(out)
      expect(rows).toHaveLength(columns === 80 ? 3 : 4)
      for (const row of rows) {
        expect(row).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
        expect(cellWidth(row)).toBeLessThanOrEqual(columns)
      }
    }),
  )
})

describe('the cells of one account', () => {
  const line = timeLineAt(NOW)
  const track = (given: Partial<Track>): Track => ({
    name: 'ebay:main',
    state: 'ok',
    life: null,
    quiet: null,
    renewBy: null,
    end: null,
    isEstimated: false,
    ...given,
  })
  const DAY = 86_400_000

  // 426 days in 14 cells: some 30 days a cell; today is in the second.
  it.each<[what: string, given: Partial<Track>, cells: string]>([
    ['nothing known', {}, ' |            '],
    ['alive', { life: { from: line.begin, to: line.end - 1 } }, '-|------------'],
    ['since long ago, for ever', { life: { from: -Infinity, to: Infinity } }, '-|------------'],
    ['over before it begins', { life: { from: 0, to: line.begin } }, ' |            '],
    ['nothing to do', { quiet: { from: NOW, to: NOW + 90 * DAY } }, ' |===         '],
    ['both clocks', { renewBy: NOW + 90 * DAY, end: NOW + 300 * DAY }, ' |  R      E  '],
    ['estimated', { end: NOW + 300 * DAY, isEstimated: true }, ' |         ~  '],
    ['both on one day', { renewBy: NOW + 90 * DAY, end: NOW + 90 * DAY }, ' | RE         '],
    ['both today', { renewBy: NOW, end: NOW }, 'RE            '],
    ['both in the first cell', { renewBy: line.begin, end: line.begin }, 'RE            '],
    ['long over', { renewBy: 0, end: 0 }, '<|            '],
    ['overdue since long, ends in time', { renewBy: 0, end: line.begin }, '<E            '],
    ['both later', { renewBy: line.end, end: line.end }, ' |           >'],
    ['the end later, Renew by in the last cell', { renewBy: line.end - 1, end: line.end }, ' |          R>'],
  ])('%s', (_, given, cells) => {
    expect(trackCells(line, track(given), 14, TYPED)).toBe(cells)
  })

  it('whatever the dates are: as many as there is room for, both clocks to be seen', () => {
    const point = fc.option(fc.integer({ min: line.begin - 1e10, max: line.end + 1e10 }), { nil: null })
    fc.assert(
      fc.property(
        point,
        point,
        fc.boolean(),
        fc.integer({ min: 2, max: 200 }),
        (a, b, isEstimated, cells) => {
          const row = trackCells(line, track({ renewBy: a, end: b, isEstimated }), cells, TYPED)
          expect(row).toHaveLength(cells)
          const isOn = (at: number | null) => at !== null && at >= line.begin && at < line.end
          expect(row.includes('R')).toBe(isOn(a))
          expect(row.includes(isEstimated ? '~' : 'E')).toBe(isOn(b))
          expect(row.includes('<')).toBe([a, b].some(each => each !== null && each < line.begin))
          expect(row.includes('>')).toBe([a, b].some(each => each !== null && each >= line.end))
          if (isOn(a) && isOn(b) && (a ?? 0) <= (b ?? 0))
            expect(row.indexOf('R')).toBeLessThan(row.indexOf(isEstimated ? '~' : 'E'))
        },
      ),
    )
  })

  it.each([14, 27, 42, 100])('the axis of %i cells', cells => {
    const [names, ticks] = axisCells(line, cells, TYPED)
    expect(names).toHaveLength(cells)
    expect(ticks).toHaveLength(cells)
    expect(names).toContain('2027')
    expect(ticks.indexOf('v')).toBe(Math.floor(((NOW - line.begin) / (line.end - line.begin)) * cells))
    expect(ticks.replace('v', '+').match(/\+/g)?.length).toBeGreaterThanOrEqual(Math.min(13, cells - 2))
    // Names never touch.
    for (const name of names.trim().split(/ +/)) expect(name).toMatch(/^([A-Z][a-z]{2}|\d{4})$/)
  })
})
