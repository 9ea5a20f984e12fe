/**
 * A renewed token reaches the integration that needs it: the built program, the simulated marketplaces, and the receiver
 * that we show to others. What a receiver that is down, wrong or killed costs, and that a renewal never notices.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { deliverSchema, deliverToSchema } from '../../src/cli/shapes/deliver-shape.ts'
import { type DeliveryDocument, deliverySchema } from '../../src/cli/shapes/delivery-shape.ts'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { entries } from '../support/folder-print.ts'
import { hasProgram } from '../support/needed-program.ts'
import { EXAMPLE, freePort, startExample, startReceiver } from '../support/receiver.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import {
  BIN,
  ended,
  environmentOf,
  NODE,
  type Run,
  type RunOptions,
  startTokenctl,
  tokenctl,
} from '../support/tokenctl.ts'

const CRON = ['renew', '--all', '--due']

let simulator: Simulator
let home: string
const run = (args: readonly string[], more: RunOptions = {}) => tokenctl(args, { home, ...more })
const cron = () => run(CRON)

/** eBay is due, AliExpress is not. */
beforeEach(async () => {
  simulator = await simulated([shop('ebay:main', 120, 547), shop('aliexpress:main', 5, 60)])
  home = await connectedHome(simulator)
})

async function deliverTo(address: string, account = 'ebay:main', tokens = 'access'): Promise<string> {
  const words = ['accounts', 'deliver-to', account, '--url', '--stdin', '--json', '--tokens', tokens]
  const { status, stdout, stderr } = await run(words, { input: address })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return deliverToSchema.parse(JSON.parse(stdout)).key ?? expect.unreachable('no key')
}

async function deliveryOf(account: string) {
  const { stdout } = await run(['status', '--json'])
  const row = statusSchema.parse(JSON.parse(stdout)).accounts.find(each => each.account === account)
  return row?.delivery ?? null
}

/** Every access token that the marketplaces issued to an account, the newest last. */
function issuedTo(account: string): readonly string[] {
  return [...simulator.market.accounts.values()]
    .filter(each => each.account === account)
    .flatMap(each => each.access.map(({ text }) => text))
}

const accessIn = ({ tokens }: DeliveryDocument) => tokens.find(({ kind }) => kind === 'access')?.token
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

