/**
 * A virtual month over twelve shops of all three marketplaces: what happens to them is written down first, what must be
 * told beside it, by hand; then the days are run. And the same month with a channel that fails every third time, and
 * with a clock that was wrong on one day.
 */
import { describe, expect, test } from 'vitest'
import { notify } from '../../../src/cli/notices/notify.ts'
import { showDay } from '../../../src/cli/render/dates.ts'
import type { AppHeader } from '../../../src/tokens/app-keys.ts'
import type { Delivery } from '../../../src/tokens/delivery.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, delivery, header } from '../../support/accounts.ts'
import { FINE, noticeWorld, programChannel, vaultListing } from '../../support/notice-world.ts'

/** What is known of a shop from a day on; null: it is not there any more. */
type Change = readonly [from: string, given: Partial<AccountHeader> | null]

const day = (number: number) => at(`2026-11-${String(number).padStart(2, '0')}`)
const morning = (number: number) => day(number) + 6 * 3_600_000
const down = (count: number) => ({ code: 'MARKETPLACE_DOWN', count, since: day(3), notBefore: null })

const handed = (given: Partial<Delivery>) => delivery({ tokens: ['refresh'], ...given })
const refusedOnce = { code: 'DELIVERY_FAILED', count: 1, since: day(4), lastAt: day(4), notBefore: null }

