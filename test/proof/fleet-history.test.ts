/** The judge of a fleet finds what it is there to find: each history has one thing wrong. */
import { expect, test } from 'vitest'
import type { AccountEnd, FleetHistory, Presentation } from './fleet-event.ts'
import { checkFleet } from './fleet-history.ts'

const ACCOUNT = 'ebay:shop-1'

const presented = (token: number, at: number, given: Partial<Presentation> = {}): Presentation => ({
  life: 1,
  account: ACCOUNT,
  token,
  at,
  outcome: 'accepted',
  isLost: false,
  answeredAt: at + 10,
  overAt: at + 10,
  ...given,
})

const ended = (stored: number, issued: number, says: AccountEnd['says'] = null): AccountEnd => ({
  account: ACCOUNT,
  stored,
  issued,
  says,
})

const history = (given: Partial<FleetHistory>): FleetHistory => ({
  presentations: [],
  kills: new Map(),
  outages: [],
  changes: [],
  ends: [],
  reseeds: [],
  left: { journals: [], aside: [], locks: 0 },
  codes: {},
  ...given,
})

const spent = (at: number, given: Partial<Presentation> = {}) =>
  presented(1, at, { outcome: 'spent', ...given })
const change = (given: object) => ({ account: ACCOUNT, ...GOOD_CHANGE, ...given })
const GOOD_CHANGE = { generation: { from: 1, to: 2 }, revision: { from: 4, to: 5 } }

test.each<[string, Partial<FleetHistory>]>([
  ['one after the other', { presentations: [presented(1, 0), presented(2, 20)], ends: [ended(3, 3)] }],
  [
    'again after its life was killed, and the loss told',
    {
      presentations: [presented(1, 0, { answeredAt: null, overAt: 5 }), spent(50, { life: 2 })],
      kills: new Map([[1, 4]]),
      ends: [ended(1, 2, 'ANSWER_LOST')],
    },
  ],
  [
    'again after the wire lost the answer',
    { presentations: [presented(1, 0, { isLost: true }), spent(50)], ends: [ended(1, 2, 'ANSWER_LOST')] },
  ],
  [
    'again after it was turned away',
    { presentations: [presented(1, 0, { outcome: 'turned-away' }), presented(1, 20)], ends: [ended(2, 2)] },
  ],
  [
    'a refusal that came while the store was down is asked for again',
    {
      presentations: [presented(1, 0, { isLost: true }), spent(50), spent(90)],
      outages: [{ from: 55, to: 80 }],
      ends: [ended(1, 2, 'ANSWER_LOST')],
    },
  ],
])('nothing is wrong: %s', (_, given) => {
  expect(checkFleet(history(given)).violations).toEqual([])
})

test.each<[string, Partial<FleetHistory>, RegExp]>([
  [
    'presented while another was open',
    { presentations: [presented(1, 0, { overAt: 30 }), presented(2, 20, { life: 2 })], ends: [ended(3, 3)] },
    /^life 2 presented token 2 of ebay:shop-1 while life 1 had one/,
  ],
  [
    'presented after one that is open still',
    { presentations: [presented(1, 0, { overAt: null }), spent(99, { life: 2 })], kills: new Map([[1, 4]]) },
    /while life 1 had one/,
  ],
  [
    'presented again though it was answered',
    { presentations: [presented(1, 0), spent(50, { life: 2 })], ends: [ended(2, 2)] },
    /^life 2 presented token 1 of ebay:shop-1 again, though life 1 had the answer/,
  ],
  [
    'presented again after a refusal that nothing kept from the record',
    { presentations: [presented(1, 0, { isLost: true }), spent(50), spent(90)] },
    /though life 1 was told that it is spent/,
  ],
  ['spent by nobody', { presentations: [spent(0)] }, /nobody had presented it/],
  ['an older token', { presentations: [presented(2, 0), presented(1, 20)] }, /presented token 1 .* after 2/],
  ['a generation that fell', { changes: [change({ generation: { from: 2, to: 1 } })] }, /went back/],
  ['a revision that was skipped', { changes: [change({ revision: { from: 2, to: 4 } })] }, /revision 2 to 4/],
  ['a row removed', { changes: [change({ generation: { from: 2, to: null } })] }, /was removed/],
  ['lost in silence', { presentations: [presented(1, 0)], ends: [ended(1, 2)] }, /in silence/],
  [
    'lost though the answer came',
    { presentations: [presented(1, 0)], ends: [ended(1, 2, 'ANSWER_LOST')] },
    /whose answer came to a life that nobody killed/,
  ],
  ['lost before a new consent', { reseeds: [ended(1, 2)] }, /in silence/],
  ['a loss called a rejection', { ends: [ended(1, 2, 'GRANT_REJECTED')] }, /says GRANT_REJECTED/],
  ['no loss, and told as one', { ends: [ended(2, 2, 'ANSWER_LOST')] }, /holds its newest token/],
  ['a journal left', { left: { journals: ['account/ebay:a'], aside: [], locks: 0 } }, /a journal of account/],
  [
    'a journal left by one of many',
    { ends: [ended(1, 1)], left: { journals: ['account/ebay:shop-1'], aside: [], locks: 0 } },
    /a journal of account/,
  ],
  ['one put aside', { left: { journals: [], aside: ['x'], locks: 0 } }, /put aside: x/],
  ['a lock left', { left: { journals: [], aside: [], locks: 2 } }, /2 advisory locks/],
  ['a failure of no fault here', { codes: { BUG: 1, LOCK_HELD: 3 } }, /^1 accounts failed with BUG/],
])('is found: %s', (_, given, expected) => {
  expect(checkFleet(history(given)).violations.join('\n')).toMatch(expected)
})
