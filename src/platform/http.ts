/**
 * The one way onto the network: one question, one answer, and an exact word on what a failure means for the token that
 * was sent. It never sends anything twice, follows no redirect, keeps no more than 64 KiB of an answer, and never
 * puts a path, a query, a header or a body into a message.
 * `globalThis.fetch` is looked up at each call, so that whoever replaces it (nock) sees every exchange.
 */
import type { TokenctlError } from '../errors.ts'
import {
  checkedUrl,
  type Env,
  isRedirect,
  LONGEST_BODY_BYTES,
  refusedRedirect,
  TIMEOUT_MS,
  tooLong,
  UNPACKED,
  unfitHeader,
} from './http-rules.ts'
import { cutShort, networkFailure, tookTooLong } from './network-failure.ts'
import { openTunnel, type ProxyServer, proxyFor, proxyTookTooLong, type Tunnel } from './proxy.ts'

/** One question, byte for byte. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Empty for a GET. */
  readonly body: string
}

/** Its answer, whatever the status but for redirects. */
export interface HttpResponse {
  readonly status: number
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  /** Decoded, 64 KiB at most. */
  readonly body: string
  /** Why the body ends before its end, where it does: what came of it may still be the only copy of a token. */
  readonly cut?: TokenctlError
}

/**
 * The one way onto the network.
 *
 * `send` throws TokenctlError NETWORK_FAILED with `failure: 'transient'` when the request certainly never reached
 * the server (DNS, connect, TLS, proxy refusal), and with `failure: 'ambiguous'` when it may have (reset, time-out
 * after sending); REPLY_MALFORMED with `failure: 'ambiguous'` for a redirect; SETTINGS_INVALID or USAGE with
 * `failure: 'configuration'` where nothing was sent, because the environment makes it unsafe, names a proxy that is none,
 * or a key holds what no header can carry.
 * An answer that breaks off in its body, or is longer than the cap, is returned as far as it came, with `cut`: the same
 * errors, `ambiguous` both.
 */
export interface Http {
  send(request: HttpRequest, options?: SendOptions): Promise<HttpResponse>
}

export interface SendOptions {
  /** The deadline of this exchange, in milliseconds. */
  readonly timeoutMs?: number
  /** The answer is its status and headers; nobody waits for a body, which is left empty. */
  readonly statusOnly?: true
}

export interface HttpOptions {
  /** The deadline of an exchange that names none, in milliseconds: from the DNS question to the body's last byte. */
  readonly timeoutMs?: number
  /** What the program calls itself to servers. */
  readonly userAgent?: string
}

/** The working client over `fetch`; proxies and their exceptions come from `env`. */
export function createHttp(env: Env, options: HttpOptions = {}): Http {
  return {
    async send(request, { timeoutMs = options.timeoutMs ?? TIMEOUT_MS, statusOnly = false } = {}) {
      const url = checkedUrl(request.url, env)
      const proxy = proxyFor(url, env)
      const init = toInit(request, options.userAgent ?? 'tokenctl')
      const tunnel = proxy && (await openTunnel(proxy, url.host))
      try {
        return await exchange({ url, init, timeoutMs, statusOnly, proxy, tunnel })
      } finally {
        await tunnel?.close()
      }
    },
  }
}

function toInit(request: HttpRequest, userAgent: string): RequestInit {
  try {
    const headers = new Headers({ 'user-agent': userAgent, ...request.headers })
    headers.set('accept-encoding', UNPACKED)
    const { method, body } = request
    return { method, headers, redirect: 'manual', ...(method === 'GET' ? {} : { body }) }
  } catch {
    // The error at hand quotes the header's value, which may be a secret; it goes no further.
    throw unfitHeader()
  }
}

interface Exchange {
  readonly url: URL
  readonly init: RequestInit
  readonly timeoutMs: number
  readonly statusOnly: boolean
  readonly proxy: ProxyServer | undefined
  readonly tunnel: Tunnel | undefined
}

async function exchange(asked: Exchange): Promise<HttpResponse> {
  const { url, init, timeoutMs, statusOnly, proxy, tunnel } = asked
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), timeoutMs)
  const failed = (error: unknown, orElse: typeof networkFailure) => {
    const refusal = tunnel?.refusal()
    if (refusal !== undefined) return refusal
    if (!deadline.signal.aborted) return orElse(error, url.host)
    return proxy && !tunnel?.isOpen() ? proxyTookTooLong(proxy, timeoutMs) : tookTooLong(url.host, timeoutMs)
  }
  try {
    const through = tunnel === undefined ? {} : { dispatcher: tunnel.dispatcher }
    const response = await globalThis
      .fetch(url, { ...init, ...through, signal: deadline.signal } as RequestInit)
      .catch((error: unknown) => Promise.reject(failed(error, networkFailure)))
    await refuseRedirect(response, url)
    const headers = Object.fromEntries(response.headers)
    if (statusOnly) {
      // Not awaited: a server that never ends its answer must not hold up whoever asked for its status.
      response.body?.cancel().catch(() => undefined)
      return { status: response.status, headers, body: '' }
    }
    const body = await readBody(response, url.host, error => failed(error, cutShort))
    return { status: response.status, headers, ...body }
  } finally {
    clearTimeout(timer)
  }
}

/** A redirected POST would carry the token to wherever the answer points. */
async function refuseRedirect(response: Response, url: URL): Promise<void> {
  if (response.type !== 'opaqueredirect' && !isRedirect(response.status)) return
  // What becomes of the rest of an answer that is refused is of no interest.
  await response.body?.cancel().catch(() => undefined)
  throw refusedRedirect(url, response.headers.get('location'))
}

async function readBody(
  response: Response,
  host: string,
  failed: (error: unknown) => TokenctlError,
): Promise<Pick<HttpResponse, 'body' | 'cut'>> {
  if (response.body === null) return { body: '' }
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  // Invalid bytes become replacement characters; whether such a text is an answer is the adapter's to judge.
  const text = () => new TextDecoder().decode(Buffer.concat(chunks))
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.byteLength
      if (length > LONGEST_BODY_BYTES) break
      chunks.push(next.value)
    }
  } catch (error) {
    return { body: text(), cut: failed(error) }
  }
  if (length <= LONGEST_BODY_BYTES) return { body: text() }
  // Not awaited: a server that never ends must not hold the refusal up; and what its end says is of no interest.
  reader.cancel().catch(() => undefined)
  return { body: text(), cut: tooLong(host) }
}
