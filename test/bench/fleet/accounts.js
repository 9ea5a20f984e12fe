/** The accounts of the benchmark: made up, their tokens as long as a vendor's. */
import { refreshTokenOf } from '../fleet-server.js'

const DAY_MS = 86_400_000
const NOW = Date.now()
const ago = days => NOW - days * DAY_MS

/** Accounts of eBay that are due, each with a token that `fleet-server.js` knows. */
export function* dueAtEbay(count) {
  for (let index = 0; index < count; index++) {
    const name = `shop-${index}`
    yield {
      account: `ebay:${name}`,
      environment: 'local',
      consentAt: ago(150),
      renewedAt: ago(100 + (index % 20)),
      token: refreshTokenOf(name),
    }
  }
}

/** One in so many accounts is due. */
export const DUE_ONE_IN = 100

const letters = (length, seed) =>
  seed
    .toString(36)
    .padStart(8, 'x')
    .repeat(Math.ceil(length / 8))
    .slice(0, length)

// The lengths of the vendors' own, as in `homes.js`.
const KINDS = [
  seed => ({ account: `ebay:shop-${seed}`, token: `v^1.1#i^1#p^3#r^1#${letters(80, seed)}==` }),
  seed => ({ account: `amazon:shop-${seed}`, token: `Atzr|${letters(348, seed)}`, region: 'eu' }),
  // AliExpress alone says when a consent ends.
  seed => ({
    account: `aliexpress:shop-${seed}`,
    token: `50001600030${letters(49, seed)}`,
    endsAt: ago(-200),
  }),
]

/** Accounts `from` to `to` of a fleet on three marketplaces, of which one in `DUE_ONE_IN` is due. */
export function* fleetAccounts(from, to) {
  for (let index = from; index < to; index++) {
    const isDue = index % DUE_ONE_IN === 0
    yield {
      environment: 'production',
      consentAt: ago(isDue ? 340 : 1 + (index % 60)),
      // Spread over the marketplaces as their places in the row are.
      ...KINDS[index % 3](index),
      ...(isDue && { renewedAt: ago(120 + (index % 7)) }),
    }
  }
}
