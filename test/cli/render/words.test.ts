/** The sentences about every state, and that each command in them works as it is printed. */
import { describe, expect, it } from 'vitest'
import { accountCells, appLine, STATUS_COLUMNS } from '../../../src/cli/render/status-table.ts'
import { rulesOf } from '../../../src/cli/rules.ts'
import { accountRowSchema, appRowSchema } from '../../../src/cli/shapes/status-shape.ts'
import { accountRow, appRow, assessAccounts, assessApps } from '../../../src/cli/status/status-report.ts'
import { marketplaces } from '../../../src/marketplaces/registry.ts'
import { Settings } from '../../../src/settings.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'
import { NOW } from '../../support/world.ts'

const rules = rulesOf(new Settings({}))
const of = (given: Partial<AccountHeader>) => {
  const [assessed] = assessAccounts([header(given)], rules, NOW)
  if (assessed === undefined) throw new Error('no account')
  return assessed
}

const rejected = { refused: { code: 'GRANT_REJECTED' as const, at: NOW } }
const day = (text: string) => at(`${text}T12:00:00Z`)

/** Account, what is known of it, its state, the command that mends it, and why. */
const ROWS: readonly (readonly [string, Partial<AccountHeader>, string, string | null, string])[] = [
  ['ebay:main', { consentAt: day('2026-10-01') }, 'ok', null, 'renew by 2027-01-01'],
  [
    'ebay:main',
    { consentAt: day('2026-08-01') },
    'due',
    'tokenctl renew ebay:main',
    'renew by 2026-11-01 has passed',
  ],
  [
    'ebay:main',
    { consentAt: day('2025-12-10'), renewedAt: day('2026-11-01') },
    'expiring',
    'tokenctl login ebay:main',
    'the consent ends 2026-12-10, and only a new consent extends it',
  ],
  [
    'ebay:main',
    { consentAt: day('2025-11-01') },
    'expired',
    'tokenctl login ebay:main',
    'the consent ended about 2026-11-01 (estimated)',
  ],
  [
    'ebay:main',
    { endsAt: day('2026-11-20'), consentAt: day('2025-11-20') },
    'expired',
    'tokenctl login ebay:main',
    'the consent ended 2026-11-20',
  ],
  [
    'ebay:main',
    { consentAt: day('2025-11-01'), acceptedAt: day('2026-11-10'), renewedAt: day('2026-11-10') },
    'expiring',
    'tokenctl login ebay:main',
    'past its estimated end (2026-11-01), still accepted',
  ],
  [
    'ebay:main',
    { consentAt: day('2026-10-01'), ...rejected },
    'rejected',
    'tokenctl login ebay:main',
    'eBay refused the refresh token; the seller must consent again',
  ],
  [
    'aliexpress:main',
    { consentAt: day('2026-10-01'), refused: { code: 'ANSWER_LOST', at: NOW } },
    'rejected',
    'tokenctl login aliexpress:main',
    'an answer was lost and AliExpress now refuses the old token; the seller must consent again',
  ],
  [
    'aliexpress:main',
    { consentAt: day('2026-11-01') },
    'due',
    'tokenctl renew aliexpress:main',
    'its end is only estimated; one renewal brings the true one',
  ],
  [
    'aliexpress:main',
    { consentAt: day('2026-11-01'), endsAt: day('2026-12-31'), presentedAt: NOW - DAY },
    'unconfirmed',
    'tokenctl renew aliexpress:main',
    'a renewal was sent and its answer never stored',
  ],
  [
    'amazon:main',
    { consentAt: day('2026-08-01') },
    'due',
    'tokenctl set-amazon main',
    'renew by 2026-11-01 has passed',
  ],
  [
    'amazon:main',
    { consentAt: day('2026-10-01'), pendingAt: NOW - DAY },
    'due',
    'tokenctl renew amazon:main',
    'the pasted token is not proven yet',
  ],
  [
    'amazon:main',
    {},
    'due',
    'tokenctl set-amazon main',
    'never renewed here, and nobody said when the seller consented',
  ],
  [
    'amazon:main',
    { consentAt: day('2025-12-10') },
    'expiring',
    'tokenctl set-amazon main',
    'the consent ends 2026-12-10, and only a new consent extends it',
  ],
  [
    'amazon:main',
    { consentAt: day('2026-08-01'), isAppPublic: true },
    'due',
    'tokenctl login amazon:main',
    'renew by 2026-11-01 has passed',
  ],
  [
    'amazon:main',
    { consentAt: day('2026-08-01'), isAppPublic: false, seller: 'A1SELLER' },
    'due',
    'tokenctl set-amazon main',
    'renew by 2026-11-01 has passed',
  ],
  [
    // Its app's record is missing or damaged.
    'amazon:main',
    { consentAt: day('2026-08-01'), seller: 'A1SELLER' },
    'due',
    'tokenctl login amazon:main',
    'renew by 2026-11-01 has passed',
  ],
  [
    'ebay:main',
    { holdsToken: false, app: null, consentAt: day('2026-08-01') },
    'due',
    'tokenctl renew ebay:main',
    'renew by 2026-11-01 has passed',
  ],
]

