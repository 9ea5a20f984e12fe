import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ACCOUNT_STATES,
  type Assessment,
  assess,
  assessSecret,
  type MarketplaceFacts,
} from '../../src/renewal/assess.ts'
import type { Policy } from '../../src/renewal/policy.ts'
import { addDuration, DAY, HOUR, toIso } from '../../src/tokens/time.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { at, delivery, FACTS, type FakeMarketplace, header, POLICIES, policy } from '../support/accounts.ts'

const NOW = at('2026-11-22T10:00:00Z')

function judge(
  marketplace: FakeMarketplace,
  given: Partial<AccountHeader>,
  now: number = NOW,
  lengths: Policy = POLICIES[marketplace],
): Assessment {
  return assess(header(given), FACTS[marketplace], lengths, now)
}

interface Row {
  readonly case: string
  readonly of: FakeMarketplace
  readonly given: Partial<AccountHeader>
  readonly state: Assessment['state']
  readonly why: Assessment['why']
  readonly mender: Assessment['mender']
}

const ago = (days: number) => NOW - days * DAY
const ahead = (days: number) => NOW + days * DAY
const refused = { code: 'GRANT_REJECTED', at: ago(1) } as const
const lost = { code: 'ANSWER_LOST', at: ago(1) } as const
/** An eBay consent of 18 months as eBay reports it, half used up. */
const EBAY = { consentAt: ago(270), endsAt: ago(270) + 47_304_000_000 }
const ALI = { consentAt: ago(20), endsAt: ahead(40) }

const row = (
  of: FakeMarketplace,
  name: string,
  given: Partial<AccountHeader>,
  [state, why, mender]: readonly [Assessment['state'], Assessment['why'], Assessment['mender']],
): Row => ({ case: name, of, given, state, why, mender })

