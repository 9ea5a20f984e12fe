/**
 * A TCP proxy on loopback that stands between the program and the simulator and tears the wire: by byte counts and
 * events, never by waiting. It knows where an HTTP message ends and nothing of what is in one. Each request goes to the
 * server over a connection of its own; connections of the client are kept, as a server keeps them.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One request of the client, and what became of it. */
export interface Exchange {
  /** From 1. */
  readonly number: number
  /** The client's port, which tells its process. */
  readonly clientPort: number
  /** Settles when the request is here whole. Never, when the client leaves before. */
  readonly whole: Promise<Buffer>
  /** What the server answered, once for each time it was asked. */
  readonly replies: readonly Buffer[]
  /** How many bytes of an answer went to the client. */
  readonly forwarded: number
  /** Sends the request to the server and gives its whole answer. */
  ask(): Promise<Buffer>
  /** Gives bytes to the client; resolves when they are on their way. */
  send(bytes: Buffer): Promise<void>
  /** Nothing more will be sent, but what comes is still read (FIN). */
  halfClose(): void
  /** As a process that ends: FIN, and nothing is read any more. */
  close(): void
  /** As a middlebox that has forgotten the connection: RST. */
  reset(): void
}

/** What happens to one exchange. It begins with the request's first byte. */
export type Fault = (exchange: Exchange) => Promise<void> | void

export interface ChaosProxy {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** All exchanges, oldest first. */
  readonly exchanges: readonly Exchange[]
  close(): Promise<void>
}

export interface ChaosOptions {
  /** The server's origin. */
  readonly to: string
  /** Called for each exchange; its answer decides what happens. */
  readonly fault: (number: number) => Fault
  /** Called when a connection is made, before any byte; true when it was dealt with. */
  readonly onConnection?: (client: Socket) => boolean
}

class Wire implements Exchange {
  readonly number: number
  readonly clientPort: number
  readonly whole: Promise<Buffer>
  readonly replies: Buffer[] = []
  forwarded = 0
  /** Hands the whole request in. */
  arrived: (request: Buffer) => void = () => undefined
  readonly #client: Socket
  readonly #to: URL
  readonly #track: (socket: Socket) => void

  constructor(number: number, client: Socket, to: URL, track: (socket: Socket) => void) {
    this.number = number
    this.clientPort = client.remotePort ?? 0
    this.#client = client
    this.#to = to
    this.#track = track
    this.whole = new Promise(resolve => {
      this.arrived = resolve
    })
  }

  async ask(): Promise<Buffer> {
    const request = await this.whole
    const reply = await new Promise<Buffer>((resolve, reject) => {
      const server = connect(Number(this.#to.port), this.#to.hostname, () => server.write(request))
      this.#track(server)
      const gather = messages('reply', message => {
        server.destroy()
        resolve(message)
      })
      // A server that leaves in the middle has said what it had to say.
      server.on('data', gather.add).on('end', () => resolve(gather.rest()))
      server.on('error', reject)
    })
    this.replies.push(reply)
    return reply
  }

  send(bytes: Buffer): Promise<void> {
    this.forwarded += bytes.length
    return new Promise(resolve => {
      if (this.#client.destroyed || bytes.length === 0) resolve()
      else this.#client.write(bytes, () => resolve())
    })
  }

  halfClose(): void {
    this.#client.end()
  }

  close(): void {
    this.#client.end(() => this.#client.destroy())
  }

  reset(): void {
    this.#client.resetAndDestroy()
  }
}

interface Gatherer {
  readonly add: (chunk: Buffer) => void
  /** What came of a message that is not whole. */
  readonly rest: () => Buffer
}

/** Splits a stream into messages with a Content-Length, which is all that program and simulator speak. */
function messages(
  kind: 'request' | 'reply',
  onMessage: (message: Buffer) => void,
  onBegin?: () => void,
): Gatherer {
  let got = Buffer.alloc(0)
  const add = (chunk: Buffer): void => {
    if (got.length === 0 && chunk.length > 0) onBegin?.()
    got = Buffer.concat([got, chunk])
    const length = messageLength(got, kind)
    if (length === undefined || got.length < length) return
    const [message, more] = [got.subarray(0, length), got.subarray(length)]
    got = Buffer.alloc(0)
    onMessage(message)
    if (more.length > 0) add(more)
  }
  return { add, rest: () => got }
}

/** The whole length of the message that these bytes begin; undefined while its headers are not whole. */
function messageLength(bytes: Buffer, kind: 'request' | 'reply'): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end)
  if (kind === 'reply' && / 204 /.test(head.slice(0, 13))) return end + 4
  return end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startChaosProxy({ to, fault, onConnection }: ChaosOptions): Promise<ChaosProxy> {
  const exchanges: Wire[] = []
  const sockets = new Set<Socket>()
  const track = (socket: Socket) => {
    sockets.add(socket)
    // Whoever resets a connection has its reasons; here nothing is lost by it.
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    track(client)
    if (onConnection?.(client) === true) return
    let current: Wire | undefined
    const begin = () => {
      const wire = new Wire(exchanges.length + 1, client, new URL(to), track)
      exchanges.push(wire)
      current = wire
      void Promise.resolve(fault(wire.number)(wire)).catch(() => client.destroy())
    }
    const requests = messages('request', message => current?.arrived(message), begin)
    client.on('data', requests.add).on('end', () => client.end())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    exchanges,
    close: () =>
      new Promise(resolve => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
