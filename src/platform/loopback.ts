/**
 * Waits on a loopback address for the one redirect that ends a consent (RFC 8252 section 7.3). Nobody but this machine
 * can reach it, and nobody on this machine can end the wait with anything but the true answer: what is not that is
 * answered with a fixed page, and the wait goes on. It redirects nowhere, repeats nothing of a request, writes nothing
 * down, and leaves no port and no connection behind.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isTokenctlError, systemCode, TokenctlError } from '../errors.ts'
import { type LoopbackPage, REFUSED_PAGE, TAKEN_PAGE } from './loopback-page.ts'
import { type LoopbackAddress, navigationQuery } from './loopback-request.ts'

export type { LoopbackAddress } from './loopback-request.ts'

export type RedirectParameters = ReadonlyMap<string, string>

export interface RedirectListenerOptions {
  /** Decodes a query once; what it refuses with a TokenctlError is answered 400. */
  readonly readQuery: (query: string) => RedirectParameters
  /** Closes the listener at once. */
  readonly signal?: AbortSignal
  /** How long a connection may stay open, in milliseconds, whatever it sends. 5,000 when nothing is said. */
  readonly connectionMs?: number
}

export interface RedirectListener {
  /** The port that is listened on; the system's choice where 0 was asked for. */
  readonly port: number
  /**
   * The parameters that were taken, or undefined when it was closed before. Settles once the browser has its page and
   * nothing is open any more; it need not be waited for.
   */
  readonly result: Promise<RedirectParameters | undefined>
  /** Closes the port and every connection; resolves when both are gone. Safe to call twice, and after the result. */
  close(): Promise<void>
}

const CONNECTION_MS = 5000
const MOST_CONNECTIONS = 16
// Cookies know no ports: whatever else was ever served on this machine's 127.0.0.1 sends its own along.
const LONGEST_HEAD = 32 * 1024

/**
 * Listens on that address only. `accept` is asked for each well-formed answer: `taken` ends the wait, `refused` (a
 * `state` that is not this run's) does not.
 *
 * @throws {USAGE} when the address cannot be listened on; the answer can then still be pasted.
 */
export async function listenForRedirect(
  address: LoopbackAddress,
  accept: (parameters: RedirectParameters) => 'taken' | 'refused',
  options: RedirectListenerOptions,
): Promise<RedirectListener> {
  const listener = new Listener(address, accept, options)
  await listener.open()
  return listener
}

class Listener implements RedirectListener {
  port: number
  readonly result: Promise<RedirectParameters | undefined>
  readonly #address: LoopbackAddress
  readonly #accept: (parameters: RedirectParameters) => 'taken' | 'refused'
  readonly #options: RedirectListenerOptions
  readonly #server: Server
  /** Open connections, the oldest first. */
  readonly #sockets = new Set<Socket>()
  /** Those that had their one answer. */
  readonly #answered = new WeakSet<Socket>()
  readonly #closed: Promise<void>
  #outcome: { readonly taken: RedirectParameters } | { readonly failed: unknown } | undefined
  #isOpen = true

