import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { isSeller, sameSeller, sellerProblem, sellerText } from '../../src/tokens/seller.ts'

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

describe('a text is of a seller', () => {
  test.each<[text: string, id: string | null, name: string | null, isIts: boolean]>([
    ['shop (id)', 'id', 'shop', true],
    ['shop (id)', 'id', 'renamed', true],
    ['shop (id)', 'id', null, true],
    ['shop (id)', null, 'shop', true],
    ['id', 'id', null, true],
    ['shop', 'id', 'shop', true],
    ['id', null, 'id', true],
    // An id outweighs a name that somebody else may have by now.
    ['shop (other)', 'id', 'shop', false],
    ['shop (id)', null, 'id', false],
    ['shop (id)', 'shop', null, false],
    ['other', 'id', 'shop', false],
    ['shop (id)', null, null, false],
  ])('%s, by %s and %s: %s', (text, id, name, isIts) => {
    expect(isSeller(text, id, name)).toBe(isIts)
  })
})

test.each([
  ['shop-4711 (aBc123)', undefined],
  ['A2EXAMPLE', undefined],
  ['Bücher & mehr', undefined],
  ['', 'is empty'],
  ['x'.repeat(161), 'has more than 160 characters'],
  ['a\u001b[2Jb', 'has a character that cannot be printed'],
  ['a\u202eb', 'has a character that cannot be printed'],
  ['v^1.1#i^1#secret', 'looks like a token or a secret'],
  ['Atzr|IwEBI', 'looks like a token or a secret'],
])('%j as a seller: %s', (text, problem) => {
  expect(sellerProblem(text)).toBe(problem)
})
