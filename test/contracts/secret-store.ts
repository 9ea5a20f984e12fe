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

    describe('its locks', () => {
      /** A work that begins when it gets its turn, and ends when it is let go. */
      function held() {
        let letGo = () => {}
        let begun = () => {}
        const isBegun = new Promise<void>(resolve => {
          begun = resolve
        })
        const end = new Promise<void>(resolve => {
          letGo = resolve
        })
        const work = async () => {
          begun()
          await end
        }
        return { work, isBegun, letGo }
      }

      it('shut out everybody else, the next run too, until the work is over', async () => {
        const next = await reopen()
        const order: string[] = []
        const first = held()
        const one = store.lock('ebay:main', async () => {
          await first.work()
          order.push('first')
        })
        await first.isBegun
        const two = next.lock('ebay:main', async () => void order.push('second'))
        const other = await next.lock('ebay:other', async () => 'of another name: at once')
        expect(other).toBe('of another name: at once')
        expect(order).toEqual([])
        first.letGo()
        await Promise.all([one, two])
        expect(order).toEqual(['first', 'second'])
      })

      it('are free again after a work that failed, whose failure is thrown on', async () => {
        const failure = new Error('it failed')
        await expect(store.lock('ebay:main', () => Promise.reject(failure))).rejects.toBe(failure)
        expect(await (await reopen()).lock('ebay:main', async () => 'mine')).toBe('mine')
      })
    })

    describe.each(['journal', 'asked'] as const)('its texts on their way: %s', part => {
      const lines = (text: string | undefined) => text?.split('\n').filter(line => line !== '')

      it('are none at first, take lines, are replaced whole, and go; the next run finds the same', async () => {
        expect(await store[part].read(KEY)).toBeUndefined()
        expect(await store[part].keys()).toEqual([])
        await store[part].remove(KEY)
        const text = await store[part].begin(KEY, 'head\nsealed\n')
        await text.addLine('an answer')
        expect(lines(await (await reopen())[part].read(KEY))).toEqual(['head', 'sealed', 'an answer'])
        text.close()
        text.close()
        ;(await store[part].begin(KEY, 'other\n')).close()
        const next = await reopen()
        expect(lines(await next[part].read(KEY))).toEqual(['other'])
        expect(await next[part].keys()).toEqual([KEY])
        await next[part].remove(KEY)
        expect(await (await reopen())[part].keys()).toEqual([])
      })

      it('that are no good go aside, and are never removed', async () => {
        ;(await store[part].begin(KEY, 'bad\n')).close()
        const copy = await store[part].copyAside(KEY, 'damaged')
        expect(lines(await store[part].read(KEY))).toEqual(['bad'])
        const moved = await store[part].setAside(KEY, 'damaged')
        expect(moved).not.toBe(copy)
        expect(await store[part].read(KEY)).toBeUndefined()
        expect(await (await reopen())[part].keys()).toEqual([])
      })
    })

    it('seals under one key of 32 bytes, that of the next run too', async () => {
      await store.put(KEY, record('"x"'))
      const [key, same] = [await store.sealKey(), await (await reopen()).sealKey()]
      expect(key.bytes).toHaveLength(32)
      expect([same.id, Buffer.from(same.bytes)]).toEqual([key.id, Buffer.from(key.bytes)])
    })

    it('proves that it can be written, and leaves nothing of that behind', async () => {
      await store.put(KEY, record('"x"'))
      await store.prove()
      expect((await store.headers()).map(({ key }) => key)).toEqual([KEY])
    })

    it('can be closed twice', async () => {
      await store.close()
      await store.close()
    })
  })
}
