/**
 * What finding the accounts that are due costs in the database itself, by the program's own statements: the first page of
 * them, and claims as a worker makes them, with the plan that the server chose.
 */
import pg from 'pg'

/** Milliseconds of the first claims over a table, of a page of headers that are due, and the plan of a claim. */
export async function claims(database, limit, tools) {
  const { Session, addressOf, createFleet, createNodeFiles, dueBounds, headerPages, systemClock } = tools
  const address = async () =>
    addressOf({
      env: database.env,
      settings: {},
      files: createNodeFiles(),
      platform: process.platform,
      homeDir: '/nonexistent',
    })
  const session = new Session({ by: 'bench', address })
  const bounds = worked(tools).map(({ adapter, policy }) => dueBounds(adapter, policy, Date.now()))
  try {
    const connected = await timed(() => session.opened())
    const fleet = createFleet(session, systemClock)
    const claimed = []
    for (let turn = 0; turn < 4; turn++) claimed.push(await timed(() => fleet.claim(bounds, limit)))
    const page = await timed(async () => {
      for await (const entries of headerPages({ due: bounds }, session)) return entries
      return []
    })
    const claimStatement = await spokenBy(recorder => createFleet(recorder, systemClock).claim(bounds, limit))
    return {
      limit,
      connectMs: connected.ms,
      firstMs: claimed[0].ms,
      nextMs: claimed.slice(1).map(({ ms }) => ms),
      claimed: claimed.map(({ value }) => value.length),
      pageMs: page.ms,
      page: page.value.length,
      plan: await planOf(claimStatement, database),
    }
  } finally {
    await session.close()
  }
}

/** The marketplaces of a machine on which nothing is set. */
function worked({ parseSettings, rulesOf, workedMarketplaces }) {
  const settings = parseSettings('{}', 'none')
  return workedMarketplaces(rulesOf(settings), settings.own)
}

async function timed(work) {
  const begin = process.hrtime.bigint()
  const value = await work()
  return { value, ms: Number(process.hrtime.bigint() - begin) / 1e6 }
}

/** The statement with the most words that some work has for its session. */
async function spokenBy(work) {
  let longest = { text: '', values: [] }
  const keep = statement => {
    if (statement.text.length > longest.text.length) longest = statement
    return []
  }
  await work({
    owner: 'bench',
    together: statements => statements.map(keep),
    rows: ({ text }, values) => keep({ text, values }),
  })
  return longest
}

/** `EXPLAIN (ANALYZE)` of a statement that changes nothing: its work is rolled back. In short: how the table was looked into. */
async function planOf({ text, values }, { env }) {
  const client = new pg.Client({
    host: env.PGHOST,
    port: Number(env.PGPORT),
    user: env.PGUSER,
    password: env.PGPASSWORD,
    database: env.PGDATABASE,
  })
  await client.connect()
  try {
    await client.query('BEGIN')
    const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values)
    const [plan] = rows[0]['QUERY PLAN']
    return {
      planningMs: plan['Planning Time'],
      executionMs: plan['Execution Time'],
      scans: scansOf(plan.Plan),
    }
  } finally {
    await client.query('ROLLBACK')
    await client.end()
  }
}

/** How often the records were looked into in each way, and how many rows came of it. */
function scansOf(plan) {
  const scans = new Map()
  const walk = node => {
    if (node['Relation Name'] === 'record') {
      const how = [node['Node Type'], node['Index Name']].filter(Boolean).join(' by ')
      const { times = 0, rows = 0 } = scans.get(how) ?? {}
      scans.set(how, { times: times + 1, rows: rows + node['Actual Rows'] * node['Actual Loops'] })
    }
    for (const child of node.Plans ?? []) walk(child)
  }
  walk(plan)
  return [...scans].map(([how, seen]) => ({ how, ...seen }))
}
