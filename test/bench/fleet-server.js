/**
 * A token endpoint for measuring in bulk, in a process of its own: it answers eBay's refresh as the simulator does, of a
 * real answer's length, and does as little else as it can. With `--rotate` it hands out a new refresh token each time and
 * takes every one once only; what was presented is kept in memory, for whoever checks a run afterwards.
 *
 *   node test/bench/fleet-server.js [--port N] [--latency MS] [--rotate] [--bytes N]
 *
 * Its first line is its origin. GET /log is a line of JSON for each request, in order: `{"n", "at", "account", "generation",
 * "outcome"}`. It knows an account by its refresh token: `refreshTokenOf('7', 1)` is the first one of account 7.
 */
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** The path of its one endpoint, eBay's. */
export const TOKEN_PATH = '/identity/v1/oauth2/token'

// As src/simulator/token-shapes.ts has it, with the characters on which encodings go wrong.
const HEAD = 'v^1.1#i^1#p^3#r^1#I^3#f^0#t^'
const TAIL = '+/=='
const OWN_TOKEN = /^v\^1\.1#i\^1#p\^3#r\^1#I\^3#f\^0#t\^([A-Za-z0-9_-]{1,64})\.(\d{1,9})\+\/==$/

// What a refresh of eBay's weighs: an access token of some 2,000 characters.
const BODY_BYTES = 2095

/** The refresh token of an account's generation; the first is 1. */
export function refreshTokenOf(account, generation = 1) {
  return `${HEAD}${account}.${generation}${TAIL}`
}

const JSON_HEADERS = [
  ['content-type', 'application/json;charset=UTF-8'],
  ['cache-control', 'no-store'],
  ['pragma', 'no-cache'],
].flat()

function answer(response, status, body) {
  response.writeHead(status, [...JSON_HEADERS, 'content-length', String(body.length)])
  // What is here is ASCII, and a text is written together with its head.
  response.end(body, 'latin1')
}

const refusal = (error, description) => JSON.stringify({ error, error_description: description })
const INVALID_REQUEST = refusal('invalid_request', 'request is missing a required parameter or malformed.')
const INVALID_CLIENT = refusal('invalid_client', 'client authentication failed')
const INVALID_GRANT = refusal(
  'invalid_grant',
  'the provided authorization refresh token is invalid or was issued to another client',
)

/** The value of one parameter of a form, or undefined; a `+` is a space. */
function parameter(form, name) {
  const mark = `${name}=`
  const at = form.startsWith(mark) ? 0 : form.indexOf(`&${mark}`) + 1
  if (at === 0 && !form.startsWith(mark)) return undefined
  const end = form.indexOf('&', at)
  try {
    const value = form.slice(at + mark.length, end === -1 ? undefined : end)
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/**
 * The server, not listening yet, and its log.
 *
 * @param {{ latency?: number, rotate?: boolean, bytes?: number }} options
 */
export function fleetServer({ latency = 0, rotate = false, bytes = BODY_BYTES } = {}) {
  const generations = new Map()
  const log = []
  let issued = 0

  const filler = 'A'.repeat(bytes)
  const accessToken = length =>
    `${HEAD}${String(++issued).padStart(12, '0')}${filler}`.slice(0, length - TAIL.length) + TAIL
  const members = rest => `,"expires_in":7200${rest},"token_type":"User Access Token"}`
  const granted = rest => {
    const end = members(rest)
    const length = Math.max(64, bytes - '{"access_token":""'.length - end.length)
    return `{"access_token":"${accessToken(length)}"${end}`
  }
  /** Judges a token and moves its account on. */
  const present = token => {
    const [, account, text] = OWN_TOKEN.exec(token) ?? []
    const generation = Number(text)
    if (account === undefined) return { outcome: 'unknown', account: null, generation: null }
    const current = generations.get(account) ?? 1
    if (generation !== current) return { outcome: 'spent', account, generation }
    if (rotate) generations.set(account, current + 1)
    return { outcome: 'refreshed', account, generation }
  }
  const reply = (request, form) => {
    if (request.method !== 'POST' || request.url !== TOKEN_PATH) return [404, INVALID_REQUEST]
    if (!request.headers.authorization?.startsWith('Basic ')) return [401, INVALID_CLIENT]
    const token = parameter(form, 'refresh_token')
    if (parameter(form, 'grant_type') !== 'refresh_token' || !token) return [400, INVALID_REQUEST]
    const { outcome, account, generation } = present(token)
    log.push({ at: Date.now(), account, generation, outcome })
    if (outcome !== 'refreshed') return [400, INVALID_GRANT]
    if (!rotate) return [200, granted('')]
    const next = JSON.stringify(refreshTokenOf(account, generation + 1))
    return [200, granted(`,"refresh_token":${next},"refresh_token_expires_in":47304000`)]
  }
  const writeLog = response => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    for (const [n, entry] of log.entries()) response.write(`${JSON.stringify({ n, ...entry })}\n`)
    response.end()
  }

  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/log') return writeLog(response)
    let form = ''
    request.setEncoding('latin1')
    request.on('data', chunk => {
      form += chunk
    })
    request.on('end', () => {
      const [status, body] = reply(request, form)
      if (latency === 0) answer(response, status, body)
      else setTimeout(answer, latency, response, status, body)
    })
  })
  // A fleet's connections are many and idle for a while.
  server.keepAliveTimeout = 60_000
  return { server, log }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      latency: { type: 'string', default: '0' },
      rotate: { type: 'boolean', default: false },
      bytes: { type: 'string', default: String(BODY_BYTES) },
    },
  })
  const { server } = fleetServer({
    latency: Number(values.latency),
    rotate: values.rotate,
    bytes: Number(values.bytes),
  })
  server.listen(Number(values.port), '127.0.0.1', 4096, () => {
    console.log(`http://127.0.0.1:${server.address().port}`)
  })
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0))
}
