/**
 * The tables that divide the work of a fleet and count what each app has sent. All times are the server's, so that no
 * machine's clock decides for another. None of it is what keeps tokens: that rests on the locks and the journal.
 */
import type { Clock } from '../../platform/clock.ts'
import { type Allowance, type Fleet, PARTS_OF_A_DAY } from '../fleet.ts'
import type { DueBounds } from '../header-query.ts'
import { dueBranches } from './due.ts'
import type { Session } from './session.ts'

/** How long a claim lasts that nobody renews or gives back: a worker that died holds its accounts up no longer. */
const CLAIM_SECONDS = 60
/** A rate lets so many seconds' worth be sent at once after a pause. */
const BURST_SECONDS = 2

const TODAY = "(clock_timestamp() AT TIME ZONE 'UTC')::date"
const PART_OF_TODAY = "extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC')::time) / 86400"

/** The fleet whose tables these are. */
export function createFleet(session: Session, clock: Pick<Clock, 'now'>): Fleet {
  return new PostgresFleet(session, clock)
}

class PostgresFleet implements Fleet {
  readonly #session: Session
  readonly #clock: Pick<Clock, 'now'>

  constructor(session: Session, clock: Pick<Clock, 'now'>) {
    this.#session = session
    this.#clock = clock
  }

  async claim(due: readonly DueBounds[], limit: number): Promise<readonly string[]> {
    const values: unknown[] = []
    const put = (value: unknown) => `$${values.push(value)}`
    const most = put(limit)
    const branches = dueBranches(due, put).map(
      ({ where, order }) => `(SELECT key, last_at FROM tokenctl.record AS r
        WHERE kind = 'account' AND ${where} AND NOT EXISTS (
          SELECT FROM tokenctl.claim AS c WHERE c.key = r.key AND c.until > clock_timestamp())
        ORDER BY ${order} LIMIT ${most})`,
    )
    if (branches.length === 0) return []
    const owner = put(this.#session.owner)
    const text = `INSERT INTO tokenctl.claim AS old (key, owner, until)
      SELECT key, ${owner}, clock_timestamp() + interval '${CLAIM_SECONDS} s'
      FROM (SELECT key, min(last_at) AS last_at FROM (${branches.join(' UNION ALL ')}) AS found
        GROUP BY key ORDER BY min(last_at) NULLS FIRST, key LIMIT ${most}) AS chosen
      ORDER BY key
      ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, until = excluded.until
        WHERE old.until <= clock_timestamp()
      RETURNING key`
    // One after another: who looks for work while another takes it would find the same.
    const [, rows = []] = await this.#session.together([
      { text: "SELECT pg_advisory_xact_lock(hashtextextended('tokenctl/claim', 0))", values: [] },
      { text, values },
    ])
    return (rows as readonly { key: string }[]).map(({ key }) => key)
  }

  async defer(keys: readonly string[], until: number | null): Promise<void> {
    if (until === null)
      await this.#session.rows(
        {
          name: 'unclaim',
          text: 'DELETE FROM tokenctl.claim WHERE key = ANY($1) AND owner = $2',
        },
        [keys, this.#session.owner],
      )
    else
      await this.#session.rows(
        {
          name: 'defer',
          text: `UPDATE tokenctl.claim SET until = clock_timestamp() + $3 * interval '1 millisecond'
            WHERE key = ANY($1) AND owner = $2`,
        },
        // By how long, not until when: whose clock is wrong is nothing to the others.
        [keys, this.#session.owner, Math.max(0, until - this.#clock.now())],
      )
  }

  async take({ app, perDay, perSecond, isSpread }: Allowance, wanted: number): Promise<number> {
    const atOnce = perSecond === null ? wanted : await this.#takeRate(app, perSecond, wanted)
    if (atOnce === 0) return 0
    const granted = await this.#takeDay(app, perDay, isSpread, atOnce)
    if (perSecond !== null && granted < atOnce) await this.#returnRate(app, atOnce - granted)
    return granted
  }

  async giveBack(app: string, count: number): Promise<void> {
    await this.#session.rows(
      { text: `UPDATE tokenctl.sent SET count = greatest(0, count - $2) WHERE app = $1 AND day = ${TODAY}` },
      [app, count],
    )
  }

  async sentToday(app: string): Promise<number> {
    const rows = await this.#session.rows<{ count: number }>(
      { text: `SELECT count::int AS count FROM tokenctl.sent WHERE app = $1 AND day = ${TODAY}` },
      [app],
    )
    return rows[0]?.count ?? 0
  }

  async clockSkewMs(): Promise<number> {
    // The first statement opens the connection, which is no part of the way.
    await this.#session.opened()
    const before = this.#clock.now()
    const [row] = await this.#session.rows<{ at: number }>({
      text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at',
    })
    const after = this.#clock.now()
    return row === undefined ? 0 : Math.round((before + after) / 2 - row.at)
  }

  async #takeDay(app: string, perDay: number | null, isSpread: boolean, wanted: number): Promise<number> {
    const allowed =
      perDay === null
        ? 'NULL::bigint'
        : isSpread
          ? `least($3::bigint, floor($3 * ${PART_OF_TODAY}) + ceil($3 / ${PARTS_OF_A_DAY}.0))::bigint`
          : '$3::bigint'
    const granted = `greatest(0, least($2::bigint, coalesce(${allowed} - count, $2)))`
    const [, , rows = []] = await this.#session.together([
      {
        text: `DELETE FROM tokenctl.sent WHERE app = $1 AND day < ${TODAY} - 7`,
        values: [app],
      },
      {
        text: `INSERT INTO tokenctl.sent (app, day, count, granted) VALUES ($1, ${TODAY}, 0, 0) ON CONFLICT DO NOTHING`,
        values: [app],
      },
      {
        text: `UPDATE tokenctl.sent SET granted = ${granted}, count = count + ${granted}
          WHERE app = $1 AND day = ${TODAY} RETURNING granted::int AS granted`,
        values: perDay === null ? [app, wanted] : [app, wanted, perDay],
      },
    ])
    return grantedOf(rows)
  }

  async #takeRate(app: string, perSecond: number, wanted: number): Promise<number> {
    const most = 'greatest(1, $3::float8 * $4::float8)'
    const there = `least(${most}, tokens + $3::float8 * extract(epoch FROM clock_timestamp() - at))`
    const granted = `greatest(0, least($2::int, floor(${there})::int))`
    const [, rows = []] = await this.#session.together([
      {
        text: `INSERT INTO tokenctl.rate (app, tokens, at, granted) VALUES ($1, greatest(1, $2::float8 * $3::float8), clock_timestamp(), 0)
          ON CONFLICT DO NOTHING`,
        values: [app, perSecond, BURST_SECONDS],
      },
      {
        text: `UPDATE tokenctl.rate SET granted = ${granted}, tokens = ${there} - ${granted}, at = clock_timestamp()
          WHERE app = $1 RETURNING granted::int AS granted`,
        values: [app, wanted, perSecond, BURST_SECONDS],
      },
    ])
    return grantedOf(rows)
  }

  async #returnRate(app: string, count: number): Promise<void> {
    await this.#session.rows({ text: 'UPDATE tokenctl.rate SET tokens = tokens + $2 WHERE app = $1' }, [
      app,
      count,
    ])
  }
}

function grantedOf(rows: readonly object[]): number {
  const [row] = rows as readonly { granted: number }[]
  return row?.granted ?? 0
}