describe('an account', () => {
  it.each(ROWS)('%s %j: %s', (account, given, state, command, reason) => {
    const assessed = of({ account, ...given })
    const row = accountRow(assessed, NOW)
    expect(accountRowSchema.parse(row)).toEqual(row)
    expect(row).toMatchObject({ account, state, next: { command, reason } })
    const cells = accountCells(assessed)
    expect(cells).toHaveLength(STATUS_COLUMNS.length)
    expect(cells.slice(1, 3)).toEqual([row.name, state])
    expect(cells.at(-1)).toBe(command ?? `by ${row.renewBy?.slice(0, 10)}`)
    // An estimate is marked wherever it is shown, and nothing else is.
    const isEstimate = row.ends.basis === 'estimated'
    for (const cell of cells.slice(5, 7)) expect(cell.startsWith('~')).toBe(isEstimate)
  })

  it('says - for what nobody knows', () => {
    expect(accountCells(of({ account: 'ebay:main' })).slice(3)).toEqual([
      '-',
      '-',
      '-',
      '-',
      'tokenctl renew ebay:main',
    ])
  })
})

describe('an app', () => {
  const line = (
    marketplace: string,
    issued: number | null,
    name = 'default',
    previousEndsAt: number | null = null,
  ) => {
    const known = { isPublic: true, secretIssuedAt: issued, previousEndsAt }
    const headers = [{ marketplace, name, environment: 'production' as const, ...known }]
    const [app] = assessApps(headers, rules, NOW)
    if (app === undefined) throw new Error('no app')
    expect(appRowSchema.parse(appRow(app))).toEqual(appRow(app))
    return appLine(app, rules.adapterOf(marketplace))
  }

  it.each([
    [null, /^Amazon app default: nobody said when .* Next: tokenctl app set amazon --issued DATE$/],
    [NOW - 10 * DAY, /^Amazon app default: ok, its secret ends 2027-05-11 \(170 days left\)$/],
    [
      NOW - 90 * DAY,
      /^Amazon app default: expiring, its secret ends .*, in 90 days\. .*: tokenctl app rotate amazon$/,
    ],
    [NOW - 179 * DAY, /expiring, .*, in 1 days?\./],
    [NOW - 180 * DAY, /^Amazon app default: expired, its secret ended 2026-11-22\./],
  ])('of Amazon, whose secret was issued at %j', (issued, text) => {
    expect(line('amazon', issued)).toMatch(text)
  })

  it('of another name says so in its command', () => {
    expect(line('amazon', null, 'second')).toContain('tokenctl app set amazon second --issued')
  })

  it.each([
    [NOW + 1, '; the old secret answers until 2026-11-22'],
    [NOW + 8 * DAY, '; the old secret answers until 2026-11-30'],
    [NOW, ''],
    [NOW - 1, ''],
  ])('whose old secret ends at %j', (ends, words) => {
    const ok = 'Amazon app default: ok, its secret ends 2027-05-20 (179 days left)'
    expect(line('amazon', NOW - DAY, 'default', ends)).toBe(`${ok}${words}`)
  })

  it.each(['ebay', 'aliexpress'])('of %s has no end, and no line', marketplace => {
    expect(line(marketplace, null)).toBeUndefined()
  })
})

it('every marketplace names the command that brings a new consent, with the account in it', () => {
  const commands = (byBrowser: boolean) =>
    marketplaces.map(({ consentCommand }) => consentCommand('main', byBrowser))
  expect(commands(true)).toEqual([
    'tokenctl login ebay:main',
    'tokenctl login amazon:main',
    'tokenctl login aliexpress:main',
  ])
  expect(commands(false)).toEqual([
    'tokenctl login ebay:main',
    'tokenctl set-amazon main',
    'tokenctl login aliexpress:main',
  ])
})
