/**
 * Notices, hooks and heartbeats of the built program, as cron runs it: what is told and called over several days of two
 * shops, that nothing is told twice, that nothing of it spoils a renewal, and that no secret goes anywhere.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { noticeMessageSchema } from '../../src/cli/shapes/notice-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { entries } from '../support/folder-print.ts'
import { startMailSink } from '../support/mail-sink.ts'
import { connectedHome, shop, simulated, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, NODE, type Run, type RunOptions, tokenctl } from '../support/tokenctl.ts'

const CRON = ['renew', '--all', '--due']

/** A server that remembers each request whole, and answers 200 but for paths that name another status. */
async function listener() {
  const seen: { readonly line: string; readonly headers: string; readonly body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url = '', headers } = request
      seen.push({
        line: `${method} ${url}`,
        headers: JSON.stringify(headers),
        body: Buffer.concat(chunks).toString(),
      })
      response.writeHead(Number(/status=(\d+)/.exec(url)?.[1] ?? 200)).end('thanks')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A program that writes down its arguments, its environment and its input, each call on a line of its own. */
function recorder(
  folder: string,
  more = '',
): { readonly path: string; readonly calls: () => readonly Call[] } {
  const [path, log] = [join(folder, 'record'), join(folder, 'calls')]
  const body = `const { appendFileSync, readFileSync } = require('node:fs')
let input = ''
try { input = readFileSync(0, 'utf8') } catch {}
appendFileSync(${JSON.stringify(log)}, JSON.stringify({ args: process.argv.slice(2), env: process.env, input }) + '\\n')
${more}`
  writeFileSync(path, `#!${NODE}\n${body}\n`, { mode: 0o755 })
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  return { path, calls: () => lines().map(line => JSON.parse(line) as Call) }
}

interface Call {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly input: string
}

let simulator: Simulator
let home: string
let folder: string
beforeEach(async () => {
  simulator = await simulated([shop('ebay:main', 120, 547), shop('amazon:main', 30, 365, { region: 'na' })])
  home = await connectedHome(simulator)
  folder = temporaryHome()
})

const run = (args: readonly string[], more: RunOptions = {}) => tokenctl(args, { home, ...more })
async function must(args: readonly string[], more: RunOptions = {}): Promise<Run> {
  const made = await run(args, more)
  expect({ args, status: made.status, stderr: made.stderr }).toMatchObject({ status: 0 })
  return made
}

const addressed = (name: string, kind: string, address: string, ...more: string[]) =>
  must(['notices', 'add', name, `--${kind}`, '--stdin', ...more], { input: address })

test('days of a shop: told once, called each time, and the monitor hears of each run', async () => {
  const { seen, origin } = await listener()
  const { path, calls } = recorder(folder)
  await addressed('chat', 'webhook', `${origin}/chat/CNRY-chat`)
  await addressed('alive', 'heartbeat', `${origin}/alive/CNRY-alive`, '--signal-failure')
  await must(['notices', 'add', 'pager', '--command', '--', path, 'notice'])
  for (const when of ['before', 'after', 'on-failure', 'on-recovery'])
    await must(['hooks', 'add', when, '--', path, when])
  const day = async (args: readonly string[] = CRON) => {
    const before = { told: seen.length, called: calls().length }
    const { status, stderr } = await run(args)
    const told = seen.slice(before.told).map(({ line, body }) => {
      const text = body === '' ? '' : ` ${noticeMessageSchema.parse(JSON.parse(body)).text}`
      return `${line}${text}`
    })
    const called = calls()
      .slice(before.called)
      .map(({ args: [first], env }) =>
        `${first} ${env['TOKENCTL_ACCOUNT']} ${env['TOKENCTL_OUTCOME']}`.trim(),
      )
    return { status, stderr, told, called }
  }

  // eBay is due and is renewed: nobody has to know, but the hooks and the monitor.
  expect(await day()).toEqual({
    status: 0,
    stderr: '',
    told: ['GET /alive/CNRY-alive'],
    called: ['before', 'after ebay:main renewed'],
  })
  // Nothing is due.
  expect(await day()).toMatchObject({ status: 0, told: ['GET /alive/CNRY-alive'], called: [] })
  // A person changed the password: it is refused, which is told once, by both channels.
  simulator.fault('ebay', 'consent-ended', { times: 1 })
  const refused = await run(['renew', 'ebay:main'])
  expect(refused.status).toBe(3)
  const text =
    'ebay:main (eBay) is dead: eBay refused the refresh token; the seller must consent again. Type: tokenctl login ebay:main'
  expect(
    seen.filter(({ line }) => line === 'POST /chat/CNRY-chat').map(({ body }) => JSON.parse(body).text),
  ).toEqual([text])
  expect(
    calls()
      .map(({ args, env }) => `${args[0]} ${env['TOKENCTL_CODE']}`)
      .slice(-3),
  ).toEqual(['before ', 'notice GRANT_REJECTED', 'on-failure GRANT_REJECTED'])
  expect(seen.at(-1)?.line).toBe('GET /alive/CNRY-alive/fail')
  // The next day: it waits for a person, and everybody knows.
  expect(await day()).toMatchObject({ status: 3, told: ['GET /alive/CNRY-alive'], called: [] })
  // It is asked by name, and works: told once, the hook called once, with the time in which orders may be missing.
  const recovered = await day(['renew', 'ebay:main'])
  expect(recovered.told).toEqual([
    expect.stringMatching(
      /^POST \/chat\/CNRY-chat ebay:main \(eBay\) works again\. .* Type: tokenctl accounts ack ebay:main\.?$/,
    ),
    'GET /alive/CNRY-alive',
  ])
  expect(recovered.called).toEqual([
    'before',
    'notice ebay:main renewed',
    'after ebay:main renewed',
    'on-recovery ebay:main renewed',
  ])
  expect(calls().at(-1)?.env['TOKENCTL_GAP_FROM']).toMatch(/^\d{4}-\d\d-\d\dT/)
  expect(await day()).toMatchObject({ told: ['GET /alive/CNRY-alive'], called: [] })
})

test('no secret is in what programs, servers and mails are given, in what is shown, or in any file', async () => {
  const { seen, origin } = await listener()
  const { path, calls } = recorder(folder)
  const sink = await startMailSink({ login: { user: 'shop', password: 'CNRY-mail-password' } })
  const runs: Run[] = [
    await addressed('chat', 'webhook', `${origin}/chat/CNRY-chat`, '--as', 'slack'),
    await addressed('dead', 'webhook', `${origin}/dead/CNRY-dead?status=404`),
    await addressed('alive', 'heartbeat', `${origin}/alive/CNRY-alive`),
    await must(['notices', 'add', 'pager', '--command', '--', path]),
    await must(
      [
        'notices',
        'add',
        'mail',
        '--email',
        'owner@example.test',
        '--smtp',
        `127.0.0.1:${sink.port}`,
        '--smtp-user',
        'shop',
        '--stdin',
      ],
      { input: 'CNRY-mail-password' },
    ),
    await must(['hooks', 'add', 'after', '--', path]),
    await must(['hooks', 'add', 'on-failure', '--', path]),
    await run(CRON),
    await run(['notices', 'test', 'dead']),
    await run(['notices', 'list', '--json']),
    await run(['hooks', 'list']),
  ]
  simulator.endConsent('ebay:main')
  runs.push(await run(['renew', 'ebay']), await run([...CRON, '--json']), await run(['status', '--verify']))
  expect(sink.taken.length).toBeGreaterThan(0)
  expect(calls().length).toBeGreaterThan(2)

  const secrets = secretsOf(simulator)
  const own = ['CNRY-chat', 'CNRY-dead', 'CNRY-alive', 'CNRY-mail-password'].flatMap(formsOf)
  expect(secrets.length).toBeGreaterThan(50)
  const found = (texts: readonly string[], forms: readonly string[]) =>
    forms.filter(form => texts.some(each => each.includes(form)))
  const shown = runs.flatMap(({ stdout, stderr }) => [stdout, stderr])
  const files = entries(home)
    .filter(each => statSync(each).isFile())
    .map(each => readFileSync(each, 'latin1'))
  expect(found(shown, [...secrets, ...own])).toEqual([])
  expect(found(files, [...secrets, ...own])).toEqual([])
  expect(
    found(
      calls().map(call => JSON.stringify(call)),
      [...secrets, ...own],
    ),
  ).toEqual([])
  expect(
    found(
      seen.map(({ headers, body }) => headers + body),
      [...secrets, ...own],
    ),
  ).toEqual([])
  expect(
    found(
      sink.taken.map(({ data }) => data),
      [...secrets, ...own],
    ),
  ).toEqual([])
  // What is looked for is there to be found: in the addresses that were asked.
  expect(
    found(
      seen.map(({ line }) => line),
      own,
    ),
  ).not.toEqual([])
})

test('without a channel or a hook nothing of them is loaded', async () => {
  const probe = join(folder, 'probe.cjs')
  const log = join(folder, 'loaded')
  const list = `Object.keys(require.cache).map(path => require('node:path').basename(path)).join('\\n')`
  writeFileSync(
    probe,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(log)}, ${list}))`,
  )
  const loaded = async () => {
    await run(CRON, { env: { NODE_OPTIONS: `--require=${probe}` } })
    const names = readFileSync(log, 'utf8').split('\n')
    expect(names).toContain('main.cjs')
    return names.filter(name =>
      /^(hooks-and-notices|notify|hook-file|send-notice|channels|nodemailer|smtp|run-program)-/.test(name),
    )
  }
  expect(await loaded()).toEqual([])
  await must(['notices', 'add', 'pager', '--command', '--', '/bin/true'])
  expect((await loaded()).map(name => name.replace(/-.{8}\.cjs$/, ''))).toContain('hooks-and-notices')
  expect((await loaded()).join(' ')).not.toContain('nodemailer')
})

test('a hook that calls renew is not called by it, and its own run tells nobody', async () => {
  const { seen, origin } = await listener()
  const inner = `require('node:child_process').spawnSync(${JSON.stringify(NODE)}, [${JSON.stringify(BIN)}, 'renew', '--all'], { env: process.env, stdio: 'ignore' })`
  const { path, calls } = recorder(folder, inner)
  await addressed('chat', 'webhook', `${origin}/chat`)
  await addressed('alive', 'heartbeat', `${origin}/alive`)
  await must(['hooks', 'add', 'after', '--', path])
  expect((await run(CRON)).status).toBe(0)
  expect(calls()).toHaveLength(1)
  expect(seen.map(({ line }) => line)).toEqual(['GET /alive'])
  // It did renew: the marketplace was asked by the run, then by the hook's own.
  expect(simulator.accounts().map(each => each.refreshes)).toEqual([2, 1])
})

test('a hook runs in /, and what it writes is this user’s alone', async () => {
  const [path, out] = [join(folder, 'hook'), join(folder, 'out')]
  writeFileSync(path, `#!/bin/sh\n{ pwd; umask; } > ${out}\n`, { mode: 0o700 })
  await must(['hooks', 'add', 'after', '--', path])
  await must(CRON)
  expect(readFileSync(out, 'utf8')).toMatch(/^\/\n0?077\n$/)
  expect(statSync(out).mode & 0o777).toBe(0o600)
})

