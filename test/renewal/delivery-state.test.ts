import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accessRenewBy,
  deliverAgainAt,
  deliveryState,
  wantsDelivery,
} from '../../src/renewal/delivery-state.ts'
import type { Delivery, DeliveryFailing } from '../../src/tokens/delivery.ts'
import { DAY, HOUR, MINUTE } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, delivery, header } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')

const failing = (given: Partial<DeliveryFailing> = {}): DeliveryFailing => ({
  code: 'DELIVERY_PENDING',
  count: 1,
  since: NOW - HOUR,
  lastAt: NOW - MINUTE,
  notBefore: null,
  ...given,
})
const refused = failing({ code: 'DELIVERY_FAILED' })

describe('deliveryState', () => {
  it.each<[what: string, given: Partial<Delivery>, generation: number, state: string]>([
    ['set up and never tried', {}, 0, 'pending'],
    ['the newest arrived', { deliveredGeneration: 3 }, 3, 'delivered'],
    ['the first arrived', { deliveredGeneration: 0 }, 0, 'delivered'],
    ['renewed since', { deliveredGeneration: 3 }, 4, 'pending'],
    ['failed, to be tried again', { failing: failing() }, 1, 'pending'],
    ['refused', { failing: refused }, 1, 'failed'],
    ['refused, and renewed since', { deliveredGeneration: 3, failing: refused }, 4, 'failed'],
    // A `--again` that was refused takes nothing back of what arrived.
    ['refused when it was sent anew', { deliveredGeneration: 4, failing: refused }, 4, 'delivered'],
    ['a failure that a later version named', { failing: failing({ code: 'LATER' }) }, 1, 'pending'],
  ])('%s: %s', (_, given, generation, state) => {
    expect(deliveryState({ generation, delivery: delivery(given) })).toBe(state)
  })

  it('is none where nothing is handed on', () => {
    expect(deliveryState({ generation: 3, delivery: null })).toBeNull()
    expect(wantsDelivery({ generation: 3, delivery: null }, NOW)).toBe(false)
  })
})

describe('when an unattended run tries again', () => {
  it.each<[what: string, given: Partial<DeliveryFailing> | null, minutes: number | null]>([
    ['never failed', null, null],
    ['failed once', {}, null],
    ['failed four times', { count: 4 }, null],
    ['failed five times', { count: 5, lastAt: NOW }, 60],
    ['failed six times', { count: 6, lastAt: NOW, since: NOW - DAY }, 120],
    ['failed for ever', { count: 500, lastAt: NOW, since: NOW - DAY }, 360],
    ['the pause is over', { count: 5, lastAt: NOW - HOUR }, null],
    ['the receiver asked for ten minutes', { notBefore: NOW + 10 * MINUTE }, 10],
    ['what it asked for is over', { notBefore: NOW - 1 }, null],
    // Dated by a clock that was wrong then: holds nobody.
    ['it asked for a year', { notBefore: NOW + 365 * DAY }, null],
    ['the last failure lies ahead', { count: 5, lastAt: NOW + 30 * DAY }, null],
  ])('%s', (_, given, minutes) => {
    const set = delivery({ failing: given === null ? null : failing(given) })
    const pause = (deliverAgainAt(set, NOW) ?? NOW) - NOW
    // A pause of ours has a slack of a tenth to a fifth; what the receiver asked for is kept to.
    const asked = given?.notBefore === undefined ? 0.9 : 1
    expect(pause).toBeLessThanOrEqual(asked * (minutes ?? 0) * MINUTE)
    expect(pause).toBeGreaterThanOrEqual((asked === 1 ? 1 : 0.8) * (minutes ?? 0) * MINUTE)
    expect(wantsDelivery({ generation: 1, delivery: set }, NOW)).toBe(minutes === null)
  })

  it('what failed together does not come back together', () => {
    const pauses = Array.from({ length: 100 }, (_, index) =>
      deliverAgainAt(
        delivery({ setAt: NOW - DAY - index, failing: failing({ count: 9, lastAt: NOW }) }),
        NOW,
      ),
    )
    expect(new Set(pauses).size).toBe(100)
  })

  it('not where it was refused, however long ago', () => {
    const set = delivery({ failing: { ...refused, lastAt: NOW - 365 * DAY } })
    expect(wantsDelivery({ generation: 9, delivery: set }, NOW)).toBe(false)
  })

  it('is never held longer than a day', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer(), fc.option(fc.integer(), { nil: null }), (count, last, not) => {
        const set = delivery({
          failing: failing({
            count: count + 1,
            lastAt: NOW + last,
            notBefore: not === null ? null : NOW + not,
          }),
        })
        expect(deliverAgainAt(set, NOW) ?? NOW).toBeLessThanOrEqual(NOW + DAY)
      }),
    )
  })
})

