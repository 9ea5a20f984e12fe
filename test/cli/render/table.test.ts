/** The table at every width, and its two ways of being drawn beside each other. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellWidth } from '../../../src/cli/render/cell-width.ts'
import { renderTable, type Table } from '../../../src/cli/render/table.ts'
import { screen } from './screen.ts'

const columns = ['Marketplace', 'Account', 'State', 'Last renewed', 'Renew by', 'Ends', 'Days left', 'Next']
const rows = [
  ['eBay', 'main', 'due', '2026-08-01', '2026-11-01', '2027-08-01', '251', 'tokenctl renew ebay:main'],
  ['Amazon', 'de', 'expired', '2025-11-01', '2026-02-01', '~2026-11-01', '~-22', 'tokenctl set-amazon de'],
]
const table: Table = { columns, rows, expendable: ['Last renewed', 'Days left'] }

async function draw(of: Table, width: number | 'pipe', colour = false): Promise<string> {
  const terminal = screen(width, colour)
  await renderTable(of, terminal)
  expect(terminal.shown.err).toBe('')
  return terminal.shown.out
}

const manyRows = (count: number) => Array.from({ length: count }, () => rows[0] ?? [])

describe('renderTable', () => {
  it('shows every column where there is room', async () => {
    expect(await draw(table, 120)).toBe(
      [
        'Marketplace  Account  State    Last renewed  Renew by    Ends         Days left  Next',
        'eBay         main     due      2026-08-01    2026-11-01  2027-08-01   251        tokenctl renew ebay:main',
        'Amazon       de       expired  2025-11-01    2026-02-01  ~2026-11-01  ~-22       tokenctl set-amazon de',
        '',
      ].join('\n'),
    )
  })

  it('at 80 columns leaves out the expendable ones first, and wraps nothing', async () => {
    const text = await draw(table, 80)
    expect(text.split('\n')).toHaveLength(4)
    expect(text).not.toMatch(/Last renewed|Days left/)
    expect(text).toContain('tokenctl renew ebay:main')
  })

  it('is a block an account where a command would be broken over lines, and so could not be copied', async () => {
    const command = 'tokenctl login aliexpress:main-shop-of-the-north'
    const long = { ...table, rows: [[...(rows[0] ?? []).slice(0, 7), command]] }
    const text = await draw(long, 80)
    expect(text).toContain('Marketplace:  eBay')
    expect(text).toContain(command)
    for (const line of text.split('\n')) expect(cellWidth(line)).toBeLessThanOrEqual(80)
  })

  it('at 40 columns is a block an account', async () => {
    expect(await draw(table, 40)).toBe(
      [
        'Marketplace:  eBay',
        'Account:      main',
        'State:        due',
        'Last renewed: 2026-08-01',
        'Renew by:     2026-11-01',
        'Ends:         2027-08-01',
        'Days left:    251',
        'Next:         tokenctl renew ebay:main',
        '',
        'Marketplace:  Amazon',
        'Account:      de',
        'State:        expired',
        'Last renewed: 2025-11-01',
        'Renew by:     2026-02-01',
        'Ends:         ~2026-11-01',
        'Days left:    ~-22',
        'Next:         tokenctl set-amazon de',
        '',
      ].join('\n'),
    )
  })

  it('keeps whole lines in a pipe', async () => {
    expect(await draw(table, 'pipe')).toBe(await draw(table, 1000))
  })

  it('never writes an escape where there is no colour, drawn or streamed', async () => {
    for (const width of [40, 80, 'pipe'] as const)
      for (const count of [2, 300])
        expect(await draw({ ...table, rows: manyRows(count) }, width)).not.toContain('\x1b')
  })

  it('paints cells and keeps them in line', async () => {
    const painted: Table = {
      ...table,
      paint: (paint, cell, column) => (column === 'State' ? paint(cell, 'due') : cell),
    }
    for (const count of [2, 300]) {
      const text = await draw({ ...painted, rows: manyRows(count) }, 120, true)
      expect(text).toContain('\x1b[1mdue\x1b[22m')
      // biome-ignore lint/complexity/useRegexLiterals: the escape is easier to read in a string
      const bare = text.replace(new RegExp('\x1b\\[\\d+m', 'g'), '')
      expect(bare.replace(/ +$/gm, '')).toBe(await draw({ ...table, rows: manyRows(count) }, 120))
    }
  })

  it('makes cells harmless, in a table, streamed and stacked', async () => {
    const evil = { ...table, rows: [['eBay', 'a\x1b[2J\nb', ...(rows[0] ?? []).slice(2)]] }
    for (const width of [40, 200]) expect(await draw(evil, width)).toContain('a\\u001b[2J b')
    const many = { ...evil, rows: Array.from({ length: 300 }, () => evil.rows[0] ?? []) }
    expect(await draw(many, 200)).not.toContain('\x1b')
  })

  it('lines wide characters up', async () => {
    const wide = { ...table, rows: [['eBay', '商店', ...(rows[0] ?? []).slice(2)], ...rows] }
    const lines = (await draw(wide, 120)).trimEnd().split('\n')
    const starts = lines.map(line => cellWidth(line.slice(0, line.search(/State|due|expired/))))
    expect(new Set(starts).size).toBe(1)
  })

  it('streams many rows in the same form as it draws few', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'b', '-', ':', '商', 'ü'),
      minLength: 1,
      maxLength: 12,
    })
    const row = fc.array(cell, { minLength: 3, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 4 }), async few => {
        const three = { columns: ['A', 'B', 'C'], expendable: [], wraps: 'C' }
        // 201 rows stream; the widest cells are in both.
        const many = [...few, ...Array.from({ length: 201 - few.length }, () => ['x', 'x', 'x'])]
        const drawn = await draw({ ...three, rows: few }, 200)
        const streamed = await draw({ ...three, rows: many }, 200)
        expect(streamed.startsWith(drawn)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})