const lastRun = (of: string) => JSON.parse(readFileSync(join(of, 'state', 'last-run.json'), 'utf8'))

test('a vault whose key is gone: the monitor misses its beat, a program is told, and the run leaves its note', async () => {
  const { seen, origin } = await listener()
  const { path, calls } = recorder(folder)
  await addressed('alive', 'heartbeat', `${origin}/alive`, '--signal-failure')
  await addressed('chat', 'webhook', `${origin}/chat`)
  await must(['notices', 'add', 'pager', '--command', '--', path])
  rmSync(join(home, 'vault.key'))
  const { status, stderr } = await run(CRON)
  expect(status).toBe(5)
  expect(stderr).toMatch(/Note: The heartbeat alive was not taken\. The key of the vault is missing/)
  expect(stderr).toMatch(
    /Note: The notice channel chat did not take a notice\. The key of the vault is missing/,
  )
  // Addresses rest in the vault; a program's path is no secret.
  expect(seen).toEqual([])
  expect(calls().map(({ env }) => env['TOKENCTL_TEXT'])).toEqual([
    expect.stringMatching(/^ebay:main \(eBay\) is due: .* renewing it failed \(VAULT_UNAVAILABLE\)\. Type: /),
  ])
  expect(lastRun(home)).toMatchObject({ exit: 5 })
})

