/** What the benchmark of growth holds for faster than the accounts, told by made-up cells. */
import { describe, expect, test } from 'vitest'

interface Cell {
  readonly store: string
  readonly command: string
  readonly count: number
  readonly ms: number
  readonly mebibytes: number
}

const { faster, canTell } = (await import(new URL('bench/growth/report.js', import.meta.url).href)) as {
  faster(cells: readonly Cell[]): readonly { readonly text: string; readonly isKnown: boolean }[]
  canTell(counts: readonly number[]): boolean
}

const COUNTS = [1, 100, 1000, 10_000]
const STATUS = { store: 'file', command: 'status' }
const KNOWN = { store: 'keychain', command: 'renew --all --due, all due' }

/** Cells at every count; what a figure is follows from the count. */
function cells(
  ms: (count: number) => number,
  mebibytes: (count: number) => number = () => 40,
  { of = STATUS, counts = COUNTS } = {},
): Cell[] {
  return counts.map(count => ({ ...of, count, ms: ms(count), mebibytes: mebibytes(count) }))
}

const straight = (each: number) => (count: number) => 40 + each * count
const curved = (each: number) => (count: number) => 40 + each * count ** 2

describe('finds nothing', () => {
  test.each<[string, Cell[]]>([
    ['where nothing grows', cells(() => 40)],
    ['where all grows as the accounts do', cells(straight(1), straight(0.01))],
    ['where an account costs less among many', cells(count => 40 + 100 * Math.sqrt(count))],
    [
      'where it costs a little more, as by chance',
      cells(count => straight(count === 10_000 ? 1.4 : 1)(count)),
    ],
    ['where the whole is too little to tell', cells(curved(4e-7), curved(9e-8))],
    ['of two counts', cells(curved(1), curved(1), { counts: [1, 20] })],
    ['of nothing', []],
  ])('%s', (_, those) => {
    expect(faster(those)).toEqual([])
  })
})

describe('finds', () => {
  test('time that grows faster, with what an account costs among many and among fewer', () => {
    expect(faster(cells(curved(0.001)))).toEqual([
      { text: '- file, status: 10 ms each among 10,000, 1 among 1,000', isKnown: false },
    ])
  })

  test('memory that does', () => {
    expect(faster(cells(straight(1), curved(1e-5)))).toEqual([
      { text: '- file, status: 0.1 MiB each among 10,000, 0.01 among 1,000', isKnown: false },
    ])
  })

  test('what begins to grow only among many, for which less than nothing was paid before', () => {
    const dips = (count: number) => ({ 1: 40, 100: 38, 1000: 36, 10000: 400 })[count] ?? 0
    expect(faster(cells(dips))).toMatchObject([{ isKnown: false }])
  })

  test('each store and command by itself, in whatever order the cells come', () => {
    const all = [
      ...cells(curved(0.001)).reverse(),
      ...cells(straight(1), straight(1), { of: { store: 'postgres', command: 'status' } }),
      ...cells(curved(0.001), curved(0.001), { of: { store: 'file', command: 'accounts list' } }),
    ]
    expect(faster(all).map(({ text }) => text.slice(0, text.indexOf(':')))).toEqual([
      '- file, status',
      '- file, accounts list',
      '- file, accounts list',
    ])
  })
})

describe('what is known', () => {
  test('is told with its reason, and as known', () => {
    const [one, ...others] = faster(cells(curved(0.001), undefined, { of: KNOWN }))
    expect(others).toEqual([])
    expect(one).toMatchObject({ isKnown: true })
    expect(one?.text).toMatch(/^- keychain, renew --all --due, all due: .*: a keyring is rewritten whole/)
  })

  test.each<[string, Cell[]]>([
    ['in another figure', cells(straight(1), curved(1e-5), { of: KNOWN })],
    ['over another store', cells(curved(0.001), undefined, { of: { ...KNOWN, store: 'file' } })],
    ['by another command', cells(curved(0.001), undefined, { of: { ...KNOWN, command: 'status' } })],
  ])('is not, %s', (_, those) => {
    expect(faster(those)).toMatchObject([{ isKnown: false }])
  })
})

test.each<[readonly number[], boolean]>([
  [[1, 20], false],
  [[1, 20, 20], false],
  [[1, 20, 400], true],
])('whether %j are counts enough to tell: %s', (counts, can) => {
  expect(canTell(counts)).toBe(can)
})
