/** Columns of a text, beside what cli-table3 counts: a cell measured here must fit where that draws it. */
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cellWidth } from '../../../src/cli/render/cell-width.ts'

const { strlen } = createRequire(import.meta.url)('cli-table3/src/utils.js') as {
  strlen(text: string): number
}

describe('cellWidth', () => {
  it.each([
    ['', 0],
    ['ebay:main', 9],
    ['ü', 1],
    ['商店', 4],
    ['ｅｂａｙ', 8],
    ['서울', 4],
    ['かな', 4],
    ['e\u0301', 1],
    ['😀', 2],
    ['\u{20000}', 2],
  ])('%s takes %i', (text, width) => {
    expect(cellWidth(text)).toBe(width)
  })

  it('counts as cli-table3 does', () => {
    const range = (from: number, to: number) =>
      fc.integer({ min: from, max: to }).map(code => String.fromCodePoint(code))
    const character = fc.oneof(
      range(0x20, 0x7e),
      range(0xa1, 0x17f),
      range(0x300, 0x36f),
      range(0x400, 0x4ff),
      range(0x1100, 0x11ff),
      range(0x2e80, 0xa4cf).filter(text => !/[〰〽㊗㊙]/u.test(text)),
      range(0xac00, 0xd7a3),
      range(0xf900, 0xfaff),
      range(0xff01, 0xffe6),
      fc.constantFrom('😀', '🛒', '✅', '\u{20000}', '\u{3fffd}'),
    )
    const texts = fc.string({ unit: character }).filter(text => !/\ufe0f/.test(text))
    fc.assert(
      fc.property(texts, text => cellWidth(text) === strlen(text)),
      { numRuns: 2000 },
    )
  })
})
