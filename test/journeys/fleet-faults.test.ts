/** CI's share of a fleet under faults: two workers, some hundred accounts. `npm run proof -- fleet` runs the whole of it. */
import { describe } from 'vitest'
import { fleetSuite } from '../proof/fleet-suite.ts'
import { hasPostgres } from '../support/postgres.ts'

describe.skipIf(!hasPostgres())('a fleet', () => {
  fleetSuite(
    {
      accounts: 300,
      workers: 2,
      concurrency: 16,
      rounds: [
        { kills: 2, cuts: 1 },
        { kills: 1, cuts: 1, restart: 'fast' },
        { kills: 1, cuts: 2, restart: 'immediate' },
      ],
      wire: { lost: 10, late: 30, turnedAway: 10, dropped: 10 },
      latestMs: 1500,
    },
    180_000,
  )
})
