/**
 * What the client for bulk costs over a raw Pool: refreshes a second, and processor time for each, of undici's Pool, of
 * `createPoolHttp` and of `createHttp` (over fetch), in turns in one process on one core, against `fleet-server.js` on
 * another. The ratio is that of the processor times: the rates also tell how busy the rest of the machine was.
 *
 *   node test/bench/http-clients.js                 1, 16, 64 and 256 in flight
 *   node test/bench/http-clients.js --check         ends with 1 where the client is more than 1.25 x slower than the Pool
 *   node test/bench/http-clients.js --latency 150   of a server that takes its time
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { rolldown } from 'rolldown'
import { TOKEN_PATH } from './fleet-server.js'
import { median } from './processes.js'
import { formOf, HEADERS, perSecond, rawRefresh } from './raw-pool.js'

const SELF = fileURLToPath(import.meta.url)
const HERE = new URL('.', import.meta.url)
const BAR = 1.25

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    latency: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '7' },
    'in-flight': { type: 'string', default: '1,16,64,256' },
    only: { type: 'string' },
    measure: { type: 'string' },
  },
})

/** Runs a process on one core, where the system can. */
function onCore(core, args, stdio) {
  const pinned = process.platform === 'linux' && cpus().length > 1
  const command = pinned
    ? ['taskset', '-c', String(core), process.execPath, ...args]
    : [process.execPath, ...args]
  return spawn(command[0], command.slice(1), { stdio })
}

const firstLine = stream =>
  new Promise((resolve, reject) => {
    let text = ''
    stream.on('data', chunk => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    stream.once('end', () => reject(new Error('the server did not start')))
  })

/** The two clients as JavaScript, in a folder of their own. */
async function clients(folder) {
  const source = name => fileURLToPath(new URL(`../../src/platform/${name}.ts`, HERE))
  const bundle = await rolldown({
    input: { pool: source('http-pool'), http: source('http') },
    platform: 'node',
    logLevel: 'silent',
    // The same undici as the raw Pool's, from where it is installed.
    external: ['undici'],
  })
  await bundle.write({ dir: folder, entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' })
  const load = name => import(pathToFileURL(join(folder, `${name}.mjs`)).href)
  return { ...(await load('pool')), ...(await load('http')) }
}

function refresh(http, origin) {
  return async index => {
    const { status, body } = await http.send({
      method: 'POST',
      url: origin + TOKEN_PATH,
      headers: HEADERS,
      body: formOf(index),
    })
    if (status !== 200 || typeof JSON.parse(body).access_token !== 'string')
      throw new Error(`refused with status ${status}`)
  }
}

async function measure(origin) {
  // Beside this file, so that the bundle finds undici.
  const folder = mkdtempSync(join(fileURLToPath(new URL('../../node_modules', HERE)), '.bench-'))
  try {
    const { createPoolHttp, createHttp } = await clients(folder)
    const { Pool } = await import('undici')
    const latency = Number(values.latency)
    for (const inFlight of values['in-flight'].split(',').map(Number)) {
      const raw = new Pool(origin, { connections: inFlight, pipelining: 1 })
      const pool = createPoolHttp({}, { connections: inFlight })
      const subjects = [
        ['raw', rawRefresh(raw), 1],
        ['client', refresh(pool, origin), 1],
        ['fetch', refresh(createHttp({}), origin), 0.2],
      ].filter(([name]) => values.only === undefined || values.only === name)
      const seen = new Map(subjects.map(([name]) => [name, []]))
      const requests = latency > 0 ? Math.ceil((inFlight * 2000) / latency) : inFlight === 1 ? 3000 : 10_000
      for (let round = -1; round < Number(values.rounds); round++) {
        for (const [name, work, share] of subjects) {
          const count = Math.ceil(requests * share)
          const before = process.cpuUsage()
          const rate = await perSecond(work, count, inFlight)
          const { user, system } = process.cpuUsage(before)
          if (round >= 0) seen.get(name).push({ rate, micros: (user + system) / count })
        }
      }
      await pool.close()
      await raw.close()
      const middle = (name, what) => median((seen.get(name) ?? []).map(each => each[what]))
      const row = Object.fromEntries(
        subjects.map(([name]) => [name, { rate: middle(name, 'rate'), micros: middle(name, 'micros') }]),
      )
      process.send({ inFlight, ...row })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (values.measure !== undefined) {
  await measure(values.measure)
  process.disconnect()
} else {
  const server = onCore(
    0,
    [fileURLToPath(new URL('fleet-server.js', HERE)), '--latency', values.latency],
    ['ignore', 'pipe', 'inherit'],
  )
  try {
    const origin = await firstLine(server.stdout)
    console.log(
      `Node ${process.versions.node}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, ${values.latency} ms of latency\n`,
    )
    console.log('           refreshes a second              microseconds of processor each')
    console.log('in flight       raw    client     fetch       raw    client     fetch   client / raw')
    let isMissed = false
    const args = [SELF, '--measure', origin, ...process.argv.slice(2)]
    const child = onCore(1, args, ['ignore', 'inherit', 'inherit', 'ipc'])
    child.on('message', ({ inFlight, ...row }) => {
      const column = (name, what) => String(Math.round(row[name]?.[what] ?? 0)).padStart(10)
      const columns = what => ['raw', 'client', 'fetch'].map(name => column(name, what)).join('')
      const ratio = (row.client?.micros ?? 0) / (row.raw?.micros ?? 1)
      console.log(
        `${String(inFlight).padStart(9)}${columns('rate')}${columns('micros')}   ${ratio.toFixed(2)}`,
      )
      if (ratio > BAR) isMissed = true
    })
    const code = await new Promise(resolve => child.once('exit', resolve))
    if (code !== 0) process.exitCode = 1
    if (values.check && isMissed) process.exitCode = 1
  } finally {
    server.kill()
  }
}