describe('accessRenewBy', () => {
  /** A token of this life, accepted at NOW and handed on. */
  const issued = (life: number, given: Partial<Delivery> = {}): AccountHeader =>
    header({ acceptedAt: NOW, accessExpiresAt: NOW + life, delivery: delivery(given) })

  it.each<[what: string, life: number, marginMs: number | null, before: number]>([
    ['AliExpress, 30 days: 7 days', 30 * DAY, null, 7 * DAY],
    ['28 days: 7 days are a quarter', 28 * DAY, null, 7 * DAY],
    ['20 days: a quarter', 20 * DAY, null, 5 * DAY],
    ['AliExpress, a test consent of 2 days: 12 hours', 2 * DAY, null, 12 * HOUR],
    ['eBay, 2 hours: 30 minutes', 2 * HOUR, null, 30 * MINUTE],
    ['Amazon, 1 hour: 15 minutes', HOUR, null, 15 * MINUTE],
    ['a margin of its own', 30 * DAY, 10 * DAY, 10 * DAY],
    ['a margin shorter than by default', 30 * DAY, HOUR, HOUR],
    ['no margin takes more than half of the life', 30 * DAY, 60 * DAY, 15 * DAY],
    ['nor does it of eBay', 2 * HOUR, 7 * DAY, HOUR],
    ['no margin at all', 30 * DAY, 0, 0],
  ])('%s', (_, life, marginMs, before) => {
    expect(accessRenewBy(issued(life, { marginMs }), NOW)).toBe(NOW + life - before)
  })

  it.each<[what: string, given: Partial<AccountHeader>, by: number | null]>([
    ['only the refresh token leaves', { delivery: delivery({ tokens: ['refresh'] }) }, null],
    ['both leave', { delivery: delivery({ tokens: ['access', 'refresh'] }) }, NOW + 23 * DAY],
    ['nothing leaves', { delivery: null }, null],
    ['a tracked account', { holdsToken: false }, null],
    ['no access token is known', { accessExpiresAt: null }, NOW - DAY],
    ['its life is not known', { acceptedAt: null }, NOW + 23 * DAY],
    ['it was accepted after its own end', { acceptedAt: NOW + 31 * DAY }, NOW],
    ['a clock was ahead', { acceptedAt: NOW + 400 * DAY, accessExpiresAt: NOW + 430 * DAY }, NOW],
    ['it ended long ago', { acceptedAt: NOW - 60 * DAY, accessExpiresAt: NOW - 30 * DAY }, NOW - 37 * DAY],
  ])('%s', (_, given, by) => {
    const of = { ...issued(30 * DAY, { setAt: NOW - DAY }), ...given }
    expect(accessRenewBy(of, NOW)).toBe(by)
  })

  it('leaves a token that was just issued some of its life, whatever its life and the margin', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 400 * DAY }),
        fc.option(fc.nat(), { nil: null }),
        (life, marginMs) => {
          const by = accessRenewBy(issued(life, { marginMs }), NOW) ?? 0
          expect(by).toBeGreaterThanOrEqual(NOW + Math.floor(life / 2))
          expect(by).toBeLessThanOrEqual(NOW + life)
        },
      ),
    )
  })
})
