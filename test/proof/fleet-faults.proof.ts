/**
 * The whole of a fleet under faults: 20,000 accounts, four workers, a server that is restarted in both ways and fails over to
 * its standby; some seven minutes of two cores that others use as well. PROOF_ACCOUNTS makes it smaller or larger.
 */
import { fleetSuite } from './fleet-suite.ts'

fleetSuite(
  {
    accounts: Number(process.env['PROOF_ACCOUNTS'] ?? 20_000),
    workers: 4,
    concurrency: 64,
    rounds: [
      { kills: 8, cuts: 4 },
      { kills: 6, cuts: 6, restart: 'fast' },
      { kills: 6, cuts: 6, restart: 'immediate' },
      { kills: 4, cuts: 4, restart: 'promote' },
      { kills: 8, cuts: 8, restart: 'immediate' },
    ],
    wire: { lost: 5, late: 20, turnedAway: 5, dropped: 5 },
    latestMs: 3000,
  },
  4 * 3_600_000,
)
