/** The plugin's line: its level, its words, its figures; and what hostile texts cannot do to it. */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nagiosUnknown, nagiosVerdict } from '../../../src/cli/render/nagios.ts'
import type { Horizon } from '../../../src/cli/status/status-check.ts'
import type { ExportFindings } from '../../../src/cli/status/status-exports.ts'
import { ERROR_CODES, type ErrorCode, TokenctlError } from '../../../src/errors.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'
import { app, EVERY_STATE, findings, horizon, rules } from './findings.ts'

// Days are shown in the machine's zone.
const zone = process.env['TZ']
beforeEach(() => {
  process.env['TZ'] = 'UTC'
})
afterEach(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

const verdict = (found: ExportFindings, within: Horizon = horizon()) => nagiosVerdict(found, within, rules)

// The guidelines' form: 'label'=value[UOM];[warn];[crit];[min];[max], a range being `10:`.
const FIGURE = /^(?:'((?:[^'=\n]|'')+)'|([a-z_]+))=(-?\d+)s?(?:;(-?\d+:)?)?(?:;(-?\d+:)?)?$/

/** The parts of a line that is one. */
function parse(line: string) {
  expect(line.endsWith('\n')).toBe(true)
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4000 + 1)
  const match = /^TOKENCTL (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]+?)(?: \| ([^|\n]+))?\n$/.exec(line)
  if (match === null) return expect.unreachable(`no plugin's line: ${line}`)
  const [, level = '', words = '', data = ''] = match
  // A quoted label has no space of its own here: names have none.
  const figures = data === '' ? [] : data.split(' ')
  for (const figure of figures) expect(figure).toMatch(FIGURE)
  return { level, words, figures }
}

it('every state: as it was', () => {
  const found = findings(EVERY_STATE, { appHeaders: [app('amazon', '2026-06-15')], unreadable: 0 })
  expect(verdict(found)).toMatchInlineSnapshot(`
    {
      "exit": 2,
      "line": "TOKENCTL CRITICAL - aliexpress:refused rejected (tokenctl login aliexpress:refused); ebay:ended expired (tokenctl login ebay:ended); aliexpress:waits unconfirmed (tokenctl renew aliexpress:waits); ebay:ending expiring, end 2026-12-10 (tokenctl login ebay:ending); ebay:due due (tokenctl renew ebay:due); amazon:due due (tokenctl set-amazon due); ebay:never due (tokenctl renew ebay:never); secret of the amazon app default expiring, end 2026-12-12 (tokenctl app rotate amazon) | accounts=11 need_person=4 unreadable=0 'aliexpress:refused_end'=3333600s;;0: 'aliexpress:refused_renew_by'=2685600s;0: 'ebay:ended_end'=-208800s;;0: 'ebay:ended_renew_by'=-41335200s;0: 'aliexpress:waits_end'=3333600s;;0: 'aliexpress:waits_renew_by'=2685600s;0: 'ebay:ending_end'=1519200s;;0: 'ebay:ending_renew_by'=309600s;0: 'ebay:due_end'=37461600s;;0: 'ebay:due_renew_by'=-1850400s;0: 'amazon:due_end'=21736800s;;0: 'amazon:due_renew_by'=-1850400s;0: 'ebay:fine_end'=32277600s;;0: 'ebay:fine_renew_by'=7768800s;0: 'ebay:no-end_renew_by'=7740000s;0: 'amazon:fine_end'=27007200s;;0: 'amazon:fine_renew_by'=3420000s;0: 'ebay:tracked_end'=28216800s;;0: 'ebay:tracked_renew_by'=4629600s;0:
    ",
    }
  `)
  expect(parse(verdict(found).line).figures).toHaveLength(3 + 9 + 10)
})

