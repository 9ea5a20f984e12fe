/** Addresses as browsers bring them and as people paste them. The codes are shaped like the vendors', and made up. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTokenctlError } from '../../src/errors.ts'
import {
  LONGEST_ADDRESS,
  readRedirectedAddress,
  readRedirectQuery,
} from '../../src/oauth/redirected-address.ts'

// An eBay code: `^`, `#`, and base64 with its `+`, `/` and `=`.
const CODE = 'v^1.1#i^1#p^3#r^1#I^3#f^0#t^Ul41XzA6QUNG+jAz/TRBRjRBQzE5Q0JG=='
const ENCODED = encodeURIComponent(CODE)
const ADDRESS = `https://auth2.ebay.com/oauth2/ThirdPartyAuthSucessFailure?state=s-1_A&code=${ENCODED}&expires_in=299`
const ANSWER = { state: 's-1_A', code: CODE, expires_in: '299' }

const wrapped = (text: string, separator: string) => (text.match(/.{1,40}/g) ?? []).join(separator)

describe('a pasted address', () => {
  it.each<[how: string, text: string, more?: Record<string, string>]>([
    ['as it is', ADDRESS],
    ['with a line end', `${ADDRESS}\r\n`],
    ['broken over lines', wrapped(ADDRESS, '\n')],
    ['broken over lines, with spaces around the breaks', wrapped(ADDRESS, '  \r\n    ')],
    ['broken over lines that a terminal joined', wrapped(ADDRESS, ' ')],
    ['in angle brackets', `<${ADDRESS}>`],
    ['in quotation marks', `"${ADDRESS}"`],
    ['in German ones', `„${ADDRESS}“`],
    ['in backticks', `\`${ADDRESS}\``],
    ['with words before it', `Here it is: ${ADDRESS}`],
    ['with zero-width marks and no-break spaces', `\ufeff${wrapped(ADDRESS, '\u200b\u00a0\u00ad')}`],
    ["out of a page's source", ADDRESS.replaceAll('&', '&amp;')],
    ['without its scheme', ADDRESS.slice('https://'.length)],
    ['with an empty fragment', `${ADDRESS}#`],
    ['with a fragment', `${ADDRESS}#_=_`],
    ['its query with the mark', ADDRESS.slice(ADDRESS.indexOf('?'))],
    ['its query alone', ADDRESS.slice(ADDRESS.indexOf('?') + 1)],
    ['of a scheme of its own', ADDRESS.replace('https://auth2.ebay.com', 'shop.example:')],
    [
      'with an address in its query',
      `${ADDRESS}&back=https://a.example/?b`,
      { back: 'https://a.example/?b' },
    ],
  ])('%s', (_, text, more = {}) => {
    const { parameters, isBareCode } = readRedirectedAddress(text)
    expect(Object.fromEntries(parameters)).toEqual({ ...ANSWER, ...more })
    expect(isBareCode).toBe(false)
  })

  it('is decoded once, and not twice', () => {
    const twice = ADDRESS.replace(ENCODED, encodeURIComponent(ENCODED))
    expect(readRedirectedAddress(twice).parameters.get('code')).toBe(ENCODED)
  })

  it('keeps names that objects have of their own', () => {
    const { parameters } = readRedirectedAddress('https://a.example/?__proto__=x&constructor=y&code=z')
    expect([...parameters]).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['code', 'z'],
    ])
  })
})

describe('a bare code', () => {
  it.each([
    ["eBay's, decoded", CODE, CODE],
    ["eBay's, as it stands in the address", ENCODED, CODE],
    ["eBay's, with only what a browser encodes", CODE.replaceAll('#', '%23'), CODE],
    ["AliExpress'", '3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26', '3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26'],
    ["Amazon's", 'RHsiXvQKnTgfEpKlPmNo', 'RHsiXvQKnTgfEpKlPmNo'],
    ['padded like base64', 'QUJDRA==', 'QUJDRA=='],
    ['with a plus', 'a+b', 'a+b'],
    ['quoted and broken over lines', ` "${wrapped(CODE, '\n')}" `, CODE],
  ])('%s', (_, text, code) => {
    const answer = readRedirectedAddress(text)
    expect([...answer.parameters]).toEqual([['code', code]])
    expect(answer.isBareCode).toBe(true)
  })
})

describe('what is refused, with words and without quoting it', () => {
  it.each([
    ['nothing', '', /Nothing/],
    ['spaces and marks', ' \u200b\r\n"" ', /Nothing/],
    ['far too much', 'x'.repeat(LONGEST_ADDRESS + 1), /longer/],
    ['an address without a query', 'https://CNRY.example/done', /no answer in it/],
    ['the same without its scheme', 'www.CNRY.example/done', /neither/],
    ['one parameter twice', 'https://a.example/?code=CNRY&state=a&state=b', /twice/],
    ['one parameter twice, differently encoded', 'code=CNRY&st%61te=a&state=b', /twice/],
    ['half an escape', 'https://a.example/?code=CNRY%5', /broken/],
    ['no UTF-8', 'https://a.example/?code=CNRY%FF', /broken/],
    ['half an escape in a bare code', 'CNRY%5', /broken/],
    ['an address that was decoded on its way', ADDRESS.replace(ENCODED, `CNRY${CODE}`), /decoded on its way/],
    ['two codes', 'CNRY&other', /neither/],
  ])('%s', (_, text, message) => {
    const refusal = (() => {
      try {
        return readRedirectedAddress(text)
      } catch (error) {
        return error
      }
    })()
    expect(refusal).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) })
    expect(JSON.stringify([refusal, String(refusal)])).not.toContain('CNRY')
  })
})

describe('properties', () => {
  const text = fc.string({ unit: 'binary', maxLength: 30 })
  const pairs = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 8 })

  it('what a form encodes comes back, in its order', () => {
    fc.assert(
      fc.property(pairs, sent => {
        expect([...readRedirectQuery(new URLSearchParams(sent).toString())]).toEqual(sent)
      }),
    )
  })

  it('a pasted address says what the same query says to the listener', () => {
    const filled = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z_]{1,9}$/), text), {
      selector: ([name]) => name,
      minLength: 1,
    })
    fc.assert(
      fc.property(filled, sent => {
        const query = new URLSearchParams(sent).toString()
        const pasted = readRedirectedAddress(wrapped(`https://shop.example/cb?${query}`, '\r\n'))
        expect([...pasted.parameters]).toEqual(sent)
      }),
    )
  })

  it('any text is read or refused, and in no time', () => {
    const begun = performance.now()
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), anything => {
        try {
          readRedirectedAddress(anything)
        } catch (error) {
          expect(isTokenctlError(error)).toBe(true)
        }
      }),
    )
    for (const piece of ['a.', '-', '&', '=', '%41', 'https://', '\u200b', '<', 'a='])
      try {
        readRedirectedAddress(piece.repeat(LONGEST_ADDRESS / piece.length))
      } catch (error) {
        expect(isTokenctlError(error)).toBe(true)
      }
    expect(performance.now() - begun).toBeLessThan(2000)
  })
})
