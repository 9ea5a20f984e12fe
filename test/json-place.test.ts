import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonFault, memberTwice } from '../src/json-place.ts'

describe('jsonFault', () => {
  test.each([
    ['', 'its end'],
    ['{"a": [1, 2', 'its end'],
    ['{\n  "a":', 'its end'],
    ['x', 'line 1, column 1'],
    ['{"version": 1,\n "accounts": [\n  {"account": x}]}', 'line 3, column 15'],
    ['{"a": 1,}', 'line 1, column 9'],
    ['[1,]', 'line 1, column 4'],
    ['[1 2]', 'line 1, column 4'],
    ['{"a" 1}', 'line 1, column 6'],
    ["{'a': 1}", 'line 1, column 2'],
    ['{a: 1}', 'line 1, column 2'],
    ['{"a": 2 months}', 'line 1, column 9'],
    ['[1]}', 'line 1, column 4'],
    ['{"a": 1] ', 'line 1, column 8'],
    ['"a\nb"', 'line 1, column 1'],
    ['"\\x"', 'line 1, column 1'],
    ['[01]', 'line 1, column 2'],
    ['[1.]', 'line 1, column 2'],
    ['nulll', 'line 1, column 1'],
  ])('%j: %s', (text, place) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect(jsonFault(text)).toBe(place)
  })

  test('finds none in JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        expect(jsonFault(JSON.stringify(JSON.parse(text), null, indent))).toBeUndefined()
        expect(jsonFault(` \r\n${text} `)).toBeUndefined()
      }),
    )
  })

  test('and one wherever JSON.parse does', () => {
    const spoilt = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', ':', '1', '\\', 'e', '-', '\n', ' '),
      )
      .map(([text, at, put]) => {
        const place = at % (text.length + 1)
        return `${text.slice(0, place)}${put}${text.slice(place + 1)}`
      })
    fc.assert(
      fc.property(spoilt, text => {
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        expect(jsonFault(text) === undefined).toBe(isJson)
      }),
      { numRuns: 2000 },
    )
  })

  test('a text of a mebibyte takes no time that anybody would notice', () => {
    expect(jsonFault('['.repeat(2 ** 20))).toBe('its end')
    expect(jsonFault(`"${'x'.repeat(2 ** 20)}"`)).toBeUndefined()
  })
})

describe('memberTwice', () => {
  test.each([
    ['{"a": 1, "a": 2}', 'a', 'line 1, column 10'],
    ['{"a": 1,\n "b": [{"c": 1, "d": {}, "c": 2}]}', 'c', 'line 2, column 26'],
    ['{"a": {"x": ["x", {"y": 1}]}, "b": 1, "\\u0061": 2}', 'a', 'line 1, column 39'],
  ])('%s: %s', (text, name, place) => {
    expect(memberTwice(text)).toEqual({ name, place })
  })

  test('of what JSON.stringify writes nothing stands twice', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(memberTwice(JSON.stringify(value))).toBeUndefined()
      }),
    )
    expect(memberTwice('{"a": "a", "b": ["a", "a"], "c": {"a": "c"}}')).toBeUndefined()
  })
})