test('settings that cannot be read: nobody can be told, and the run leaves its note', async () => {
  writeFileSync(join(home, 'config.json'), '{')
  expect((await run(CRON)).status).toBe(2)
  expect(lastRun(home)).toMatchObject({ exit: 2 })
})

test('a home to which nothing is connected has good runs: noted, and the monitor hears of each', async () => {
  const { seen, origin } = await listener()
  const empty = temporaryHome()
  writeSettings(empty, { store: 'file' })
  const cron = () => tokenctl(CRON, { home: empty })
  expect((await cron()).status).toBe(0)
  expect(lastRun(empty)).toMatchObject({ exit: 0 })
  const add = ['notices', 'add', 'alive', '--heartbeat', '--stdin']
  expect((await tokenctl(add, { home: empty, input: `${origin}/alive` })).status).toBe(0)
  expect(await cron()).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^No account is connected.*\n$/),
  })
  expect(await tokenctl([...CRON, '--dry-run'], { home: empty })).toMatchObject({ status: 0 })
  expect(seen.map(({ line }) => line)).toEqual(['GET /alive'])
})

test('what was told is told of the shop: another name of it is no news', async () => {
  const { path, calls } = recorder(folder)
  await must(['notices', 'add', 'pager', '--command', '--', path])
  simulator.endConsent('ebay:main')
  expect((await run(CRON)).status).toBe(3)
  expect(calls().map(({ env }) => env['TOKENCTL_ACCOUNT'])).toEqual(['ebay:main'])
  expect((await must(['accounts', 'rename', 'ebay:main', 'outlet'])).stderr).toBe('')
  expect((await run(CRON)).status).toBe(3)
  expect(calls()).toHaveLength(1)
})

