/** Findings that a page has everything to show of: each state, each part, and texts that mean it ill. */
import { TokenctlError } from '../../../src/errors.ts'
import { at, delivery, header } from '../../support/accounts.ts'
import { app, EVERY_STATE, findings, NOW } from './findings.ts'

export const HOSTILE_SELLER = `</title><b onclick="alert(1)">"Läden" & 'Söhne'\u202e</b> 🛒`

export const EVERYTHING = findings(
  [
    ...EVERY_STATE,
    header({
      account: 'ebay:a-shop-with-a-very-long-name-indeed-client-berlin-0017',
      consentAt: at('2026-11-01'),
      seller: HOSTILE_SELLER,
      environment: 'sandbox',
    }),
    header({
      account: 'aliexpress:hands-on',
      consentAt: at('2026-11-15'),
      endsAt: at('2027-05-15'),
      delivery: delivery({
        failing: {
          code: 'DELIVERY_FAILED',
          count: 2,
          since: at('2026-11-21'),
          lastAt: at('2026-11-22'),
          notBefore: null,
        },
      }),
    }),
  ],
  {
    appHeaders: [
      app('amazon', '2026-06-15'),
      app('ebay', null),
      app('amazon', null, 'second'),
      { ...app('amazon', '2026-11-10', 'third'), previousEndsAt: at('2026-11-24') },
    ],
    notConnected: ['aliexpress'],
    warnings: ['ebay is set to http://127.0.0.1:4711: it is not the real marketplace.', '<script>x</script>'],
    problems: [
      new TokenctlError('RECORD_UNREADABLE', 'The record of ebay:outlet is damaged.', {
        account: 'ebay:outlet',
        fix: 'Look at it with `tokenctl status --verify`.',
      }),
    ],
    unreadable: 1,
    lastOpened: { at: at('2026-11-22T03:00:00Z'), by: 'renew' },
  },
)

/** So many accounts of all kinds, none of which is like the one before it. */
export function manyAccounts(count: number) {
  const day = 86_400_000
  return findings(
    Array.from({ length: count }, (_, index) =>
      header({
        account: `${['ebay', 'amazon', 'aliexpress'][index % 3]}:shop-of-client-${String(index).padStart(5, '0')}`,
        consentAt: NOW - ((index * 7919) % 400) * day,
        renewedAt: NOW - ((index * 31) % 120) * day,
        seller: `seller-${index}`,
      }),
    ),
    { appHeaders: [app('amazon', '2026-06-15')] },
  )
}
