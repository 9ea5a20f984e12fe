/**
 * The way through a proxy: which one the environment names for an address, and a tunnel through it. A tunnel is
 * CONNECT only, also to plain http, so that no proxy ever sees a request; TLS stays end to end.
 * A proxy's name and password never come into a message.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import { networkFailure } from './network-failure.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface ProxyServer {
  readonly url: URL
  /** Host and port, for messages. */
  readonly host: string
  /** Which variable named it, for messages. */
  readonly variable: string
}

/** A way to one address that is used once. */
export interface Tunnel {
  /** What `fetch` takes as its `dispatcher`. */
  readonly dispatcher: unknown
  /** Why the proxy gave no tunnel; undefined when it gave one, or has not answered yet. */
  refusal(): TokenctlError | undefined
  /** Whether the proxy has opened the tunnel; before that nothing can have reached the server. */
  isOpen(): boolean
  close(): Promise<void>
}

// Small letters win, as with curl; one that is set and empty switches the proxy off.
function variable(env: Env, name: string): { name: string; value: string } | undefined {
  for (const spelling of [name, name.toUpperCase()]) {
    const value = env[spelling]
    if (value !== undefined) return { name: spelling, value: value.trim() }
  }
  return undefined
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

function portOf(url: URL): string {
  return url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? '') : url.port
}

/** Whether NO_PROXY names the host: itself, a domain above it, either with a port, or `*` for all. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.toLowerCase()
  return noProxy.split(/[\s,]+/).some(entry => {
    if (entry === '*') return true
    const bare = entry.replace(/^\*?\./, '').toLowerCase()
    // `::1` has colons and no port; a port needs the brackets.
    const match = /^[0-9a-f.]*:[0-9a-f.:]*:[0-9a-f.:]*$/.test(bare) ? null : /^(.+):(\d+)$/.exec(bare)
    const named = match?.[1] ?? bare
    if (named === '' || (match !== null && match[2] !== portOf(url))) return false
    return host === named || host === `[${named}]` || host.endsWith(`.${named}`)
  })
}

function readProxyUrl(name: string, value: string): URL {
  // `proxy.example:3128` without a scheme is common, and means http.
  const text = value.includes('://') ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const sound = url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '' && canDecode(url)
  if (sound) return url
  // The value is not quoted: it may hold a password.
  throw new TokenctlError(
    'SETTINGS_INVALID',
    `The environment variable ${name} is not the address of a proxy.`,
    {
      failure: 'configuration',
      fix: `Write it as http://host:port or http://name:password@host:port, with signs such as @ in the password as %40; or unset ${name}.`,
    },
  )
}

function canDecode(url: URL): boolean {
  try {
    decodeURIComponent(url.username + url.password)
    return true
  } catch {
    return false
  }
}

/** Whether a URL's host is this machine, by a literal or by the one name that means it. */
export function isLoopback(hostname: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^\[::1\]$|^localhost$/.test(hostname)
}

/**
 * The proxy that the environment names for this address, or undefined for the direct way. As undici has it, https
 * goes by HTTPS_PROXY, else by HTTP_PROXY; http by HTTP_PROXY; NO_PROXY exempts, and so does a loopback address where the
 * proxy is on another machine.
 *
 * @throws {SETTINGS_INVALID} when the variable in force holds no proxy's address; the message does not quote it.
 */
export function proxyFor(url: URL, env: Env): ProxyServer | undefined {
  const http = variable(env, 'http_proxy')
  const https = variable(env, 'https_proxy')
  const named = url.protocol === 'https:' && https !== undefined && https.value !== '' ? https : http
  if (named === undefined || named.value === '') return undefined
  if (isExempt(url, variable(env, 'no_proxy')?.value ?? '')) return undefined
  const proxyUrl = readProxyUrl(named.name, named.value)
  // What is meant for this machine must not leave it, least of all in the clear; another machine's 127.0.0.1 is another place.
  if (isLoopback(url.hostname) && !isLoopback(proxyUrl.hostname)) return undefined
  return { url: proxyUrl, host: `${proxyUrl.hostname}:${portOf(proxyUrl)}`, variable: named.name }
}

