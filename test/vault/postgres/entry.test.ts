/** What is asked before a run may change records: rights, and that the clocks agree. Over a real server; nothing is begun where it fails. */
import { homedir } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { MOST_SKEW_MS } from '../../../src/vault/fleet.ts'
import { addressOf } from '../../../src/vault/postgres/address.ts'
import { refuseUnfit } from '../../../src/vault/postgres/entry.ts'
import { Session } from '../../../src/vault/postgres/session.ts'
import { hasPostgres, postgresForFile, type TestDatabase } from '../../support/postgres.ts'

const AT = Date.UTC(2026, 10, 23)
const LIMIT = 120_000

describe('the clock', () => {
  const entry = { is_in: true, may_store: true, encoding: 'UTF8', at: AT }
  const look = (from: number, to: number) => () => refuseUnfit(entry, [from, to], LIMIT, 'here')

  test.each([
    [AT, AT],
    [AT - LIMIT, AT - LIMIT],
    [AT + LIMIT, AT + LIMIT],
    // A way there and back that takes long says little; its middle is meant.
    [AT - 300_000, AT + 300_000],
  ])('%i to %i is near enough', (from, to) => {
    expect(look(from, to)).not.toThrow()
  })

  test.each([
    [AT + 600_000, AT + 600_000, /600 s ahead of that of the database here/],
    [AT - 600_000, AT - 600_000, /600 s behind that of the database here/],
    [AT + LIMIT, AT + LIMIT + 10, /120 s ahead/],
  ])('%i to %i is not', (from, to, says) => {
    expect(look(from, to)).toThrow(
      expect.objectContaining({ code: 'CLOCK_WRONG', message: expect.stringMatching(says) }),
    )
  })

  test('nobody asks where nobody wants to know', () => {
    expect(() => refuseUnfit({ ...entry, at: 0 }, undefined, 0, 'here')).not.toThrow()
  })
})

describe.skipIf(!hasPostgres())('over a server', () => {
  const server = postgresForFile({ fsync: false })

  const sessionOf = (env: Readonly<Record<string, string>>, now?: () => number) => {
    const from = {
      env,
      settings: {},
      files: createNodeFiles(),
      platform: 'linux',
      homeDir: homedir(),
    } as const
    const session = new Session({
      by: 'test',
      address: async () => addressOf(from),
      ...(now && { mostSkew: { ms: MOST_SKEW_MS, now } }),
    })
    onTestFinished(() => session.close())
    return session
  }

  async function makeTables({ env }: TestDatabase): Promise<void> {
    const session = sessionOf(env)
    await session.makeTables()
    await session.close()
  }

  /** Who keeps movers out. */
  const atTheGate = ({ sql }: TestDatabase) =>
    sql(`SELECT pid FROM pg_locks WHERE locktype = 'advisory'
      AND (classid::int8 << 32 | objid::int8) = hashtextextended('tokenctl/gate', 0)`)

  test('a clock that is off comes no further, and holds nobody up', async () => {
    const database = await server().createDatabase()
    await makeTables(database)
    const wrong = sessionOf(database.env, () => Date.now() + 600_000)
    await expect(wrong.passGate()).rejects.toMatchObject({ code: 'CLOCK_WRONG' })
    expect(await wrong.keyId()).toBe(null)
    expect(await atTheGate(database)).toEqual([])
    await sessionOf(database.env, Date.now).passGate()
  })

  test.each([
    ['UTF8', true],
    ['SQL_ASCII', true],
    ['LATIN1', false],
  ])('a database in %s: can it write down every name? %s', async (encoding, may) => {
    const name = `encoded_${encoding.toLowerCase()}`
    await server().sql(
      `CREATE DATABASE ${name} OWNER ${server().user} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
    )
    const session = sessionOf({ ...server().env, PGDATABASE: name })
    await session.makeTables()
    if (may) return await session.passGate()
    await expect(session.passGate()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringContaining('is encoded in LATIN1'),
      fix: expect.stringContaining("ENCODING 'UTF8'"),
    })
  })

  test('settings of a database that change numbers and NULLs have no say', async () => {
    const database = await server().createDatabase()
    for (const setting of ['array_nulls = off', 'extra_float_digits = -15'])
      await database.sql(`ALTER DATABASE ${database.database} SET ${setting}`)
    await makeTables(database)
    const session = sessionOf(database.env, Date.now)
    await session.passGate()
    const rows = await session.rows<{ is: boolean }>(
      { text: 'SELECT n IS NULL AS is FROM unnest($1::bigint[]) AS n' },
      [[null]],
    )
    expect(rows).toEqual([{ is: true }])
  })

  test.each([
    ['SELECT', false],
    ['SELECT, INSERT', false],
    ['SELECT, UPDATE', false],
    ['SELECT, INSERT, UPDATE', true],
  ])('%s on the records: may it store? %s', async (rights, may) => {
    const database = await server().createDatabase()
    await makeTables(database)
    const { env } = await server().createRole({
      database: database.database,
      grants: [
        'USAGE ON SCHEMA tokenctl',
        'SELECT ON ALL TABLES IN SCHEMA tokenctl',
        `${rights} ON tokenctl.record`,
      ],
    })
    const session = sessionOf(env)
    if (may) return await session.passGate()
    await expect(session.passGate()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringContaining('(INSERT and UPDATE on table record)'),
      fix: expect.stringContaining('GRANT SELECT, INSERT, UPDATE, DELETE'),
    })
    expect(await atTheGate(database)).toEqual([])
  })
})
