import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formEncode, formEncodeValue } from '../../src/oauth/form.ts'

describe('a form body', () => {
  it('is the example of RFC 6749 appendix B, to the byte', () => {
    expect(formEncodeValue(' %&+£€')).toBe('+%25%26%2B%C2%A3%E2%82%AC')
  })

  it.each([
    ['^', '%5E'],
    ['#', '%23'],
    ['=', '%3D'],
    ['+', '%2B'],
    ['|', '%7C'],
    ['/', '%2F'],
    ['&', '%26'],
    ['%', '%25'],
    ['~', '%7E'],
    [' ', '+'],
    ['\r\n', '%0D%0A'],
    ['Az09*-._', 'Az09*-._'],
    ['\ud800', '%EF%BF%BD'],
  ])('encodes %j as %s', (value, expected) => {
    expect(formEncodeValue(value)).toBe(expected)
  })

  it('keeps the order of the fields, and fields without a value', () => {
    expect(
      formEncode([
        ['b', '1'],
        ['a', ''],
        ['b', '2'],
      ]),
    ).toBe('b=1&a=&b=2')
  })

  it('comes back as it went in, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string({ unit: 'grapheme' }))), fields => {
        const body = formEncode(fields)
        expect(body).toMatch(/^[A-Za-z0-9*._+%=&-]*$/)
        expect([...new URLSearchParams(body)]).toEqual(fields)
      }),
    )
  })
})