function refusedTunnel(proxy: ProxyServer, target: string, status: number): TokenctlError {
  if (status !== 407)
    return new TokenctlError(
      'NETWORK_FAILED',
      `The proxy ${proxy.host} would not connect to ${target} (HTTP ${status}).`,
      {
        fix: `Nothing was sent. Ask whoever runs the proxy to allow ${target}, or name the host in NO_PROXY.`,
        failure: 'transient',
      },
    )
  const had = proxy.url.username !== ''
  return new TokenctlError(
    'NETWORK_FAILED',
    had
      ? `The proxy ${proxy.host} did not accept the name and password in ${proxy.variable} (HTTP 407).`
      : `The proxy ${proxy.host} wants a name and a password (HTTP 407).`,
    {
      fix: `Nothing was sent. Write them into ${proxy.variable} as http://name:password@host:port.`,
      failure: 'transient',
    },
  )
}

function credentials(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined
  const plain = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return `Basic ${Buffer.from(plain).toString('base64')}`
}

/**
 * Makes a way through the proxy for one exchange; nothing is connected yet. One exchange each, so that "has the
 * tunnel opened" has one answer: it is what tells a token that was never sent from one that may be spent.
 */
export async function openTunnel(proxy: ProxyServer, target: string): Promise<Tunnel> {
  const { Pool, ProxyAgent } = await import('undici')
  let refusal: TokenctlError | undefined
  let isOpen = false
  let asked = false
  const token = credentials(proxy.url)
  const agent = new ProxyAgent({
    uri: `${proxy.url.protocol}//${proxy.url.host}`,
    ...(token === undefined ? {} : { token }),
    proxyTunnel: true,
    clientFactory: (origin, options) => {
      const pool = new Pool(origin, options)
      const connect = pool.connect.bind(pool) as (options: unknown) => Promise<{ statusCode: number }>
      // undici says "Proxy response (403) !== 200" in words only; the status is taken where it is a number.
      const watched = async (wanted: unknown) => {
        try {
          // Where what came through the tunnel is no HTTP, undici would ask for another one, without end or pause.
          if (asked) throw brokenTunnel(proxy, target)
          asked = true
          const answer = await connect(wanted)
          if (answer.statusCode === 200) isOpen = true
          else refusal = refusedTunnel(proxy, target, answer.statusCode)
          return answer
        } catch (error) {
          refusal = beforeTunnel(error, proxy)
          throw refusal
        }
      }
      return Object.assign(pool, { connect: watched })
    },
  })
  return {
    dispatcher: agent,
    refusal: () => refusal,
    isOpen: () => isOpen,
    close: () => agent.destroy(),
  }
}

/** The proxy opened a tunnel that could not be used. Whether the marketplace saw the request nobody can say. */
function brokenTunnel(proxy: ProxyServer, target: string): TokenctlError {
  return new TokenctlError(
    'NETWORK_FAILED',
    `The proxy ${proxy.host} said that it had opened the way to ${target}, and broke it at once.`,
    { fix: `Check ${proxy.variable}: it may be no proxy, or not one that tunnels.`, failure: 'ambiguous' },
  )
}

/** Whatever broke before the tunnel stood, the marketplace saw nothing of it. */
function beforeTunnel(error: unknown, proxy: ProxyServer): TokenctlError {
  if (isTokenctlError(error)) return error
  const failure = networkFailure(error, `The proxy ${proxy.host}`)
  if (failure.failure === 'transient') return failure
  return new TokenctlError('NETWORK_FAILED', `The proxy ${proxy.host} broke the connection off.`, {
    fix: `Nothing was sent. Check ${proxy.variable}, and whether the proxy runs.`,
    failure: 'transient',
  })
}

/** The proxy had not opened the tunnel when the time was over. */
export function proxyTookTooLong(proxy: ProxyServer, timeoutMs: number): TokenctlError {
  return new TokenctlError(
    'NETWORK_FAILED',
    `The proxy ${proxy.host} had opened no way after ${timeoutMs / 1000} s.`,
    { fix: `Nothing was sent. Check ${proxy.variable}, and whether the proxy runs.`, failure: 'transient' },
  )
}
