/** Bodies in parts: what is written where, byte for byte, and what a damaged list of parts leads to. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/vault/memory.ts'
import { readParts, removeParts, writeParts } from '../../src/vault/parts.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'

const KEY = 'account/ebay:main'
const HEADER = { account: 'ebay:main' }
const HEADER_BYTES = JSON.stringify(HEADER).length
const LIMIT = 200

/** A store that takes 200 bytes, and the keys that are in it. */
function small(): { store: SecretStore; keys: Set<string> } {
  const store = createMemoryStore({ maxValueBytes: LIMIT })
  const keys = new Set<string>()
  return {
    keys,
    store: {
      ...store,
      put: async (key, record) => {
        await store.put(key, record)
        keys.add(key)
      },
      delete: async key => {
        keys.delete(key)
        return await store.delete(key)
      },
    },
  }
}

const body = (length: number) => `"${'x'.repeat(length - 2)}"`

describe('a body', () => {
  it('that fits is stored as it is, to the last byte', async () => {
    const { store, keys } = small()
    const fits = body(LIMIT - HEADER_BYTES)
    expect(await writeParts(store, KEY, 3, HEADER, fits)).toBe(fits)
    expect(await readParts(store, KEY, fits)).toBe(fits)
    expect([...keys]).toEqual([])
  })

  it('that is a byte longer is in parts of its revision, each as long as the store takes', async () => {
    const { store, keys } = small()
    const long = body(LIMIT - HEADER_BYTES + 1)
    const text = await writeParts(store, KEY, 3, HEADER, long)
    expect(JSON.parse(text)).toEqual({
      parts: 1,
      revision: 3,
      sha256: createHash('sha256').update(long).digest('hex'),
    })
    expect([...keys]).toEqual([`${KEY}#3.0`])
    expect(await readParts(store, KEY, text)).toBe(long)
  })

  it.each([
    [198, 1],
    [199, 2],
    [396, 2],
    [397, 3],
  ])('of %d bytes takes %d parts of 198', async (length, parts) => {
    const { store, keys } = small()
    const text = await writeParts(store, KEY, 1, HEADER, body(length))
    expect(keys.size).toBe(parts)
    expect((await store.get(`${KEY}#1.0`))?.body).toHaveLength(Math.min(length, 198))
    expect(await readParts(store, KEY, text)).toBe(body(length))
  })

  it('comes back as the value it was, whatever is in it, and never with a character cut in two', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), async value => {
        const { store } = small()
        const text = await writeParts(store, KEY, 1, HEADER, JSON.stringify(value))
        expect(text).toMatch(/^[\0-\x7f]*$/)
        expect(JSON.parse((await readParts(store, KEY, text)) ?? '')).toBe(value)
      }),
    )
    const { store } = small()
    expect(await writeParts(store, KEY, 1, HEADER, '"\u00e9\u0085\u4e2d"')).toBe('"\\u00e9\\u0085\\u4e2d"')
  })

  it('is refused before anything is written where the header alone is too long', async () => {
    const { store, keys } = small()
    const header = { account: 'ebay:main', seller: 'x'.repeat(LIMIT) }
    await expect(writeParts(store, KEY, 1, header, body(500))).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: `The header of ${KEY} is longer than this store takes (200 bytes).`,
    })
    expect([...keys]).toEqual([])
  })

  it('has a header that may be just so long that the list of parts fits beside it', async () => {
    const list = JSON.stringify({ parts: 3, revision: 1, sha256: '0'.repeat(64) }).length
    const header = (bytes: number) => ({ s: 'x'.repeat(bytes - '{"s":""}'.length) })
    const write = (bytes: number) => writeParts(small().store, KEY, 1, header(bytes), body(500))
    expect(await write(LIMIT - list)).toHaveLength(list)
    await expect(write(LIMIT - list + 1)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  })
})

describe('a list of parts', () => {
  it.each([
    ['that is no JSON', '{"parts":2'],
    ['of no part', '{"parts":0,"revision":1,"sha256":""}'],
    ['of more parts than there can be', '{"parts":10001,"revision":1,"sha256":""}'],
    ['of half a part', '{"parts":1.5,"revision":1,"sha256":""}'],
    ['without a digest', '{"parts":1,"revision":1}'],
    ['with something more', '{"parts":1,"revision":1,"sha256":"","more":1}'],
  ])('is not followed: %s', async (_, text) => {
    await expect(readParts(small().store, KEY, text)).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      message: `The record ${KEY} names its parts in no known way.`,
      cause: expect.anything(),
    })
  })

  it('whose parts belong to another body is refused', async () => {
    const { store } = small()
    const text = await writeParts(store, KEY, 1, HEADER, body(500))
    await store.put(`${KEY}#1.1`, { header: {}, body: 'y'.repeat(198), perishable: null })
    await expect(readParts(store, KEY, text)).rejects.toMatchObject({
      code: 'RECORD_UNREADABLE',
      message: `The parts of the record ${KEY} do not belong together.`,
    })
  })

  it('of 10,000 is followed: a part that is missing is no body yet', async () => {
    expect(await readParts(small().store, KEY, '{"parts":10000,"revision":1,"sha256":""}')).toBeUndefined()
  })
})

describe('removing', () => {
  it('takes the parts that a text names and those that a killed run left behind them, of that revision alone', async () => {
    const { store, keys } = small()
    const old = await writeParts(store, KEY, 1, HEADER, body(500))
    await writeParts(store, KEY, 2, HEADER, body(500))
    for (const index of [3, 4])
      await store.put(`${KEY}#1.${index}`, { header: {}, body: 'left', perishable: null })
    await removeParts(store, KEY, old)
    expect([...keys]).toEqual([`${KEY}#2.0`, `${KEY}#2.1`, `${KEY}#2.2`])
  })

  it('goes on where a part was removed before', async () => {
    const { store, keys } = small()
    const text = await writeParts(store, KEY, 1, HEADER, body(500))
    await store.delete(`${KEY}#1.0`)
    await removeParts(store, KEY, text)
    expect([...keys]).toEqual([])
  })

  it('of a body that has no parts is nothing', async () => {
    const { store, keys } = small()
    await writeParts(store, KEY, 1, HEADER, body(500))
    const before = [...keys]
    await removeParts(store, KEY, '"x"')
    expect([...keys]).toEqual(before)
  })
})
