import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { sameSeller, sellerText } from '../../src/tokens/seller.ts'

describe('a seller’s text', () => {
  test.each([
    ['aBc123', 'shop-4711', 'shop-4711 (aBc123)'],
    ['aBc123', undefined, 'aBc123'],
    ['aBc123', 'aBc123', 'aBc123'],
  ])('of %s, called %s: %s', (id, name, text) => {
    expect(sellerText(id, name)).toBe(text)
  })
})

describe('two texts name one seller', () => {
  test.each([
    ['shop-4711 (aBc123)', 'shop-4711 (aBc123)', true],
    ['shop-4711 (aBc123)', 'renamed (aBc123)', true],
    ['shop-4711 (aBc123)', 'aBc123', true],
    ['aBc123', 'aBc123', true],
    ['shop-4711 (aBc123)', 'shop-4711 (dEf456)', false],
    ['shop-4711 (aBc123)', 'shop-4711', false],
    ['A3FHEXAMPLE', 'A3FHOTHER', false],
    // No form of ours, so compared whole.
    ['two words (aBc123)', 'aBc123', false],
    ['() (aBc123)', 'aBc123', false],
  ])('%s and %s: %s', (a, b, same) => {
    expect([sameSeller(a, b), sameSeller(b, a)]).toEqual([same, same])
  })

  const word = fc.stringMatching(/^[^\s()]{1,30}$/)
  it('whatever their names, as long as the ids are the same', () => {
    fc.assert(
      fc.property(word, word, word, word, (id, other, name, newName) => {
        expect(sameSeller(sellerText(id, name), sellerText(id, newName))).toBe(true)
        expect(sameSeller(sellerText(id, name), sellerText(other, name))).toBe(id === other)
      }),
    )
  })
})
