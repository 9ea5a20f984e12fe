/**
 * The ways in which a wire tears, for `chaos-proxy.ts`. In all of them but `swallow`, `early` and `resetAtOnce` the
 * server has carried the request out, so that a token that rotates is spent.
 */
import type { Exchange, Fault } from './chaos-proxy.ts'

/** How a connection ends behind the last byte. `late`: the client has taken all bytes in before it learns of the end. */
export type Ending = 'fin' | 'rst' | 'fin-late' | 'rst-late'

/** How many turns of this process' loop a client in it needs at most to read what is there. */
const TURNS = 6

/** Lets whoever lives in this process read what is on its sockets. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>(resolve => setImmediate(resolve))
}

/** Nothing goes wrong. */
export const pass: Fault = async exchange => exchange.send(await exchange.ask())

/** The answer ends after so many bytes. */
export function cutAfter(bytes: number, ending: Ending): Fault {
  return async exchange => {
    const reply = await exchange.ask()
    await exchange.send(reply.subarray(0, bytes))
    if (bytes >= reply.length) return
    if (ending.endsWith('-late')) await turns(TURNS)
    if (ending.startsWith('fin')) exchange.close()
    else exchange.reset()
  }
}

/** The answer never comes, and the connection stays open. */
export const drop: Fault = async exchange => void (await exchange.ask())

/** The request never gets to the server, and nobody says so. */
export const swallow: Fault = () => undefined

/** The answer comes byte by byte, each as a packet of its own. */
export const drip: Fault = async exchange => {
  for (const byte of await exchange.ask()) {
    await exchange.send(Buffer.of(byte))
    await turns(1)
  }
}

/** The answer comes when something else has happened. */
export function hold(until: (exchange: Exchange) => Promise<unknown>): Fault {
  return async exchange => {
    const reply = await exchange.ask()
    await until(exchange)
    await exchange.send(reply)
  }
}

/** In place of the answer, the end of one half of the connection; the other is still read. */
export const halfClose: Fault = async exchange => {
  await exchange.ask()
  exchange.halfClose()
}

/** Half of the answer's bytes, then the end of that half of the connection. */
export const halfCloseInside: Fault = async exchange => {
  const reply = await exchange.ask()
  await exchange.send(reply.subarray(0, reply.length >> 1))
  exchange.halfClose()
}

/** The request gets to the server twice; the client is given the first answer or the second. */
export function duplicate(given: 'first' | 'second'): Fault {
  return async exchange => {
    const answers = [await exchange.ask(), await exchange.ask()] as const
    await exchange.send(answers[given === 'first' ? 0 : 1])
  }
}

/** In place of the answer, these bytes and the end of the connection. */
export function instead(bytes: Buffer): Fault {
  return async exchange => {
    await exchange.ask()
    await exchange.send(bytes)
    exchange.close()
  }
}

/** Behind the whole answer, bytes that belong to nothing. */
export function behind(bytes: Buffer): Fault {
  return async exchange => {
    await exchange.send(Buffer.concat([await exchange.ask(), bytes]))
    exchange.close()
  }
}

/** An answer at the request's first byte, before it is whole; the server never sees it. */
export function early(reply: string): Fault {
  return async exchange => {
    await exchange.send(Buffer.from(reply))
    exchange.close()
  }
}

/** A reset at the request's first byte. */
export const resetAtOnce: Fault = exchange => exchange.reset()
