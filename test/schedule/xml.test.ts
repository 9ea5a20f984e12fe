/** Text through XML and back. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainText, xmlText } from '../../src/schedule/xml.ts'

test('what was said comes back, and holds no sign of XML on its way', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'&<>"\'; ampltgquot#é') }), text => {
      expect(plainText(xmlText(text))).toBe(text)
      expect(xmlText(text)).not.toMatch(/[<>"]|&(?!amp;|lt;|gt;|quot;)/)
    }),
  )
})
