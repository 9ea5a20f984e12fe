import { describe, expect, test } from 'vitest'
import { quoteTyped } from '../../src/tokens/quote.ts'

describe('quoteTyped', () => {
  test.each([
    ['', '""'],
    ['Main', '"Main"'],
    ['say "so"\n\u001b[2J', '"say \\"so\\"\\n\\u001b[2J"'],
    ['2026-08-01T09:30:00+14:00', '"2026-08-01T09:30:00+14:00"'],
    ['x'.repeat(30), `"${'x'.repeat(30)}"`],
    ['x'.repeat(31), 'a text of 31 characters'],
    ['\ud83d\ude00'.repeat(16), 'a text of 32 characters'],
  ])('%j is shown as %s', (text, shown) => {
    expect(quoteTyped(text)).toBe(shown)
  })

  // The shortest that the three vendors issue: AliExpress' app secret, 32 characters.
  test.each([
    `Atzr|${'Iw'.repeat(40)}`,
    `v^1.1#i^1#${'Zm'.repeat(40)}`,
    '50000101234567890123456789012345678901234567890123456789abcd',
    '0123456789abcdef0123456789abcdef',
    'PRD-0123456789ab-0123-0123-0123-0123',
    'Atzr|IwEB',
    'v^1.1#i^1',
  ])('no part of %j is', token => {
    expect(quoteTyped(token)).toMatch(/^a text of \d+ characters$/)
  })
})
