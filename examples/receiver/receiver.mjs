/**
 * A receiver for `tokenctl accounts deliver-to --url`, whole and without dependencies: takes signed POSTs, checks them,
 * keeps the newest tokens of each account in a folder. It speaks plain HTTP on this machine: put a server that has TLS in
 * front of it. What it prints names accounts and outcomes, never a token.
 *
 *   RECEIVER_KEY_FILE=keys RECEIVER_FOLDER=tokens PORT=8787 node receiver.mjs
 *
 * The key file holds what `deliver-to` showed, one key a line; two while you change from one to the other.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { store } from './store.mjs'
import { verify } from './verify.mjs'

/** tokenctl's documents have some 10 KiB at most. */
const LONGEST_BODY = 64 * 1024

const { RECEIVER_KEY_FILE = 'keys', RECEIVER_FOLDER = 'tokens', PORT = '8787' } = process.env

/** Read anew each time, so that a key can be added without a restart. */
function keys() {
  const lines = readFileSync(RECEIVER_KEY_FILE, 'utf8').split('\n')
  return lines.filter(line => line.trim() !== '').map(line => Buffer.from(line.trim(), 'base64'))
}

/** The body's bytes; undefined when there are more than any delivery has. */
async function bodyOf(request) {
  const chunks = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > LONGEST_BODY) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The status and the words of the answer. tokenctl tries again after 408, 425, 429 and 5xx, and after no other 4xx. */
async function answerTo(request) {
  if (request.method !== 'POST') return [405, 'POST only']
  const body = await bodyOf(request)
  if (body === undefined) return [413, 'too long']
  const now = Date.now()
  const verdict = verify({ signature: request.headers['tokenctl-signature'], body, keys: keys(), now })
  if (verdict !== 'genuine') return [401, verdict]
  const document = JSON.parse(body.toString('utf8'))
  // From here to the end nothing waits, so that two deliveries of one account cannot come between each other.
  const stored = store(RECEIVER_FOLDER, document, now)
  if (stored.outcome === 'unfit') return [422, stored.problem]
  return [200, `${document.account}: ${stored.outcome}`]
}

const server = createServer((request, response) => {
  answerTo(request)
    .catch(error => [500, error.code ?? error.name])
    .then(([status, words]) => {
      console.log(`${status} ${words}`)
      response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${words}\n`)
    })
})
server.requestTimeout = 10_000
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`)
})
