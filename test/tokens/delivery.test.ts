import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Delivery, withDelivered, withDeliveryFailure } from '../../src/tokens/delivery.ts'
import { DAY } from '../../src/tokens/time.ts'
import { at } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')

const fresh: Delivery = {
  how: 'url',
  target: 'hooks.example.com',
  tokens: ['access'],
  setAt: NOW - 1000,
  marginMs: null,
  deliveredGeneration: null,
  deliveredAt: null,
  failing: null,
}

describe('withDelivered', () => {
  it('keeps which generation arrived and when, and forgets what failed before', () => {
    const failed = withDeliveryFailure(fresh, { code: 'DELIVERY_PENDING' }, NOW - 10)
    expect(withDelivered(failed, 3, NOW)).toEqual({ ...fresh, deliveredGeneration: 3, deliveredAt: NOW })
  })

  it('says it anew of the same generation', () => {
    const once = withDelivered(fresh, 3, NOW)
    expect(withDelivered(once, 3, NOW + 5).deliveredAt).toBe(NOW + 5)
  })

  it('never goes back to an earlier generation', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 1 }), generations => {
        const after = generations.reduce((before, each) => withDelivered(before, each, NOW), fresh)
        expect(after.deliveredGeneration).toBe(Math.max(...generations))
      }),
    )
  })
})

describe('withDeliveryFailure', () => {
  const fail = (before: Delivery, code: string, when: number, retryAfterMs?: number) =>
    withDeliveryFailure(before, { code, retryAfterMs }, when)

  it('counts failures of one code', () => {
    const twice = fail(fail(fresh, 'DELIVERY_PENDING', NOW), 'DELIVERY_PENDING', NOW + 5)
    expect(twice.failing).toEqual({
      code: 'DELIVERY_PENDING',
      count: 2,
      since: NOW,
      lastAt: NOW + 5,
      notBefore: null,
    })
  })

  it('begins anew with another code', () => {
    const other = fail(fail(fresh, 'DELIVERY_PENDING', NOW), 'DELIVERY_FAILED', NOW + 5)
    expect(other.failing).toMatchObject({ code: 'DELIVERY_FAILED', count: 1, since: NOW + 5 })
  })

  it.each([
    [undefined, null],
    [0, null],
    [-5, null],
    [Number.NaN, null],
    [60_000, NOW + 60_000],
    [0.5, NOW + 1],
    [400 * DAY, NOW + DAY],
  ])('keeps when the receiver wants to be asked again: %s ms', (ms, notBefore) => {
    expect(fail(fresh, 'DELIVERY_PENDING', NOW, ms).failing?.notBefore).toBe(notBefore)
  })

  it('leaves what arrived before as it is', () => {
    const delivered = withDelivered(fresh, 3, NOW)
    expect(fail(delivered, 'DELIVERY_PENDING', NOW + 1)).toMatchObject({
      deliveredGeneration: 3,
      deliveredAt: NOW,
    })
  })

  it('a clock that goes back makes no failure begin after its last', () => {
    const { failing } = fail(fail(fresh, 'DELIVERY_PENDING', NOW), 'DELIVERY_PENDING', NOW - 60_000)
    expect(failing).toMatchObject({ since: NOW - 60_000, lastAt: NOW - 60_000 })
  })
})
