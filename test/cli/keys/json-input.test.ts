import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJsonInput } from '../../../src/cli/keys/json-input.ts'
import { isTokenctlError } from '../../../src/errors.ts'

test.each([
  ['', 'ANSWER_MISSING', /^No key document came on standard input\.$/],
  ['\ufeff \n', 'ANSWER_MISSING', /^No key document/],
  ['{"a": "canary"', 'USAGE', /^The key document is not JSON \(it ends too early\)\.$/],
  ['canary', 'USAGE', /^The key document is not JSON \(line 1, column 1\)\.$/],
  ['{\n "a": canary\n}', 'USAGE', /^The key document is not JSON \(line 2, column 7\)\.$/],
  ['{"a": 1}{"canary": 2}', 'USAGE', /^The key document is not JSON \(line 1, column 9\)\.$/],
])('%j: %s', (text, code, message) => {
  const attempt = () => parseJsonInput(text, 'key document')
  expect(attempt).toThrow(expect.objectContaining({ code, exit: 2, message: expect.stringMatching(message) }))
})

test('every JSON text is read, and every other refused with a code and without a word of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const text = JSON.stringify(value)
      expect(parseJsonInput(`\ufeff${text}\n`, 'it')).toEqual(JSON.parse(text))
    }),
  )
  fc.assert(
    fc.property(fc.string(), text => {
      try {
        parseJsonInput(`canary${text}`, 'it')
        expect.unreachable()
      } catch (error) {
        if (!isTokenctlError(error)) throw error
        expect(error.message).not.toContain('canary')
      }
    }),
  )
})
