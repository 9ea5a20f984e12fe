/** What is on its way is kept whatever breaks: the mark before, the answer after, and never in the place of another's. */
import { describe, expect, test } from 'vitest'
import { postgresFront } from '../../support/postgres/front.ts'
import { hasPostgres, postgresForFile, type TestDatabase } from '../../support/postgres.ts'
import { holding, type Machine, machine, readyMachine, until } from './machines.ts'

const NAME = 'ebay:main'
const KEY = 'account/ebay:main'
const NOW = { waitMs: 0 }
const CUT = { code: 'WRITE_FAILED', message: expect.stringContaining('was cut') }

interface Row {
  readonly text: string
  readonly lines: string
  readonly is_answered: boolean
  /** Whole seconds, rounded up. */
  readonly busy: number
}

const rowsIn = (database: TestDatabase) =>
  database.sql<Row>(
    `SELECT text, lines, is_answered, ceil(extract(epoch FROM busy_until - now()))::int AS busy
      FROM tokenctl.journal ORDER BY key`,
  )
const textsIn = async (database: TestDatabase) =>
  (await rowsIn(database)).map(({ text, lines }) => text + lines)
const passTime = (database: TestDatabase) =>
  database.sql("UPDATE tokenctl.journal SET busy_until = now() - interval '1 ms'")

