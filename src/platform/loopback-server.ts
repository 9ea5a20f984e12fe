/**
 * Answers GET on a loopback address: health and metrics, for what runs on this machine. Nobody beyond it can reach the
 * port, and no web page can read it under a name of its own. It takes nothing in and has no state; whatever is not asked
 * for in the plainest way is refused.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemCode, TokenctlError } from '../errors.ts'

/** Where to listen. */
export interface LoopbackListen {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

export interface LoopbackAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

export interface LoopbackServer {
  readonly port: number
  /** Closes the port and every connection. Safe to call twice. */
  close(): Promise<void>
}

/** Enough for every monitor that a machine has; whoever opens more must not take the descriptors that the work needs. */
const MOST_CONNECTIONS = 32
/** Whoever asks must have asked, and read the answer, within this time. */
const CONNECTION_MS = 10_000
const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|localhost)(?::(\d{1,5}))?$/

/**
 * Reads `127.0.0.1:9464`, `[::1]:9464` or `localhost:9464`, which is 127.0.0.1.
 *
 * @throws {USAGE} for any other address: there is no password, so nobody outside this machine may ask.
 */
export function loopbackListen(text: string, option: string): LoopbackListen {
  const [, host = '', digits] = LOOPBACK.exec(text) ?? []
  const port = Number(digits)
  if (digits !== undefined && port <= 65_535 && isAddress(host))
    return { host: host === 'localhost' ? '127.0.0.1' : host.replace(/[[\]]/g, ''), port }
  throw new TokenctlError('USAGE', `${option} takes a loopback address with a port.`, {
    fix: `For instance \`${option} 127.0.0.1:9464\`. Others than this machine do not get in: put a proxy of your own in front.`,
  })
}

function isAddress(host: string): boolean {
  return host.split('.').every(part => !/^\d+$/.test(part) || Number(part) <= 255)
}

/**
 * Answers there until it is closed. `answer` is asked with the path; undefined is 404.
 *
 * @throws {USAGE} when the address cannot be listened on.
 */
export async function serveLoopback(
  { host, port }: LoopbackListen,
  answer: (path: string) => LoopbackAnswer | undefined,
): Promise<LoopbackServer> {
  const server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => {
    give(response, request.method, answerOf(request, answer))
  })
  server.maxConnections = MOST_CONNECTIONS
  server.requestTimeout = CONNECTION_MS
  server.headersTimeout = CONNECTION_MS
  server.keepAliveTimeout = CONNECTION_MS
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(notListening(host, port, cause)))
    server.listen(port, host, resolve)
  })
  // What a later connection does wrong is its own.
  server.on('error', () => undefined)
  const closed = new Promise<void>(resolve => server.once('close', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      server.closeAllConnections()
      return closed
    },
  }
}

const REFUSED: LoopbackAnswer = { status: 400, type: 'text/plain; charset=utf-8', body: 'refused\n' }
const NOT_FOUND: LoopbackAnswer = { status: 404, type: 'text/plain; charset=utf-8', body: 'not found\n' }

function answerOf(
  { method, url = '', headers }: IncomingMessage,
  answer: (path: string) => LoopbackAnswer | undefined,
): LoopbackAnswer {
  if (method !== 'GET' && method !== 'HEAD') return { ...REFUSED, status: 405 }
  // A name that somebody pointed here (DNS rebinding), or a page's script: neither is a monitor on this machine.
  if (!LOOPBACK.test(headers.host ?? '') || headers.origin !== undefined) return REFUSED
  return answer(url.split('?')[0] ?? '') ?? NOT_FOUND
}

function give(
  response: ServerResponse,
  method: string | undefined,
  { status, type, body }: LoopbackAnswer,
): void {
  response.sendDate = false
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(method === 'HEAD' ? undefined : body)
}

function notListening(host: string, port: number, cause: Error): TokenctlError {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const code = systemCode(cause)
  const why = code === 'EADDRINUSE' ? 'another program has that port' : `the system says ${code ?? 'nothing'}`
  return new TokenctlError('USAGE', `Nothing can listen on ${where}: ${why}.`, {
    fix: 'Give another port, or leave the option out.',
    cause,
  })
}
