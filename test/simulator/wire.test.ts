import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isWrong, parseBasic, parseForm, parseJsonStrings } from '../../src/simulator/wire.ts'

const entries = (text: string) => {
  const parsed = parseForm(text)
  return isWrong(parsed) ? parsed.wrong : [...parsed]
}

describe('parseForm', () => {
  test.each<[string, [string, string][]]>([
    ['', []],
    ['a=1', [['a', '1']]],
    ['a=', [['a', '']]],
    ['a=b=c', [['a', 'b=c']]],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a=x+y', [['a', 'x y']]],
    ['a=x%2By', [['a', 'x+y']]],
    ['a=x%252By', [['a', 'x%2By']]],
    ['a=%C3%A4', [['a', 'ä']]],
    ['a=v^1.1#i^1', [['a', 'v^1.1#i^1']]],
  ])('reads %j', (text, expected) => {
    expect(entries(text)).toEqual(expected)
  })

  test.each([
    ['a', 'parameter 1 has no readable name'],
    ['=1', 'parameter 1 has no readable name'],
    ['a=1&', 'parameter 2 has no readable name'],
    ['a=1&a=1', 'parameter 2 repeats a name'],
    ['a=1&%61=2', 'parameter 2 repeats a name'],
    ['a=%', 'parameter 1 is not percent-encoded UTF-8'],
    ['a=%2', 'parameter 1 is not percent-encoded UTF-8'],
    ['a=%zz', 'parameter 1 is not percent-encoded UTF-8'],
    ['a=%ff', 'parameter 1 is not percent-encoded UTF-8'],
    ['a=%C3', 'parameter 1 is not percent-encoded UTF-8'],
    ['a=x y', 'parameter 1 is not percent-encoded UTF-8'],
    ['a=x\r\n', 'parameter 1 is not percent-encoded UTF-8'],
    ['a=\u00e4', 'parameter 1 is not percent-encoded UTF-8'],
  ])('refuses %j', (text, expected) => {
    expect(entries(text)).toBe(expected)
  })

  test('reads whatever a right encoder writes', () => {
    const value = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(
            value.filter(name => name !== ''),
            value,
          ),
          { selector: ([name]) => name },
        ),
        pairs => {
          expect(entries(new URLSearchParams(pairs).toString())).toEqual(pairs)
        },
      ),
    )
  })
})

describe('parseJsonStrings', () => {
  test('reads an object of strings', () => {
    const parsed = parseJsonStrings(Buffer.from('{"a":"1"}'))
    expect(isWrong(parsed) ? parsed : [...parsed]).toEqual([['a', '1']])
  })

  test.each(['', '[]', 'null', '"a"', '{"a":1}', '{', '\ufeff{}'])('refuses %j', text => {
    expect(isWrong(parseJsonStrings(Buffer.from(text)))).toBe(true)
  })
})

describe('parseBasic', () => {
  test.each([
    ['Basic YTpi', { id: 'a', secret: 'b' }],
    ['basic YTpi', { id: 'a', secret: 'b' }],
    ['Basic YTpiOmM=', { id: 'a', secret: 'b:c' }],
    ['Basic YTo=', { id: 'a', secret: '' }],
    [undefined, undefined],
    ['YTpi', undefined],
    ['Basic  YTpi', undefined],
    ['Basic YTpi ', undefined],
    ['Basic YTpiOmM', undefined],
    ['Basic YTpi=', undefined],
    ['Basic a:b', undefined],
    ['Basic OmI=', undefined],
    ['Basic YWI=', undefined],
    ['Bearer YTpi', undefined],
  ])('%j', (header, expected) => {
    expect(parseBasic(header)).toEqual(expected)
  })
})
