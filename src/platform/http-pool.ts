/**
 * The client for bulk: the promises of `http.ts`, kept over connections that stay open, a pool for each origin. Where the
 * environment names a proxy, an exchange goes the way of `http.ts`. It never sends anything twice: undici repeats no
 * request of which a byte was written, and `PoolExchange` would not let it.
 */
import type { Dispatcher, Pool } from 'undici'
import { TokenctlError } from '../errors.ts'
import { createHttp, type Http, type HttpOptions, type HttpRequest } from './http.ts'
import { checkedUrl, type Env, TIMEOUT_MS, UNPACKED, unfitHeader } from './http-rules.ts'
import { PoolExchange } from './pool-exchange.ts'
import { proxyFor } from './proxy.ts'

export interface PoolHttpOptions extends HttpOptions {
  /** How many connections there are to one origin at most; what comes on top waits for one. */
  readonly connections: number
}

/** The client for bulk. */
export interface PoolHttp extends Http {
  /** Lets what is on its way come to its end, then closes every connection. Nothing can be sent afterwards. */
  close(): Promise<void>
}

interface Target {
  readonly url: URL
  readonly path: string
  /** Undefined where a proxy stands in between. */
  readonly pool: Pool | undefined
}

// Addresses without a query are few: a token endpoint for each marketplace. One with a query may hold a secret.
const MOST_TARGETS = 100

/**
 * The working client over kept connections; proxies and their exceptions come from `env`, which is read when an address is
 * first spoken to. Whatever `close` meets on its way keeps its own deadline.
 */
export function createPoolHttp(env: Env, options: PoolHttpOptions): PoolHttp {
  const byFetch = createHttp(env, options)
  const userAgent = options.userAgent ?? 'tokenctl'
  const pools = new Map<string, Pool>()
  const targets = new Map<string, Target>()
  const onTheirWay = new Set<Promise<unknown>>()
  let makePool: ((origin: string) => Pool) | undefined
  let isClosed = false

  const poolOf = async (origin: string): Promise<Pool> => {
    makePool ??= await poolMaker(options.connections)
    const pool = pools.get(origin) ?? makePool(origin)
    pools.set(origin, pool)
    return pool
  }
  const findTarget = async (text: string): Promise<Target> => {
    const url = checkedUrl(text, env)
    const pool = proxyFor(url, env) === undefined ? await poolOf(url.origin) : undefined
    const target = { url, path: url.pathname + url.search, pool }
    if (targets.size >= MOST_TARGETS) targets.clear()
    if (!text.includes('?')) targets.set(text, target)
    return target
  }
  const send: Http['send'] = async (request, wanted = {}) => {
    if (isClosed) throw new TokenctlError('BUG', 'A client that was closed was asked to send.')
    const { url, path, pool } = targets.get(request.url) ?? (await findTarget(request.url))
    if (pool === undefined) return byFetch.send(request, wanted)
    const asked = toDispatch(request, path, userAgent)
    const { timeoutMs = options.timeoutMs ?? TIMEOUT_MS, statusOnly = false } = wanted
    return new Promise((resolve, reject) => {
      pool.dispatch(asked, new PoolExchange({ url, timeoutMs, statusOnly, resolve, reject }))
    })
  }
  return {
    send(request, wanted) {
      const sent = send(request, wanted)
      onTheirWay.add(sent)
      const leave = () => onTheirWay.delete(sent)
      sent.then(leave, leave)
      return sent
    },
    async close() {
      isClosed = true
      await Promise.allSettled(onTheirWay)
      await Promise.all([...pools.values()].map(pool => pool.destroy()))
    },
  }
}

async function poolMaker(connections: number): Promise<(origin: string) => Pool> {
  const { Pool } = await import('undici')
  return origin =>
    new Pool(origin, {
      connections,
      // One request on a connection at a time: an answer that fails to come harms one token only.
      pipelining: 1,
      // The deadline of the exchange stands for both.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
}

// RFC 9110, 5.6.2
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// RFC 9110, 5.5
const NOT_IN_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const SPACE_AT_AN_END = /^[\t\n\r ]+|[\t\n\r ]+$/g

/** Headers of the connection, which are not a request's to name; undici would throw on some of them. */
const OF_THE_CONNECTION = /^(connection|content-length|expect|host|keep-alive|transfer-encoding|upgrade)$/

/**
 * The request in undici's words. It is checked here to the last byte: one that undici refuses itself leaves a connection
 * of the pool marked as busy for good.
 *
 * @throws {USAGE} where a header holds what none can carry; the message does not quote it.
 */
function toDispatch(request: HttpRequest, path: string, userAgent: string): Dispatcher.DispatchOptions {
  const headers: Record<string, string> = { 'user-agent': userAgent }
  for (const name of Object.keys(request.headers)) {
    const value = (request.headers[name] ?? '').replace(SPACE_AT_AN_END, '')
    if (!HEADER_NAME.test(name) || NOT_IN_A_VALUE.test(value)) throw unfitHeader()
    const small = name.toLowerCase()
    if (OF_THE_CONNECTION.test(small))
      throw new TokenctlError('BUG', 'A request names a header that only the connection may set.')
    headers[small] = value
  }
  headers['accept-encoding'] = UNPACKED
  const { method, body } = request
  return { path, method, headers, body: method === 'GET' ? null : body }
}
