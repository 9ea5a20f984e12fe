import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY, HOUR, toIso } from '../../src/tokens/time.ts'
import {
  type AccountHeader,
  merge,
  NO_SECRETS,
  newHeader,
  type TokenSet,
} from '../../src/tokens/token-set.ts'
import { at, header, issued, tokenSet } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const LATER = NOW + 2 * HOUR
const answer = issued({ accessExpiresAt: LATER })

/** The two tokens of a record as text; null where there is none. */
function tokens({ secrets }: TokenSet) {
  return {
    current: secrets.refreshToken?.reveal() ?? null,
    previous: secrets.previous?.refreshToken.reveal() ?? null,
  }
}

describe('the refresh token after an answer (RFC 6749 section 6)', () => {
  test('that named none is the one that was sent', () => {
    expect(tokens(merge(tokenSet(), answer, NOW, true))).toEqual({ current: 'old-token', previous: null })
  })

  test('that named the same is that one, and no token becomes previous', () => {
    const same = { ...answer, refreshToken: new Secret('old-token') }
    expect(tokens(merge(tokenSet(), same, NOW, true))).toEqual({ current: 'old-token', previous: null })
  })

  test('that named another is that other, with the old one kept as previous by its generation', () => {
    const after = merge(
      tokenSet({ generation: 7 }),
      { ...answer, refreshToken: new Secret('new-token') },
      NOW,
      true,
    )
    expect(tokens(after)).toEqual({ current: 'new-token', previous: 'old-token' })
    expect(after.secrets.previous?.generation).toBe(7)
    expect(after.header.generation).toBe(8)
  })

  test('only the one generation before is kept', () => {
    const names = ['second', 'third', 'fourth']
    const after = names.reduce(
      (set, name) => merge(set, { ...answer, refreshToken: new Secret(name) }, NOW, true),
      tokenSet(),
    )
    expect(tokens(after)).toEqual({ current: 'fourth', previous: 'third' })
    expect(after.secrets.previous?.generation).toBe(2)
  })

  test('without rotation leaves the previous one where it is', () => {
    const previous = { refreshToken: new Secret('older'), generation: 1 }
    expect(tokens(merge(tokenSet({}, { previous }), answer, NOW, true)).previous).toBe('older')
  })

  test('of an account that held none is the one that was named', () => {
    const before = tokenSet({ holdsToken: false }, { refreshToken: null })
    const after = merge(before, { ...answer, refreshToken: new Secret('first') }, NOW, true)
    expect(tokens(after)).toEqual({ current: 'first', previous: null })
    expect(after.header.holdsToken).toBe(true)
  })

  test('a token that waits unproven is not touched', () => {
    const pending = new Secret('pasted')
    const after = merge(tokenSet({ pendingAt: NOW - DAY }, { pending }), answer, NOW, true)
    expect(after.secrets.pending).toBe(pending)
    expect(after.header.pendingAt).toBe(NOW - DAY)
  })

  test('the access token is always the new one', () => {
    expect(
      merge(tokenSet({}, { accessToken: new Secret('old') }), answer, NOW, true).secrets.accessToken,
    ).toBe(answer.accessToken)
  })
})

describe("the consent's end", () => {
  const END = at('2027-01-20T00:00:00Z')
  test.each<[string, number | null, number | undefined, number | null]>([
    ['reported where none was: the reported one', null, END, END],
    ['not reported: the one there was', END, undefined, END],
    ['not reported where none was: none', null, undefined, null],
    ['reported earlier than known: the vendor moved it', END, END - 10 * DAY, END - 10 * DAY],
    ['reported later than known: the vendor moved it', END, END + 10 * DAY, END + 10 * DAY],
    ['reported the same: the same', END, END, END],
    ['reported as past: past', END, NOW - DAY, NOW - DAY],
    ['no number: the one there was', END, Number.NaN, END],
    ['beyond all calendars: the last year of four digits', END, 1e99, Date.UTC(9999, 0, 1)],
    ['beyond what a Date holds, backwards', END, -1e99, 0],
    ['a fraction: whole milliseconds', END, END + 0.5, END],
  ])('%s', (_, endsAt, reported, expected) => {
    const said = reported === undefined ? answer : { ...answer, endsAt: reported }
    expect(merge(tokenSet({ endsAt }), said, NOW, true).header.endsAt).toBe(expected)
  })
})

describe("the access token's end", () => {
  test.each([
    ['as said', LATER, LATER],
    ['already past counts as now', NOW - DAY, NOW],
    ['now', NOW, NOW],
    ['400 days at most', NOW + 401 * DAY, NOW + 400 * DAY],
    ['1e99 seconds', NOW + 1e102, NOW + 400 * DAY],
    ['without end', Number.POSITIVE_INFINITY, NOW + 400 * DAY],
    ['minus infinity', Number.NEGATIVE_INFINITY, NOW],
    ['no number counts as now', Number.NaN, NOW],
    ['a fraction', LATER + 0.7, LATER],
  ])('%s', (_, accessExpiresAt, expected) => {
    expect(merge(tokenSet(), issued({ accessExpiresAt }), NOW, true).header.accessExpiresAt).toBe(expected)
  })
})

