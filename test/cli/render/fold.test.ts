/** Sentences folded between words: nothing lost, nothing wider than the screen but a word that is. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cellWidth } from '../../../src/cli/render/cell-width.ts'
import { folded } from '../../../src/cli/render/fold.ts'
import { screen } from './screen.ts'

test('no line is wider than the screen or than 100 columns, unless it is one word; every word stays', () => {
  const word = fc.stringMatching(/^[a-z.,ä中]{1,30}$/)
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), fc.integer({ min: 1, max: 200 }), (words, columns) => {
      const text = folded(words.join(' '), screen(columns))
      const lines = text.split('\n').slice(0, -1)
      for (const line of lines)
        if (line.includes(' ')) expect(cellWidth(line)).toBeLessThanOrEqual(Math.min(columns, 100))
      expect(lines.join(' ')).toBe(words.join(' '))
      // No line could have taken the first word of the next.
      for (const [index, line] of lines.entries()) {
        const next = lines[index + 1]?.split(' ')[0]
        if (next !== undefined) expect(cellWidth(`${line} ${next}`)).toBeGreaterThan(Math.min(columns, 100))
      }
    }),
  )
})

test('a command is one word, with what stands right behind it', () => {
  expect(folded('Next: `tokenctl login ebay:main --resume`, and paste it.', screen(40))).toBe(
    'Next:\n`tokenctl login ebay:main --resume`, and\npaste it.\n',
  )
})

test('where there is no screen it is one line', () => {
  const text = 'word '.repeat(60).trim()
  expect(folded(text, screen('pipe'))).toBe(`${text}\n`)
  expect(folded(text, { ...screen(40), outIsTerminal: false })).toBe(`${text}\n`)
})
