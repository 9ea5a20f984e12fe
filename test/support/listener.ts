/**
 * Servers of one test: raw ones that read a whole request and then write whatever bytes the test has for an answer. All of
 * them listen on a free port of 127.0.0.1, and `close` ends them with every connection.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** What a raw server saw. */
export interface RawServer {
  readonly port: number
  /** Every byte that came, as latin1, over all connections. */
  readonly text: () => string
  /** How many whole requests came. */
  readonly asked: () => number
  /** How many connections were made. */
  readonly connections: () => number
}

export class Listeners {
  readonly #running: { server: Server; sockets: Set<Socket> }[] = []

  /** Has any server listen, and returns its port. */
  async listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>()
    server.on('connection', socket => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    })
    this.#running.push({ server, sockets })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }

  /** A port of 127.0.0.1 on which nobody listens. */
  async unused(): Promise<number> {
    const port = await this.listen(createServer())
    await this.close()
    return port
  }

  /** A server that calls `answer` with each whole request, and how many there were before it. */
  async raw(answer: (socket: Socket, before: number) => void): Promise<RawServer> {
    let text = ''
    let asked = 0
    let connections = 0
    const port = await this.listen(
      createServer(socket => {
        connections += 1
        let pending = ''
        socket.on('data', chunk => {
          const part = chunk.toString('latin1')
          text += part
          pending += part
          for (let end = endOfRequest(pending); end !== undefined; end = endOfRequest(pending)) {
            pending = pending.slice(end)
            asked += 1
            answer(socket, asked - 1)
          }
        })
      }),
    )
    return { port, text: () => text, asked: () => asked, connections: () => connections }
  }

  async close(): Promise<void> {
    for (const { server, sockets } of this.#running.splice(0)) {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

function endOfRequest(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const length = Number(/^content-length: (\d+)\r$/im.exec(text.slice(0, head + 2))?.[1] ?? 0)
  const end = head + 4 + length
  return text.length >= end ? end : undefined
}
