/**
 * What one renewal costs as a process: `tokenctl renew` of one account of the file store against a server of tokens on
 * loopback, and, to see how much of that is HTTP, processes that do nothing but the one POST. The server is a process of
 * its own (fleet-server.js), since whoever times waits for each process and could not answer meanwhile.
 */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { refreshTokenOf, TOKEN_PATH } from './fleet-server.js'
import { ago } from './homes.js'
import { inTurns } from './turns.js'

const SERVER = fileURLToPath(new URL('fleet-server.js', import.meta.url))
const ONE_POST = fileURLToPath(new URL('one-post.cjs', import.meta.url))

/** @returns rows: what was timed, and its timing. Throws when a run did not renew, since that is quicker. */
export async function timeRenewal(pairs, program, folder) {
  const server = spawn(process.execPath, [SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const origin = String(await new Promise(resolve => server.stdout.once('data', resolve))).trim()
    const home = connectedHome(join(folder, 'renewal'), program, origin)
    const empty = () => program.timeNode(['-e', '0'])
    const post = how => () => program.timeNode([ONE_POST, how, `${origin}${TOKEN_PATH}`])
    const rows = [
      ...ways().map(([how, what]) => [what, inTurns(pairs, empty, post(how))]),
      [
        'renew, 1 account, file store',
        inTurns(pairs, empty, () => program.time(['renew', ACCOUNT], { home })),
      ],
    ]
    await refuseOdd(origin, pairs + 1)
    return rows
  } finally {
    server.kill()
  }
}

const ACCOUNT = 'ebay:main'

/** The ways to make one POST that there are here. */
function ways() {
  const all = [
    ['http', '  one POST by node:http'],
    ['fetch', '  one POST by fetch'],
    ['undici', "  one POST by undici's Agent"],
  ]
  try {
    createRequire(import.meta.url).resolve('undici')
    return all
  } catch {
    return all.slice(0, 2)
  }
}

function connectedHome(home, { type }, origin) {
  mkdirSync(home, { mode: 0o700 })
  type(['config', 'set', 'store', 'file'], { home })
  type(['config', 'set', 'endpoint.ebay', origin], { home })
  const app = {
    marketplace: 'ebay',
    name: 'default',
    keys: { clientId: 'a-b-c', clientSecret: 'PRD-made-up' },
  }
  const refreshToken = refreshTokenOf('main')
  const accounts = [{ account: ACCOUNT, app: 'default', refreshToken, consentAt: ago(60) }]
  type(['import'], { home, input: JSON.stringify({ version: 1, apps: [app], accounts }) })
  return home
}

/** Each run must have been answered with a new access token. */
async function refuseOdd(origin, runs) {
  const log = (await (await fetch(`${origin}/log`)).text()).trim().split('\n')
  const renewed = log.map(line => JSON.parse(line)).filter(({ account }) => account === 'main')
  if (renewed.length !== runs || renewed.some(({ outcome }) => outcome !== 'refreshed'))
    throw new Error(`${runs} renewals were timed, and the server saw ${renewed.length}.`)
}