describe('the level of one account', () => {
  it.each<[Partial<AccountHeader>, within: number | null, level: string, words: RegExp]>([
    [{ consentAt: at('2026-11-01') }, null, 'OK', /^1 account, next ebay:main by 2027-02-01$/],
    [{ renewedAt: at('2026-11-01') }, null, 'OK', /2027-02-01$/],
    [
      { consentAt: at('2026-11-01'), refused: { code: 'ANSWER_LOST', at: at('2026-11-20') } },
      null,
      'CRITICAL',
      /^ebay:main rejected \(tokenctl login ebay:main\)$/,
    ],
    [{ consentAt: at('2025-11-01') }, null, 'CRITICAL', /^ebay:main expired \(tokenctl login ebay:main\)$/],
    [
      { consentAt: at('2026-11-01'), presentedAt: at('2026-11-21') },
      null,
      'WARNING',
      /^ebay:main unconfirmed \(tokenctl renew ebay:main\)$/,
    ],
    [
      { consentAt: at('2025-12-10'), renewedAt: at('2026-11-01') },
      null,
      'WARNING',
      /^ebay:main expiring, end 2026-12-10 \(tokenctl login ebay:main\)$/,
    ],
    [{ consentAt: at('2026-08-01') }, null, 'WARNING', /^ebay:main due \(tokenctl renew ebay:main\)$/],
    [
      { account: 'amazon:eu', consentAt: at('2026-08-01') },
      null,
      'WARNING',
      /^amazon:eu due \(tokenctl set-amazon eu\)$/,
    ],
    // An end within the horizon is critical, whatever the state; a Renew by within it a warning.
    [
      { consentAt: at('2025-12-10'), renewedAt: at('2026-11-01') },
      18,
      'CRITICAL',
      /^ebay:main expiring, end 2026-12-10/,
    ],
    [{ consentAt: at('2025-12-10'), renewedAt: at('2026-11-01') }, 17, 'WARNING', /^ebay:main expiring/],
    [
      { consentAt: at('2026-09-01') },
      14,
      'WARNING',
      /^ebay:main ok, renew by 2026-12-01 \(tokenctl renew ebay:main\)$/,
    ],
    [
      { account: 'amazon:eu', consentAt: at('2026-09-01') },
      14,
      'WARNING',
      /^amazon:eu ok, renew by 2026-12-01 \(tokenctl set-amazon eu\)$/,
    ],
    [{ consentAt: at('2026-09-01') }, 8, 'OK', /^1 account/],
    [
      { consentAt: at('2026-11-01'), endsAt: at('2027-01-10') },
      60,
      'CRITICAL',
      /^ebay:main ok, end 2027-01-10 \(tokenctl login ebay:main\)$/,
    ],
  ])('%j within %s is %s', (given, within, level, words) => {
    const { line, exit } = verdict(findings([header(given)]), horizon(within))
    const found = parse(line)
    expect(found.level).toBe(level)
    expect(found.words).toMatch(words)
    expect(exit).toBe({ OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 }[level])
  })
})

describe('what else counts', () => {
  const fine = [header({ consentAt: at('2026-11-01') })]
  const problem = (code: ErrorCode) => new TokenctlError(code, 'It happened.')

  it.each<
    [what: string, Parameters<typeof findings>[1], within: number | null, level: string, words: RegExp]
  >([
    ['an app in its first warning', { appHeaders: [app('amazon', '2026-08-01')] }, null, 'OK', /^1 account/],
    [
      'an app in its second',
      { appHeaders: [app('amazon', '2026-06-15')] },
      null,
      'WARNING',
      /^secret of the amazon app default expiring, end 2026-12-12 \(tokenctl app rotate amazon\)$/,
    ],
    ['an app that ended', { appHeaders: [app('amazon', '2026-05-01')] }, null, 'CRITICAL', /expired, end/],
    [
      'an app that ends within',
      { appHeaders: [app('amazon', '2026-08-01')] },
      70,
      'CRITICAL',
      /end 2027-01-28/,
    ],
    ['an app without a day', { appHeaders: [app('amazon', null)] }, 70, 'OK', /./],
    ['a marketplace that was named', { missing: ['amazon'] }, null, 'CRITICAL', /^amazon is not connected$/],
    [
      'a record that cannot be read',
      { problems: [problem('RECORD_UNREADABLE')], unreadable: 1 },
      null,
      'CRITICAL',
      /^It happened. \(RECORD_UNREADABLE\)$/,
    ],
    ['a probe that the next may mend', { problems: [problem('NETWORK_FAILED')] }, null, 'WARNING', /NETWORK/],
    ['a fault of ours in it', { problems: [problem('BUG')] }, null, 'UNKNOWN', /BUG/],
  ])('%s', (_, more, within, level, words) => {
    const found = parse(verdict(findings(fine, more), horizon(within)).line)
    expect(found.level).toBe(level)
    expect(found.words).toMatch(words)
  })

  it('nothing connected is nothing known', () => {
    const { line, exit } = verdict(findings([]))
    expect(parse(line)).toMatchObject({
      level: 'UNKNOWN',
      words: expect.stringMatching(/nothing is connected/),
    })
    expect(exit).toBe(3)
  })

  it('the gravest comes first, and the rest after it', () => {
    const due = header({ account: 'ebay:a', consentAt: at('2026-08-01') })
    const found = findings([due], { problems: [problem('BUG'), problem('RECORD_UNREADABLE')] })
    expect(parse(verdict(found).line).words.split('; ')).toEqual([
      expect.stringContaining('RECORD_UNREADABLE'),
      expect.stringContaining('ebay:a due'),
      expect.stringContaining('BUG'),
    ])
  })
})