  constructor(
    address: LoopbackAddress,
    accept: (parameters: RedirectParameters) => 'taken' | 'refused',
    options: RedirectListenerOptions,
  ) {
    this.port = address.port
    this.#address = address
    this.#accept = accept
    this.#options = options
    // Node's own answers to a missing Host or an Expect have no page and none of its headers.
    this.#server = createServer({ maxHeaderSize: LONGEST_HEAD, requireHostHeader: false })
    this.#closed = new Promise(resolve => this.#server.once('close', resolve))
    this.result = this.#closed.then(() => {
      if (this.#outcome !== undefined && 'failed' in this.#outcome) throw this.#outcome.failed
      return this.#outcome?.taken
    })
    // Whoever closes it without waiting for the result need not hear of its failure.
    this.result.catch(() => undefined)
  }

  async open(): Promise<void> {
    const { signal } = this.#options
    const server = this.#server
    server.on('connection', this.#limit)
    for (const event of ['request', 'checkContinue', 'checkExpectation'] as const)
      server.on(event, this.#answer)
    server.on('connect', (_request, socket) => refuseRaw(socket))
    server.on('clientError', (_error, socket) => refuseRaw(socket))
    const { host, port } = this.#address
    await new Promise<void>((resolve, reject) => {
      server.once('error', error => reject(notListening(this.#address, error)))
      server.listen(port, host, resolve)
    })
    server.on('error', error => this.#end({ failed: error }))
    const bound = server.address()
    if (typeof bound === 'object' && bound !== null) this.port = bound.port
    const abort = () => void this.close()
    signal?.addEventListener('abort', abort, { once: true })
    void this.#closed.then(() => signal?.removeEventListener('abort', abort))
    if (signal?.aborted) await this.close()
  }

  close(): Promise<void> {
    this.#stop()
    for (const socket of this.#sockets) socket.destroy()
    return this.#closed
  }

  readonly #limit = (socket: Socket) => {
    // The oldest goes, not the newest: who holds all places for their five seconds must not keep the browser out.
    const [oldest] = this.#sockets
    if (this.#sockets.size >= MOST_CONNECTIONS) oldest?.destroy()
    this.#sockets.add(socket)
    const timer = setTimeout(() => socket.destroy(), this.#options.connectionMs ?? CONNECTION_MS)
    socket.once('close', () => {
      clearTimeout(timer)
      this.#sockets.delete(socket)
    })
  }

  readonly #answer = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    // A second request on a connection, sent without waiting for the answer to the first.
    if (this.#answered.has(socket)) return void socket.destroy()
    this.#answered.add(socket)
    try {
      const taken = this.#take(request)
      if (taken !== undefined) this.#end({ taken }, socket)
      give(taken === undefined ? REFUSED_PAGE : TAKEN_PAGE, response)
    } catch (error) {
      give(REFUSED_PAGE, response)
      this.#end({ failed: error }, socket)
    }
  }

  #take(request: IncomingMessage): RedirectParameters | undefined {
    const query = navigationQuery(request, { ...this.#address, port: this.port })
    if (query === undefined) return undefined
    let parameters: RedirectParameters
    try {
      parameters = this.#options.readQuery(query)
    } catch (error) {
      if (isTokenctlError(error)) return undefined
      throw error
    }
    return this.#accept(parameters) === 'taken' ? parameters : undefined
  }

  /** The first outcome stays. All connections go but the one that is still to get its page. */
  #end(outcome: { taken: RedirectParameters } | { failed: unknown }, last?: Socket): void {
    this.#outcome ??= outcome
    this.#stop()
    for (const socket of this.#sockets) if (socket !== last) socket.destroy()
  }

  #stop(): void {
    if (this.#isOpen) this.#server.close()
    this.#isOpen = false
  }
}

function give({ status, headers, html }: LoopbackPage, response: ServerResponse): void {
  response.sendDate = false
  response.writeHead(status, headers)
  response.end(html)
}

/** The same page on a connection whose request Node could not read. */
function refuseRaw(socket: Duplex): void {
  if (!socket.writable) return void socket.destroy()
  const { status, headers, html } = REFUSED_PAGE
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} Bad Request\r\n${head.join('')}\r\n${html}`)
}

function notListening({ host, port }: LoopbackAddress, cause: Error): TokenctlError {
  const code = systemCode(cause)
  const where = host === '::1' ? `[::1]:${port}` : `${host}:${port}`
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program has that port',
    EACCES: 'the system does not permit that port',
    EADDRNOTAVAIL: 'this machine has no such address',
    EAFNOSUPPORT: 'this machine has no such address',
  }
  const reason = why[code ?? ''] ?? `the system says ${code ?? 'nothing'}`
  return new TokenctlError('USAGE', `The answer cannot be caught at ${where}: ${reason}.`, {
    fix: 'Consent in the browser all the same, and paste the address that it ends at, though no page shows there.',
    cause,
  })
}