describe('what goes wrong out there', () => {
  test('a hook that hangs is stopped with all that it started; the renewal is stored, and the run ends with 0', async () => {
    const [path, pid] = [join(folder, 'hang'), join(folder, 'pid')]
    writeFileSync(path, `#!/bin/sh\nsleep 600 &\necho $! > ${pid}\nwait\n`, { mode: 0o755 })
    await must(['hooks', 'add', 'after', '--timeout', '1', '--', path])
    const { status, stdout, stderr } = await run(CRON)
    expect(stdout).toMatch(/^ebay:main: Renewed/)
    expect(stderr).toMatch(
      /^Note: The hook 1 \(after\) failed for ebay:main: .* did not end within 1 s and was stopped\./,
    )
    expect(status).toBe(0)
    // What was killed a moment ago may still have to be given its turn to die, and then wait for its parent.
    const stat = `/proc/${Number(readFileSync(pid, 'utf8'))}/stat`
    await expect
      .poll(() => (existsSync(stat) ? readFileSync(stat, 'utf8').split(' ')[2] : 'gone'), { timeout: 10_000 })
      .toMatch(/^(gone|Z|X)$/)
  })

  test.each<[string, () => void, RegExp]>([
    ['vanished', () => writeFileSync(join(folder, 'gone'), ''), /There is no program/],
    [
      'can be written by everybody',
      () => mkdirSync(join(folder, 'open')),
      /can be written by others|everybody can write/,
    ],
  ])('a hook that %s is not run, and with --strict-hooks the run ends with 4', async (what, _, words) => {
    const { path, calls } = recorder(folder)
    await must(['hooks', 'add', 'after', '--', path])
    const { chmodSync, rmSync } = await import('node:fs')
    if (what === 'vanished') rmSync(path)
    else chmodSync(path, 0o777)
    const { status, stderr } = await run([...CRON, '--strict-hooks'])
    expect(stderr).toMatch(words)
    expect(status).toBe(4)
    expect(calls()).toEqual([])
    // The account was renewed all the same.
    expect((await run(['status', 'ebay', '--check'])).status).toBe(0)
  })

  test('a before hook that fails stops a strict run before anything is asked', async () => {
    await must(['hooks', 'add', 'before', '--', '/bin/false'])
    const strict = await run([...CRON, '--strict-hooks'])
    expect(strict).toMatchObject({ status: 4, stdout: '', stderr: expect.stringMatching(/\[HOOK_FAILED\]/) })
    expect(simulator.requests()).toEqual([])
    expect(await run(CRON)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^Note: The hook 1 \(before\) failed/),
    })
  })

  test('hooks.json that others can write is not followed', async () => {
    const { path, calls } = recorder(folder)
    await must(['hooks', 'add', 'after', '--', path])
    const { chmodSync } = await import('node:fs')
    chmodSync(join(home, 'hooks.json'), 0o666)
    const { status, stderr } = await run(CRON)
    expect(status).toBe(0)
    expect(stderr).toMatch(/^Note: No hook was called\. .*hooks\.json can be read or written by others/)
    expect(calls()).toEqual([])
    expect((await run(['hooks', 'list'])).status).toBe(2)
  })

  test('a dead webhook and a dead monitor cost notes, and nothing else', async () => {
    const { origin } = await listener()
    await addressed('dead', 'webhook', `${origin}/x?status=500`)
    await addressed('alive', 'heartbeat', `${origin}/y?status=503`)
    simulator.endConsent('ebay:main')
    const { status, stderr } = await run(CRON)
    expect(status).toBe(3)
    expect(stderr).toMatch(
      /^Note: The notice channel dead did not take a notice\. 127\.0\.0\.1:\d+ answered 500\./m,
    )
    expect(stderr).not.toContain('Error:')
  })

  test('an address on the command line is refused and not shown', async () => {
    const { status, stderr, stdout } = await run([
      'notices',
      'add',
      'chat',
      '--webhook',
      'https://h.test/CNRY-typed',
    ])
    expect(status).toBe(2)
    expect(stdout + stderr).not.toContain('CNRY')
  })
})

/** Every secret of the simulated shops, in the forms in which it could be written. */
function secretsOf({ market }: Simulator): readonly string[] {
  const document = JSON.stringify(simulator.importDocument())
  const keys = [...document.matchAll(/"(?:clientSecret|appSecret|refreshToken)":"([^"]+)"/g)].map(
    match => match[1] ?? '',
  )
  const access = [...market.accounts.values()].flatMap(account => account.access.map(each => each.text))
  return [...keys, ...access].filter(secret => secret.length > 8).flatMap(formsOf)
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].map(skip =>
    bytes.subarray(skip).toString('base64').replace(/=+$/, '').slice(0, -1),
  )
  return [
    secret,
    secret.slice(-24),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('utf16le'),
    ...base64,
    ...base64.map(form => form.replaceAll('+', '-').replaceAll('/', '_')),
  ].filter(form => form.length > 7)
}
