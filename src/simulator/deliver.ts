/**
 * Puts an answer on the socket, whole or as a fault has it. It knows bytes and connections, nothing of tokens; what a
 * marketplace says in its own words, even when told to fail, stands in `answer.ts`.
 */
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { PlannedFault } from './faults.ts'

/** What goes on the wire. */
export interface Outgoing {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Waits; never keeps the program alive by itself. */
export type Wait = (ms: number) => Promise<void>

// Far past any cap on a token answer (64 KiB), small on the wire. A client that decodes it all shows it in memory.
const PADDING_BYTES = 8 * 1024 * 1024

function send(response: ServerResponse, out: Outgoing, body: string | Buffer = out.body): void {
  const length = out.status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  response.writeHead(out.status, { ...out.headers, ...length })
  response.end(body)
}

/** Sends an answer as it is. */
export function deliver(response: ServerResponse, out: Outgoing): void {
  send(response, out)
}

/** Closes the connection with a TCP reset, before any answer. */
export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}

/** Sends the answer to a request that was carried out as its fault has it; the words are those of `faults.ts`. */
export async function deliverDamaged(
  response: ServerResponse,
  out: Outgoing,
  planned: PlannedFault,
  wait: Wait,
): Promise<void> {
  switch (planned.fault) {
    case 'lost-reply':
      response.socket?.destroy()
      return
    case 'slow':
      await wait(planned.delayMs)
      if (!isGone(response)) send(response, out)
      return
    case 'drip':
      return drip(response, out, planned.delayMs, wait)
    case 'truncated':
      return truncate(response, out)
    case 'huge':
      return send(
        response,
        { ...out, headers: { ...out.headers, 'content-encoding': 'gzip' } },
        gzipSync(out.body + ' '.repeat(PADDING_BYTES)),
      )
    case 'empty-204':
      return send(response, { status: 204, headers: {}, body: '' })
    case 'wrong-type':
      return send(response, { ...out, headers: { ...out.headers, 'content-type': 'text/plain' } })
    default:
      return send(response, out)
  }
}

// The response learns of its end a little later than the socket does.
function isGone(response: ServerResponse): boolean {
  return response.socket === null || response.socket.destroyed
}

async function drip(response: ServerResponse, out: Outgoing, delayMs: number, wait: Wait): Promise<void> {
  response.writeHead(out.status, { ...out.headers, 'content-length': String(Buffer.byteLength(out.body)) })
  response.flushHeaders()
  for (const byte of Buffer.from(out.body)) {
    await wait(delayMs)
    if (isGone(response)) return
    response.write(Buffer.of(byte))
  }
  response.end()
}

function truncate(response: ServerResponse, out: Outgoing): void {
  const bytes = Buffer.from(out.body)
  response.writeHead(out.status, { ...out.headers, 'content-length': String(bytes.length) })
  // The half must be on its way before the connection closes, or the client sees no answer at all.
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.socket?.end())
}
