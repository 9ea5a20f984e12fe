/** Consents that were asked for by a link: one an account, sealed, ended after a week, never opened by another key. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createNodeFiles } from '../../src/platform/files.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import { ASKED_FOR_MS, AskedConsents } from '../../src/vault/asked-consents.ts'
import { ASKED, createJournalFiles } from '../../src/vault/journal-store.ts'
import { createMemoryStore } from '../../src/vault/memory.ts'
import { at } from '../support/accounts.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const NOW = at('2026-11-22T10:00:00Z')
const asked = (account: string, askedAt = NOW) => ({
  account,
  state: new Secret(`state of ${account}`),
  app: 'default',
  region: null,
  environment: 'production' as const,
  replacesSeller: false,
  askedAt,
})

function start() {
  const memory = createMemoryStore()
  const folder = join(temporaryHome(), 'asked')
  const store = {
    lock: memory.lock,
    sealKey: memory.sealKey,
    asked: createJournalFiles(folder, createNodeFiles(), ASKED),
  }
  return { consents: new AskedConsents(store), store, folder }
}

describe('a consent that was asked for', () => {
  test('is found again as it was, and its state is nowhere in the clear', async () => {
    const { consents, store } = start()
    await consents.keep(asked('ebay:main'))
    const [found] = await consents.all(NOW + DAY)
    expect(found).toEqual(asked('ebay:main'))
    expect(found?.state.reveal()).toBe('state of ebay:main')
    expect(await store.asked.read('account/ebay:main')).not.toMatch(/state of|default/)
  })

  test('keeps the verifier of its code sealed with it, where it has one', async () => {
    const { consents, store } = start()
    const verifier = new Secret('CANARY-verifier-0123456789')
    await consents.keep({ ...asked('etsy:main'), verifier })
    const [found] = await consents.all(NOW)
    expect(found?.verifier?.reveal()).toBe('CANARY-verifier-0123456789')
    expect(await store.asked.read('account/etsy:main')).not.toContain('CANARY')
    await consents.keep(asked('etsy:main'))
    expect((await consents.all(NOW))[0]).not.toHaveProperty('verifier')
  })

  test('takes the place of an earlier one of its account, and leaves others alone', async () => {
    const { consents } = start()
    await consents.keep(asked('ebay:main'))
    await consents.keep(asked('ebay:outlet'))
    await consents.keep(asked('ebay:main', NOW + 1))
    const found = await consents.all(NOW + 2)
    expect(found.map(({ account, askedAt }) => [account, askedAt]).sort()).toEqual([
      ['ebay:main', NOW + 1],
      ['ebay:outlet', NOW],
    ])
  })

  test.each([
    ['just before its end', ASKED_FOR_MS - 1, 1],
    ['at its end', ASKED_FOR_MS, 0],
    ['by a clock that went back further than its life', -ASKED_FOR_MS, 0],
  ])('%s', async (_, after, left) => {
    const { consents, store } = start()
    await consents.keep(asked('ebay:main'))
    expect(await consents.all(NOW + after)).toHaveLength(left)
    // A clock that was wrong for an hour must not have ended it.
    expect(await store.asked.keys()).toHaveLength(1)
    expect(await consents.all(NOW)).toHaveLength(1)
  })

  test('is gone when it was answered', async () => {
    const { consents } = start()
    await consents.keep(asked('ebay:main'))
    await consents.remove('ebay:main')
    await consents.remove('ebay:main')
    expect(await consents.all(NOW)).toEqual([])
  })

  test('is taken once, and only by what it was', async () => {
    const { consents } = start()
    const first = asked('ebay:main')
    await consents.keep(first)
    expect(await consents.take({ ...first, state: new Secret('another') }, NOW)).toBe(false)
    expect(await consents.take(first, NOW + ASKED_FOR_MS)).toBe(false)
    expect(await consents.take(first, NOW + DAY)).toBe(true)
    expect(await consents.take(first, NOW + DAY)).toBe(false)
    expect(await consents.all(NOW)).toEqual([])
  })

  test('is found though that of another account is damaged', async () => {
    const { consents, store } = start()
    await consents.keep(asked('ebay:main'))
    ;(await store.asked.begin('account/ebay:outlet', 'nonsense\n')).close()
    expect(await consents.all(NOW, account => account === 'ebay:main')).toHaveLength(1)
    await expect(consents.all(NOW)).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
  })

  test('that was moved to another account, changed or sealed with another key is refused with its mend', async () => {
    const { consents, store } = start()
    await consents.keep(asked('ebay:main'))
    const text = (await store.asked.read('account/ebay:main')) ?? ''
    const unreadable = { code: 'RECORD_UNREADABLE', fix: expect.stringContaining('--link') }
    ;(await store.asked.begin('account/ebay:main', text.replace('{}', '{"a":1}'))).close()
    await expect(consents.all(NOW)).rejects.toMatchObject(unreadable)
    await store.asked.remove('account/ebay:main')
    ;(await store.asked.begin('account/ebay:outlet', text)).close()
    await expect(consents.all(NOW)).rejects.toMatchObject(unreadable)
    await store.asked.remove('account/ebay:outlet')
    const other = new AskedConsents({ ...store, sealKey: createMemoryStore().sealKey })
    ;(await store.asked.begin('account/ebay:main', text)).close()
    await expect(other.all(NOW)).rejects.toMatchObject(unreadable)
  })

  test('is sealed for two stores while records are moved, opens in both, and then in the new one alone', async () => {
    const { consents, store } = start()
    const target = { ...store, sealKey: createMemoryStore().sealKey }
    const moved = new AskedConsents(target)
    await consents.keep(asked('ebay:main'))
    // Whoever is cut off here, or after the mark, finds it in the store that is in use.
    expect(await consents.sealAlsoFor(target)).toEqual([])
    expect(await consents.sealAlsoFor(target)).toEqual([])
    expect(await consents.all(NOW)).toEqual([asked('ebay:main')])
    expect(await moved.all(NOW)).toEqual([asked('ebay:main')])
    expect(await moved.dropOtherSealings()).toEqual([])
    expect(await moved.all(NOW)).toEqual([asked('ebay:main')])
    await expect(consents.all(NOW)).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
    expect(await moved.take(asked('ebay:main'), NOW)).toBe(true)
    expect(await moved.all(NOW)).toEqual([])
  })

  test('that cannot be read stays as it is when the others are sealed anew', async () => {
    const { consents, store } = start()
    await consents.keep(asked('ebay:main'))
    await consents.keep(asked('ebay:outlet'))
    const text = `${(await store.asked.read('account/ebay:main'))?.split('\n')[0]}\nnone\n`
    ;(await store.asked.begin('account/ebay:main', text)).close()
    expect(await consents.sealAlsoFor(createMemoryStore())).toEqual(['ebay:main'])
    expect((await store.asked.read('account/ebay:main'))?.trimEnd()).toBe(text.trimEnd())
    expect(await consents.all(NOW, account => account === 'ebay:outlet')).toHaveLength(1)
  })
})
