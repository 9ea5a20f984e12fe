/** Refreshes taken before they are sent: the count that others see stays true, whatever becomes of the accounts. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { type Allowances, Reservations } from '../../src/renewal/reservations.ts'
import type { Allowance } from '../../src/vault/fleet.ts'

const allowance = (perDay: number): Allowance => ({
  app: 'ebay.default',
  perDay,
  perSecond: null,
  isSpread: false,
})

function shared(perDay: number) {
  let count = 0
  const heard: string[] = []
  const allowances: Allowances = {
    take: async (asked, wanted) => {
      const granted = Math.min(wanted, asked.perDay === null ? wanted : Math.max(0, asked.perDay - count))
      count += granted
      return granted
    },
    giveBack: async (_, given) => {
      count -= given
    },
    sentToday: async () => count,
    sent: app => void heard.push(app),
  }
  const make = () => new Reservations(allowances, id => (id === 'ebay' ? allowance(perDay) : undefined))
  return { make, counted: () => count, heard }
}

test('no more is let through than there is', async () => {
  const { make, counted } = shared(10)
  const [one, other] = [make(), make()]
  expect(await one.reserve('ebay', 'default', 7)).toBe(7)
  expect(await other.reserve('ebay', 'default', 7)).toBe(3)
  expect(await one.reserve('ebay', 'default', 1)).toBe(0)
  expect(counted()).toBe(10)
})

test('what one did not send the next has, and what nobody sends is given back', async () => {
  const { make, counted } = shared(10)
  const quota = make()
  expect(await quota.reserve('ebay', 'default', 10)).toBe(10)
  for (let each = 0; each < 10; each += 1) quota.done('ebay', 'default')
  expect(await quota.reserve('ebay', 'default', 4)).toBe(4)
  expect(counted()).toBe(10)
  await quota.giveBack()
  expect(counted()).toBe(4)
  quota.used('ebay', 'default')
  quota.done('ebay', 'default')
  for (let each = 0; each < 3; each += 1) quota.done('ebay', 'default')
  await quota.giveBack()
  expect(counted()).toBe(1)
})

test('where nothing limits an app nothing is asked and nothing counted', async () => {
  const { make, counted, heard } = shared(0)
  const quota = make()
  expect(await quota.reserve('amazon', 'default', 1000)).toBe(1000)
  quota.used('amazon', 'default')
  quota.done('amazon', 'default')
  await quota.giveBack()
  expect([counted(), heard.length, quota.left()]).toEqual([0, 0, null])
})

test('a retry goes out beyond the limit, and is counted; a store that fails then holds nothing up', async () => {
  const { make, counted, heard } = shared(1)
  const quota = make()
  expect(await quota.reserve('ebay', 'default', 1)).toBe(1)
  await quota.used('ebay', 'default')
  await quota.used('ebay', 'default')
  expect([counted(), heard.length]).toEqual([2, 2])
  const broken = new Reservations(
    {
      take: () => Promise.reject(new TokenctlError('VAULT_UNAVAILABLE', 'cut')),
      giveBack: async () => {},
      sentToday: async () => 0,
    },
    () => allowance(1),
  )
  await expect(broken.used('ebay', 'default')).resolves.toBeUndefined()
})

describe('whatever happens', () => {
  test('what is counted in the end is what was sent', async () => {
    const steps = fc.array(
      fc.record({ wanted: fc.nat(6), sends: fc.array(fc.nat(3), { maxLength: 6 }), givesBack: fc.boolean() }),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(30), async (all, perDay) => {
        const { make, counted } = shared(perDay)
        const quota = make()
        let sent = 0
        for (const { wanted, sends, givesBack } of all) {
          const granted = await quota.reserve('ebay', 'default', wanted)
          expect(granted).toBeLessThanOrEqual(wanted)
          for (let index = 0; index < granted; index += 1) {
            for (let each = 0; each < (sends[index] ?? 1); each += 1) {
              await quota.used('ebay', 'default')
              sent += 1
            }
            quota.done('ebay', 'default')
          }
          if (givesBack) await quota.giveBack()
        }
        await quota.giveBack()
        expect(counted()).toBe(sent)
      }),
    )
  })
})
