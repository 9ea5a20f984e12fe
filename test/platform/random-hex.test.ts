/** Sixteen digits, and never the same. */
import { expect, test } from 'vitest'
import { randomHex } from '../../src/platform/random-hex.ts'

test('eight bytes in hex, others each time', () => {
  const made = Array.from({ length: 1000 }, randomHex)
  for (const each of made) expect(each).toMatch(/^[0-9a-f]{16}$/)
  expect(new Set(made).size).toBe(made.length)
})