const TABLE: readonly Row[] = [
  row('ebay', 'renewed lately', { ...EBAY, renewedAt: ago(10) }, ['ok', 'in-time', 'nobody']),
  row('ebay', 'never renewed, consent lately', { consentAt: ago(10) }, ['ok', 'in-time', 'nobody']),
  row('ebay', 'renewed over a quarter ago', { ...EBAY, renewedAt: ago(93) }, [
    'due',
    'window-passed',
    'program',
  ]),
  row('ebay', 'never renewed, consent over a quarter ago', { consentAt: ago(93) }, [
    'due',
    'window-passed',
    'program',
  ]),
  row('ebay', 'no date at all', {}, ['due', 'never-consented', 'program']),
  row('ebay', 'no date but an end', { endsAt: ahead(300) }, ['due', 'never-consented', 'program']),
  row('ebay', 'renewed, the day of consent unknown', { renewedAt: ago(1) }, ['ok', 'in-time', 'nobody']),
  row('ebay', 'renewed long ago, the day of consent unknown', { renewedAt: ago(93) }, [
    'due',
    'window-passed',
    'program',
  ]),
  row('ebay', 'ends in 29 days, reported', { ...EBAY, endsAt: ahead(29), renewedAt: ago(1) }, [
    'expiring',
    'ends-soon',
    'person',
  ]),
  row(
    'ebay',
    'ends in 29 days, estimated',
    { consentAt: addDuration(ahead(29), { years: -1 }), renewedAt: ago(1) },
    ['expiring', 'ends-soon', 'person'],
  ),
  row('ebay', 'ends soon and the window has passed', { ...EBAY, endsAt: ahead(5), renewedAt: ago(200) }, [
    'expiring',
    'ends-soon',
    'person',
  ]),
  row('ebay', 'ended, reported', { ...EBAY, endsAt: ago(1), renewedAt: ago(2) }, [
    'expired',
    'ended',
    'person',
  ]),
  row(
    'ebay',
    'ended, reported, and accepted since: a reported end is the word',
    { ...EBAY, endsAt: ago(2), acceptedAt: ago(1) },
    ['expired', 'ended', 'person'],
  ),
  row('ebay', 'ended, estimated', { consentAt: ago(400) }, ['expired', 'ended-by-estimate', 'person']),
  row('ebay', 'ended, estimated, accepted before that only', { consentAt: ago(400), acceptedAt: ago(60) }, [
    'expired',
    'ended-by-estimate',
    'person',
  ]),
  row('ebay', 'outlived its estimate', { consentAt: ago(400), acceptedAt: ago(1), renewedAt: ago(1) }, [
    'expiring',
    'past-estimate',
    'person',
  ]),
  row(
    'ebay',
    'outlived its estimate, renewed long ago',
    { consentAt: ago(800), acceptedAt: ago(200), renewedAt: ago(200) },
    ['expiring', 'past-estimate', 'person'],
  ),
  row('ebay', 'an answer is awaited', { ...EBAY, renewedAt: ago(10), presentedAt: ago(1) }, [
    'unconfirmed',
    'answer-awaited',
    'program',
  ]),
  row('ebay', 'refused', { ...EBAY, renewedAt: ago(10), refused }, ['rejected', 'refused', 'person']),
  row('ebay', 'refused after a lost answer', { ...EBAY, renewedAt: ago(10), refused: lost }, [
    'rejected',
    'answer-lost',
    'person',
  ]),

  row('amazon', 'consent lately', { consentAt: ago(10), renewedAt: ago(10) }, ['ok', 'in-time', 'nobody']),
  row('amazon', 'over a quarter ago: only a person can', { consentAt: ago(93) }, [
    'due',
    'window-passed',
    'person',
  ]),
  row(
    'amazon',
    'over a quarter ago, accepted today: a refresh moves no clock',
    { consentAt: ago(93), acceptedAt: NOW },
    ['due', 'window-passed', 'person'],
  ),
  row('amazon', 'no date at all', {}, ['due', 'never-consented', 'person']),
  row('amazon', 'ends soon', { consentAt: ago(340), renewedAt: ago(340) }, [
    'expiring',
    'ends-soon',
    'person',
  ]),
  row('amazon', 'ended', { consentAt: ago(366) }, ['expired', 'ended-by-estimate', 'person']),
  row('amazon', 'outlived its estimate', { consentAt: ago(366), acceptedAt: NOW }, [
    'expiring',
    'past-estimate',
    'person',
  ]),
  row('amazon', 'a token waits', { consentAt: ago(10), pendingAt: ago(1) }, ['due', 'unproven', 'program']),
  row('amazon', 'a token waits, the only one', { pendingAt: ago(1) }, ['due', 'unproven', 'program']),
  row('amazon', 'a token waits beside one that is due', { consentAt: ago(93), pendingAt: ago(1) }, [
    'due',
    'unproven',
    'program',
  ]),
  row('amazon', 'a token waits beside one that ends soon', { consentAt: ago(340), pendingAt: ago(1) }, [
    'expiring',
    'ends-soon',
    'program',
  ]),
  row('amazon', 'a token waits beside one that ended', { consentAt: ago(366), pendingAt: ago(1) }, [
    'expired',
    'ended-by-estimate',
    'program',
  ]),
  row(
    'amazon',
    'a token waits beside one that is refused',
    { consentAt: ago(10), refused, pendingAt: ago(1) },
    ['rejected', 'refused', 'program'],
  ),

  row('aliexpress', 'reported end, renewed lately', { ...ALI, renewedAt: ago(1) }, [
    'ok',
    'in-time',
    'nobody',
  ]),
  row(
    'aliexpress',
    'estimated end: one refresh brings the true one',
    { consentAt: ago(1), renewedAt: ago(1) },
    ['due', 'end-unknown', 'program'],
  ),
  row(
    'aliexpress',
    'estimated end, soon: still one refresh first',
    { consentAt: ago(170), renewedAt: ago(1) },
    ['due', 'end-unknown', 'program'],
  ),
  row('aliexpress', 'no end at all: one refresh brings one', { renewedAt: ago(1) }, [
    'due',
    'end-unknown',
    'program',
  ]),
  row('aliexpress', 'no date at all', {}, ['due', 'never-consented', 'program']),
  row('aliexpress', 'estimated end passed', { consentAt: ago(200) }, [
    'expired',
    'ended-by-estimate',
    'person',
  ]),
  row('aliexpress', 'outlived its estimate', { consentAt: ago(200), acceptedAt: ago(1) }, [
    'expiring',
    'past-estimate',
    'person',
  ]),
  row('aliexpress', 'reported end passed', { ...ALI, endsAt: ago(1) }, ['expired', 'ended', 'person']),
  row(
    'aliexpress',
    '60 days of consent, 14 left',
    { consentAt: ago(46), endsAt: ahead(14), renewedAt: ago(1) },
    ['expiring', 'ends-soon', 'person'],
  ),
  row(
    'aliexpress',
    '60 days of consent, 16 left',
    { consentAt: ago(44), endsAt: ahead(16), renewedAt: ago(1) },
    ['ok', 'in-time', 'nobody'],
  ),
  row('aliexpress', 'an answer is awaited', { ...ALI, renewedAt: ago(10), presentedAt: ago(1) }, [
    'unconfirmed',
    'answer-awaited',
    'program',
  ]),
  row(
    'aliexpress',
    'an answer is awaited, the end is estimated',
    { consentAt: ago(10), presentedAt: ago(1) },
    ['unconfirmed', 'answer-awaited', 'program'],
  ),

  row('ebay', 'tracked, in time', { holdsToken: false, consentAt: ago(10) }, ['ok', 'in-time', 'nobody']),
  row('ebay', 'tracked, due: only a person can', { holdsToken: false, consentAt: ago(93) }, [
    'due',
    'window-passed',
    'person',
  ]),
  row('ebay', 'tracked, ends soon', { holdsToken: false, consentAt: ago(340), renewedAt: ago(1) }, [
    'expiring',
    'ends-soon',
    'person',
  ]),
  row('ebay', 'tracked, ended', { holdsToken: false, consentAt: ago(366) }, [
    'expired',
    'ended-by-estimate',
    'person',
  ]),
  row(
    'aliexpress',
    'tracked: there is nothing to bring the true end with',
    { holdsToken: false, consentAt: ago(10) },
    ['ok', 'in-time', 'nobody'],
  ),
  row(
    'aliexpress',
    'tracked, estimated end soon',
    { holdsToken: false, consentAt: ago(170), renewedAt: ago(1) },
    ['expiring', 'ends-soon', 'person'],
  ),
  row('amazon', 'tracked, no date', { holdsToken: false }, ['due', 'never-consented', 'person']),
]