const SHOPS: Readonly<Record<string, readonly Change[]>> = {
  // Nothing is due of it. Where it is handed on to refuses it from the 4th until the 8th, and is down from the 18th on.
  'ebay:main': [
    [
      '2026-10-01',
      {
        consentAt: at('2026-05-01'),
        renewedAt: at('2026-10-20'),
        endsAt: at('2027-11-05'),
        generation: 2,
        delivery: handed({ deliveredGeneration: 2 }),
      },
    ],
    ['2026-11-04', { generation: 3, delivery: handed({ deliveredGeneration: 2, failing: refusedOnce }) }],
    [
      '2026-11-06',
      { delivery: handed({ deliveredGeneration: 2, failing: { ...refusedOnce, count: 2, lastAt: day(6) } }) },
    ],
    ['2026-11-08', { delivery: handed({ deliveredGeneration: 3, deliveredAt: day(8) }) }],
    ...[1, 2, 3, 4, 5, 6].map(
      count =>
        [
          `2026-11-${17 + count}`,
          {
            generation: 4,
            delivery: handed({
              deliveredGeneration: 3,
              deliveredAt: day(8),
              failing: { ...down(count), since: day(18), lastAt: day(17 + count) },
            }),
          },
        ] as Change,
    ),
    ['2026-11-24', { delivery: handed({ deliveredGeneration: 4, deliveredAt: day(24) }) }],
  ],
  // Its quarter is over on the 10th; the marketplace is down until the 12th.
  'ebay:outlet': [
    ['2026-10-01', { consentAt: at('2026-03-01'), renewedAt: at('2026-08-10'), endsAt: at('2027-09-01') }],
    ['2026-11-12', { renewedAt: day(12) }],
  ],
  // Nobody does anything about its end on the 21st.
  'ebay:ending': [
    ['2026-10-01', { consentAt: at('2025-05-30'), renewedAt: at('2026-10-30'), endsAt: at('2026-11-21') }],
  ],
  // A password was changed; four days later somebody logs in.
  'ebay:refused': [
    [
      '2026-10-01',
      { consentAt: at('2026-05-01'), renewedAt: at('2026-10-20'), endsAt: at('2027-10-22'), generation: 4 },
    ],
    ['2026-11-05', { refused: { code: 'GRANT_REJECTED', at: day(5) } }],
    // Asked once more within the same refusal: no news.
    ['2026-11-07', { refused: { code: 'GRANT_REJECTED', at: day(7) } }],
    [
      '2026-11-09',
      {
        refused: null,
        generation: 5,
        consentAt: day(9),
        renewedAt: day(9),
        endsAt: at('2028-05-01'),
        gap: { from: day(5), to: day(9) },
      },
    ],
  ],
  // Down for a week, from the 3rd on, asked once a day.
  'ebay:flaky': [
    ['2026-10-01', { consentAt: at('2026-05-01'), renewedAt: at('2026-10-25'), endsAt: at('2027-10-22') }],
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map(
      count => [`2026-11-${String(count + 2).padStart(2, '0')}`, { failing: down(count) }] as Change,
    ),
    ['2026-11-12', { failing: null }],
  ],
  // Amazon says no end: the estimate is the 20th. The seller pastes a new token on the 24th.
  'amazon:main': [
    ['2026-10-01', { consentAt: at('2025-11-20'), generation: 1 }],
    ['2026-11-24', { consentAt: day(24), generation: 2, gap: { from: day(20), to: day(24) } }],
  ],
  // Its quarter is over on the 16th, and only the seller could do anything. For two days its access token is handed on, and
  // could not be fetched.
  'amazon:due': [
    ['2026-10-01', { consentAt: at('2026-08-16') }],
    [
      '2026-11-03',
      {
        delivery: handed({ tokens: ['access'], deliveredGeneration: 0 }),
        acceptedAt: day(2),
        accessExpiresAt: day(3),
      },
    ],
    ['2026-11-05', { delivery: null }],
  ],
  // A pasted token waited from the 8th until the 10th for its proof.
  'amazon:pending': [
    ['2026-10-01', { consentAt: at('2026-09-01') }],
    ['2026-11-08', { pendingAt: day(8) }],
    ['2026-11-10', { pendingAt: null, consentAt: day(10), generation: 1 }],
  ],
  // Sixty days, warned of at fifteen; a new consent on the 15th.
  'aliexpress:main': [
    ['2026-10-01', { consentAt: at('2026-09-20'), renewedAt: at('2026-10-28'), endsAt: at('2026-11-19') }],
    ['2026-11-15', { consentAt: day(15), renewedAt: day(15), endsAt: at('2027-01-14'), generation: 1 }],
  ],
  // A test app's two days, warned of at twelve hours; removed on the 15th.
  'aliexpress:test': [
    [
      '2026-11-10T12:00:00Z',
      { consentAt: day(10) + DAY / 2, renewedAt: day(10) + DAY / 2, endsAt: day(12) + DAY / 2 },
    ],
    ['2026-11-15', null],
  ],
  // An answer was lost on the 17th; the token still works on the 19th.
  'aliexpress:lost': [
    [
      '2026-10-01',
      { consentAt: at('2026-10-25'), renewedAt: at('2026-10-25'), endsAt: at('2026-12-24'), generation: 7 },
    ],
    ['2026-11-17', { presentedAt: day(17) }],
    ['2026-11-19', { presentedAt: null, generation: 8, renewedAt: day(19) }],
  ],
  // On a platform, without a token here.
  'ebay:tracked': [
    [
      '2026-10-01',
      { holdsToken: false, app: null, consentAt: at('2026-02-25'), renewedAt: at('2026-08-25') },
    ],
    ['2026-11-27', { renewedAt: day(27) }],
  ],
}

/** The app's secret ends on the 16th, and is rotated on the 18th. */
const app = (now: number): AppHeader => ({
  marketplace: 'amazon',
  name: 'default',
  environment: 'production',
  secretIssuedAt: now < day(18) ? at('2026-05-20') : day(18),
  isPublic: true,
  previousEndsAt: null,
})