describe('by a signed POST, to the example receiver', () => {
  test('a renewal brings its access token there, once', async () => {
    const receiver = await startExample()
    receiver.setKeys(await deliverTo(receiver.url))
    const { status, stdout, stderr } = await cron()
    expect(stdout).toMatch(/^ebay:main: Renewed; .*\nebay:main: Delivered to 127\.0\.0\.1:\d+\.\n$/)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const kept = readJson(join(receiver.folder, 'ebay.main.json'))
    expect(accessIn(kept)).toBe(issuedTo('ebay:main').at(-1))
    expect(statSync(join(receiver.folder, 'ebay.main.json')).mode & 0o777).toBe(0o600)
    expect(await deliveryOf('ebay:main')).toMatchObject({ state: 'delivered', how: 'url', failing: null })
    expect((await cron()).stderr).toBe('Nothing is due.\n')
    await expect.poll(() => receiver.lines).toEqual(['200 ebay:main: stored'])
    // Nobody else's token left.
    expect(readdirSync(receiver.folder)).toEqual(['ebay.main.json'])
  })

  test('it is down: the renewal is as good as ever, and the next run delivers', async () => {
    const port = await freePort()
    const key = await deliverTo(`http://127.0.0.1:${port}/`)
    const { status, stdout, stderr } = await run([...CRON, '--json'])
    expect(status).toBe(0)
    expect(renewSchema.parse(JSON.parse(stdout)).results).toMatchObject([{ outcome: 'renewed' }])
    expect(stderr).toMatch(/^Note: ebay:main: not delivered\. 127\.0\.0\.1:\d+ refused the connection .*\n$/)
    expect(await deliveryOf('ebay:main')).toMatchObject({
      state: 'pending',
      failing: { code: 'DELIVERY_PENDING', count: 1 },
    })
    expect((await run(['status', '--check'])).status).toBe(4)

    const receiver = await startExample(port)
    receiver.setKeys(key)
    const next = await cron()
    expect({ ...next, stderr: '' }).toMatchObject({
      status: 0,
      stdout: `ebay:main: Delivered to 127.0.0.1:${port}.\n`,
    })
    await expect.poll(() => receiver.lines).toEqual(['200 ebay:main: stored'])
    expect((await run(['status', '--check'])).status).toBe(0)
  })

  test('it has another key: nothing leaves again until a person acts', async () => {
    const receiver = await startExample()
    const key = await deliverTo(receiver.url)
    receiver.setKeys(randomBytes(32).toString('base64'))
    const { status, stderr } = await cron()
    expect(status).toBe(0)
    expect(stderr).toContain('answered 401.')
    expect((await run(['status', '--check'])).status).toBe(3)
    expect((await cron()).stderr).toContain('not delivered: 127.0.0.1')
    expect(receiver.lines).toEqual(['401 forged'])
    expect(existsSync(receiver.folder)).toBe(false)

    receiver.setKeys(randomBytes(32).toString('base64'), key)
    const delivered = await run(['deliver', 'ebay:main', '--json'])
    expect(delivered.status).toBe(0)
    expect(deliverSchema.parse(JSON.parse(delivered.stdout)).summary.delivered).toBe(1)
    expect(await deliveryOf('ebay:main')).toMatchObject({ state: 'delivered', failing: null })
  })

  test('eight runs at once: one delivery', async () => {
    const receiver = await startReceiver(response => response.writeHead(204).end())
    await deliverTo(receiver.origin)
    await run(['renew', 'aliexpress'])
    const runs = await Promise.all(Array.from({ length: 8 }, cron))
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set([0]))
    expect(receiver.received).toHaveLength(1)
  })

  test('what somebody recorded and sends again is no news, changed it is nothing at all', async () => {
    const recorder = await startReceiver(response => response.writeHead(503).end())
    const key = await deliverTo(recorder.origin)
    await cron()
    const [{ headers, body } = expect.unreachable('nothing came')] = recorder.received
    const receiver = await startExample()
    receiver.setKeys(key)
    const signature = String(headers['tokenctl-signature'])
    const send = (text: string, given = signature) =>
      fetch(receiver.url, { method: 'POST', body: text, headers: { 'tokenctl-signature': given } })
    const statuses = []
    for (const [text, given] of [
      [body],
      [body],
      [body.replace('"generation":', '"generation":1')],
      [body, signature.replace(/t=\d+/, 't=1000')],
      [body, ''],
      ['{}'],
      ['x'.repeat(100_000)],
    ] as const)
      statuses.push((await send(text, given)).status)
    expect(statuses).toEqual([200, 200, 401, 401, 401, 401, 413])
    expect((await fetch(receiver.url)).status).toBe(405)
    await expect
      .poll(() => receiver.lines.slice(0, 4))
      .toEqual(['200 ebay:main: stored', '200 ebay:main: already', '401 forged', '401 stale'])
    expect(receiver.lines.join()).not.toContain(issuedTo('ebay:main').at(-1))
  })
})

