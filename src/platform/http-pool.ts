/**
 * The client for bulk: the promises of `http.ts`, kept over connections that stay open, a pool for each origin. Where the
 * environment names a proxy, an exchange goes the way of `http.ts`. It never sends anything twice: undici repeats no
 * request of which a byte was written, and `PoolExchange` would not let it.
 */
import type { Dispatcher, Pool } from 'undici'
import { TokenctlError } from '../errors.ts'
import { createHttp, type Http, type HttpOptions, type HttpRequest } from './http.ts'
import { checkedUrl, type Env, TIMEOUT_MS, UNPACKED, unfitHeader } from './http-rules.ts'
import { OriginPools } from './origin-pools.ts'
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
  const pools = new OriginPools(options.connections)
  const targets = new Map<string, Target>()
  let onTheirWay = 0
  let wentHome: (() => void) | undefined
  let closing: Promise<void> | undefined

  const findTarget = async (text: string): Promise<Target> => {
    const url = checkedUrl(text, env)
    const pool = proxyFor(url, env) === undefined ? await pools.of(url.origin) : undefined
    const target = { url, path: url.pathname + url.search, pool }
    if (targets.size >= MOST_TARGETS) targets.clear()
    if (!text.includes('?')) targets.set(text, target)
    return target
  }
  const exchange: Http['send'] = async (request, wanted = {}) => {
    const { url, path, pool } = targets.get(request.url) ?? (await findTarget(request.url))
    if (pool === undefined) return byFetch.send(request, wanted)
    const asked = toDispatch(request, path, userAgent)
    const { timeoutMs = options.timeoutMs ?? TIMEOUT_MS, statusOnly = false } = wanted
    return new Promise((resolve, reject) => {
      pool.dispatch(asked, new PoolExchange({ url, timeoutMs, statusOnly, resolve, reject }))
    })
  }
  return {
    async send(request, wanted) {
      if (closing !== undefined) throw new TokenctlError('BUG', 'A client that was closed was asked to send.')
      onTheirWay += 1
      try {
        return await exchange(request, wanted)
      } finally {
        onTheirWay -= 1
        if (onTheirWay === 0) wentHome?.()
      }
    },
    close() {
      closing ??= (async () => {
        if (onTheirWay > 0)
          await new Promise<void>(resolve => {
            wentHome = resolve
          })
        await pools.destroy()
      })()
      return closing
    },
  }
}

// RFC 9110, 5.6.2
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// RFC 9110, 5.5
const NOT_IN_A_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/** Headers of the connection, which are not a request's to name; undici would throw on some of them. */
const OF_THE_CONNECTION = /^(connection|content-length|expect|host|keep-alive|transfer-encoding|upgrade)$/

/**
 * The request in undici's words. It is checked here to the last byte: one that undici refuses itself leaves a connection
 * of the pool marked as busy for good.
 *
 * @throws {USAGE} where a header holds what none can carry; the message does not quote it.
 */
function toDispatch(request: HttpRequest, path: string, userAgent: string): Dispatcher.DispatchOptions {
  const headers = ['accept-encoding', UNPACKED]
  let agent = userAgent
  for (const name of Object.keys(request.headers)) {
    const value = withoutEnds(request.headers[name] ?? '')
    if (!HEADER_NAME.test(name) || NOT_IN_A_VALUE.test(value)) throw unfitHeader()
    const small = name.toLowerCase()
    if (OF_THE_CONNECTION.test(small))
      throw new TokenctlError('BUG', 'A request names a header that only the connection may set.')
    if (small === 'user-agent') agent = value
    else if (small !== 'accept-encoding') headers.push(small, value)
  }
  headers.push('user-agent', agent)
  const { method, body } = request
  return { path, method, headers, body: method === 'GET' ? null : body }
}

/** A header's value without the white space at its ends, as `fetch` takes it off. */
function withoutEnds(value: string): string {
  let [from, to] = [0, value.length]
  while (from < to && isSpace(value.charCodeAt(from))) from += 1
  while (from < to && isSpace(value.charCodeAt(to - 1))) to -= 1
  return value.slice(from, to)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}
