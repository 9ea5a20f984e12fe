/**
 * What one renewal costs as a process: `tokenctl renew` of one account of the file store against a server of tokens on
 * loopback, and, to see how much of that is HTTP, processes that do nothing but the one POST.
 */
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { refreshTokenOf, TOKEN_PATH } from './fleet-server.js'
import { ago } from './homes.js'
import { presented, refuseOdd, startServer } from './server-process.js'
import { inTurns } from './turns.js'

const ONE_POST = fileURLToPath(new URL('one-post.cjs', import.meta.url))

/** @returns rows: what was timed, and its timing. Throws when a run did not renew, since that is quicker. */
export async function timeRenewal(pairs, program, folder) {
  const server = await startServer()
  try {
    const { origin } = server
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
    // The one account, once each time and once before.
    refuseOdd(await presented(origin, 'main'), 1, pairs + 1)
    return rows
  } finally {
    server.end()
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