describe('by a program', () => {
  /** Another home of the example's programs, that only its user can change, as a person would install them. */
  function installed(): string {
    const folder = join(temporaryHome(), 'lib')
    cpSync(EXAMPLE, folder, { recursive: true, mode: 0 })
    return folder
  }

  function script(body: string): string {
    const path = join(temporaryHome(), 'take')
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o700 })
    return path
  }

  async function deliverBy(...command: readonly string[]): Promise<Run> {
    return await run([
      'accounts',
      'deliver-to',
      'ebay:main',
      '--tokens',
      'access',
      '--command',
      '--',
      ...command,
    ])
  }

  test('the example program keeps it', async () => {
    const folder = join(temporaryHome(), 'tokens')
    // As it stands in the file's first line, but for the PATH that a test has.
    const wrapper = script(`exec '${NODE}' '${join(installed(), 'store-token.mjs')}' "$@"`)
    expect((await deliverBy(wrapper, folder)).status).toBe(0)
    const { status, stdout } = await cron()
    expect([status, stdout]).toEqual([0, expect.stringContaining(`ebay:main: Delivered to ${wrapper}.\n`)])
    expect(accessIn(readJson(join(folder, 'ebay.main.json')))).toBe(issuedTo('ebay:main').at(-1))
  })

  test('killed between storing and delivering: the next run delivers, as the same', async () => {
    const folder = temporaryHome()
    // The first time it kills the program that called it, which has stored the renewal by then.
    const path = script(
      `cat > '${folder}/in.new'; [ -e '${folder}/in' ] || kill -9 $PPID; mv '${folder}/in.new' '${folder}/in'`,
    )
    await deliverBy(path)
    const child = startTokenctl(CRON, { home })
    child.stdin.end()
    const killed = await ended(child)
    expect(killed.signal).toBe('SIGKILL')
    await expect.poll(() => existsSync(join(folder, 'in'))).toBe(true)
    const first = deliverySchema.parse(readJson(join(folder, 'in')))
    expect(await deliveryOf('ebay:main')).toMatchObject({ state: 'pending', failing: null })

    const { status, stdout, stderr } = await cron()
    expect({ status, stdout, stderr }).toMatchObject({
      status: 0,
      stdout: `ebay:main: Delivered to ${path}.\n`,
    })
    expect(readJson(join(folder, 'in'))).toEqual(first)
    expect(accessIn(first)).toBe(issuedTo('ebay:main').at(-1))
    // The renewal was stored before anything left: nobody was asked again.
    expect(simulator.accounts().find(({ account }) => account === 'ebay:main')?.refreshes).toBe(1)
  })

  test.each([
    ['Ctrl-C twice', ['SIGINT', 'SIGINT']],
    ['Ctrl-C, then the system', ['SIGINT', 'SIGTERM']],
  ] as const)('%s: the program and its child go too, though they will not hear of it', async (_, stops) => {
    const pidFile = join(temporaryHome(), 'pids')
    const path = script(`trap "" TERM INT HUP
sleep 600 &
echo "$$ $!" > '${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'
while :; do wait; done`)
    await deliverBy(path)
    const child = startTokenctl(CRON, { home })
    child.stdin.end()
    const end = ended(child)
    await expect.poll(() => existsSync(pidFile), { timeout: 20_000 }).toBe(true)
    const pids = readFileSync(pidFile, 'utf8').trim().split(' ')
    onTestFinished(() => {
      // Where the test fails, nothing of it stays.
      for (const pid of pids) if (existsSync(`/proc/${pid}`)) process.kill(Number(pid), 'SIGKILL')
    })
    const [first, second] = stops
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.kill(first)
    await expect.poll(() => said).toContain('Stopping when')
    expect(pids.map(pid => existsSync(`/proc/${pid}`))).toEqual([true, true])
    child.kill(second)
    expect((await end).signal).toBe(second)
    for (const pid of pids)
      await expect
        .poll(() =>
          existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] : 'X',
        )
        .toMatch(/^[XZ]$/)
    expect(await deliveryOf('ebay:main')).toMatchObject({ state: 'pending' })
  })

  test('a program that hangs, writes without end or fails costs a note', async () => {
    const path = script("yes 'CANARY of a program' | head -c 2000000; exit 9")
    await deliverBy(path)
    const { status, stdout, stderr } = await cron()
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ebay:main: Renewed; [^\n]*\n$/)
    expect(stderr).toContain(`${path} ended with status 9.`)
    expect(stdout + stderr).not.toContain('CANARY')
  })

  test('one that others can change is refused when it is named', async () => {
    const path = script('exit 0')
    writeFileSync(path, '#!/bin/sh\n')
    const { status, stderr } = await deliverBy('/nonexistent/program')
    expect([status, stderr]).toEqual([2, expect.stringContaining('There is no program')])
  })
})

