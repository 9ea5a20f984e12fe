/** What `renew` says of each way an account can come out, for people and for scripts. */
import { describe, expect, it } from 'vitest'
import { renewLines, renewReport } from '../../../src/cli/render/renew.ts'
import { gapNote } from '../../../src/cli/render/words.ts'
import { rulesOf } from '../../../src/cli/rules.ts'
import { renewSchema } from '../../../src/cli/shapes/renew-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { assess } from '../../../src/renewal/assess.ts'
import type { RenewResult } from '../../../src/renewal/ports.ts'
import { Settings } from '../../../src/settings.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'
import { NOW, testWorld } from '../../support/world.ts'

const rules = rulesOf(new Settings({}))
const world = await testWorld()

function result(
  outcome: RenewResult['outcome'],
  given: Partial<AccountHeader>,
  error: TokenctlError | null = null,
): RenewResult {
  const known = header({ consentAt: at('2026-10-01T12:00:00Z'), ...given })
  const [marketplace = '', name = ''] = known.account.split(':')
  const adapter = rules.adapterOf(marketplace)
  const assessment = assess(known, adapter, rules.policyOf(adapter), NOW)
  return { account: { marketplace, name }, outcome, error, header: known, assessment }
}

const old = { consentAt: at('2025-12-10T12:00:00Z'), renewedAt: NOW }
const down = new TokenctlError('MARKETPLACE_DOWN', 'eBay answered 503.')
const refused = new TokenctlError('GRANT_REJECTED', 'eBay refused it.')
const rejectedHeader = { refused: { code: 'GRANT_REJECTED' as const, at: NOW } }
const damage = new TokenctlError('RECORD_UNREADABLE', 'It is damaged.', { fix: 'Restore it.' })

describe('lines for people', () => {
  it.each<[string, RenewResult, string]>([
    ['renewed', result('renewed', { renewedAt: NOW }), 'ebay:main: Renewed; renew by 2027-02-22.\n'],
    [
      'renewed, and ending soon',
      result('renewed', old),
      'ebay:main: Renewed; but the consent ends 2026-12-10, and only a new consent extends it.\n  Next: tokenctl login ebay:main\n',
    ],
    [
      'proved',
      result('proved', { account: 'amazon:main' }),
      'amazon:main: Amazon accepts the token; renew by 2027-01-01.\n',
    ],
    [
      'fresh',
      result('fresh', { renewedAt: NOW }),
      'ebay:main: Another run renewed it just now; renew by 2027-02-22.\n',
    ],
    [
      'needs a person',
      result('needs-person', { account: 'amazon:main', consentAt: at('2026-08-01T12:00:00Z') }),
      'amazon:main: A person must act: renew by 2026-11-01 has passed.\n  Next: tokenctl set-amazon main\n',
    ],
    [
      'failed for now: the next run mends it',
      result('failed', {}, down),
      `ebay:main: eBay answered 503.\n  Fix: ${down.fix}\n`,
    ],
    [
      'refused',
      result('failed', rejectedHeader, refused),
      'ebay:main: eBay refused it.\n  Fix: The seller must consent again. Next: tokenctl login ebay:main\n',
    ],
    [
      'renewed after a gap',
      result('renewed', { renewedAt: NOW, gap: { from: NOW - 3_600_000, to: NOW } }),
      `ebay:main: Renewed; renew by 2027-02-22.\n  ${gapNote('ebay:main', { from: NOW - 3_600_000, to: NOW })}\n`,
    ],
    [
      'unreadable',
      { ...result('failed', {}, damage), header: null, assessment: null },
      'ebay:main: It is damaged.\n  Fix: Restore it.\n',
    ],
  ])('%s', (_, given, lines) => {
    expect(renewLines(given, world)).toBe(lines)
  })

  it('what a vendor put into a name cannot reach the screen as a control, nor as a line of ours', () => {
    const evil = new TokenctlError('GRANT_REJECTED', 'a\u001b[2J\nb\u202e', { fix: 'c\u0007' })
    const lines = renewLines(result('failed', {}, evil), world)
    expect(lines).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(lines.split('\n')).toHaveLength(3)
  })
})

describe('the report for scripts', () => {
  it('has a row for each result and the sums of them', () => {
    const report = renewReport(
      [
        result('renewed', { renewedAt: NOW }),
        result('proved', { account: 'amazon:main' }),
        result('fresh', { account: 'ebay:outlet' }),
        result('needs-person', { account: 'ebay:old', consentAt: at('2025-11-01') }),
        result('failed', { account: 'ebay:down' }, down),
      ],
      world,
    )
    expect(renewSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report)
    expect(report.summary).toEqual({ renewed: 1, proved: 1, fresh: 1, needsPerson: 1, failed: 1 })
    expect(report.results.map(({ account, code }) => [account, code])).toEqual([
      ['ebay:main', null],
      ['amazon:main', null],
      ['ebay:outlet', null],
      ['ebay:old', 'REFRESH_EXPIRED'],
      ['ebay:down', 'MARKETPLACE_DOWN'],
    ])
    expect(report.results[0]).toMatchObject({
      renewBy: '2027-02-22T10:00:00Z',
      ends: { at: '2027-10-01T12:00:00Z', basis: 'estimated' },
    })
  })

  it('an account that waits for a person names what it died of', () => {
    const [row] = renewReport([result('needs-person', rejectedHeader)], world).results
    expect(row?.code).toBe('GRANT_REJECTED')
  })

  it('what could not be read has nulls, not guesses', () => {
    const unread = { ...result('failed', {}, damage), header: null, assessment: null }
    expect(renewReport([unread], world).results[0]).toEqual({
      account: 'ebay:main',
      outcome: 'failed',
      code: 'RECORD_UNREADABLE',
      message: 'It is damaged.',
      renewBy: null,
      ends: { at: null, basis: null },
    })
  })
})
