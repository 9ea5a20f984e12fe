import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accessLifeSeconds, consentEnd, readNumber, tokenText } from '../../src/oauth/token-fields.ts'
import { DAY } from '../../src/tokens/time.ts'

const NOW = Date.UTC(2026, 10, 22, 10)

describe('a token', () => {
  it.each([
    ['v^1.1#i^1#p^3+/=|', true],
    ['~!', true],
    ['', false],
    [' ', false],
    ['a b', false],
    ['a\tb', false],
    ['a\n', false],
    ['\u007f', false],
    ['ä', false],
    ['\u200b', false],
  ])('%j', (text, good) => {
    expect(tokenText.safeParse(text).success).toBe(good)
  })
})

describe('a number from a vendor', () => {
  it.each([
    [7200, 7200],
    ['7200', 7200],
    [' 7200 ', 7200],
    ['-1', -1],
    ['0.5', 0.5],
    ['7200.25', 7200.25],
    ['+7', 7],
    ['1.', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['', undefined],
    ['seven', undefined],
    [Number.NaN, undefined],
    [null, undefined],
    [true, undefined],
    [[7200], undefined],
    [{ valueOf: () => 1 }, undefined],
  ])('%j', (value, expected) => {
    expect(readNumber(value)).toBe(expected)
  })
})

describe('lengths of time', () => {
  it('keep an access token between 0 and 400 days', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.jsonValue(), fc.double().map(String)), value => {
        const seconds = accessLifeSeconds(value, 7200)
        expect(seconds).toBeGreaterThanOrEqual(0)
        expect(seconds).toBeLessThanOrEqual(400 * 86_400)
      }),
    )
  })

  it.each([
    [47_304_000, NOW + 47_304_000_000],
    [0, undefined],
    [-1, undefined],
    [undefined, undefined],
    [10 * 366 * 86_400, NOW + 10 * 366 * DAY],
    [10 * 366 * 86_400 + 1, undefined],
    [Number.POSITIVE_INFINITY, undefined],
  ])('take %s seconds as a consent’s end', (seconds, expected) => {
    expect(consentEnd(seconds, NOW)).toBe(expected)
  })
})
