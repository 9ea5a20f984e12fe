/** The parts of the store of a fleet as one machine has them, without a vault above: for tests of what rests on a connection. */
import { homedir } from 'node:os'
import { onTestFinished } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { addressOf } from '../../../src/vault/postgres/address.ts'
import { JournalTable } from '../../../src/vault/postgres/journal-table.ts'
import { AdvisoryLocks } from '../../../src/vault/postgres/locks.ts'
import { RecordTable } from '../../../src/vault/postgres/record-table.ts'
import { Session } from '../../../src/vault/postgres/session.ts'

export interface Machine {
  readonly session: Session
  readonly locks: AdvisoryLocks
  readonly journal: JournalTable
  readonly records: RecordTable
  /** The clock of this machine, which only a test moves. */
  readonly clock: { at: number }
}

/** One machine; its connection is closed with the test. */
export function machine(env: Readonly<Record<string, string>>, by = 'test'): Machine {
  const clock = { at: 1_000_000 }
  const session = new Session({
    by,
    address: async () =>
      addressOf({ env, settings: {}, files: createNodeFiles(), platform: 'linux', homeDir: homedir() }),
  })
  onTestFinished(() => session.close())
  // A pause between two tries passes at once: nobody who waits here waits for time.
  const locks = new AdvisoryLocks(session, { sleep: () => new Promise(resolve => setImmediate(resolve)) })
  const journal = new JournalTable('journal', session, locks, () => clock.at)
  return { session, locks, journal, records: new RecordTable(session), clock }
}

/** The same, once the tables are there. */
export async function readyMachine(env: Readonly<Record<string, string>>, by?: string): Promise<Machine> {
  const made = machine(env, by)
  await made.session.makeTables()
  return made
}

/** A promise that somebody else settles. */
export function door(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}

/** Work that holds a lock until it is told to let go. */
export async function holding(
  { locks }: Pick<Machine, 'locks'>,
  name: string,
): Promise<{ readonly letGo: () => Promise<void> }> {
  const [taken, done] = [door(), door()]
  const work = locks.hold(name, async () => {
    taken.open()
    await done.opened
  })
  await Promise.race([taken.opened, work])
  return {
    letGo: async () => {
      done.open()
      await work
    },
  }
}

/** Waits for what the server or a socket does of its own; each look is a round trip or a turn of the loop. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('That did not come about.')
    await new Promise(resolve => setImmediate(resolve))
  }
}
