/** Which words of a vendor may be shown: those that look like a code or an id, and hold no part of a secret. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { showableCode, showableId } from '../../src/oauth/vendor-text.ts'
import { Secret } from '../../src/tokens/secret.ts'

const SENT = [new Secret('first-app-secret'), new Secret('v^1.1#refresh-token')]

describe('what looks like a code', () => {
  it.each<[string, unknown, boolean]>([
    ['a word', 'invalid_grant', true],
    ['one digit', '0', true],
    ['with a dot and a hyphen', 'isv.402-X', true],
    ['as long as may be', 'x'.repeat(40), true],
    ['longer than that', 'x'.repeat(41), false],
    ['nothing', '', false],
    ['a sentence', 'see below', false],
    ['a line behind it', 'invalid_grant\n', false],
    ['an escape before it', '\u001b[2Jinvalid', false],
    ['a number', 42, false],
    ['a list of one', ['invalid_grant'], false],
  ])('is shown, and nothing else: %s', (_, text, shown) => {
    expect(showableCode(text, SENT)).toBe(shown ? text : undefined)
  })
})

describe('what looks like an id', () => {
  it.each<[string, unknown, boolean]>([
    ['of eBay', 't6pitnmsbt%60d%3D9vl*w%60ut322ab-19b-0x2335', true],
    ['of Amazon', '0b2b6c9e-9d4a-4a39-9f26-4f9ad2b3c0ad', true],
    ['of one character', '7', true],
    ['as long as may be', 'x'.repeat(128), true],
    ['longer than that', 'x'.repeat(129), false],
    ['nothing', '', false],
    ['two words', 'a b', false],
    ['beyond ASCII', 'id-\u0085', false],
  ])('is shown, and nothing else: %s', (_, text, shown) => {
    expect(showableId(text, SENT)).toBe(shown ? text : undefined)
  })
})

describe('what was sent', () => {
  it('is not shown again, whichever of the secrets it is, whole or with something around it', () => {
    for (const secret of ['first-app-secret', 'v^1.1#refresh-token'])
      for (const text of [secret, `id:${secret}`, `${secret}:id`])
        expect(showableId(text, SENT)).toBeUndefined()
  })

  it('is not shown in part: a piece of eight characters tells something, one of seven does not', () => {
    expect(showableCode('first-ap', SENT)).toBeUndefined()
    expect(showableCode('-secret', SENT)).toBe('-secret')
    fc.assert(
      fc.property(fc.nat(8), fc.integer({ min: 8, max: 16 }), (from, length) => {
        const piece = 'first-app-secret'.slice(from, from + length)
        expect(showableCode(piece, SENT)).toBe(piece.length < 8 ? piece : undefined)
      }),
    )
  })

  it('hides nothing when it is empty', () => {
    expect(showableCode('invalid_grant', [new Secret('')])).toBe('invalid_grant')
  })

  it('hides nothing that merely has the length of one', () => {
    expect(showableCode('other-app-key-16', SENT)).toBe('other-app-key-16')
  })
})
