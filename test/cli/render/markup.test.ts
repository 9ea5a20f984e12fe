/** HTML from pieces: whatever a text is, it stays a text. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Markup, markup } from '../../../src/cli/render/markup.ts'
import { elements, parsePage, textOf } from '../../support/html.ts'

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('<', '>', '&', '"', "'", '`', '/', '!', '-', '=', ';', 'a', '\n'),
    maxLength: 30,
  }),
  fc.constantFrom(
    '</title><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)",
    '<!--',
    ']]>',
    '&lt;script&gt;',
    '\u202eshop',
    '\ud800',
  ),
)
const page = (inside: Markup) => parsePage(`<!DOCTYPE html>\n<html>${inside.text}</html>\n`)

it.each([
  [`<b>"Tom" & 'Jerry'</b>`, '&lt;b&gt;&quot;Tom&quot; &amp; &#39;Jerry&#39;&lt;/b&gt;'],
  ['one\ntwo\tthree', 'one two three'],
  ['\u202eshop\u0000', '\\u202eshop\\u0000'],
  ['Läden 🛒', 'Läden 🛒'],
])('%j', (text, escaped) => {
  expect(markup`${text}`.text).toBe(escaped)
})

it('pieces, numbers, lists and nothing', () => {
  const list = ['a', 'b'].map(each => markup`<li>${each}</li>`)
  expect(markup`<ul>${list}</ul>${null}${12}${new Markup('<hr>')}`.text).toBe(
    '<ul><li>a</li><li>b</li></ul>12<hr>',
  )
})

describe('whatever a text holds', () => {
  it('between tags and in an attribute it comes back as it was, but for what would harm', () => {
    fc.assert(
      fc.property(hostile, hostile, (inside, value) => {
        const [, b, ...more] = elements(page(markup`<b title="${value}">${inside}</b>`))
        if (b === undefined || more.length > 0) return expect.unreachable('another element')
        expect(Object.keys(b.attributes)).toEqual(['title'])
        for (const [given, read] of [
          [inside, textOf(b)],
          [value, b.attributes['title'] ?? ''],
        ] as const) {
          expect(read).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
          if (/^[\x20-\x7e]*$/.test(given)) expect(read).toBe(given)
        }
      }),
    )
  })
})

describe('the strict reader', () => {
  const good = '<!DOCTYPE html>\n<html><p id="a" title="b">c &amp; d</p><a href="#a">e</a></html>\n'
  it.each([
    ['no end', good.slice(0, -1)],
    ['a tag that is not closed', good.replace('</p>', '')],
    ['tags that cross', good.replace('c', '<b>c<i></b></i>')],
    ['an attribute without quotation marks', good.replace('"b"', 'b')],
    ['an attribute twice', good.replace('title', 'id')],
    ['a bare <', good.replace('c', '< c')],
    ['a bare >', good.replace('c', '> c')],
    ['a bare &', good.replace('&amp;', '&')],
    ['a comment', good.replace('c', '<!-- c -->')],
    ['an id twice', good.replace('<a ', '<a id="a" ')],
    ['a link to nothing', good.replace('#a', '#b')],
    ['a link elsewhere', good.replace('#a', 'https://example.test/')],
    ['something beside', good.replace('<html>', '<p></p><html>')],
  ])('refuses %s', (_, text) => {
    expect(elements(parsePage(good))).toHaveLength(3)
    expect(text).not.toBe(good)
    expect(() => parsePage(text)).toThrow()
  })
})