describe('the figures', () => {
  it('are seconds left, with the horizon as their threshold; what is unknown is left out', () => {
    const given = header({ renewedAt: at('2026-11-01'), endsAt: at('2027-06-01T10:00:00Z') })
    const { figures } = parse(verdict(findings([given, header({ account: 'ebay:b' })]), horizon(14)).line)
    expect(figures).toEqual([
      'accounts=2',
      'need_person=0',
      'unreadable=0',
      `'ebay:main_end'=${191 * 86_400}s;;1209600:`,
      `'ebay:main_renew_by'=${(at('2027-02-01') - Date.UTC(2026, 10, 22, 10)) / 1000}s;1209600:`,
    ])
  })

  it('a thousand accounts: the line ends where Nagios stops reading, between two figures', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      header({ account: `ebay:shop-${String(index).padStart(4, '0')}`, consentAt: at('2026-08-01') }),
    )
    const { words, figures } = parse(verdict(findings(many)).line)
    expect(words).toMatch(/^ebay:shop-0000 due .*; and 98\d more$/)
    expect(Buffer.byteLength(words)).toBeLessThanOrEqual(900)
    expect(figures.length).toBeGreaterThan(50)
    expect(figures[0]).toBe('accounts=1000')
  })
})

describe('whatever a text holds, it is one line with one bar', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'binary', minLength: 900, maxLength: 2000 }),
    fc.constantFrom("a'b", '=', '|', 'x|y=1', '\n', '\r\n', '\u202eshop', '🛒', '`id`', '\ud800'),
  )
  const clean = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e`]*$/

  it('in findings', () => {
    fc.assert(
      fc.property(hostile, hostile, (name, message) => {
        const found = findings([header({ consentAt: at('2026-11-01') })], {
          appHeaders: [app('amazon', '2026-05-01', name)],
          problems: [new TokenctlError('RECORD_UNREADABLE', message)],
        })
        const { line } = verdict(found)
        expect(line).toMatch(clean)
        expect(parse(line).level).toBe('CRITICAL')
      }),
    )
  })

  it('in a label', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("'", '=', '|', '\n', 'a', '🛒'), maxLength: 40 }),
        name => {
          // No name like these passes the vault; the line does not rest on that.
          const found = findings([header({ consentAt: at('2026-11-01') })])
          const accounts = found.accounts.map(each => ({
            ...each,
            header: { ...each.header, account: `ebay:${name}` },
          }))
          const { line } = verdict({ ...found, accounts })
          expect(line.split('|')).toHaveLength(2)
          const label = /'((?:[^'\n|=]|'')*)_end'=\d+s/.exec(line)?.[1]
          expect(label).toBe(
            `ebay:${name.replace(/\n+/g, ' ').replaceAll('|', '/').replaceAll('=', '_').replaceAll("'", "''")}`,
          )
        },
      ),
    )
  })

  it('in what ended the run early, which is always UNKNOWN', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[])
      expect(nagiosUnknown(new TokenctlError(code, 'It happened.')).exit).toBe(3)
    fc.assert(
      fc.property(hostile, message => {
        const { line } = nagiosUnknown(new TokenctlError('VAULT_LOCKED', message))
        expect(line).toMatch(clean)
        expect(parse(line)).toMatchObject({ level: 'UNKNOWN', figures: [] })
      }),
    )
  })
})
