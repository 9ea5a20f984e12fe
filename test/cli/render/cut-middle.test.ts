/** Names that are cut: never too wide, never inside a character, both ends still there. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { cellWidth } from '../../../src/cli/render/cell-width.ts'
import { cutMiddle } from '../../../src/cli/render/cut-middle.ts'

it.each([
  ['ebay:main', 9, 'ebay:main'],
  ['ebay:main', 8, 'ebay…ain'],
  ['ebay:client-berlin-0017', 15, 'ebay:cl…in-0017'],
  ['店铺店铺店铺', 7, '店铺…铺'],
  ['店铺店铺店铺', 12, '店铺店铺店铺'],
  ['店铺店铺店铺', 8, '店铺…铺'],
  ['a🛒b🛒c', 6, 'a🛒b…c'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%s in %i columns', (text, columns, cut) => {
  expect(cutMiddle(text, columns, '…')).toBe(cut)
})

it('two dots take two columns', () => {
  expect(cutMiddle('ebay:client-berlin-0017', 15, '..')).toBe('ebay:cl..n-0017')
  expect(cutMiddle('abc', 1, '..')).toBe('')
})

it('whatever it is: within its columns, of its own characters, and as it was where there is room', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '店', '🛒', ':'), maxLength: 40 })
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 60 }), (name, columns) => {
      const cut = cutMiddle(name, columns, '…')
      expect(cellWidth(cut)).toBeLessThanOrEqual(columns)
      if (cellWidth(name) <= columns) {
        expect(cut).toBe(name)
        return
      }
      const [head = '', tail = ''] = cut.split('…')
      expect(name.startsWith(head)).toBe(true)
      expect(name.endsWith(tail)).toBe(true)
      expect(cut).not.toMatch(/\p{Cs}/u)
      // A wide character may leave one column unused at either end.
      if (columns > 0) expect(cellWidth(cut)).toBeGreaterThanOrEqual(columns - 2)
    }),
  )
})
