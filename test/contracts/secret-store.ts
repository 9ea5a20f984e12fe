/**
 * What every store promises to the vault above it. Each driver, and the fake that other tests lean on, runs this suite
 * in a few lines, so that none of them can drift from the others.
 */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SecretRecord, SecretStore } from '../../src/vault/secret-store.ts'

export interface StoreUnderTest {
  readonly store: SecretStore
  /** The same store as the next run finds it. */
  reopen(): Promise<SecretStore>
}

export interface ContractOptions {
  /** How many random records; fewer where each costs much. Default 60. */
  readonly runs?: number
}

const KEY = 'account/ebay:main'
const HEADER = { record: 1, account: 'ebay:main', nested: { at: null, words: ['a', 'b'] } }

const record = (body: string, perishable: string | null = null, header: object = HEADER): SecretRecord => ({
  header: header as SecretRecord['header'],
  body,
  perishable,
})

/** Any text that a store may be given; JSON escapes lone surrogates, so none ever reaches one. */
const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength })

export function testSecretStore(
  name: string,
  make: () => Promise<StoreUnderTest>,
  options: ContractOptions = {},
): void {
  describe(`the contract of a secret store: ${name}`, () => {
    let store: SecretStore
    let reopen: () => Promise<SecretStore>
    const opened: SecretStore[] = []

    beforeEach(async () => {
      const made = await make()
      store = made.store
      reopen = async () => {
        const next = await made.reopen()
        opened.push(next)
        return next
      }
      opened.push(store)
    })
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close()
    })

    it('is empty at first, and empty is no error', async () => {
      expect(await store.headers()).toEqual([])
      expect(await store.get(KEY)).toBeUndefined()
      expect(await store.delete(KEY)).toBe(false)
      expect(await store.get('account/ebay:main#1.0')).toBeUndefined()
      expect(await store.delete('account/ebay:main#1.0')).toBe(false)
    })

    it('gives back what was put, then what replaced it, and the next run finds the same', async () => {
      await store.put(KEY, record('{"first":1}', 'access one'))
      expect(await store.get(KEY)).toEqual(record('{"first":1}', 'access one'))
      const second = record('{"second":2}', null, { ...HEADER, record: 2 })
      await store.put(KEY, second)
      expect(await store.get(KEY)).toEqual(second)
      const next = await reopen()
      expect(await next.get(KEY)).toEqual(second)
      expect(await next.headers()).toEqual([{ key: KEY, header: second.header }])
    })

    it('lists every header in key order, and no part', async () => {
      const keys = ['app/ebay:default', 'account/ebay:two', 'account/aliexpress:one', 'account/ebay:one']
      for (const key of keys) await store.put(key, record(`"${key}"`, null, { key }))
      await store.put('account/ebay:one#3.0', record('part', null, {}))
      expect(await store.headers()).toEqual([...keys].sort().map(key => ({ key, header: { key } })))
      expect(await store.get('account/ebay:one#3.0')).toEqual(record('part', null, {}))
      expect(await (await reopen()).headers()).toHaveLength(4)
    })

    it('removes one record and no other', async () => {
      await store.put(KEY, record('"one"', 'access'))
      await store.put('account/ebay:other', record('"two"'))
      await store.put(`${KEY}#1.0`, record('part', null, {}))
      expect(await store.delete(KEY)).toBe(true)
      expect(await store.delete(KEY)).toBe(false)
      expect(await store.get(KEY)).toBeUndefined()
      expect(await store.delete(`${KEY}#1.0`)).toBe(true)
      expect((await (await reopen()).headers()).map(({ key }) => key)).toEqual(['account/ebay:other'])
      await store.put(KEY, record('"again"'))
      expect(await store.get(KEY)).toEqual(record('"again"'))
    })

    it('takes a body of exactly its limit, and says WRITE_FAILED past it, changing nothing', async () => {
      const limit = Math.min(store.maxValueBytes, 1024 * 1024)
      const room = limit - JSON.stringify(HEADER).length
      const longest = record('x'.repeat(room))
      await store.put(KEY, longest)
      expect(await store.get(KEY)).toEqual(longest)
      if (store.maxValueBytes > 1024 * 1024) return
      const tooLong = store.put(KEY, record('x'.repeat(room + 1)))
      await expect(tooLong).rejects.toMatchObject({ code: 'WRITE_FAILED' })
      expect(await store.get(KEY)).toEqual(longest)
    })

    it('counts its limit in bytes, not in characters', async () => {
      if (store.maxValueBytes > 1024 * 1024) return
      const body = 'é'.repeat(Math.ceil(store.maxValueBytes / 2))
      await expect(store.put(KEY, record(body))).rejects.toMatchObject({ code: 'WRITE_FAILED' })
      expect(await store.get(KEY)).toBeUndefined()
    })

    it('makes fingerprints that are equal for equal texts, in the next run too, and 16 hex digits', async () => {
      await store.put(KEY, record('"x"', 'access'))
      const one = await store.fingerprint('token one')
      expect(one).toMatch(/^[0-9a-f]{16}$/)
      expect(await store.fingerprint('token one')).toBe(one)
      expect(await store.fingerprint('token two')).not.toBe(one)
      expect(await (await reopen()).fingerprint('token one')).toBe(one)
    })

    it('keeps any text whole', async () => {
      const room = Math.min(1000, store.maxValueBytes / 8)
      const records = fc.record({
        body: text(room),
        perishable: fc.option(text(room), { nil: null }),
        seller: text(40),
      })
      await fc.assert(
        fc.asyncProperty(records, async ({ body, perishable, seller }) => {
          const written = record(body, perishable, { ...HEADER, seller })
          await store.put(KEY, written)
          expect(await store.get(KEY)).toEqual(written)
          expect(await store.headers()).toEqual([{ key: KEY, header: written.header }])
        }),
        { numRuns: options.runs ?? 60 },
      )
    })

    it('can be closed twice', async () => {
      await store.close()
      await store.close()
    })
  })
}