describe('every state and why', () => {
  test.each(TABLE)('$of, $case: $state, $why, $mender', ({ of, given, state, why, mender }) => {
    expect(judge(of, given)).toMatchObject({ state, why, mender })
  })

  test('the table holds every state', () => {
    expect(new Set(TABLE.map(({ state }) => state))).toEqual(new Set(ACCOUNT_STATES))
  })
})

describe('the gravest state is the one shown', () => {
  test('in this order', () => {
    expect(ACCOUNT_STATES).toEqual(['rejected', 'expired', 'unconfirmed', 'expiring', 'due', 'ok'])
  })

  // All six at once; taking away the gravest each time shows the next.
  const endsSoon = { consentAt: ago(340), renewedAt: ago(200) }
  test.each<[string, Partial<AccountHeader>, Assessment['state']]>([
    ['all at once', { consentAt: ago(400), presentedAt: ago(1), refused }, 'rejected'],
    ['without the refusal', { consentAt: ago(400), presentedAt: ago(1) }, 'expired'],
    ['without the end', { ...endsSoon, presentedAt: ago(1) }, 'unconfirmed'],
    ['without the mark', endsSoon, 'expiring'],
    ['without the warning', { consentAt: ago(200), renewedAt: ago(200) }, 'due'],
    ['without the window', { consentAt: ago(200), renewedAt: ago(1) }, 'ok'],
  ])('%s', (_, given, state) => {
    expect(judge('ebay', given).state).toBe(state)
  })

  test('an end that the vendor has shown wrong does not hide a lost answer', () => {
    expect(judge('ebay', { consentAt: ago(400), acceptedAt: ago(2), presentedAt: ago(1) }).state).toBe(
      'unconfirmed',
    )
  })
})

