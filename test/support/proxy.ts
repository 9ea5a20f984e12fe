/**
 * A real CONNECT proxy on loopback for tests and journeys: it opens tunnels, notes each CONNECT line, and never sees
 * what goes through. Anything but CONNECT is answered 405, so a client that forwards instead of tunnelling fails.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface TestProxyOptions {
  /** `name:password` that a client must show; without it: 407. */
  readonly credentials?: string
  /** Answers every CONNECT with this status in place of a tunnel. */
  readonly refuseWith?: number
  /** Takes the CONNECT and never answers it. */
  readonly silent?: true
}

export interface TestProxy {
  /** `http://127.0.0.1:PORT`, with the credentials when there are some. */
  readonly url: string
  readonly port: number
  /** One entry for each request line: `CONNECT 127.0.0.1:8080 200`. */
  readonly log: readonly string[]
  /** How many tunnels it opened. */
  readonly tunnels: () => number
  close(): Promise<void>
}

/** Starts one on a free port of 127.0.0.1. */
export async function startProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const log: string[] = []
  const sockets = new Set<Socket>()
  let tunnels = 0
  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url} 405`)
    response.writeHead(405).end()
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
  })
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const answer = (status: number, text: string) => {
      log.push(`CONNECT ${request.url} ${status}`)
      client.write(
        `HTTP/1.1 ${status} ${text}\r\n${status === 407 ? 'Proxy-Authenticate: Basic\r\n' : ''}\r\n`,
      )
      if (status !== 200) client.end()
    }
    if (options.silent) {
      log.push(`CONNECT ${request.url} -`)
      return
    }
    if (options.refuseWith !== undefined) return answer(options.refuseWith, 'Refused')
    const wanted = options.credentials && `Basic ${Buffer.from(options.credentials).toString('base64')}`
    if (wanted && request.headers['proxy-authorization'] !== wanted) return answer(407, 'Wanted')
    const target = new URL(`http://${request.url}`)
    const upstream = connect(Number(target.port || 80), target.hostname.replace(/^\[|\]$/g, ''), () => {
      tunnels += 1
      answer(200, 'Connection established')
      upstream.write(head)
      client.pipe(upstream).pipe(client)
    })
    sockets.add(upstream)
    upstream
      .on('error', () => (upstream.connecting ? answer(502, 'Bad gateway') : client.destroy()))
      .on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const login = options.credentials
    ? `${options.credentials.split(':').map(encodeURIComponent).join(':')}@`
    : ''
  return {
    url: `http://${login}127.0.0.1:${port}`,
    port,
    log,
    tunnels: () => tunnels,
    close: () =>
      new Promise(resolve => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