/** What must be told, once each, day by day. */
const EXPECTED: Readonly<Record<number, readonly string[]>> = {
  1: ['ending ebay:ending', 'ending amazon:main', 'secret-ending amazon:default'],
  3: ['due amazon:due'],
  4: ['undelivered ebay:main'],
  5: ['failed ebay:refused', 'ending aliexpress:main'],
  6: ['ending amazon:main'],
  7: ['ending ebay:ending', 'failed ebay:flaky'],
  8: ['due amazon:pending', 'recovered ebay:main'],
  9: ['recovered ebay:refused', 'secret-ending amazon:default'],
  10: ['due ebay:outlet'],
  12: ['recovered ebay:flaky', 'ending aliexpress:main', 'ending aliexpress:test'],
  13: ['ending amazon:main', 'failed aliexpress:test'],
  14: ['ending ebay:ending'],
  16: ['due amazon:due'],
  17: ['failed aliexpress:lost'],
  19: ['ending amazon:main', 'recovered aliexpress:lost'],
  20: ['failed amazon:main', 'ending ebay:ending'],
  21: ['failed ebay:ending'],
  22: ['undelivered ebay:main'],
  24: ['recovered amazon:main', 'recovered ebay:main'],
  25: ['due ebay:tracked'],
}
const ALL = Object.entries(EXPECTED).flatMap(([number, events]) => events.map(event => `${number} ${event}`))

/** How everything stands at a time. */
function listing(now: number) {
  const accounts = Object.entries(SHOPS).flatMap(([account, changes]) => {
    const past = changes.filter(([from]) => at(from) <= now).map(([, given]) => given)
    if (past.length === 0 || past.at(-1) === null) return []
    return [header({ ...Object.assign({}, ...past), account })]
  })
  return { accounts, apps: [app(now)] }
}

/** Runs the month, a run each morning. `clockOf` is what the machine thinks that morning is. */
async function month(
  channels: readonly string[],
  ends?: Parameters<typeof noticeWorld>[1],
  clockOf = (now: number) => now,
) {
  let now = morning(1)
  const made = noticeWorld(now, ends)
  const vault = vaultListing(() => listing(now))
  for (let number = 1; number <= 30; number++) {
    now = morning(number)
    made.clock.advance(clockOf(now) - made.clock.now())
    await notify({ vault, channels: channels.map(programChannel), results: [], words: [] }, made.world)
  }
  const dayOf = (time: number) => Math.floor((time - day(1)) / DAY) + 1
  const of = (channel: string) =>
    made.told
      .filter(each => each.channel === channel)
      .flatMap(({ at: time, message }) =>
        message.notices.map(({ event, account, app: name }) => `${dayOf(time)} ${event} ${account ?? name}`),
      )
  return { ...made, of }
}

const undated = (lines: readonly string[]) => lines.map(line => line.replace(/^\d+ /, '')).sort()

