/** Who looks after which account, and what an app may still send: over all machines, by the server's own clock. */
import { describe, expect, test } from 'vitest'
import { findMarketplace } from '../../../src/marketplaces/registry.ts'
import { dueBounds } from '../../../src/renewal/due-bounds.ts'
import { DAY, HOUR, MINUTE } from '../../../src/tokens/time.ts'
import type { Allowance } from '../../../src/vault/fleet.ts'
import type { PostgresStore } from '../../../src/vault/postgres/store.ts'
import { accountKey, writeAccountHeader } from '../../../src/vault/records.ts'
import { header, policy } from '../../support/accounts.ts'
import { hasPostgres, postgresForFile } from '../../support/postgres.ts'
import { fleetStore } from './stores.ts'

const DAILY: Allowance = { app: 'ebay.default', perDay: 10, perSecond: null, isSpread: false }
/** One at once, and the next in 100 s: no test lasts so long. */
const SLOW: Allowance = { ...DAILY, perDay: null, perSecond: 0.01 }

describe.skipIf(!hasPostgres())('a fleet', () => {
  const postgres = postgresForFile({ fsync: false })

  async function fleet() {
    const { env, sql } = await postgres().createDatabase()
    const [one, other] = [await fleetStore(env), await fleetStore(env)]
    return { env, sql, store: one, one: one.fleet, other: other.fleet }
  }

  describe('the day of an app', () => {
    test('is shared, and what was not sent is given back', async () => {
      const { one, other } = await fleet()
      expect(await one.take(DAILY, 7)).toBe(7)
      expect(await other.take(DAILY, 7)).toBe(3)
      expect(await one.take(DAILY, 1)).toBe(0)
      await one.giveBack(DAILY.app, 4)
      expect([await other.sentToday(DAILY.app), await other.take(DAILY, 9)]).toEqual([6, 4])
      await one.giveBack(DAILY.app, 99)
      expect(await one.sentToday(DAILY.app)).toBe(0)
    })

    test('never gives out more, however many ask at once', async () => {
      const { one, other } = await fleet()
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other).take(DAILY, 3)),
      )
      expect(taken.reduce((sum, count) => sum + count, 0)).toBe(10)
    })

    test('without a limit is counted, for each app by itself', async () => {
      const { one, other } = await fleet()
      expect(await one.take({ ...DAILY, perDay: null }, 25)).toBe(25)
      expect(await other.sentToday(DAILY.app)).toBe(25)
      expect(await other.sentToday('ebay.default.sandbox')).toBe(0)
    })

    test('is given out evenly where that is wanted, five minutes ahead', async () => {
      const { one, sql } = await fleet()
      const evenly = async () => {
        const [row] = await sql<{ count: number }>(
          "SELECT floor(extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time) / 300)::int + 1 AS count",
        )
        return row?.count
      }
      const before = await evenly()
      const granted = await one.take({ ...DAILY, perDay: 288, isSpread: true }, 999)
      // The five minutes may have come to their end in between.
      expect([before, await evenly()]).toContain(granted)
    })

    test('is forgotten after a week', async () => {
      const { one, sql } = await fleet()
      await sql(`INSERT INTO tokenctl.sent (app, day, count, granted) SELECT '${DAILY.app}', day::date, 5, 5
        FROM (VALUES (now() - interval '3 days'), (now() - interval '9 days')) AS v (day)`)
      await one.take(DAILY, 1)
      expect(await sql('SELECT count::int AS count FROM tokenctl.sent ORDER BY day')).toEqual([
        { count: 5 },
        { count: 1 },
      ])
    })
  })

  describe('the rate of an app', () => {
    test('lets two seconds’ worth go at once, and one at least', async () => {
      const { one, other } = await fleet()
      expect(await one.take({ ...SLOW, perSecond: 4 }, 99)).toBe(8)
      expect(await one.take({ ...SLOW, app: 'ebay.slow' }, 99)).toBe(1)
      expect(await other.take({ ...SLOW, app: 'ebay.slow' }, 99)).toBe(0)
    })

    test('fills up as time goes by, and never beyond that', async () => {
      const { one, sql } = await fleet()
      const passes = (seconds: number) => sql(`UPDATE tokenctl.rate SET at = at - interval '${seconds} s'`)
      expect(await one.take(SLOW, 9)).toBe(1)
      await passes(10)
      expect(await one.take(SLOW, 9)).toBe(0)
      await passes(90)
      expect(await one.take(SLOW, 9)).toBe(1)
      await passes(100_000)
      expect(await one.take(SLOW, 9)).toBe(1)
    })

    test('is not used up by what the day refuses', async () => {
      const { one } = await fleet()
      expect(await one.take({ ...DAILY, perDay: 0, perSecond: 0.01 }, 5)).toBe(0)
      expect(await one.take(SLOW, 5)).toBe(1)
    })
  })

  describe('claims', () => {
    const now = Date.now()
    const bounds = [dueBounds(findMarketplace('ebay'), policy({ years: 1 }), now)]
    const keys = ['a', 'b', 'c'].map(name => accountKey(`ebay:${name}`))

    /** The last of them was renewed first. */
    async function fill(store: PostgresStore): Promise<void> {
      for (const [index, key] of keys.entries()) {
        const renewedAt = now - (100 + index) * DAY
        const account = key.slice('account/'.length)
        const json = writeAccountHeader(header({ account, consentAt: now - 200 * DAY, renewedAt }), 1)
        await store.put(key, { header: json, body: '{}', perishable: null })
      }
    }

    test('give each account to one machine, the longest waiting first', async () => {
      const { one, other, store } = await fleet()
      await fill(store)
      expect([...(await one.claim(bounds, 2))].sort()).toEqual([keys[1], keys[2]])
      expect(await other.claim(bounds, 9)).toEqual([keys[0]])
      expect(await one.claim(bounds, 9)).toEqual([])
      expect(await one.claim([], 9)).toEqual([])
    })

    test('divide what there is, however many ask at once', async () => {
      const { one, other, store } = await fleet()
      await fill(store)
      const claimed = await Promise.all([one, other, one, other].map(each => each.claim(bounds, 2)))
      expect(claimed.flat().sort()).toEqual(keys)
    })

    test('are let go by whoever has them, and lapse', async () => {
      const { one, other, sql, store } = await fleet()
      await fill(store)
      await one.claim(bounds, 9)
      await other.defer(keys, null)
      expect(await other.claim(bounds, 9)).toEqual([])
      await one.defer(keys.slice(0, 1), null)
      expect(await other.claim(bounds, 9)).toEqual(keys.slice(0, 1))
      await sql(`UPDATE tokenctl.claim SET until = until - interval '61 s' WHERE key = '${keys[1]}'`)
      expect(await other.claim(bounds, 9)).toEqual(keys.slice(1, 2))
    })

    test('last as long as was meant, whatever the clock of a machine says', async () => {
      const { env, sql, store } = await fleet()
      await fill(store)
      const ahead = () => Date.now() + 5 * HOUR
      const { fleet: wrong } = await fleetStore(env, { now: ahead })
      await wrong.claim(bounds, 9)
      await wrong.defer(keys, ahead() + 10 * MINUTE)
      const [left] = await sql<{ seconds: number }>(
        'SELECT max(extract(epoch FROM until - clock_timestamp()))::float8 AS seconds FROM tokenctl.claim',
      )
      expect(left?.seconds).toBeGreaterThan(9 * 60)
      expect(left?.seconds).toBeLessThanOrEqual(10 * 60)
    })
  })

  test.each([5 * HOUR, -5 * HOUR])('a clock that is %d ms off is found', async skewMs => {
    const { env } = await fleet()
    const store = await fleetStore(env, { now: () => Date.now() + skewMs })
    expect(Math.abs((await store.fleet.clockSkewMs()) - skewMs)).toBeLessThan(MINUTE)
  })
})
