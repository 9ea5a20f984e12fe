/** A client that shows what came off the socket, without an HTTP library's opinion of it. */
import { connect } from 'node:net'
import { form } from './calls.ts'

export interface RawReply {
  /** Everything up to the end of the connection, as Latin-1 so that no byte is lost. */
  readonly text: string
  /** When each piece arrived, in order. */
  readonly pieces: readonly string[]
  /** `ECONNRESET` when the connection was reset; null when it was closed. */
  readonly error: string | null
}

export interface RawRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request and reads until the connection ends; the server is asked to end it. */
export function rawRequest(port: number, request: RawRequest): Promise<RawReply> {
  const { method = 'POST', path, body = '' } = request
  const headers = { host: `127.0.0.1:${port}`, connection: 'close', ...request.headers }
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) })
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)]
  return new Promise(resolve => {
    const pieces: string[] = []
    let error: string | null = null
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', piece => pieces.push(String(piece)))
    socket.on('error', problem => {
      error = 'code' in problem ? String(problem.code) : problem.message
    })
    socket.on('close', () => resolve({ text: pieces.join(''), pieces, error }))
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  })
}

/** The status, the headers in small letters, and the body as sent. */
export function splitReply({ text }: RawReply): {
  status: number
  headers: Record<string, string>
  body: string
} {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const pairs = lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(pairs),
    body: text.slice(end + 4),
  }
}

/** A form request as a right client sends it. */
export function formRequest(path: string, values: Record<string, string>, headers = {}): RawRequest {
  return {
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: form(values),
  }
}