describe('the end', () => {
  test.each<[FakeMarketplace, Partial<AccountHeader>, Assessment['ends'], number | null]>([
    ['ebay', { consentAt: at('2026-01-31') }, { at: at('2027-01-31'), basis: 'estimated' }, 69],
    ['ebay', { consentAt: at('2024-02-29') }, { at: at('2025-02-28'), basis: 'estimated' }, -633],
    ['amazon', { consentAt: at('2026-01-31') }, { at: at('2027-01-31'), basis: 'estimated' }, 69],
    ['aliexpress', { consentAt: at('2026-08-31') }, { at: at('2027-02-28'), basis: 'estimated' }, 97],
    ['aliexpress', ALI, { at: ALI.endsAt, basis: 'reported' }, 40],
    [
      'ebay',
      { consentAt: at('2026-01-31'), endsAt: at('2026-12-01') },
      { at: at('2026-12-01'), basis: 'reported' },
      8,
    ],
    ['ebay', { endsAt: at('2026-12-01') }, { at: at('2026-12-01'), basis: 'reported' }, 8],
    ['ebay', { endsAt: NOW }, { at: NOW, basis: 'reported' }, 0],
    ['ebay', {}, null, null],
    ['ebay', { renewedAt: NOW }, null, null],
  ])('%s of %j', (of, given, ends, daysLeft) => {
    expect(judge(of, given)).toMatchObject({ ends, daysLeft })
  })

  test('a setting changes what is estimated, and never what was reported', () => {
    const short = policy({ months: 1 })
    expect(judge('ebay', { consentAt: ago(10) }, NOW, short).ends?.at).toBe(
      addDuration(ago(10), { months: 1 }),
    )
    expect(judge('ebay', { consentAt: ago(10), endsAt: ahead(400) }, NOW, short).ends?.at).toBe(ahead(400))
  })
})

