import { expect, test } from 'vitest'
import { challengeOf, newVerifier } from '../../src/oauth/pkce.ts'
import { Secret } from '../../src/tokens/secret.ts'

test('the challenge of RFC 7636 appendix B', () => {
  expect(challengeOf(new Secret('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'))).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  )
})

test('a verifier is 43 characters that need no encoding, and never the same', () => {
  const made = Array.from({ length: 100 }, () => newVerifier().reveal())
  for (const each of made) expect(each).toMatch(/^[\w-]{43}$/)
  expect(new Set(made).size).toBe(made.length)
  expect(String(newVerifier())).toMatch(/^\[secret /)
})
