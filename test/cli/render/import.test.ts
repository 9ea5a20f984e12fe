/** The table of `import --dry-run`: what each record would become, at several widths. */
import { expect, test } from 'vitest'
import { type ImportLine, importLine, importTable } from '../../../src/cli/render/import.ts'
import { renderTable } from '../../../src/cli/render/table.ts'
import { at, delivery, header } from '../../support/accounts.ts'
import { screen } from './screen.ts'

const LINES: readonly ImportLine[] = [
  { label: 'ebay app default', change: 'same', differs: [], header: null },
  {
    label: 'aliexpress:gadgets',
    change: 'older',
    differs: ['refreshToken', 'renewedAt'],
    header: header({
      account: 'aliexpress:gadgets',
      consentAt: at('2026-11-01'),
      renewedAt: at('2026-11-20'),
      endsAt: at('2026-12-31'),
    }),
  },
  {
    label: 'ebay:outlet',
    change: 'replaced',
    differs: ['refreshToken', 'consentAt', 'endsAt'],
    header: header({ account: 'ebay:outlet', consentAt: at('2026-11-20'), endsAt: at('2028-05-13') }),
  },
  {
    label: 'ebay:dates',
    change: 'added',
    differs: [],
    header: header({ holdsToken: false, consentAt: at('2026-08-01') }),
  },
  {
    label: 'ebay:dead',
    change: 'elsewhere',
    differs: ['environment'],
    header: header({ refused: { code: 'GRANT_REJECTED', at: at('2026-08-01') } }),
  },
]

async function drawn(
  columns: number | 'pipe',
  lines = LINES,
): Promise<{ rows: string[]; left: readonly string[] }> {
  const terminal = screen(columns)
  const left = await renderTable(importTable(lines), terminal)
  return { rows: terminal.shown.out.trimEnd().split('\n'), left }
}

test('in a pipe it is whole', async () => {
  expect((await drawn('pipe')).rows).toEqual([
    'Account or app      Change     Differs in           Token    Consent     Renewed     Ends',
    'ebay app default    same       -                    -        -           -           -',
    'aliexpress:gadgets  older      token, renewed       yes      2026-11-01  2026-11-20  2026-12-31',
    'ebay:outlet         replaced   token, consent, end  yes      2026-11-20  -           2028-05-13',
    'ebay:dates          added      -                    no       2026-08-01  -           -',
    'ebay:dead           elsewhere  environment          refused  -           -           -',
  ])
})

test('80 columns show what would change, and leave out days before that', async () => {
  const { rows, left } = await drawn(80)
  expect(left).toEqual(['Consent', 'Renewed'])
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(80)
  expect(rows.join('\n')).toMatch(/aliexpress:gadgets +older +token, renewed +yes +2026-12-31/)
})

test('40 columns get a block for each', async () => {
  const { rows } = await drawn(40)
  expect(rows.join('\n')).toMatch(/Change: +older/)
  for (const row of rows) expect(row.length).toBeLessThanOrEqual(40)
})

test('where the tokens go is a column only where some go anywhere', async () => {
  const handed: ImportLine = {
    ...LINES[2],
    label: 'ebay:outlet',
    change: 'replaced',
    differs: [],
    header: header({ delivery: delivery() }),
  }
  const { rows } = await drawn('pipe', [handed, ...LINES.slice(3)])
  expect(rows[0]).toMatch(/Tokens go to$/)
  expect(rows[1]).toMatch(/hooks\.example\.com$/)
})

test('where the tokens go that it brings, and that they go nowhere while the receiver refuses', () => {
  const line = (given: Partial<Parameters<typeof delivery>[0]>): string =>
    importLine({
      label: 'ebay:main',
      change: 'replaced',
      differs: [],
      header: header({ generation: 4, delivery: delivery({ target: 'hooks.example.com', ...given }) }),
    })
  expect(line({})).toBe('ebay:main: replaced; its tokens go to hooks.example.com, as before\n')
  const refused = {
    code: 'DELIVERY_FAILED',
    count: 1,
    since: at('2026-11-20'),
    lastAt: at('2026-11-20'),
    notBefore: null,
  }
  expect(line({ deliveredGeneration: 3, failing: refused })).toBe(
    'ebay:main: replaced; its tokens stay here, since hooks.example.com refused the last: `tokenctl deliver ebay:main` tries again\n',
  )
})
