/** What a paste becomes, piece by piece. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PasteJoiner } from '../../src/platform/paste.ts'

const join = (...pieces: string[]) => {
  const joiner = new PasteJoiner()
  return pieces.map(piece => joiner.push(piece)).join('')
}
const B = '\x1b[200~'
const E = '\x1b[201~'

describe('PasteJoiner', () => {
  const table: [what: string, pieces: string[], keys: string][] = [
    ['keys go through', ['a', 'b', '\r'], 'ab\r'],
    ['a lone Escape is not held back', ['\x1b'], '\x1b'],
    ['an arrow goes through', ['\x1b[A'], '\x1b[A'],
    ['Ctrl-C goes through', ['\x03'], '\x03'],
    ['a marked paste loses its marks', [`${B}Atzr|abc${E}`, '\r'], 'Atzr|abc\r'],
    ['and its line ends', [`${B}\r\nAtzr|\r\nabc\n${E}`], 'Atzr|abc'],
    ['and its colours', [`${B}\x1b[1;31mAtzr|abc\x1b[0m${E}`], 'Atzr|abc'],
    ['and a title sequence', [`${B}\x1b]0;evil\x07Atzr${E}`], 'Atzr'],
    ['and keys that would stop us', [`${B}a\x03\x04b${E}`], 'ab'],
    ['and C1', [`${B}a\x9bb${E}`], 'ab'],
    ['marks split anywhere', ['\x1b[2', '00~ab', 'c\x1b', '[201~', '\r'], 'abc\r'],
    ['two pastes', [`${B}a\n${E}${B}\nb${E}\r`], 'ab\r'],
    ['unmarked: line ends inside go', ['Atzr|\r\nabc\r'], 'Atzr|abc\r'],
    ['unmarked: a leading line end goes', ['\nAtzr|abc'], 'Atzr|abc'],
    ['an Enter after text in one piece stays', ['abc\r'], 'abc\r'],
    ['two Enters by themselves stay', ['\r', '\r'], '\r\r'],
  ]
  it.each(table)('%s', (_, pieces, keys) => {
    expect(join(...pieces)).toBe(keys)
  })

  it('a marked paste of plain text comes out the same wherever it is split, but behind its first ESC', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', '|', '\n', '\r', '[', '2', '0', '~', 'ü') })
    fc.assert(
      fc.property(texts, fc.array(fc.nat(60), { maxLength: 8 }), (text, cuts) => {
        const whole = `${B}${text}${E}`
        const places = [
          0,
          ...cuts.filter(cut => cut > 1 && cut < whole.length).sort((a, b) => a - b),
          whole.length,
        ]
        const pieces = places.slice(1).map((place, i) => whole.slice(places[i], place))
        expect(join(...pieces)).toBe(text.replace(/[\r\n]/g, ''))
      }),
    )
  })
})