describe.skipIf(!hasPostgres())('the journal of a fleet', () => {
  const postgres = postgresForFile({ fsync: false })

  /** A database, a machine whose way to it can be cut, and another. */
  async function two() {
    const database = await postgres().createDatabase()
    const front = await postgresFront(postgres().port)
    const one = await readyMachine(front.accessOf(database).env, 'one')
    const other = await readyMachine(database.env, 'other')
    /** Cuts the one's way, and waits until it knows. */
    const cut = async () => {
      front.cut()
      await until(() => one.session.epoch === undefined)
    }
    return { database, front, one, other, cut }
  }

  test('says for how long nobody else may think an exchange over', async () => {
    const { database, one } = await two()
    const text = await one.journal.begin(KEY, 'presented\n')
    expect(await rowsIn(database)).toEqual([{ text: 'presented\n', lines: '', is_answered: false, busy: 35 }])
    await text.addLine('503 sealed')
    expect(await rowsIn(database)).toMatchObject([{ lines: '503 sealed\n', is_answered: false, busy: 95 }])
    await text.addLine('no answer')
    await text.addLine('200 sealed')
    expect(await rowsIn(database)).toMatchObject([{ is_answered: true, busy: 95 }])
    expect(await one.journal.read(KEY)).toBe('presented\n503 sealed\nno answer\n200 sealed\n')
  })

  describe('of a lock that was lost', () => {
    test('is not begun, and what another began meanwhile stands', async () => {
      const { database, one, other, cut } = await two()
      const held = await holding(one, NAME)
      await cut()
      await expect(one.journal.begin(KEY, 'of the one\n')).rejects.toMatchObject(CUT)
      expect(await textsIn(database)).toEqual([])
      await other.locks.hold(NAME, () => other.journal.begin(KEY, 'of the other\n'), NOW)
      await expect(one.journal.begin(KEY, 'of the one\n')).rejects.toMatchObject(CUT)
      expect(await textsIn(database)).toEqual(['of the other\n'])
      await held.letGo()
    })

    test('is not begun where it is lost at that very statement', async () => {
      const { database, front, one, other } = await two()
      const held = await holding(one, NAME)
      const cutting = front.cutAt('before', 'begin journal\0')
      await expect(one.journal.begin(KEY, 'of the one\n')).rejects.toMatchObject({ exit: 5 })
      await cutting
      expect(await textsIn(database)).toEqual([])
      await other.locks.hold(NAME, async () => {}, { waitMs: 600_000 })
      await held.letGo()
    })

    test('keeps everybody out for its time where only the word that it was begun is lost', async () => {
      const { database, front, one, other } = await two()
      const held = await holding(one, NAME)
      const cutting = front.cutAt('after', 'begin journal\0')
      // Nobody knows whether it stands there, so nothing is sent.
      await expect(one.journal.begin(KEY, 'of the one\n')).rejects.toMatchObject({ exit: 5 })
      await cutting
      expect(await textsIn(database)).toEqual(['of the one\n'])
      await expect(other.locks.hold(NAME, async () => {}, { waitMs: 100 })).rejects.toMatchObject({
        code: 'LOCK_HELD',
      })
      await held.letGo()
      // The run itself goes on from it.
      await one.locks.hold(NAME, async () => expect(await one.journal.read(KEY)).toBe('of the one\n'), NOW)
    })

    test('takes the answer all the same, and nobody else is let in before', async () => {
      const { database, one, other, cut } = await two()
      const held = await holding(one, NAME)
      const text = await one.journal.begin(KEY, 'presented\n')
      await cut()
      await expect(other.locks.hold(NAME, async () => {}, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
      await text.addLine('200 sealed')
      expect(await textsIn(database)).toEqual(['presented\n200 sealed\n'])
      // Now whoever comes finds the answer.
      await other.locks.hold(
        NAME,
        async () => expect(await other.journal.read(KEY)).toBe('presented\n200 sealed\n'),
        NOW,
      )
      await held.letGo()
    })

    test('has its answer once, where the word that it was added is lost', async () => {
      const { database, front, one } = await two()
      for (const [point, lines] of [
        ['before', ''],
        ['after', '200 first try\n'],
      ] as const) {
        const held = await holding(one, NAME)
        const text = await one.journal.begin(KEY, 'presented\n')
        await text.addLine('503 sealed')
        const cutting = front.cutAt(point, 'add journal\0')
        await expect(text.addLine('200 first try')).rejects.toMatchObject({ exit: 5 })
        await cutting
        expect(await textsIn(database)).toEqual([`presented\n503 sealed\n${lines}`])
        await text.addLine('200 second')
        expect(await textsIn(database)).toEqual(['presented\n503 sealed\n200 second\n'])
        await held.letGo()
      }
    })

    test('takes no answer in the place of what another began since', async () => {
      const { database, one, other, cut } = await two()
      const held = await holding(one, NAME)
      const text = await one.journal.begin(KEY, 'of the one\n')
      await cut()
      await passTime(database)
      const theirs = await other.locks.hold(NAME, () => other.journal.begin(KEY, 'of the other\n'), NOW)
      await expect(text.addLine('200 late')).rejects.toMatchObject({
        code: 'WRITE_FAILED',
        account: NAME,
        message: expect.stringContaining('taken over'),
      })
      await theirs.addLine('200 theirs')
      expect(await textsIn(database)).toEqual(['of the other\n200 theirs\n'])
      await held.letGo()
    })
  })

  describe('is removed', () => {
    /** One presents and is answered; its lock goes over to the other, that presents the next token. */
    async function takenOver() {
      const parts = await two()
      const { one, other, cut } = parts
      const held = await holding(one, NAME)
      const text = await one.journal.begin(KEY, 'of the one\n')
      await text.addLine('200 answered')
      await cut()
      const theirs = await holding(other, NAME)
      await other.journal.read(KEY)
      await other.journal.remove(KEY)
      await other.journal.begin(KEY, 'of the other\n')
      const end = async () => {
        await held.letGo()
        await theirs.letGo()
      }
      return { ...parts, text, end }
    }

    test('by whoever began it, and by whoever read it', async () => {
      const { database, one, other } = await two()
      await one.journal.begin(KEY, 'presented\n')
      await one.journal.remove(KEY)
      expect(await textsIn(database)).toEqual([])
      await one.journal.begin(KEY, 'presented\n')
      await other.journal.read(KEY)
      await other.journal.remove(KEY)
      expect(await textsIn(database)).toEqual([])
    })

    test('alone: not what took its place', async () => {
      const { database, one, end } = await takenOver()
      await one.journal.remove(KEY)
      expect(await textsIn(database)).toEqual(['of the other\n'])
      await end()
    })

    test('alone, whatever its run has read meanwhile', async () => {
      const { database, one, text, end } = await takenOver()
      // As a run does that looks whether its record was stored after all.
      expect(await one.journal.read(KEY)).toBe('of the other\n')
      text.close()
      await one.journal.remove(KEY)
      expect(await textsIn(database)).toEqual(['of the other\n'])
      await end()
    })

    test('once: a second time removes nothing that another is at', async () => {
      const { database, one, end } = await takenOver()
      await one.journal.remove(KEY)
      await one.journal.remove(KEY)
      expect(await textsIn(database)).toEqual(['of the other\n'])
      await passTime(database)
      await one.journal.remove(KEY)
      expect(await textsIn(database)).toEqual([])
      await end()
    })

    test('after its run has let go of it, for what it reads then', async () => {
      const { database, one, other } = await two()
      const text = await one.journal.begin(KEY, 'of the one\n')
      text.close()
      await passTime(database)
      await other.journal.begin(KEY, 'of the other\n')
      await passTime(database)
      await one.journal.read(KEY)
      await one.journal.remove(KEY)
      expect(await textsIn(database)).toEqual([])
    })
  })

  describe('before each question', () => {
    const later = ({ clock }: Machine, ms: number) => {
      clock.at += ms
    }

    test('asks nobody within seconds of what it said', async () => {
      const { database, one } = await two()
      const held = await holding(one, NAME)
      await one.journal.begin(KEY, 'presented\n')
      await passTime(database)
      later(one, 3000)
      expect(await one.journal.keepsOthersOut(KEY)).toBe(true)
      expect(await rowsIn(database)).toMatchObject([{ busy: 0 }])
      await held.letGo()
    })

    test.each([
      ['later', 5000],
      ['by a clock that was set back', -1],
    ])('says it anew %s', async (_, ms) => {
      const { database, one, other } = await two()
      const held = await holding(one, NAME)
      await one.journal.begin(KEY, 'presented\n')
      await passTime(database)
      later(one, ms)
      expect(await one.journal.keepsOthersOut(KEY)).toBe(true)
      expect(await rowsIn(database)).toMatchObject([{ busy: 35 }])
      await one.session.close()
      await expect(other.locks.hold(NAME, async () => {}, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
      await held.letGo()
    })

    test('takes back that the account is free after an answer, as after one that broke off', async () => {
      const { one, other, cut } = await two()
      const held = await holding(one, NAME)
      const text = await one.journal.begin(KEY, 'presented\n')
      await text.addLine('200 broke off')
      expect(await one.journal.keepsOthersOut(KEY)).toBe(true)
      await cut()
      await expect(other.locks.hold(NAME, async () => {}, NOW)).rejects.toMatchObject({ code: 'LOCK_HELD' })
      await held.letGo()
    })

    test('finds out that the lock was lost, and is another’s', async () => {
      const { database, one, other, front } = await two()
      const held = await holding(one, NAME)
      await one.journal.begin(KEY, 'of the one\n')
      later(one, 60_000)
      await passTime(database)
      // The machine slept; what became of its connection it does not know yet.
      const [{ pid } = { pid: 0 }] = await database.sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'tokenctl one'`,
      )
      front.freeze()
      await database.sql('SELECT pg_terminate_backend($1, 10000)', [pid])
      await other.locks.hold(NAME, () => other.journal.begin(KEY, 'of the other\n'), { waitMs: 600_000 })
      const asked = one.journal.keepsOthersOut(KEY)
      front.cut()
      // Whether it was on its way by then or not.
      expect(await asked.catch(() => false)).toBe(false)
      await expect(one.journal.keepsOthersOut(KEY)).resolves.toBe(false)
      await held.letGo()
    })

    test('has nothing to say where nothing was begun, or all is over', async () => {
      const { one } = await two()
      expect(await one.journal.keepsOthersOut(KEY)).toBe(true)
      const text = await one.journal.begin(KEY, 'presented\n')
      text.close()
      later(one, 60_000)
      expect(await one.journal.keepsOthersOut(KEY)).toBe(true)
    })
  })

  test('serves many at once, each by its own', async () => {
    const { database, one } = await two()
    const keys = Array.from({ length: 1200 }, (_, index) => `account/ebay:shop-${index}`)
    const texts = await Promise.all(keys.map(key => one.journal.begin(key, `${key}\n`)))
    await Promise.all(texts.map((text, index) => text.addLine(`200 ${index}`)))
    expect(await Promise.all(keys.map(key => one.journal.read(key)))).toEqual(
      keys.map((key, index) => `${key}\n200 ${index}\n`),
    )
    await Promise.all(keys.map(key => one.journal.remove(key)))
    expect(await textsIn(database)).toEqual([])
  })

  test('puts aside under a name of its own, and keeps what it puts aside', async () => {
    const { database, one } = await two()
    const text = await one.journal.begin(KEY, 'no good\n')
    await text.addLine('200 broken')
    const copy = await one.journal.copyAside(KEY, 'torn')
    const moved = await one.journal.setAside(KEY, 'torn')
    expect(copy).not.toBe(moved)
    expect(await textsIn(database)).toEqual([])
    expect(await database.sql('SELECT text FROM tokenctl.journal_aside')).toEqual(
      [0, 1].map(() => ({ text: 'no good\n200 broken\n' })),
    )
    await expect(one.journal.copyAside(KEY, 'torn')).rejects.toMatchObject({ code: 'BUG' })
  })

  test('of a database without tables says so', async () => {
    const { env } = await postgres().createDatabase()
    await expect(machine(env).journal.begin(KEY, 'x\n')).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
  })
})
