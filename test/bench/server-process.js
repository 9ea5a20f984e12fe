/**
 * `fleet-server.js` in a process of its own, since whoever times waits for processes and could not answer meanwhile; and what
 * it was asked. A run in which an account was asked about twice, or not at all, is no measurement.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SERVER = fileURLToPath(new URL('fleet-server.js', import.meta.url))

/** A server of tokens on a free port, with these words behind its name; `end` ends it. Throws when it does not start. */
export async function startServer(words = []) {
  const child = spawn(process.execPath, [SERVER, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  const origin = await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
      if (text.includes('\n')) resolve(text.trim())
    })
    child.once('exit', () => reject(new Error('The server of tokens did not start.')))
  })
  return { origin, pid: child.pid, end: () => child.kill() }
}

/** What a server was presented, in order: `account`, `outcome`, `at`; of all, or of accounts whose name begins so. */
export async function presented(origin, name) {
  const text = await (await fetch(`${origin}/log`)).text()
  // Looked at before they are parsed: a raw client's are some hundred thousand.
  const lines = text
    .split('\n')
    .filter(line => (name === undefined ? line !== '' : line.includes(`"account":"${name}`)))
  return lines.map(line => JSON.parse(line))
}

/** @throws unless each of so many accounts was refreshed, by so many requests and no other */
export function refuseOdd(asked, accounts, each = 1) {
  const times = new Map()
  for (const { account, outcome } of asked)
    if (outcome === 'refreshed') times.set(account, (times.get(account) ?? 0) + 1)
  const isEach = [...times.values()].every(count => count === each)
  if (asked.length !== accounts * each || times.size !== accounts || !isEach)
    throw new Error(
      `Of ${accounts} accounts ${times.size} were refreshed, by ${asked.length} requests for ${accounts * each}.`,
    )
}
