/** What `status --check` ends with, with and without `--fail-within`. */
import { describe, expect, it } from 'vitest'
import { exitOf, withinOf } from '../../../src/cli/status/status-check.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'
import { app, findings, horizon } from '../render/findings.ts'

const FINE = header({ consentAt: at('2026-11-01') })

describe('--fail-within', () => {
  it.each([
    ['14d', { days: 14 }],
    ['1 h', { hours: 1 }],
    ['2 months', { months: 2 }],
    ['60m', { minutes: 60 }],
    ['1w', { weeks: 1 }],
  ])('%s is a length', (text, length) => {
    expect(withinOf(text)).toEqual(length)
  })

  it.each(['', '14', 'd', '-1d', '59m', '0d', '1.5d', '14d7h', '999 years', 'soon', '14d\n'.repeat(3)])(
    '%j is none',
    text => {
      expect(() => withinOf(text)).toThrow(
        expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('--fail-within') }),
      )
    },
  )
})

describe('the exit status', () => {
  // The days of the horizon, or null for `--check` alone.
  it.each<[what: string, Partial<AccountHeader>, within: number | null, exit: number]>([
    ['ok', { consentAt: at('2026-11-01') }, null, 0],
    ['due, of eBay', { consentAt: at('2026-08-01') }, null, 4],
    ['due, of Amazon', { account: 'amazon:a', consentAt: at('2026-08-01') }, null, 3],
    ['expiring', { consentAt: at('2025-12-10') }, null, 3],
    ['unconfirmed', { consentAt: at('2026-11-01'), presentedAt: at('2026-11-20') }, null, 4],
    ['expired', { endsAt: at('2026-11-01') }, null, 3],

    // Renew by is 1 Dec, midnight: 8 days and 14 hours ahead.
    ['eBay, Renew by outside', { consentAt: at('2026-09-01') }, 8, 0],
    ['eBay, Renew by within', { consentAt: at('2026-09-01') }, 9, 4],
    ['Amazon, Renew by within', { account: 'amazon:a', consentAt: at('2026-09-01') }, 9, 3],
    ['a tracked shop, Renew by within', { holdsToken: false, consentAt: at('2026-09-01') }, 9, 3],
    ['the end outside', { consentAt: at('2026-11-01'), endsAt: at('2027-01-10') }, 38, 0],
    ['the end within', { consentAt: at('2026-11-01'), endsAt: at('2027-01-10') }, 49, 3],
    // Only a person moves an end, whoever does what is due today.
    ['due, and the end within', { consentAt: at('2026-08-01'), endsAt: at('2027-01-10') }, 49, 3],
    ['due, and the end outside', { consentAt: at('2026-08-01'), endsAt: at('2027-01-10') }, 47, 4],
    ['an estimated end within', { consentAt: at('2026-11-01') }, 344, 3],
    ['an unknown end', { renewedAt: at('2026-11-20') }, 60, 0],
  ])('%s', (_, given, within, exit) => {
    expect(exitOf(findings([header(given)]), horizon(within))).toBe(exit)
  })

  it.each<[what: string, Parameters<typeof findings>[1], within: number | null, exit: number]>([
    ['an app in its first warning', { appHeaders: [app('amazon', '2026-08-01')] }, null, 0],
    ['an app in its second', { appHeaders: [app('amazon', '2026-06-15')] }, null, 3],
    ['an app that ends within', { appHeaders: [app('amazon', '2026-08-01')] }, 67, 3],
    ['an app that ends after it', { appHeaders: [app('amazon', '2026-08-01')] }, 66, 0],
    ['an app without a day', { appHeaders: [app('amazon', null)] }, 400, 3],
    ['a marketplace that was named', { missing: ['amazon'] }, null, 3],
    ['a record that cannot be read', { problems: [new TokenctlError('RECORD_UNREADABLE', '')] }, null, 5],
  ])('beside an account that is fine, %s', (what, more, within, exit) => {
    // 400 days reach past the account's own end; what is asked is the app's.
    const [headers, wanted] =
      what === 'an app without a day' ? [[header({ renewedAt: at('2026-11-20') })], 4] : [[FINE], exit]
    expect(exitOf(findings(headers, more), horizon(within))).toBe(wanted)
  })

  it('nothing connected is no success', () => {
    expect(exitOf(findings([]), horizon())).toBe(3)
  })

  it('without a check only problems count', () => {
    const ended = header({ endsAt: at('2026-11-01') })
    expect(exitOf(findings([ended], { missing: ['amazon'] }), undefined)).toBe(0)
    expect(exitOf(findings([]), undefined)).toBe(0)
    const problems = [new TokenctlError('NETWORK_FAILED', ''), new TokenctlError('RECORD_UNREADABLE', '')]
    expect(exitOf(findings([ended], { problems }), undefined)).toBe(5)
  })
})