describe('Renew by', () => {
  test.each<[string, FakeMarketplace, Partial<AccountHeader>, string | null]>([
    [
      'a window after the renewal',
      'ebay',
      { consentAt: at('2026-01-01'), renewedAt: at('2026-05-31') },
      '2026-08-31T00:00:00Z',
    ],
    [
      '31 Jan and 3 months',
      'ebay',
      { consentAt: at('2026-01-01'), renewedAt: at('2026-01-31') },
      '2026-04-30T00:00:00Z',
    ],
    [
      '30 Nov and 3 months',
      'ebay',
      { consentAt: at('2026-11-01'), renewedAt: at('2026-11-30') },
      '2027-02-28T00:00:00Z',
    ],
    [
      '30 Nov and 3 months, into a leap year',
      'ebay',
      { consentAt: at('2027-11-01'), renewedAt: at('2027-11-30') },
      '2028-02-29T00:00:00Z',
    ],
    [
      'no renewal: after the consent',
      'ebay',
      { consentAt: at('2026-01-31T08:30:00Z') },
      '2026-04-30T08:30:00Z',
    ],
    [
      '14 days before the end at the latest',
      'ebay',
      { consentAt: at('2026-01-01'), renewedAt: at('2026-11-30') },
      '2026-12-18T00:00:00Z',
    ],
    [
      '60 days of consent: 7.5 days before',
      'aliexpress',
      { consentAt: at('2026-11-01'), endsAt: at('2026-12-31'), renewedAt: at('2026-11-02') },
      '2026-12-23T12:00:00Z',
    ],
    [
      '2 days of consent: 6 hours before',
      'aliexpress',
      { consentAt: at('2026-11-01'), endsAt: at('2026-11-03'), renewedAt: at('2026-11-01') },
      '2026-11-02T18:00:00Z',
    ],
    [
      'a life that an eighth does not divide: down to the millisecond',
      'aliexpress',
      { consentAt: 0, endsAt: 1_000_001, renewedAt: 0 },
      '1970-01-01T00:14:35Z',
    ],
    [
      'the day of consent unknown: the usual life counts',
      'aliexpress',
      { renewedAt: at('2026-11-01'), endsAt: at('2026-12-31') },
      '2026-12-17T00:00:00Z',
    ],
    [
      'an end before the consent (a slip): the usual life counts',
      'ebay',
      { consentAt: at('2026-12-31'), endsAt: at('2026-12-01') },
      '2026-11-17T00:00:00Z',
    ],
    ['the end unknown: the window alone', 'ebay', { renewedAt: at('2026-11-01') }, '2027-02-01T00:00:00Z'],
    ['nothing known', 'ebay', {}, null],
    ['only an end known', 'ebay', { endsAt: at('2027-01-01') }, null],
  ])('%s', (_, of, given, expected) => {
    // Read once all its days have come: what lies ahead of the clock counts for nothing.
    const read = Math.max(NOW, given.consentAt ?? 0, given.renewedAt ?? 0)
    const { renewBy } = judge(of, given, read)
    expect(renewBy === null ? null : toIso(renewBy)).toBe(expected)
  })

  test('settings change window and lead', () => {
    const given = { consentAt: at('2026-01-01'), renewedAt: at('2026-06-01') }
    const by = (changes: Partial<Policy>) =>
      toIso(judge('ebay', given, NOW, policy({ years: 1 }, changes)).renewBy ?? 0)
    expect(by({ window: { days: 30 } })).toBe('2026-07-01T00:00:00Z')
    expect(by({ window: { years: 1 }, lead: { days: 3 } })).toBe('2026-12-29T00:00:00Z')
    // An eighth of the life at most, whatever is set: 365 / 8 = 45.625 days.
    expect(by({ window: { years: 1 }, lead: { months: 6 } })).toBe('2026-11-16T09:00:00Z')
  })

  test.each<[string, Partial<AccountHeader>, FakeMarketplace, Assessment['state'], Assessment['mender']]>([
    ['renewed in a year', { consentAt: ago(30), renewedAt: NOW + 365 * DAY }, 'ebay', 'due', 'program'],
    [
      'consented in a year',
      { consentAt: NOW + 365 * DAY, renewedAt: NOW + 365 * DAY },
      'ebay',
      'due',
      'program',
    ],
    ['on Amazon only a new token helps', { consentAt: NOW + 365 * DAY }, 'amazon', 'due', 'person'],
    [
      'a few hours ahead is another time zone',
      { consentAt: ago(30), renewedAt: NOW + DAY },
      'ebay',
      'ok',
      'nobody',
    ],
    [
      'one millisecond more is not',
      { consentAt: ago(30), renewedAt: NOW + DAY + 1 },
      'ebay',
      'due',
      'program',
    ],
  ])('a clock that was ahead once hides nothing: %s', (_, given, of, state, mender) => {
    expect(judge(of, given)).toMatchObject({ state, mender })
  })

  test('a refresh cannot help where the lead is what has come, so it is a person who is named', () => {
    const long = policy({ years: 1 }, { warning: { days: 1 }, lead: { months: 6 } })
    const given = { consentAt: ago(330), renewedAt: ago(1) }
    expect(judge('ebay', given, NOW, long)).toMatchObject({
      state: 'due',
      why: 'lead-reached',
      mender: 'person',
    })
    // With the window passed as well, a refresh is what is asked for first.
    const both = judge('ebay', { ...given, renewedAt: ago(100) }, NOW, long)
    expect(both).toMatchObject({ state: 'due', why: 'window-passed', mender: 'program' })
  })
})

