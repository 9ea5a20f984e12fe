import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { managedNonce } from '@noble/ciphers/utils.js'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { xchacha } from '../../src/vault/xchacha.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))

const native = xchacha(['chacha20-poly1305'])
const noble = xchacha([])

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe.each([
  ["Node's own", native],
  ['noble alone', noble],
])('XChaCha20-Poly1305, %s', (_, cipher) => {
  // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
  test('opens the example of its draft', () => {
    const key = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
    const sealed = hex(`404142434445464748494a4b4c4d4e4f5051525354555657
      bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb
      731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452
      2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
      21f9664c97637da9768812f615c68b13b52e
      c0875924c1c7987947deafd8780acf49`)
    const opened = cipher(key, hex('50515253c0c1c2c3c4c5c6c7')).decrypt(sealed)
    expect(Buffer.from(opened).toString()).toBe(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    )
  })

  it('opens what the library sealed, and seals what the library opens', () => {
    const library = managedNonce(xchacha20poly1305)
    fc.assert(
      fc.property(keys, bytes(80), bytes(5000), (key, beside, text) => {
        expect(Buffer.from(cipher(key, beside).decrypt(library(key, beside).encrypt(text)))).toEqual(
          Buffer.from(text),
        )
        expect(Buffer.from(library(key, beside).decrypt(cipher(key, beside).encrypt(text)))).toEqual(
          Buffer.from(text),
        )
      }),
    )
  })

  it('opens nothing that was changed, cut, or is bound to something else', () => {
    fc.assert(
      fc.property(keys, bytes(40), bytes(200), fc.nat(), (key, beside, text, at) => {
        const sealed = cipher(key, beside).encrypt(text)
        const changed = Uint8Array.from(sealed)
        const place = at % sealed.length
        changed[place] = (changed[place] ?? 0) ^ 1
        expect(() => cipher(key, beside).decrypt(changed)).toThrow()
        expect(() => cipher(key, beside).decrypt(sealed.subarray(0, place))).toThrow()
        expect(() => cipher(key, Uint8Array.of(...beside, 0)).decrypt(sealed)).toThrow()
        const other = Uint8Array.from(key)
        other[0] = (other[0] ?? 0) ^ 1
        expect(() => cipher(other, beside).decrypt(sealed)).toThrow()
      }),
    )
  })
})

test('this machine has the quick one', () => {
  expect(xchacha()).toBe(native)
})
