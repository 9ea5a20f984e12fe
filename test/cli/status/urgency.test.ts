/** The order of the page and the time line. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { byUrgency } from '../../../src/cli/status/urgency.ts'
import { ACCOUNT_STATES } from '../../../src/renewal/assess.ts'
import { at, header } from '../../support/accounts.ts'
import { EVERY_STATE, findings } from '../render/findings.ts'

const order = (headers: Parameters<typeof findings>[0]) =>
  byUrgency(findings(headers).accounts).map(({ header: { account } }) => account)

it('the gravest state first, then what comes soonest, the unknown before all', () => {
  expect(order(EVERY_STATE)).toEqual([
    'aliexpress:refused',
    'ebay:ended',
    'aliexpress:waits',
    'ebay:ending',
    'ebay:never',
    'amazon:due',
    'ebay:due',
    'amazon:fine',
    'ebay:tracked',
    'ebay:no-end',
    'ebay:fine',
  ])
})

it('of one day, by name; and the same whatever the order was before', () => {
  const accounts = ['ebay:b', 'ebay:a', 'amazon:c', 'ebay:d'].map(account =>
    header({ account, consentAt: at('2026-11-01'), endsAt: at('2028-01-01') }),
  )
  fc.assert(
    fc.property(fc.shuffledSubarray([...EVERY_STATE, ...accounts], { minLength: 15 }), shuffled => {
      expect(order(shuffled)).toEqual(order([...EVERY_STATE, ...accounts]))
    }),
  )
  expect(order(accounts)).toEqual(['amazon:c', 'ebay:a', 'ebay:b', 'ebay:d'])
})

it('leaves the list that it was given as it was', () => {
  const { accounts } = findings(EVERY_STATE)
  const before = [...accounts]
  const sorted = byUrgency(accounts)
  expect(accounts).toEqual(before)
  const states = sorted.map(({ assessment }) => ACCOUNT_STATES.indexOf(assessment.state))
  expect(states).toEqual(states.toSorted((a, b) => a - b))
})