describe('where the access token is handed on', () => {
  /** AliExpress' 30 days, of which the last 7 are the margin. */
  const access = (days: number, given: Partial<AccountHeader> = {}) => ({
    acceptedAt: ago(30 - days),
    accessExpiresAt: ahead(days),
    delivery: delivery(),
    ...given,
  })
  const amazon = { consentAt: ago(40), renewedAt: ago(40) }
  const lately = { ...ALI, endsAt: ahead(160), renewedAt: ago(20) }

  test.each<Row & { readonly renewBy: number | null }>([
    {
      ...row('aliexpress', 'the access token is young', { ...lately, ...access(20) }, [
        'ok',
        'in-time',
        'nobody',
      ]),
      renewBy: ahead(13),
    },
    {
      ...row('aliexpress', 'its last week has begun', { ...lately, ...access(7) }, [
        'due',
        'access-ends',
        'program',
      ]),
      renewBy: NOW,
    },
    {
      ...row('aliexpress', 'it has ended', { ...lately, ...access(-3) }, ['due', 'access-ends', 'program']),
      renewBy: ago(10),
    },
    {
      ...row(
        'aliexpress',
        'a margin of 20 days is cut to half of its life',
        {
          ...lately,
          ...access(16, { delivery: delivery({ marginMs: 20 * DAY }) }),
        },
        ['ok', 'in-time', 'nobody'],
      ),
      renewBy: ahead(1),
    },
    {
      ...row(
        'aliexpress',
        'only the refresh token leaves',
        {
          ...lately,
          ...access(-3, { delivery: delivery({ tokens: ['refresh'] }) }),
        },
        ['ok', 'in-time', 'nobody'],
      ),
      renewBy: addDuration(ago(20), { months: 3 }),
    },
    {
      ...row('aliexpress', 'the consent comes first', { ...ALI, ...access(20), renewedAt: ago(93) }, [
        'due',
        'window-passed',
        'program',
      ]),
      renewBy: addDuration(ago(93), { months: 3 }),
    },
    {
      ...row(
        'ebay',
        'its 2 hours are over',
        {
          ...EBAY,
          renewedAt: ago(1),
          acceptedAt: ago(1),
          accessExpiresAt: ago(1) + 2 * HOUR,
          delivery: delivery(),
        },
        ['due', 'access-ends', 'program'],
      ),
      renewBy: ago(1) + 1.5 * HOUR,
    },
    {
      ...row('ebay', 'no access token is known', { ...EBAY, renewedAt: ago(1), delivery: delivery() }, [
        'due',
        'access-ends',
        'program',
      ]),
      renewBy: at('2026-11-01'),
    },
    {
      ...row(
        'amazon',
        'a refresh that moves no clock brings the token all the same',
        { ...amazon, acceptedAt: ago(1), accessExpiresAt: ago(1) + HOUR, delivery: delivery() },
        ['due', 'access-ends', 'program'],
      ),
      renewBy: ago(1) + 45 * 60_000,
    },
    {
      ...row(
        'amazon',
        'a person is needed as well, and is named',
        { consentAt: ago(100), acceptedAt: ago(1), accessExpiresAt: ago(1) + HOUR, delivery: delivery() },
        ['due', 'window-passed', 'person'],
      ),
      renewBy: addDuration(ago(100), { months: 3 }),
    },
    {
      ...row(
        'ebay',
        'a token that waits unproven comes first',
        { ...EBAY, ...access(-3), renewedAt: ago(1), pendingAt: ago(1) },
        ['due', 'unproven', 'program'],
      ),
      renewBy: ago(10),
    },
    {
      ...row(
        'aliexpress',
        'a clock was ahead',
        { ...lately, acceptedAt: ahead(20), accessExpiresAt: ahead(50), delivery: delivery() },
        ['due', 'access-ends', 'program'],
      ),
      renewBy: NOW,
    },
  ])('$of, $case: $state, $why, $mender', ({ of, given, state, why, mender, renewBy }) => {
    expect(judge(of, given)).toMatchObject({ state, why, mender, renewBy })
  })

  test('Renew by is never later than without it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -40, max: 40 }),
        fc.option(fc.nat(40 * DAY), { nil: null }),
        (days, marginMs) => {
          const given = { ...lately, ...access(days, { delivery: delivery({ marginMs }) }) }
          const without = judge('aliexpress', { ...given, delivery: null })
          expect(judge('aliexpress', given).renewBy).toBeLessThanOrEqual(without.renewBy ?? 0)
        },
      ),
    )
  })
})

