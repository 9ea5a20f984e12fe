/** A worker's accounts from a listing: which, in what order, and what is left alone. */
import { expect, test } from 'vitest'
import { listingSource } from '../../../src/cli/worker/listing-source.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { findMarketplace } from '../../../src/marketplaces/registry.ts'
import { DAY, HOUR } from '../../../src/tokens/time.ts'
import { header, policy } from '../../support/accounts.ts'
import { fakeClock } from '../../support/clock.ts'
import { NOW } from '../../support/world.ts'

const shop = (name: string, days: number) =>
  header({ account: name, consentAt: NOW - 300 * DAY, renewedAt: NOW - days * DAY })

function source(
  accounts = [shop('ebay:b', 100), shop('ebay:a', 120), shop('ebay:fine', 1), shop('etsy:x', 200)],
) {
  const clock = fakeClock(NOW)
  let listed = 0
  const listing = async () => {
    listed += 1
    const error = new TokenctlError('RECORD_UNREADABLE', 'torn')
    return {
      accounts,
      unreadable: [
        { key: 'account/ebay:torn', error },
        { key: 'app/ebay:default', error },
      ],
    }
  }
  const marketplaces = [{ adapter: findMarketplace('ebay'), policy: policy({ years: 1 }) }]
  const made = listingSource(listing, marketplaces, clock.now)
  const names = async (limit: number) => {
    const { candidates, unreadable } = await made.take(limit)
    return [...candidates.map(each => each.header.account), ...unreadable.map(({ name }) => `${name}!`)]
  }
  return { ...made, clock, names, listed: () => listed }
}

test('gives what may be due, the longest waiting first, page by page, from one listing', async () => {
  const { names, listed } = source()
  expect(await names(1)).toEqual(['ebay:a', 'ebay:torn!'])
  expect(await names(1)).toEqual(['ebay:b'])
  expect(await names(1)).toEqual([])
  expect(listed()).toBe(1)
})

test('leaves alone what was put back until its time, also what cannot be read', async () => {
  const { names, begin, putBack, clock } = source()
  await names(9)
  await putBack(['ebay:a', 'ebay:torn'], NOW + HOUR)
  await putBack(['ebay:b'], null)
  begin()
  expect(await names(9)).toEqual(['ebay:b'])
  clock.advance(HOUR)
  begin()
  expect(await names(9)).toEqual(['ebay:a', 'ebay:b', 'ebay:torn!'])
})