describe('whatever brings a new token', () => {
  test('set-amazon, and a probe', async () => {
    simulator = await simulated([shop('amazon:main', 30, 365, { region: 'na' })])
    home = await connectedHome(simulator)
    const receiver = await startReceiver(response => response.writeHead(204).end())
    await deliverTo(receiver.origin, 'amazon:main', 'access,refresh')
    const pasted = simulator.newAmazonToken('amazon:main')
    const { status, stdout } = await run(['set-amazon', 'main', '--stdin'], { input: pasted })
    expect([status, stdout]).toEqual([0, expect.stringContaining('amazon:main: Delivered to 127.0.0.1')])
    expect(deliverySchema.parse(JSON.parse(receiver.received[0]?.body ?? '')).tokens).toEqual([
      expect.objectContaining({ kind: 'access', token: issuedTo('amazon:main').at(-1) }),
      { kind: 'refresh', token: pasted, expiresAt: null },
    ])
    const probed = await run(['status', '--probe', '--json'])
    expect(statusSchema.parse(JSON.parse(probed.stdout)).accounts[0]?.delivery?.state).toBe('delivered')
    expect(receiver.received).toHaveLength(2)
  })

  test('a person is needed, and the access token goes on all the same', async () => {
    simulator = await simulated([shop('amazon:main', 355, 365, { region: 'na' })])
    home = await connectedHome(simulator)
    const receiver = await startReceiver(response => response.writeHead(204).end())
    await deliverTo(receiver.origin, 'amazon:main')
    const { status, stdout } = await cron()
    expect(status).toBe(3)
    expect(stdout).toMatch(/^amazon:main: A person must act: /)
    expect(stdout).toContain('amazon:main: Delivered to 127.0.0.1')
    expect(receiver.received).toHaveLength(1)
  })
})

describe('keeping it', () => {
  test('a rename keeps it, a removal takes it away', async () => {
    const receiver = await startReceiver(response => response.writeHead(204).end())
    await deliverTo(receiver.origin)
    const renamed = await run(['accounts', 'rename', 'ebay:main', 'outlet'])
    expect(renamed.stderr).toContain('Its tokens still go to 127.0.0.1')
    await cron()
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ account: 'ebay:outlet' })
    await run(['accounts', 'remove', 'ebay:outlet', '--yes'])
    expect((await run(['deliver', 'ebay:outlet'])).status).toBe(3)
    expect(receiver.received).toHaveLength(1)
  })

  test('a token that is imported in its place goes there, too', async () => {
    const receiver = await startReceiver(response => response.writeHead(204).end())
    await deliverTo(receiver.origin, 'ebay:main', 'refresh')
    await cron()
    const other = `v^1.1#${randomBytes(12).toString('hex')}`
    const document = { version: 1, accounts: [{ account: 'ebay:main', refreshToken: other }] }
    const imported = await run(['import', '--replace'], { input: JSON.stringify(document) })
    const host = new URL(receiver.origin).host
    expect([imported.status, imported.stdout]).toEqual([
      0,
      `ebay:main: replaced; its tokens go to ${host}, as before\nebay:main: Delivered to ${host}.\n`,
    ])
    expect(await deliveryOf('ebay:main')).toMatchObject({ state: 'delivered' })
    expect(JSON.parse(receiver.received[1]?.body ?? '')).toMatchObject({
      tokens: [{ kind: 'refresh', token: other }],
    })
  })

  test('removed and connected anew by import: the receiver keeps the new token, not the later generation', async () => {
    const receiver = await startExample()
    const tokens = 'access,refresh'
    receiver.setKeys(await deliverTo(receiver.url, 'ebay:main', tokens))
    await cron()
    await run(['accounts', 'remove', 'ebay:main', '--yes'])
    const refreshToken = `v^1.1#${randomBytes(12).toString('hex')}`
    const account = { account: 'ebay:main', app: 'default', refreshToken, consentAt: '2026-01-02T00:00:00Z' }
    const imported = await run(['import'], { input: JSON.stringify({ version: 1, accounts: [account] }) })
    expect(imported.status).toBe(0)
    receiver.setKeys(await deliverTo(receiver.url, 'ebay:main', 'refresh'))
    const { status, stdout } = await run(['deliver', 'ebay:main'])
    expect([status, stdout]).toEqual([0, expect.stringContaining('Delivered')])
    const kept = readJson(join(receiver.folder, 'ebay.main.json'))
    expect(kept).toMatchObject({ issuedAt: null, tokens: [{ kind: 'refresh', token: refreshToken }] })
    await expect.poll(() => receiver.lines).toEqual(['200 ebay:main: stored', '200 ebay:main: stored'])
  })

  test('--off: nothing leaves any more', async () => {
    const receiver = await startReceiver(response => response.writeHead(204).end())
    await deliverTo(receiver.origin)
    expect((await run(['accounts', 'deliver-to', 'ebay:main', '--off'])).status).toBe(0)
    expect((await cron()).stdout).toMatch(/^ebay:main: Renewed; [^\n]*\n$/)
    expect(receiver.received).toEqual([])
    expect(await deliveryOf('ebay:main')).toBeNull()
  })

  test('the history says what left and when', async () => {
    const receiver = await startReceiver(response => response.writeHead(204).end())
    await deliverTo(receiver.origin)
    await cron()
    const { stdout } = await run(['history', 'ebay:main', '--json'])
    expect(JSON.parse(stdout).events.map((event: { action: string }) => event.action)).toEqual(
      expect.arrayContaining(['import', 'deliver-to', 'renew', 'deliver']),
    )
  })
})

