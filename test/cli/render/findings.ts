/** What `status` finds, for tests of what is made of it: accounts in every state at one fixed time. */
import { rulesOf } from '../../../src/cli/rules.ts'
import type { Horizon } from '../../../src/cli/status/status-check.ts'
import type { ExportFindings } from '../../../src/cli/status/status-exports.ts'
import { assessAccounts, assessApps } from '../../../src/cli/status/status-report.ts'
import { ACCOUNT_STATES, type AccountState } from '../../../src/renewal/assess.ts'
import { Settings } from '../../../src/settings.ts'
import type { AppHeader } from '../../../src/tokens/app-keys.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'

/** 22 Nov 2026, ten in the morning in UTC. */
export const NOW = Date.UTC(2026, 10, 22, 10)

export const rules = rulesOf(new Settings({}))

/** The horizon without `--fail-within`, or with one that many days away. */
export function horizon(days: number | null = null): Horizon {
  return {
    until: days === null ? null : NOW + days * 86_400_000,
    policyOf: ({ adapter }) => rules.policyOf(adapter),
  }
}

/** An app whose secret was issued then. */
export function app(marketplace: string, issued: string | null, name = 'default'): AppHeader {
  return {
    marketplace,
    name,
    environment: 'production',
    secretIssuedAt: issued === null ? null : at(issued),
    isPublic: true,
    previousEndsAt: null,
  }
}

/** The findings of a vault with these records, gravest first as `status` has them. */
export function findings(
  headers: readonly AccountHeader[],
  more: Partial<ExportFindings> & { readonly appHeaders?: readonly AppHeader[] } = {},
): ExportFindings {
  const { appHeaders = [], now = NOW, ...rest } = more
  const order = (state: AccountState) => ACCOUNT_STATES.indexOf(state)
  return {
    now,
    accounts: assessAccounts(headers, rules, now).sort(
      (a, b) => order(a.assessment.state) - order(b.assessment.state),
    ),
    apps: assessApps(appHeaders, rules, now),
    notConnected: [],
    missing: [],
    warnings: [],
    problems: [],
    unreadable: 0,
    store: 'file',
    storeNote: undefined,
    lastOpened: undefined,
    ...rest,
  }
}

/** Accounts in every state, known and unknown ends, with and without a token. */
export const EVERY_STATE: readonly AccountHeader[] = [
  header({
    account: 'aliexpress:refused',
    consentAt: at('2026-11-01'),
    endsAt: at('2026-12-31'),
    acceptedAt: at('2026-11-10'),
    renewedAt: at('2026-11-10'),
    refused: { code: 'GRANT_REJECTED', at: at('2026-11-20') },
    lastAttempt: { at: at('2026-11-20'), outcome: 'failed', code: 'GRANT_REJECTED' },
    failing: { code: 'GRANT_REJECTED', count: 3, since: at('2026-11-18'), notBefore: null },
    gap: { from: at('2026-11-19T12:00:00Z'), to: at('2026-11-20') },
  }),
  header({ account: 'ebay:ended', consentAt: at('2025-05-01'), endsAt: at('2026-11-20') }),
  header({
    account: 'aliexpress:waits',
    consentAt: at('2026-11-01'),
    endsAt: at('2026-12-31'),
    presentedAt: at('2026-11-22T09:00:00Z'),
  }),
  header({
    account: 'ebay:ending',
    consentAt: at('2025-06-01'),
    endsAt: at('2026-12-10'),
    renewedAt: at('2026-11-01'),
  }),
  header({ account: 'ebay:due', consentAt: at('2026-08-01'), endsAt: at('2028-01-30') }),
  header({ account: 'amazon:due', consentAt: at('2026-08-01') }),
  header({ account: 'ebay:never' }),
  header({
    account: 'ebay:fine',
    consentAt: at('2026-06-01'),
    endsAt: at('2027-12-01'),
    renewedAt: at('2026-11-20T08:00:00Z'),
    acceptedAt: at('2026-11-20T08:00:00Z'),
    seller: 'shop-4711',
    lastAttempt: { at: at('2026-11-20T08:00:00Z'), outcome: 'renewed', code: null },
  }),
  header({ account: 'ebay:no-end', renewedAt: at('2026-11-20') }),
  header({ account: 'amazon:fine', consentAt: at('2026-10-01'), acceptedAt: at('2026-11-21') }),
  header({ account: 'ebay:tracked', app: null, holdsToken: false, consentAt: at('2026-10-15') }),
]