describe('a boundary, one millisecond each side', () => {
  const consentAt = at('2026-01-01')
  const usual = { consentAt, renewedAt: at('2026-11-30') }
  const short = { consentAt: at('2026-11-01'), endsAt: at('2026-12-31'), renewedAt: at('2026-11-02') }
  const test2 = { consentAt: at('2026-11-01'), endsAt: at('2026-11-03'), renewedAt: at('2026-11-01') }

  test.each<
    [string, FakeMarketplace, Partial<AccountHeader>, string, Assessment['state'], Assessment['state']]
  >([
    [
      'Renew by, by the window',
      'ebay',
      { consentAt, renewedAt: at('2026-05-31') },
      '2026-08-31T00:00:00Z',
      'ok',
      'due',
    ],
    [
      'Renew by, on a day that the month lacks',
      'ebay',
      { consentAt, renewedAt: at('2026-01-31') },
      '2026-04-30T00:00:00Z',
      'ok',
      'due',
    ],
    ['a year of consent warns 30 days before', 'ebay', usual, '2026-12-02T00:00:00Z', 'ok', 'expiring'],
    ['60 days of consent warn 15 days before', 'aliexpress', short, '2026-12-16T00:00:00Z', 'ok', 'expiring'],
    ['2 days of consent warn 12 hours before', 'aliexpress', test2, '2026-11-02T12:00:00Z', 'ok', 'expiring'],
    ['a reported end', 'aliexpress', short, '2026-12-31T00:00:00Z', 'expiring', 'expired'],
    ['an estimated end', 'ebay', usual, '2027-01-01T00:00:00Z', 'expiring', 'expired'],
    [
      'an estimated end that was outlived',
      'ebay',
      { ...usual, acceptedAt: at('2027-01-01') },
      '2027-01-01T00:00:00Z',
      'expiring',
      'expiring',
    ],
    [
      'an estimated end, accepted just before it',
      'ebay',
      { ...usual, acceptedAt: at('2027-01-01') - 1 },
      '2027-01-01T00:00:00Z',
      'expiring',
      'expired',
    ],
  ])('%s', (_, of, given, boundary, before, after) => {
    expect(judge(of, given, at(boundary) - 1).state).toBe(before)
    expect(judge(of, given, at(boundary)).state).toBe(after)
    expect(judge(of, given, at(boundary) + 1).state).toBe(after)
  })

  test('the days left go down at the hour of the end', () => {
    const given = { consentAt, endsAt: at('2026-12-31T06:00:00Z') }
    expect(judge('ebay', given, at('2026-12-30T06:00:00Z')).daysLeft).toBe(1)
    expect(judge('ebay', given, at('2026-12-30T06:00:00Z') + 1).daysLeft).toBe(0)
    expect(judge('ebay', given, at('2026-12-31T06:00:00Z') + 1).daysLeft).toBe(-1)
  })
})

