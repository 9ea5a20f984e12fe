/** What befalls a fleet: drawn by chance, counted by presentations, so that it falls into the midst of the work. */
import { seeded } from './chance.ts'

export type FleetFault =
  /** SIGKILL for one of the workers, so many milliseconds later. */
  | { readonly what: 'kill'; readonly afterMs: number; readonly lot: number }
  /** `pg_terminate_backend` for some of the workers' sessions. */
  | { readonly what: 'terminate'; readonly afterMs: number; readonly lot: number }
  /** The way to the database is reset, for all. */
  | { readonly what: 'reset'; readonly afterMs: number }
  | { readonly what: 'restart'; readonly afterMs: number; readonly mode: 'fast' | 'immediate' }
  /** The server is gone as with its machine, its standby takes over, and the address leads there. */
  | { readonly what: 'promote'; readonly afterMs: number }

/** A fault, and the number of presentations of the round after which it comes. */
export type Planned = FleetFault & { readonly at: number }

export interface PlanOptions {
  readonly seed: number
  readonly accounts: number
  /** How many of each a round has. */
  readonly kills: number
  readonly cuts: number
  /** Whether the server is restarted, in a round of this number; else nothing. */
  readonly restart?: 'fast' | 'immediate' | 'promote' | undefined
}

/** The faults of one round, in their order. */
export function planRound({ seed, accounts, kills, cuts, restart }: PlanOptions): readonly Planned[] {
  const random = seeded(seed)
  // Not at the very end, where nobody is at work any more.
  const at = () => 1 + Math.floor(random() * accounts * 0.85)
  const afterMs = () => Math.floor(random() * 25)
  const planned: Planned[] = []
  for (let count = 0; count < kills; count += 1)
    planned.push({ what: 'kill', at: at(), afterMs: afterMs(), lot: random() })
  for (let count = 0; count < cuts; count += 1)
    planned.push(
      random() < 0.6
        ? { what: 'terminate', at: at(), afterMs: afterMs(), lot: random() }
        : { what: 'reset', at: at(), afterMs: afterMs() },
    )
  if (restart === 'promote') planned.push({ what: 'promote', at: at(), afterMs: 0 })
  else if (restart !== undefined)
    planned.push({ what: 'restart', at: at(), afterMs: afterMs(), mode: restart })
  return planned.sort((one, other) => one.at - other.at)
}
