import { describe, expect, test } from 'vitest'
import { ERROR_CODES } from '../../src/errors.ts'
import {
  afterFailure,
  afterRevocation,
  withNewToken,
  withoutPendingToken,
  withPendingToken,
} from '../../src/tokens/replace.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import { NO_SECRETS } from '../../src/tokens/token-set.ts'
import { at, header, tokenSet } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')
const pasted = new Secret('pasted-token')

describe('withNewToken', () => {
  const before = tokenSet(
    {
      account: 'amazon:main',
      generation: 5,
      consentAt: at('2025-11-01'),
      renewedAt: at('2026-02-01'),
      endsAt: at('2026-11-01'),
      acceptedAt: at('2026-10-01'),
      accessExpiresAt: NOW + 1000,
      seller: 'shop-4711',
      region: 'eu',
      refused: { code: 'GRANT_REJECTED', at: NOW - DAY },
      presentedAt: NOW - DAY,
      pendingAt: NOW - DAY,
    },
    { accessToken: new Secret('access'), pending: pasted },
  )

  test('forgets what was known of the former consent, and whose it was, since the new token may be of another', () => {
    expect(withNewToken(before, pasted, NOW).header).toEqual(
      header({
        account: 'amazon:main',
        generation: 5,
        consentAt: NOW,
        renewedAt: NOW,
        seller: null,
        region: 'eu',
      }),
    )
  })

  test('keeps the old token as previous, and no access token of the former consent', () => {
    const { secrets } = withNewToken(before, pasted, NOW)
    expect(secrets.refreshToken).toBe(pasted)
    expect(secrets.previous).toEqual({ refreshToken: before.secrets.refreshToken, generation: 5 })
    expect(secrets.pending).toBeNull()
    expect(secrets.accessToken).toBeNull()
  })

  test('the same token again does not push the previous one out', () => {
    const previous = { refreshToken: new Secret('older'), generation: 4 }
    const { secrets } = withNewToken(tokenSet({}, { previous }), new Secret('old-token'), NOW)
    expect(secrets.previous).toBe(previous)
  })

  test('an account without a token gets its first', () => {
    const tracked = tokenSet({ holdsToken: false }, { refreshToken: null })
    const { header: after, secrets } = withNewToken(tracked, pasted, NOW)
    expect(after.holdsToken).toBe(true)
    expect(secrets).toEqual({ ...NO_SECRETS, refreshToken: pasted })
  })

  test('goes on to where the old one went', () => {
    const delivery = { command: ['/usr/local/bin/store'] }
    const { secrets } = withNewToken(tokenSet({}, { delivery }), pasted, NOW)
    expect(secrets.delivery).toBe(delivery)
  })
})

describe('a pending token', () => {
  const before = tokenSet({ consentAt: NOW - DAY, refused: { code: 'GRANT_REJECTED', at: NOW } })

  test('stands beside the stored one, and changes nothing else', () => {
    const after = withPendingToken(before, pasted, NOW)
    expect(after.header).toEqual({ ...before.header, pendingAt: NOW })
    expect(after.secrets).toEqual({ ...before.secrets, pending: pasted })
  })

  test('makes an account without a token one that holds one', () => {
    const after = withPendingToken(tokenSet({ holdsToken: false }, { refreshToken: null }), pasted, NOW)
    expect(after.header.holdsToken).toBe(true)
    expect(after.secrets.refreshToken).toBeNull()
  })

  test('is taken away again without a trace', () => {
    expect(withoutPendingToken(withPendingToken(before, pasted, NOW))).toEqual(before)
    const empty = tokenSet({ holdsToken: false }, { refreshToken: null })
    expect(withoutPendingToken(withPendingToken(empty, pasted, NOW))).toEqual(empty)
  })
})

describe('afterFailure', () => {
  const marked = header({
    presentedAt: NOW,
    accessExpiresAt: NOW + DAY,
    acceptedAt: NOW - DAY,
    generation: 2,
  })

  test.each(Object.keys(ERROR_CODES))(
    '%s changes nothing but the attempt, the count and the refusal',
    code => {
      const after = afterFailure(marked, { code, at: NOW })
      const { lastAttempt, failing: _f, refused, ...rest } = after
      const { lastAttempt: _a, failing: _g, refused: _b, ...before } = marked
      expect(rest).toEqual(before)
      expect(lastAttempt).toEqual({ at: NOW, outcome: 'failed', code })
      const final = code === 'GRANT_REJECTED' || code === 'ANSWER_LOST'
      expect(refused).toEqual(final ? { code, at: NOW } : null)
    },
  )

  test('the failures in a row are counted, and the time that the vendor named is kept', () => {
    const failure = { code: 'RATE_LIMITED', at: NOW, retryAfterMs: 60_000 }
    const once = afterFailure(marked, failure)
    expect(once.failing).toEqual({ code: 'RATE_LIMITED', count: 1, since: NOW, notBefore: NOW + 60_000 })
    const twice = afterFailure(once, { ...failure, at: NOW + DAY, retryAfterMs: undefined })
    expect(twice.failing).toEqual({ code: 'RATE_LIMITED', count: 2, since: NOW, notBefore: null })
  })

  test('a refusal that was final stays one', () => {
    const refused = { code: 'GRANT_REJECTED', at: NOW - DAY } as const
    const after = afterFailure(header({ refused }), { code: 'NETWORK_FAILED', at: NOW })
    expect(after.refused).toEqual(refused)
  })
})

describe('afterRevocation', () => {
  test('the vendor has said when it ended; nothing was tried', () => {
    const before = header({
      failing: { code: 'NETWORK_FAILED', count: 2, since: NOW - DAY, notBefore: null },
    })
    expect(afterRevocation(before, NOW - DAY)).toEqual({
      ...before,
      refused: { code: 'GRANT_REJECTED', at: NOW - DAY },
    })
  })

  test('a refusal that is known stays', () => {
    const before = header({ refused: { code: 'ANSWER_LOST', at: NOW } })
    expect(afterRevocation(before, NOW - DAY)).toEqual(before)
  })
})