describe('the header after an answer', () => {
  const before: Partial<AccountHeader> = {
    consentAt: at('2026-01-01'),
    renewedAt: at('2026-08-01'),
    seller: 'shop-4711',
    region: 'eu',
    refused: { code: 'ANSWER_LOST', at: NOW - DAY },
    presentedAt: NOW - DAY,
    lastAttempt: { at: NOW - DAY, outcome: 'failed', code: 'NETWORK_FAILED' },
    generation: 3,
  }

  test('where a refresh counts as a renewal', () => {
    expect(merge(tokenSet(before), answer, NOW, true).header).toEqual({
      ...header(before),
      generation: 4,
      renewedAt: NOW,
      acceptedAt: NOW,
      accessExpiresAt: LATER,
      refused: null,
      presentedAt: null,
      lastAttempt: { at: NOW, outcome: 'renewed', code: null },
    })
  })

  test('where it does not (Amazon), no clock moves', () => {
    const after = merge(tokenSet(before), answer, NOW, false).header
    expect(after).toMatchObject({
      renewedAt: before.renewedAt,
      consentAt: before.consentAt,
      endsAt: null,
      acceptedAt: NOW,
      lastAttempt: { at: NOW, outcome: 'proved', code: null },
    })
  })

  test('takes the seller that was named, and keeps the one that was not', () => {
    const named = { ...answer, seller: 'shop-1' }
    expect(merge(tokenSet({ ...before, seller: null }), named, NOW, true).header.seller).toBe('shop-1')
    expect(merge(tokenSet(before), answer, NOW, true).header.seller).toBe('shop-4711')
    // AliExpress names the same seller by one of two ids, now this and now that.
    expect(merge(tokenSet(before), named, NOW, true).header.seller).toBe('shop-4711')
  })

  test('does not change the record it was made from', () => {
    const record = Object.freeze({
      header: Object.freeze(header(before)),
      secrets: Object.freeze({ ...NO_SECRETS, refreshToken: new Secret('old-token') }),
    })
    merge(record, { ...answer, refreshToken: new Secret('new-token') }, NOW, true)
    expect(record.header.generation).toBe(3)
  })
})

describe('whatever a vendor says', () => {
  const anyNumber = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(Number.NaN, 1e99, -1e99, 8.64e15, 8.64e15 + 1),
  )

  test('every date in the record can be written, and the token that was issued is in it', () => {
    fc.assert(
      fc.property(
        anyNumber,
        fc.option(anyNumber, { nil: undefined }),
        fc.string({ minLength: 1 }),
        (access, end, text) => {
          const refreshToken = new Secret(text)
          const said = issued({
            accessExpiresAt: access,
            refreshToken,
            ...(end === undefined ? {} : { endsAt: end }),
          })
          const after = merge(tokenSet(), said, NOW, true)
          expect(after.secrets.refreshToken?.equals(refreshToken)).toBe(true)
          for (const date of [after.header.accessExpiresAt, after.header.endsAt]) {
            if (date !== null) expect(toIso(date)).toMatch(/^\d{4}-/)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('the generation goes up by one and the token is never lost', () => {
    const step = fc.record({
      token: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
      counts: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), steps => {
        let set = tokenSet()
        let newest = 'old-token'
        for (const { token, counts } of steps) {
          const before = set.header.generation
          newest = token ?? newest
          set = merge(
            set,
            { ...answer, ...(token === undefined ? {} : { refreshToken: new Secret(token) }) },
            NOW,
            counts,
          )
          expect(set.header.generation).toBe(before + 1)
          expect(tokens(set).current).toBe(newest)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('newHeader', () => {
  test('knows nothing but what is given, and every field is there', () => {
    const made = newHeader({
      account: 'ebay:main',
      app: null,
      environment: 'sandbox',
      holdsToken: false,
      seller: 's',
    })
    expect(made).toMatchObject({
      account: 'ebay:main',
      app: null,
      environment: 'sandbox',
      holdsToken: false,
      seller: 's',
    })
    const {
      account: _a,
      app: _b,
      environment: _c,
      holdsToken: _d,
      seller: _e,
      generation,
      awaitsRecovery,
      tags,
      ...rest
    } = made
    expect([generation, awaitsRecovery, tags]).toEqual([0, false, {}])
    expect(Object.values(rest)).toEqual(Object.values(rest).map(() => null))
    expect(Object.keys(rest)).toHaveLength(15)
  })
})
