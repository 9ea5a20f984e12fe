/** What reaches a screen from outside is harmless, whatever it was. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { renderJson } from '../../../src/cli/render/json.ts'
import { renderPlain } from '../../../src/cli/render/plain.ts'
import { safeLine, safeText } from '../../../src/cli/render/safe-text.ts'

const anyText = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      '\x1b',
      '\x9b',
      '\u202e',
      '\u2066',
      '\u200b',
      '\ud800',
      '\n',
      '\t',
      '\r',
      '\x7f',
      '\u{e0041}',
    ),
  ),
})
const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

describe('safeText', () => {
  const table: [what: string, text: string, shown: string][] = [
    ['plain text', 'shop-4711 (ü 商店)', 'shop-4711 (ü 商店)'],
    ['an escape', '\x1b[2J', '\\u001b[2J'],
    ['a clipboard write', '\x1b]52;c;ZXZpbA==\x07', '\\u001b]52;c;ZXZpbA==\\u0007'],
    ['C1', '\x9b2J', '\\u009b2J'],
    ['a carriage return', 'ok\rexpired', 'ok\\u000dexpired'],
    ['right to left', 'a\u202eb', 'a\\u202eb'],
    ['an isolate', '\u2067a\u2069', '\\u2067a\\u2069'],
    ['zero width', 'ma\u200bin', 'ma\\u200bin'],
    ['a line separator', 'a\u2028b', 'a\\u2028b'],
    ['a tag', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['half a pair', 'a\ud800', 'a\\ud800'],
    ['a letter that draws nothing', 'a\u3164', 'a\\u3164'],
    ['an emoji with its selector', '\u2764\ufe0f', '\u2764\ufe0f'],
    ['layout', 'a\n\tb', 'a\n\tb'],
  ]
  it.each(table)('%s', (_, text, shown) => {
    expect(safeText(text)).toBe(shown)
  })

  it('leaves nothing harmful in any text', () => {
    fc.assert(
      fc.property(anyText, text => !harmful.test(safeText(text).replace(/[\n\t]/g, ''))),
      {
        numRuns: 1000,
      },
    )
  })

  it('leaves one line', () => {
    expect(safeLine('a\r\nFix: rm\tb')).toBe('a Fix: rm b')
    expect(safeLine('a\n\n\tb')).toBe('a b')
    fc.assert(
      fc.property(anyText, text => !harmful.test(safeLine(text))),
      { numRuns: 1000 },
    )
  })
})

describe('renderJson', () => {
  it('is the same value again, without a character that harms a screen', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText), value => {
        const json = renderJson(value)
        expect(json.endsWith('}\n')).toBe(true)
        expect(harmful.test(json.replace(/\n/g, ''))).toBe(false)
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 500 },
    )
  })
})

describe('renderPlain', () => {
  it('has one line a row and one tab between cells, whatever is in them', () => {
    const rows = fc.array(fc.tuple(anyText, anyText, anyText), { maxLength: 5 })
    fc.assert(
      fc.property(rows, cells => {
        const lines = renderPlain(['A', 'B', 'C'], cells).split('\n')
        expect(lines.pop()).toBe('')
        expect(lines).toHaveLength(cells.length + 1)
        for (const line of lines) expect(line.split('\t')).toHaveLength(3)
      }),
    )
  })
})
