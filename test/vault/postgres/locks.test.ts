/** A lock is one run's, as long as the connection lives that it was given over; and nobody's while an exchange may be open. */
import { describe, expect, test } from 'vitest'
import { AdvisoryLocks } from '../../../src/vault/postgres/locks.ts'
import { postgresFront } from '../../support/postgres/front.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { hasPostgres, postgresForFile } from '../../support/postgres.ts'
import { holding, machine, readyMachine, until } from './machines.ts'

const NAME = 'ebay:main'
const KEY = 'account/ebay:main'
const NOW = { waitMs: 0 }
const nothing = async () => {}

/** How many locks of accounts there are in a database; the gate's is not one of them. */
async function locksIn(database: TestDatabase): Promise<number> {
  const [row] = await database.sql<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )
  return row?.count ?? 0
}

/** The mark of a run that is gone, with so many seconds to go. */
function leaveMark(database: TestDatabase, seconds: number, answered = false): Promise<unknown> {
  return database.sql(
    `INSERT INTO tokenctl.journal (part, key, text, mark, owner, is_answered, busy_until)
      VALUES ('journal', $1, 'of the dead', gen_random_uuid(), 'the dead', $3, now() + $2 * interval '1 second')`,
    [KEY, seconds, answered],
  )
}

describe.skipIf(!hasPostgres())('the locks of a fleet', () => {
  const postgres = postgresForFile({ fsync: false })

  /** A database with two machines at it. */
  async function two() {
    const database = await postgres().createDatabase()
    const one = await readyMachine(database.env, 'one')
    return { database, one, other: await readyMachine(database.env, 'other') }
  }

  /** Cuts the connections of a machine and waits until it knows. */
  async function cut({ session }: { session: { readonly epoch: number | undefined } }, name: string) {
    await postgres().cutConnections(`tokenctl ${name}`)
    await until(() => session.epoch === undefined)
  }

  test('are one run’s at a time, and go over to the next', async () => {
    const { one, other, database } = await two()
    const held = await holding(one, NAME)
    await expect(other.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    expect(one.locks.holds(NAME)).toBe(true)
    expect(other.locks.holds(NAME)).toBe(false)
    await other.locks.hold('ebay:another', nothing, NOW)
    await held.letGo()
    await other.locks.hold(NAME, nothing, NOW)
    expect(one.locks.holds(NAME)).toBe(false)
    expect(await locksIn(database)).toBe(0)
  })

  test('are waited for', async () => {
    const { one, other } = await two()
    const held = await holding(one, NAME)
    const order: string[] = []
    const waiting = other.locks.hold(NAME, async () => void order.push('other'), { waitMs: 600_000 })
    await until(async () => (await other.session.rows({ text: 'SELECT 1' })).length === 1)
    order.push('one')
    await held.letGo()
    await waiting
    expect(order).toEqual(['one', 'other'])
  })

  test('keep the tasks of one run apart, though its connection could take one twice', async () => {
    const { one, database } = await two()
    const held = await holding(one, NAME)
    await expect(one.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    await held.letGo()
    expect(await locksIn(database)).toBe(0)
    const both = [0, 1].map(() => one.locks.hold(NAME, nothing, NOW))
    const ends = await Promise.allSettled(both)
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('are given to many at once, and given back by all', async () => {
    const { one, other, database } = await two()
    const names = Array.from({ length: 1500 }, (_, index) => `ebay:shop-${index}`)
    await Promise.all(names.slice(0, 1400).map(name => one.locks.hold(name, nothing, NOW)))
    const held = await Promise.all(names.slice(0, 300).map(name => holding(one, name)))
    const ends = await Promise.allSettled(
      names.slice(200, 400).map(name => other.locks.hold(name, nothing, NOW)),
    )
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(100)
    await Promise.all(held.map(({ letGo }) => letGo()))
    expect(await locksIn(database)).toBe(0)
  })

  test('are given over a new connection where the last was cut before', async () => {
    const { one } = await two()
    await one.locks.hold(NAME, nothing, NOW)
    const before = one.session.epoch
    await cut(one, 'one')
    await one.locks.hold(NAME, async () => expect(one.locks.holds(NAME)).toBe(true), NOW)
    expect(one.session.epoch).not.toBe(before)
  })

  test('are lost with their connection, at once another’s, and not had back by a new one', async () => {
    const { one, other } = await two()
    const held = await holding(one, NAME)
    await cut(one, 'one')
    expect(one.locks.holds(NAME)).toBe(false)
    expect(one.locks.hasLost(NAME)).toBe(true)
    const theirs = await holding(other, NAME)
    // A new connection, and in it locks of other names.
    await one.locks.hold('ebay:another', nothing, NOW)
    expect(one.locks.holds(NAME)).toBe(false)
    // Giving back what is lost leaves it to whom it belongs.
    await held.letGo()
    expect(other.locks.holds(NAME)).toBe(true)
    await expect(one.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    await theirs.letGo()
    await one.locks.hold(NAME, nothing, NOW)
  })

  test('are lost in the moment in which the server says its last word', async () => {
    const { one } = await two()
    const held = await holding(one, NAME)
    // The answer to a statement that is under way is that word, and the end of the stream comes after it.
    const asked = one.session.rows({ text: 'SELECT pg_sleep(60)' })
    const ended = asked.catch(() => one.locks.holds(NAME))
    await until(async () => {
      const sleeping = await postgres().sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()`,
      )
      return sleeping.length > 0
    })
    expect(await ended).toBe(false)
    await held.letGo()
  })

  test('whose giving was cut off before or after it was done are nobody’s', async () => {
    const database = await postgres().createDatabase()
    const front = await postgresFront(postgres().port)
    const one = await readyMachine(front.accessOf(database).env, 'one')
    const other = await readyMachine(database.env, 'other')
    for (const point of ['before', 'after'] as const) {
      await one.locks.hold(NAME, nothing, NOW)
      const cutting = front.cutAt(point, 'lock\0')
      await expect(one.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
      await cutting
      expect(one.locks.hasLost(NAME)).toBe(false)
      await other.locks.hold(NAME, nothing, { waitMs: 600_000 })
    }
    await until(async () => (await locksIn(database)) === 0)
  })

  test('that cannot be given after all are not kept by the connection', async () => {
    const { one, other, database } = await two()
    await one.locks.hold(NAME, nothing, NOW)
    // Whatever keeps the table from being read: the lock was taken by then.
    await database.sql('ALTER TABLE tokenctl.journal RENAME TO elsewhere')
    await expect(one.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ exit: 5 })
    expect(await locksIn(database)).toBe(0)
    await database.sql('ALTER TABLE tokenctl.elsewhere RENAME TO journal')
    await other.locks.hold(NAME, nothing, NOW)
  })

  test('that a statement took before it failed are not kept either', async () => {
    const { one, other, database } = await two()
    const name = (index: number) => `ebay:shop-${index}`
    // The server's table of locks is full after some of them.
    const most = Array.from({ length: 20_000 }, (_, index) => name(index))
    const ends = await Promise.allSettled(most.map(each => holding(one, each)))
    expect(ends.some(({ status }) => status === 'rejected')).toBe(true)
    const held = ends.flatMap(end => (end.status === 'fulfilled' ? [end.value] : []))
    expect(await locksIn(database)).toBe(held.length)
    await Promise.all(held.map(({ letGo }) => letGo()))
    expect(await locksIn(database)).toBe(0)
    await other.locks.hold(name(0), nothing, NOW)
  })

  describe('and the marks of another run', () => {
    test('keep an account from everybody until its exchange is over for certain', async () => {
      const { one, database } = await two()
      await leaveMark(database, 3600)
      await expect(one.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
      expect(await locksIn(database)).toBe(0)
      await one.locks.hold('ebay:another', nothing, NOW)
      // The hour in a moment.
      await database.sql("UPDATE tokenctl.journal SET busy_until = now() - interval '1 ms'")
      await one.locks.hold(NAME, nothing, NOW)
    })

    test('keep it from nobody once they are over or answered', async () => {
      const { one, database } = await two()
      await leaveMark(database, -1)
      await one.locks.hold(NAME, nothing, NOW)
      await database.sql('TRUNCATE tokenctl.journal')
      await leaveMark(database, 3600, true)
      await one.locks.hold(NAME, nothing, NOW)
    })

    test('are looked for after the lock was given', async () => {
      const { one, other, database } = await two()
      // The last holder writes its mark, and is gone, while the other waits.
      const held = await holding(one, NAME)
      const waiting = other.locks.hold(NAME, nothing, { waitMs: 5000 })
      await one.journal.begin(KEY, 'presented\n')
      await one.session.close()
      await expect(waiting).rejects.toMatchObject({ code: 'LOCK_HELD' })
      await held.letGo()
      const [mark] = await database.sql<{ text: string }>('SELECT text FROM tokenctl.journal')
      expect(mark).toEqual({ text: 'presented\n' })
    })

    test('of this run are its own, over a new connection too', async () => {
      const { one, other } = await two()
      await one.locks.hold(NAME, () => one.journal.begin(KEY, 'presented\n'), NOW)
      await one.locks.hold(NAME, nothing, NOW)
      await cut(one, 'one')
      await one.locks.hold(NAME, nothing, NOW)
      await expect(other.locks.hold(NAME, nothing, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    })
  })

  describe('and the gate', () => {
    const SHUT = `SELECT pg_advisory_lock(hashtextextended('tokenctl/gate', 0))`

    test('none is given while somebody moves the records', async () => {
      const { one, other } = await two()
      await other.session.rows({ text: SHUT })
      await expect(one.locks.hold(NAME, nothing)).rejects.toMatchObject({
        code: 'LOCK_HELD',
        message: expect.stringContaining('being moved'),
      })
      await other.session.close()
      await until(async () => {
        try {
          await one.locks.hold(NAME, nothing, NOW)
          return true
        } catch {
          return false
        }
      })
    })

    test('none is given over a connection that has not passed it, though the one before had', async () => {
      const { one, other, database } = await two()
      await holding(other, NAME)
      const mover = machine(database.env, 'mover')
      // It waits for the lock behind the gate; in its first pause its holder goes, it is cut off, and a mover comes.
      const locks = new AdvisoryLocks(one.session, {
        sleep: async () => {
          if (one.session.epoch === undefined) return
          await other.session.close()
          await cut(one, 'one')
          await mover.session.rows({ text: SHUT })
        },
      })
      const given = locks.hold(NAME, nothing)
      await expect(given).rejects.toMatchObject({ message: expect.stringContaining('being moved') })
      expect(await locksIn(database)).toBe(1)
    })
  })
})
