/**
 * The raw ceiling of the client for bulk: refreshes over undici's Pool, each answer read as JSON, and nothing else. No
 * journal, no store, no check of what came. What tokenctl does on top is measured against it, in the same run.
 *
 *   node test/bench/raw-pool.js ORIGIN [requests] [in flight]
 *
 * ORIGIN is a running `fleet-server.js` without `--rotate`. Default: 20,000 requests, 64 in flight, a connection for each.
 */
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { refreshTokenOf, TOKEN_PATH } from './fleet-server.js'

/** The headers of eBay's refresh. */
export const HEADERS = {
  authorization: `Basic ${Buffer.from('Name-App-PRD-0123456789ab:PRD-0123456789ab-cdef').toString('base64')}`,
  'content-type': 'application/x-www-form-urlencoded',
  accept: 'application/json',
}

/** The form of account `index`'s refresh. */
export function formOf(index) {
  return `grant_type=refresh_token&refresh_token=${encodeURIComponent(refreshTokenOf(String(index)))}`
}

/**
 * Calls `work` with 0, 1, 2 … up to `requests`, so many at a time, and returns how many a second came to their end.
 *
 * @param {(index: number) => Promise<unknown>} work
 */
export async function perSecond(work, requests, inFlight) {
  let next = 0
  const one = async () => {
    while (next < requests) await work(next++)
  }
  const start = process.hrtime.bigint()
  await Promise.all(Array.from({ length: Math.min(inFlight, requests) }, one))
  return requests / (Number(process.hrtime.bigint() - start) / 1e9)
}

/** One refresh over a pool, as bare as it can be. @throws when it was refused, since a refusal is quicker. */
export function rawRefresh(pool) {
  return async index => {
    const asked = { path: TOKEN_PATH, method: 'POST', headers: HEADERS, body: formOf(index) }
    const { statusCode, body } = await pool.request(asked)
    const reply = await body.json()
    if (statusCode !== 200 || typeof reply.access_token !== 'string')
      throw new Error(`refused with status ${statusCode}`)
  }
}

/** Refreshes a second over undici's Pool against a `fleet-server.js` at `origin`, after a warm-up that does not count. */
export async function rawPool(origin, { requests = 20_000, inFlight = 64 } = {}) {
  const pool = new Pool(origin, { connections: inFlight, pipelining: 1 })
  try {
    const work = rawRefresh(pool)
    await perSecond(work, Math.min(requests, 2000), inFlight)
    return await perSecond(work, requests, inFlight)
  } finally {
    await pool.close()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [origin, requests = '20000', inFlight = '64'] = process.argv.slice(2)
  if (origin === undefined) throw new Error('which origin? node test/bench/fleet-server.js prints one')
  const rate = await rawPool(origin, { requests: Number(requests), inFlight: Number(inFlight) })
  console.log(`${Math.round(rate)} refreshes/s over a raw Pool, ${inFlight} in flight`)
}