describe('a month of twelve shops, a run a day', () => {
  test('gives exactly the notices that are due, once each, on their days', async () => {
    expect(Object.keys(SHOPS)).toHaveLength(12)
    const { of } = await month(['pager'])
    expect(of('pager').sort()).toEqual([...ALL].sort())
  })

  test('says how many days are left, what to type, and which orders may be missing', async () => {
    const { told } = await month(['pager'])
    const lines = told.flatMap(({ message }) => message.notices.map(({ text }) => text))
    expect(lines).toContain(
      `ebay:ending (eBay): the consent ends in 19 days, on ${showDay(day(21))}. Type: tokenctl login ebay:ending`,
    )
    expect(lines).toContain(
      `ebay:ending (eBay): the consent ends within a day, on ${showDay(day(21))}. Type: tokenctl login ebay:ending`,
    )
    expect(lines).toContain(
      `amazon:main (Amazon): the consent ends in about 13 days, around ${showDay(day(20))} (estimated). Type: tokenctl set-amazon main`,
    )
    expect(lines).toContain(
      'ebay:main (eBay): hooks.example.com did not take its newest tokens. Type: tokenctl deliver ebay:main',
    )
    expect(lines).toContain(
      'ebay:main (eBay): its newest tokens do not reach hooks.example.com, 5 times in a row (MARKETPLACE_DOWN). Type: tokenctl deliver ebay:main',
    )
    expect(lines).toContain('ebay:main (eBay): its tokens reach hooks.example.com again. Nothing to type.')
    expect(lines.find(line => line.startsWith('ebay:refused (eBay) works again'))).toMatch(
      /It was dead from [\d: -]{16} to [\d: -]{16}, and orders of that time may be missing\. Type: tokenctl accounts ack ebay:refused$/,
    )
    for (const line of lines)
      expect(line).toMatch(/^[\x20-\x7e]+\. (Type: tokenctl [a-z-]+( [a-z:-]+)*|Nothing to type\.)$/)
  })

  test('two channels are told the same, each once', async () => {
    const { of } = await month(['mail', 'pager'])
    for (const channel of ['mail', 'pager']) expect(of(channel).sort()).toEqual([...ALL].sort())
  })

  test('a channel that fails every third time gets each a day or two later, and the other is none the wiser', async () => {
    const third = (channel: string, before: number) =>
      channel === 'mail' && before % 3 === 2 ? ({ how: 'timed-out', output: '' } as const) : FINE
    const { of, err } = await month(['mail', 'pager'], third)
    expect(of('pager').sort()).toEqual([...ALL].sort())
    const [got, wanted] = [undated(of('mail')), undated(ALL)]
    // Nothing twice.
    for (const line of new Set(got)) {
      const count = (lines: readonly string[]) => lines.filter(each => each === line).length
      expect({ line, ok: count(got) <= count(wanted) }).toEqual({ line, ok: true })
    }
    // What is missing did not stand any more when it was tried again: a pasted token that was proven, the days before two
    // ends, which came first, and a dead account that was removed.
    const missing = [...wanted]
    for (const line of got) missing.splice(missing.indexOf(line), 1)
    expect(missing).toEqual([
      'due amazon:pending',
      'ending aliexpress:test',
      'ending amazon:main',
      'failed aliexpress:test',
    ])
    expect(err()).toBe('')
  })

  test('the only channel fails for days: what still stands is told when it works again', async () => {
    const outage = (_: string, before: number) =>
      before >= 3 && before < 11 ? ({ how: 'timed-out', output: '' } as const) : FINE
    const { of } = await month(['pager'], outage)
    const seen = of('pager')
    expect(new Set(seen).size).toBe(seen.length)
    // The 3rd until the 10th were lost to it; from then on it has every day's, and those that still stood.
    const later = (lines: readonly string[]) => lines.filter(line => Number(line.split(' ')[0]) > 11)
    expect(later(seen).sort()).toEqual(later(ALL).sort())
    expect(seen).toContain('11 failed ebay:flaky')
    expect(seen).toContain('11 due ebay:outlet')
    // Nobody was told that it did not arrive, so that nobody is told that it does.
    expect(seen.filter(line => /^\d+ \w+ ebay:main$/.test(line))).toEqual([
      '22 undelivered ebay:main',
      '24 recovered ebay:main',
    ])
  })

  test('a clock that was a year ahead for a day keeps nothing back afterwards', async () => {
    const { of } = await month(['pager'], undefined, now => (now === morning(4) ? now + 365 * DAY : now))
    const later = ALL.filter(line => Number(line.split(' ')[0]) > 4)
    const seen = of('pager')
    for (const line of later.filter(each => / ending /.test(each))) expect(seen).toContain(line)
  })

  test('runs that are missed tell what stands when the next one comes, once', async () => {
    let now = morning(1)
    const made = noticeWorld(now)
    const vault = vaultListing(() => listing(now))
    for (const number of [1, 15, 29]) {
      now = morning(number)
      made.clock.advance(now - made.clock.now())
      for (let times = 0; times < 3; times++)
        await notify({ vault, channels: [programChannel('pager')], results: [], words: [] }, made.world)
    }
    const seen = made.told.flatMap(({ message }) =>
      message.notices.map(({ event, account, app: name }) => `${event} ${account ?? name}`),
    )
    expect(seen.sort()).toEqual(
      [
        ...['ending ebay:ending', 'ending amazon:main', 'secret-ending amazon:default'],
        // The 15th.
        ...[
          'ending ebay:ending',
          'ending amazon:main',
          'secret-ending amazon:default',
          'recovered ebay:refused',
        ],
        // The 29th.
        ...['failed ebay:ending', 'recovered amazon:main', 'due amazon:due'],
      ].sort(),
    )
  })
})
