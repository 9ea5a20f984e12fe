/**
 * What the three vendors' sides have in common: a call as it came off the socket, an answer before it goes on it, and
 * parsers that take nothing they should not. Written for the simulator alone, so that it finds a client's mistakes.
 */
import type { IncomingHttpHeaders } from 'node:http'

/** One request, whole. */
export interface Call {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Without its question mark; empty when there is none. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** One answer, and what the log says of it. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** `refreshed`, `exchanged`, or the vendor's own error code. */
  readonly outcome: string
  /** Why, in words the client does not get to read. */
  readonly detail: string | null
  readonly account: string | null
  /** The generation of the refresh token that was refused, or that the answer left in force. */
  readonly generation: number | null
}

/** Who it happened to, where that is known. */
export type Whom = Partial<Pick<Reply, 'detail' | 'account' | 'generation'>>

/** An answer in JSON. Tokens in it are never to be kept (RFC 6749, 5.1). */
export function jsonReply(
  status: number,
  body: Readonly<Record<string, unknown>>,
  outcome: string,
  whom: Whom = {},
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: {
      'content-type': 'application/json;charset=UTF-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
      ...headers,
    },
    body: JSON.stringify(body),
    outcome,
    detail: null,
    account: null,
    generation: null,
    ...whom,
  }
}

/** Parameters by name, or what is wrong with them in words that quote no value. */
export type Parsed = ReadonlyMap<string, string> | { readonly wrong: string }

/** Whether parsing failed. */
export function isWrong(parsed: Parsed): parsed is { readonly wrong: string } {
  return 'wrong' in parsed
}

/** The media type of a request in small letters, without its parameters. */
export function mediaType(call: Call): string {
  return (call.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// One round of decoding and no more: `%252B` is the text `%2B`, and a raw `+` is a space (WHATWG URL, 5.1).
function decode(text: string): string | undefined {
  if (/[^\x21-\x7e]/.test(text) || /%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  try {
    return UTF8.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    // Not UTF-8, said once by the caller with the parameter's place.
    return undefined
  }
}

/** Reads `name=value&…`, each name once. An empty text has no parameters. */
export function parseForm(text: string): Parsed {
  const parameters = new Map<string, string>()
  if (text === '') return parameters
  for (const [index, pair] of text.split('&').entries()) {
    const equals = pair.indexOf('=')
    const name = equals > 0 ? decode(pair.slice(0, equals)) : undefined
    const value = decode(pair.slice(equals + 1))
    if (name === undefined) return { wrong: `parameter ${index + 1} has no readable name` }
    if (value === undefined) return { wrong: `parameter ${index + 1} is not percent-encoded UTF-8` }
    if (parameters.has(name)) return { wrong: `parameter ${index + 1} repeats a name` }
    parameters.set(name, value)
  }
  return parameters
}

/** Reads a JSON object of strings. */
export function parseJsonStrings(body: Buffer): Parsed {
  let value: unknown
  try {
    value = JSON.parse(UTF8.decode(body))
  } catch {
    return { wrong: 'the body is not JSON' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { wrong: 'the body is no object' }
  const entries = Object.entries(value)
  if (entries.some(([, each]) => typeof each !== 'string')) return { wrong: 'a value is not a string' }
  return new Map(entries)
}

/** The two parts of a Basic header, or undefined when it is not exactly one (RFC 7617, 2). */
export function parseBasic(
  header: string | undefined,
): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  // Node decodes what it can; what does not come back as it went in was no base64.
  if (bytes.toString('base64') !== encoded) return undefined
  const text = bytes.toString('latin1')
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) }
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i

/**
 * Whether a call came to a loopback name, and from no page of another site. A name of somebody's own that resolves to
 * 127.0.0.1 would let their web page in; its Host tells it, or its Origin.
 */
export function isLocal({ headers }: Call): boolean {
  const origin = headers.origin
  const fromHere = origin === undefined || LOOPBACK.test(origin.replace(/^https?:\/\//, ''))
  return LOOPBACK.test(headers.host ?? '') && fromHere
}
