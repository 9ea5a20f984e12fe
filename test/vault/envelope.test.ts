import fc from 'fast-check'
import { expect, it } from 'vitest'
import { open, seal } from '../../src/vault/envelope.ts'

const KEY = new Uint8Array(32).fill(7)

it('opens what it sealed, and seals the same text to another every time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), async (line, text) => {
      const sealed = await seal(KEY, line, text)
      expect(await open(KEY, line, sealed)).toBe(text)
      expect(await seal(KEY, line, text)).not.toBe(sealed)
    }),
    { numRuns: 50 },
  )
})

it('opens nothing with another key, another line beside it, or another text', async () => {
  const sealed = await seal(KEY, 'line', 'text')
  expect(await open(new Uint8Array(32), 'line', sealed)).toBeUndefined()
  expect(await open(KEY, 'line ', sealed)).toBeUndefined()
  expect(await open(KEY, '', sealed)).toBeUndefined()
  for (let at = 0; at < sealed.length; at++) {
    const other = sealed[at] === 'A' ? 'B' : 'A'
    expect(await open(KEY, 'line', sealed.slice(0, at) + other + sealed.slice(at + 1))).toBeUndefined()
    expect(await open(KEY, 'line', sealed.slice(0, at))).toBeUndefined()
    expect(await open(KEY, 'line', `${sealed.slice(0, at)} ${sealed.slice(at)}`)).toBeUndefined()
  }
})
