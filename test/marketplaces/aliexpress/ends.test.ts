import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accessEnd, consentEndOf } from '../../../src/marketplaces/aliexpress/ends.ts'
import { DAY, HOUR, MINUTE } from '../../../src/tokens/time.ts'
import { NOW } from '../samples.ts'

const MONTH = 30 * DAY
const SIXTY = 60 * DAY

describe('the end of an access token', () => {
  it.each([
    ['seconds alone', { expires_in: '2592000' }, MONTH],
    ['a point alone', { expire_time: NOW + MONTH }, MONTH],
    ['both, agreeing: the point', { expires_in: 2_592_000, expire_time: NOW + MONTH - 900 }, MONTH - 900],
    [
      'both, two hours apart: the seconds',
      { expires_in: 2_592_000, expire_time: NOW + MONTH - 2 * HOUR },
      MONTH,
    ],
    ['neither: a test app’s day', {}, DAY],
    ['a point in seconds, which is none', { expire_time: (NOW + MONTH) / 1000 }, DAY],
    ['a point in the past', { expire_time: NOW - 1000 }, 0],
    ['a thousand years', { expires_in: 31_536_000_000 }, 400 * DAY],
  ])('by %s', (_, times, expected) => {
    expect(accessEnd(times, NOW) - NOW).toBe(expected)
  })
})

describe('the end of a consent', () => {
  it.each([
    ['seconds alone', { refresh_expires_in: 5_183_988 }, 5_183_988_000],
    ['seconds as text', { refresh_expires_in: '172800' }, 2 * DAY],
    ['a point alone', { refresh_token_valid_time: String(NOW + SIXTY) }, SIXTY],
    [
      'both, a second apart: the point, which does not wander',
      { refresh_expires_in: 5_184_000, refresh_token_valid_time: NOW + SIXTY - 1234 },
      SIXTY - 1234,
    ],
    [
      'both, just within two minutes: the point',
      { refresh_expires_in: 5_184_000, refresh_token_valid_time: NOW + SIXTY + 2 * MINUTE },
      SIXTY + 2 * MINUTE,
    ],
    [
      'both, past two minutes: a clock is wrong, the seconds',
      { refresh_expires_in: 5_184_000, refresh_token_valid_time: NOW + SIXTY + 2 * MINUTE + 1 },
      SIXTY,
    ],
    [
      'our clock a year behind: the seconds',
      { refresh_expires_in: 172_800, refresh_token_valid_time: NOW + 365 * DAY + 2 * DAY },
      2 * DAY,
    ],
    [
      'our clock a year ahead: the seconds',
      { refresh_expires_in: 172_800, refresh_token_valid_time: NOW - 365 * DAY },
      2 * DAY,
    ],
    ['0: the access token is the last', { refresh_expires_in: 0 }, HOUR],
    [
      '"0", whatever the point says',
      { refresh_expires_in: '0', refresh_token_valid_time: NOW + SIXTY },
      HOUR,
    ],
    ['less than 0', { refresh_expires_in: -1 }, HOUR],
    ['nothing', {}, undefined],
    ['words', { refresh_expires_in: 'never' }, undefined],
    ['a point in the past', { refresh_token_valid_time: NOW - 1 }, undefined],
    ['a century', { refresh_expires_in: 3_153_600_000 }, undefined],
    [
      'a century, beside a point that can be',
      { refresh_expires_in: 1e99, refresh_token_valid_time: NOW + DAY },
      DAY,
    ],
  ])('by %s', (_, times, expected) => {
    const endsAt = consentEndOf(times, NOW, NOW + HOUR)
    expect(endsAt === undefined ? undefined : endsAt - NOW).toBe(expected)
  })

  it('does not move from one refresh to the next when the vendor does not move it', () => {
    const end = NOW + SIXTY
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 30_000 }), (days, travelled) => {
        const now = NOW + days * DAY
        const times = {
          refresh_expires_in: Math.floor((end - now) / 1000),
          refresh_token_valid_time: end,
        }
        expect(consentEndOf(times, now + travelled, now + DAY)).toBe(end)
      }),
    )
  })

  it('is a point that can be stored, or none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (seconds, point) => {
        const times = { refresh_expires_in: seconds, refresh_token_valid_time: point }
        const endsAt = consentEndOf(times, NOW, NOW + HOUR)
        if (endsAt !== undefined) expect(Number.isSafeInteger(endsAt)).toBe(true)
      }),
    )
  })
})
