/** Which helper is asked: one at a time, whoever asks, and none is left before it has answered. */
import { describe, expect, test } from 'vitest'
import { KeychainItems } from '../../src/vault/keychain-items.ts'

interface Started {
  readonly asked: string[]
  isClosed: boolean
}

/** Helpers that answer when the event loop comes round, in order, and not at all once they are closed. */
function helpers({ failing = 0 } = {}) {
  const started: Started[] = []
  let failures = failing
  const items = new KeychainItems({
    vaultId: 'id',
    env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
    files: { platform: 'linux', uid: 1, isOwnSocket: () => false },
    startHelper: async () => {
      await soon()
      if (failures-- > 0) throw new Error('not this time')
      const helper: Started = { asked: [], isClosed: false }
      started.push(helper)
      let queue: Promise<unknown> = Promise.resolve()
      return {
        ask: question => {
          const turn = queue.then(async () => {
            await soon()
            if (helper.isClosed) return { failed: 'died' as const }
            helper.asked.push((question as { account: string }).account)
            return { answer: { none: true } }
          })
          queue = turn
          return turn
        },
        close: async () => {
          helper.isClosed = true
        },
      }
    },
  })
  return { items, started }
}

const soon = () => new Promise<void>(resolve => setImmediate(resolve))

describe("the keychain's helper", () => {
  test('is one for all who ask at the same time, from the first question on', async () => {
    const { items, started } = helpers()
    await Promise.all(['a', 'b', 'c', 'd'].map(name => items.get(name)))
    expect(started).toMatchObject([{ asked: ['id/a', 'id/b', 'id/c', 'id/d'] }])
    await items.close()
    expect(started[0]?.isClosed).toBe(true)
  })

  test('is followed by another one after 800 items, and answers first what it was asked', async () => {
    const { items, started } = helpers()
    const names = Array.from({ length: 2000 }, (_, index) => `item-${index}`)
    const waiting = names.values()
    const worker = async () => {
      for (const name of waiting) expect(await items.get(name)).toBeUndefined()
    }
    await Promise.all([worker(), worker(), worker(), worker()])
    expect(started.map(({ asked, isClosed }) => [asked.length, isClosed])).toEqual([
      [800, true],
      [800, true],
      [400, false],
    ])
    expect(started.flatMap(({ asked }) => asked)).toEqual(names.map(name => `id/${name}`))
  })

  test('that is full answers what it was asked though all is closed meanwhile, and is ended then', async () => {
    const { items, started } = helpers()
    const asked = Promise.allSettled(Array.from({ length: 801 }, (_, index) => items.get(`item-${index}`)))
    await items.close()
    const ends = (await asked).map(({ status }) => status)
    expect(ends.slice(0, 800)).toEqual(Array.from({ length: 800 }, () => 'fulfilled'))
    // This one asked the helper that was closed.
    expect(ends[800]).toBe('rejected')
    expect(started.map(({ asked, isClosed }) => [asked.length, isClosed])).toEqual([
      [800, true],
      [0, true],
    ])
  })

  test('is started anew where it could not be', async () => {
    const { items, started } = helpers({ failing: 1 })
    const both = await Promise.allSettled([items.get('a'), items.get('b')])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await items.get('a')).toBeUndefined()
    expect(started).toMatchObject([{ asked: ['id/a'] }])
    await items.close()
  })
})