describe.skipIf(!hasProgram('strace'))('seen from the system', () => {
  /** Every program started, every file opened and everything written, by tokenctl and all that it starts. */
  async function traced(args: readonly string[]): Promise<readonly string[]> {
    const log = join(temporaryHome(), 'trace')
    const calls = 'execve,openat,write,writev,pwrite64,sendto,sendmsg'
    const strace = ['-f', '-yy', '-v', '-s', '65536', '-e', `trace=${calls}`, '-o', log]
    const child = spawn('strace', [...strace, NODE, BIN, ...args], { env: environmentOf({ home }) })
    child.stdin.end()
    expect((await ended(child)).status).toBe(0)
    return readFileSync(log, 'utf8').split('\n')
  }

  test.each(['program', 'address'])(
    'to one %s: a token is in no argument, environment or file',
    async way => {
      const path = join(temporaryHome(), 'take')
      const kept = `${path}.kept`
      writeFileSync(path, `#!/bin/sh\ncat > '${kept}'\n`, { mode: 0o700 })
      const receiver = await startReceiver(response => response.writeHead(204).end())
      if (way === 'address') await deliverTo(receiver.origin)
      else await run(['accounts', 'deliver-to', 'ebay:main', '--tokens', 'access', '--command', '--', path])
      await cron()
      const token = issuedTo('ebay:main').at(-1) ?? expect.unreachable('no token')
      const lines = await traced(['deliver', 'ebay:main', '--again'])
      // The trace sees what it should.
      if (way === 'program') expect(lines.some(line => line.includes(`execve("${path}"`))).toBe(true)
      const holding = lines.filter(line => line.includes(token) || line.includes(token.slice(20, 60)))
      expect(holding).not.toEqual([])
      const elsewhere = holding.filter(
        line =>
          !/^\d+ +(write|writev|sendto|sendmsg)\(\d+<(UNIX|TCP|pipe|socket)/.test(line) &&
          // The program's own `cat`.
          !line.includes(kept),
      )
      expect(elsewhere).toEqual([])
    },
  )
})

test('nothing of it stands in clear anywhere at home, nor is shown', async () => {
  const secretPath = `CANARY-${randomBytes(12).toString('hex')}`
  const port = await freePort()
  const key = await deliverTo(`http://127.0.0.1:${port}/${secretPath}`)
  const runs = [
    await cron(),
    await run(['deliver', '--all']),
    await run(['deliver', '--all', '--json']),
    await run(['status']),
    await run(['status', '--json']),
    await run(['status', '--verify']),
    await run(['history', '--json']),
    await run(['accounts', 'list', '--json']),
  ]
  const secrets = [secretPath, key, Buffer.from(key, 'base64').toString('hex'), ...issuedTo('ebay:main')]
  expect(secrets.length).toBeGreaterThan(3)
  const forms = secrets.flatMap(text => [
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('base64').slice(0, 40),
  ])
  const shown = runs.map(({ stdout, stderr }) => stdout + stderr).join()
  expect(forms.filter(form => shown.includes(form))).toEqual([])
  for (const path of entries(home)) {
    if (!statSync(path).isFile()) continue
    const text = readFileSync(path, 'latin1')
    expect({ path, found: forms.filter(form => text.includes(form)) }).toEqual({ path, found: [] })
  }
  rmSync(home, { recursive: true })
})
