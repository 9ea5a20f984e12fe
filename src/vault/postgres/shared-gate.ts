/** The gate of the database, for whoever moves the records of a fleet or seals them anew (`../shared-gate.ts`). */
import type { Clock } from '../../platform/clock.ts'
import type { SharedGate } from '../shared-gate.ts'
import type { Session } from './session.ts'
import { refuseStanding, writeStanding } from './standing.ts'

/** The gate over a session. */
export function createSharedGate(session: Session, clock: Pick<Clock, 'sleep'>): SharedGate {
  return {
    prepare: () => session.makeTables(),
    alone: work => session.alone(work, clock),
    standing: async () => (await session.vault())?.standing,
    refuseAway: async () => {
      const vault = await session.vault()
      if (vault !== undefined) refuseStanding(vault, session.place)
    },
    stand: async next => {
      const { connection } = await session.opened()
      // What was claimed before the records were elsewhere says nothing of when they want something now.
      if (next.is === 'filling') await connection.rows({ text: 'DELETE FROM tokenctl.claim' })
      await writeStanding(connection, next)
      await session.lookAgain()
    },
    holdsAnything: async () => !(await session.isEmpty()),
  }
}
