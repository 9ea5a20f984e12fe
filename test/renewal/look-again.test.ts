import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ErrorCode, TokenctlError } from '../../src/errors.ts'
import { findMarketplace } from '../../src/marketplaces/registry.ts'
import { dueBounds, mayBeDue } from '../../src/renewal/due-bounds.ts'
import { type LookedAt, lookAgainAt } from '../../src/renewal/look-again.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, delivery, header, policy } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const adapter = findMarketplace('ebay')
const lengths = policy({ years: 1 })
const FINE = { consentAt: NOW - 10 * DAY, renewedAt: NOW, acceptedAt: NOW, accessExpiresAt: NOW + 2 * HOUR }

const again = (given: Partial<AccountHeader>, result?: LookedAt['result']) =>
  lookAgainAt({ header: header({ ...FINE, ...given }), result, adapter, policy: lengths, now: NOW })

const failed = (code: ErrorCode, waitsUntil?: number): LookedAt['result'] => ({
  outcome: 'failed',
  error: new TokenctlError(code, 'no'),
  ...(waitsUntil === undefined ? {} : { waitsUntil }),
})
const failing = (count: number) => ({
  code: 'MARKETPLACE_DOWN',
  count,
  since: NOW - 2 * DAY,
  notBefore: null,
})
const attempt = { at: NOW, outcome: 'failed', code: 'MARKETPLACE_DOWN' } as const

describe('another look', () => {
  test.each<[string, number | null, Partial<AccountHeader>, LookedAt['result']?]>([
    ['renewed: by its dates', null, {}, { outcome: 'renewed', error: null }],
    ['left, though a store gave it: in a few hours, and not in a circle', 6 * HOUR, {}],
    ['another is at it', MINUTE, { renewedAt: NOW - 100 * DAY }, failed('LOCK_HELD')],
    ['failed once', 5 * MINUTE, { failing: failing(1), lastAttempt: attempt }, failed('MARKETPLACE_DOWN')],
    ['held by its back-off', 2 * HOUR, { failing: failing(7) }, failed('MARKETPLACE_DOWN', NOW + 2 * HOUR)],
    ['a person has to see to the keys', HOUR, {}, failed('CLIENT_REJECTED')],
    ['another environment', HOUR, {}, failed('ENVIRONMENT_MISMATCH')],
    ['a person has to act', 4 * HOUR, { renewedAt: null }, { outcome: 'needs-person', error: null }],
    [
      'its answer was lost: when the access token is about to run out',
      2 * HOUR - adapter.renewBeforeSeconds * SECOND,
      { presentedAt: NOW - MINUTE },
      failed('NETWORK_FAILED'),
    ],
    [
      'handed on and arrived: when its access token is due',
      90 * MINUTE,
      { delivery: delivery({ deliveredGeneration: 0, setAt: NOW }) },
      { outcome: 'renewed', error: null },
    ],
    [
      'handed on and not arrived: soon',
      5 * MINUTE,
      { delivery: delivery({ setAt: NOW }) },
      { outcome: 'renewed', error: null },
    ],
    ['something is open and nothing is due: in a few hours', 6 * HOUR, { failing: failing(1) }],
  ])('%s', (_, ms, given, result) => {
    expect(again(given, result)).toBe(ms === null ? null : NOW + ms)
  })

  test('is soon enough and not at once, and never null where a store would give the account again', () => {
    const date = fc.option(fc.integer({ min: NOW - 500 * DAY, max: NOW + 500 * DAY }), { nil: null })
    const given = fc.record({
      consentAt: date,
      renewedAt: date,
      endsAt: date,
      acceptedAt: date,
      accessExpiresAt: date,
      presentedAt: fc.constantFrom(null, NOW - DAY),
      failing: fc.constantFrom(null, failing(1), failing(9)),
      delivery: fc.constantFrom(null, delivery(), delivery({ deliveredGeneration: 0 })),
    })
    const results = fc.constantFrom<LookedAt['result']>(
      undefined,
      { outcome: 'renewed', error: null },
      { outcome: 'needs-person', error: null },
      failed('NETWORK_FAILED'),
      failed('LOCK_HELD'),
      failed('WRITE_FAILED'),
      failed('GRANT_REJECTED', NOW + 90 * DAY),
    )
    fc.assert(
      fc.property(given, results, (fields, result) => {
        const until = again(fields, result)
        if (until === null) {
          const account = header({ ...FINE, ...fields })
          expect(mayBeDue(account, dueBounds(adapter, lengths, NOW))).toBe(false)
          return
        }
        expect(until).toBeGreaterThanOrEqual(NOW + 30 * SECOND)
        expect(until).toBeLessThanOrEqual(NOW + 6 * HOUR)
      }),
      { numRuns: 2000 },
    )
  })
})
