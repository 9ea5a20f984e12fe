/**
 * undici's pools, one for each origin, and every connection that they ever made. undici is loaded when the first of them is
 * wanted. A request is never repeated, and none is put on a connection behind another.
 */
import type { Client, Pool } from 'undici'

export class OriginPools {
  readonly #connections: number
  readonly #pools = new Map<string, Pool>()
  // A pool lets go of a client that once could not connect, but that client goes on with what waits, and then nobody would
  // close it.
  readonly #connected = new Set<Client>()

  /** @param connections how many there are to one origin at most; what comes on top waits for one. */
  constructor(connections: number) {
    this.#connections = connections
  }

  /** The pool of an origin; nothing is connected yet. */
  async of(origin: string): Promise<Pool> {
    const undici = await import('undici')
    const pool = this.#pools.get(origin) ?? new undici.Pool(origin, this.#options(undici))
    this.#pools.set(origin, pool)
    return pool
  }

  /** Ends every connection, whatever is on it. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#pools.values(), ...this.#connected].map(each => each.destroy()))
  }

  #options(undici: typeof import('undici')): Pool.Options {
    return {
      connections: this.#connections,
      // An answer that fails to come harms one token only.
      pipelining: 1,
      // The deadline of the exchange stands for both.
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (origin, options) => {
        const client = new undici.Client(origin, options)
        client.on('connect', () => this.#connected.add(client))
        client.on('disconnect', () => this.#connected.delete(client))
        return client
      },
    }
  }
}
