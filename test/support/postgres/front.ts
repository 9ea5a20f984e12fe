/**
 * A TCP door before a PostgreSQL server, where a test breaks the way to it at a chosen point: before a statement gets there,
 * after it was carried out and before its answer is back, for good, or without a word. It can be led to another server, as
 * an address is that moves. It knows of the protocol only that a statement's name stands in what the client sends.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { type Access, accessBy, type Login } from './access.ts'

/** Where a connection is cut: `before` the statement gets to the server, or `after` it was carried out there. */
export type CutPoint = 'before' | 'after'

export interface PostgresFront {
  readonly port: number
  /** The ways through it for a login of the server. */
  accessOf(login: Login): Access
  /** From now on new connections go to this port. Those that there are stay. */
  lead(port: number): void
  /** Resets every connection, at both ends; how many. */
  cut(): number
  /** Lets no byte through any more, in the connections that there are, and tells nobody. */
  freeze(): void
  /**
   * Cuts the next connection that sends this text (a statement's name, or a piece of it that has none), and only that;
   * resolves when that is done.
   */
  cutAt(point: CutPoint, text: string): Promise<void>
  close(): Promise<void>
}

interface Trap {
  readonly point: CutPoint
  readonly text: string
  readonly done: () => void
}

interface Way {
  readonly client: Socket
  readonly server: Socket
  isFrozen: boolean
  /** Set when a statement of this way was trapped: what the server says next is its answer. */
  trapped: Trap | undefined
}

/** Starts one before the server at this port of 127.0.0.1. */
export async function startPostgresFront(to: number): Promise<PostgresFront> {
  const ways = new Set<Way>()
  let target = to
  let traps: readonly Trap[] = []

  const end = (way: Way) => {
    ways.delete(way)
    way.client.resetAndDestroy()
    way.server.resetAndDestroy()
  }
  const door = createServer({ noDelay: true }, client => {
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
    const way: Way = { client, server, isFrozen: false, trapped: undefined }
    ways.add(way)
    for (const socket of [client, server]) socket.on('error', () => end(way)).on('close', () => end(way))
    client.on('data', bytes => {
      if (way.isFrozen) return
      const sent = bytes.toString('latin1')
      const trap = traps.find(each => sent.includes(each.text))
      if (trap !== undefined) {
        traps = traps.filter(each => each !== trap)
        if (trap.point === 'before') {
          end(way)
          trap.done()
          return
        }
        way.trapped = trap
      }
      server.write(bytes)
    })
    server.on('data', bytes => {
      if (way.isFrozen) return
      // The server answers a statement when it has been carried out and, outside a transaction, committed.
      if (way.trapped === undefined) return void client.write(bytes)
      end(way)
      way.trapped.done()
    })
  })
  await new Promise<void>(resolve => door.listen(0, '127.0.0.1', resolve))
  const { port } = door.address() as AddressInfo
  return {
    port,
    accessOf: login => accessBy(port, login),
    lead: next => {
      target = next
    },
    cut: () => {
      const all = [...ways]
      for (const way of all) end(way)
      return all.length
    },
    freeze: () => {
      for (const way of ways) way.isFrozen = true
    },
    cutAt: (point, text) =>
      new Promise(done => {
        traps = [...traps, { point, text, done }]
      }),
    close: () =>
      new Promise(resolve => {
        for (const way of ways) end(way)
        door.close(() => resolve())
      }),
  }
}

/** The same within a test: closed when it is over. */
export async function postgresFront(to: number): Promise<PostgresFront> {
  const front = await startPostgresFront(to)
  onTestFinished(() => front.close())
  return front
}