describe('whatever the dates', () => {
  const date = fc.option(fc.integer({ min: at('2020-01-01'), max: at('2040-01-01') }), { nil: null })
  const length = fc.oneof(
    fc.record({ days: fc.integer({ min: 1, max: 800 }) }),
    fc.record({ months: fc.integer({ min: 1, max: 24 }) }),
    fc.record({ hours: fc.integer({ min: 1, max: 100 }) }),
  )
  const headers = fc
    .record({
      holdsToken: fc.boolean(),
      consentAt: date,
      renewedAt: date,
      endsAt: date,
      acceptedAt: date,
      presentedAt: date,
      pendingAt: date,
      refused: fc.constantFrom(null, null, null, refused, lost),
      accessExpiresAt: date,
      delivery: fc.option(
        fc
          .record({ marginMs: fc.option(fc.nat(), { nil: null }) })
          .map(given => delivery({ ...given, setAt: 0 })),
        { nil: null },
      ),
    })
    .map(given => header(given))
  const policies = fc.record({ window: length, warning: length, lead: length, lifetime: length })
  const facts: fc.Arbitrary<MarketplaceFacts> = fc.record({
    refreshRenews: fc.boolean(),
    reportsEnd: fc.boolean(),
  })
  const now = fc.integer({ min: at('2020-01-01'), max: at('2041-01-01') })
  const runs = { numRuns: 3000 }
  const gravity = (assessment: Assessment) => ACCOUNT_STATES.indexOf(assessment.state)

  test('the same facts give the same answer', () => {
    fc.assert(
      fc.property(headers, facts, policies, now, (it, of, lengths, when) => {
        expect(assess(it, of, lengths, when)).toEqual(assess(it, of, lengths, when))
      }),
      runs,
    )
  })

  test('Renew by is never later than the lead before the end', () => {
    fc.assert(
      fc.property(headers, facts, policies, now, (it, of, lengths, when) => {
        const { renewBy, ends } = assess(it, of, lengths, when)
        if (renewBy === null || ends === null) return
        // A day of consent that is still to come says nothing.
        const known = it.consentAt === null || it.consentAt > when + DAY ? 0 : ends.at - it.consentAt
        const life = known > 0 ? known : addDuration(ends.at, lengths.lifetime) - ends.at
        const lead = Math.min(addDuration(ends.at, lengths.lead) - ends.at, life / 8)
        expect(renewBy).toBeLessThanOrEqual(ends.at - lead)
        expect(Number.isInteger(renewBy)).toBe(true)
      }),
      runs,
    )
  })

  test('time alone never makes an account better', () => {
    fc.assert(
      fc.property(headers, facts, policies, now, now, (it, of, lengths, one, other) => {
        fc.pre(Math.max(it.consentAt ?? 0, it.renewedAt ?? 0, it.acceptedAt ?? 0) <= Math.min(one, other))
        const earlier = assess(it, of, lengths, Math.min(one, other))
        const later = assess(it, of, lengths, Math.max(one, other))
        expect(gravity(later)).toBeLessThanOrEqual(gravity(earlier))
        expect(later.renewBy).toBe(earlier.renewBy)
        expect(later.ends).toEqual(earlier.ends)
      }),
      runs,
    )
  })

  test('one more thing that is wrong never makes it better', () => {
    const wrongs = fc.constantFrom<Partial<AccountHeader>>({ refused }, { presentedAt: 0 })
    fc.assert(
      fc.property(headers, facts, policies, now, wrongs, (it, of, lengths, when, wrong) => {
        expect(gravity(assess({ ...it, ...wrong }, of, lengths, when))).toBeLessThanOrEqual(
          gravity(assess(it, of, lengths, when)),
        )
      }),
      runs,
    )
  })

  test('only what is ok needs nobody, and a program only mends what holds a token', () => {
    fc.assert(
      fc.property(headers, facts, policies, now, (it, of, lengths, when) => {
        const { state, mender } = assess(it, of, lengths, when)
        expect(mender === 'nobody').toBe(state === 'ok')
        if (mender === 'program') expect(it.holdsToken).toBe(true)
      }),
      runs,
    )
  })

  test('what a renewal makes is never due to its window or its refusal', () => {
    fc.assert(
      fc.property(headers, facts, policies, now, (it, of, lengths, when) => {
        const renewed = {
          ...it,
          renewedAt: when,
          acceptedAt: when,
          refused: null,
          presentedAt: null,
          pendingAt: null,
        }
        const { why } = assess(renewed, of, lengths, when)
        expect([
          'window-passed',
          'never-consented',
          'refused',
          'answer-lost',
          'answer-awaited',
        ]).not.toContain(why)
      }),
      runs,
    )
  })
})

describe("an app's secret", () => {
  const issuedAt = at('2026-06-01')
  const END = issuedAt + 180 * DAY

  test.each<[string, number, 'ok' | 'expiring' | 'expired', number | null, number]>([
    ['just issued', issuedAt, 'ok', null, 180],
    ['a millisecond before the first warning', END - 90 * DAY - 1, 'ok', null, 90],
    ['90 days before', END - 90 * DAY, 'expiring', 90, 90],
    ['a millisecond before the second', END - 30 * DAY - 1, 'expiring', 90, 30],
    ['30 days before', END - 30 * DAY, 'expiring', 30, 30],
    ['a millisecond before the third', END - 7 * DAY - 1, 'expiring', 30, 7],
    ['7 days before', END - 7 * DAY, 'expiring', 7, 7],
    ['an hour before', END - HOUR, 'expiring', 7, 0],
    ['a millisecond before the end', END - 1, 'expiring', 7, 0],
    ['at the end', END, 'expired', 7, 0],
    ['after it', END + 1, 'expired', 7, -1],
  ])('%s', (_, now, state, warning, daysLeft) => {
    expect(assessSecret(issuedAt, 180, now)).toEqual({ state, endsAt: END, daysLeft, warning })
  })

  test.each([
    ['the day of issue unknown', null, 180],
    ['a secret that does not end', issuedAt, undefined],
  ])('%s: nothing to warn of', (_, day, life) => {
    expect(assessSecret(day, life, NOW)).toEqual({ state: 'ok', endsAt: null, daysLeft: null, warning: null })
  })
})
