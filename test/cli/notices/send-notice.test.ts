/** One message to one channel, for real: servers of our own that hang, redirect and babble; programs that do the same. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { testRow } from '../../../src/cli/notices/notice-facts.ts'
import { messageOf } from '../../../src/cli/notices/notify.ts'
import { askHeartbeat, NOTICE_TIMEOUT_MS, sendNotice } from '../../../src/cli/notices/send-notice.ts'
import type { World } from '../../../src/cli/world.ts'
import { createHttp } from '../../../src/platform/http.ts'
import { createPrograms } from '../../../src/platform/run-program.ts'
import { createMailer } from '../../../src/platform/smtp.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import type { ChannelHeader, ChannelWay } from '../../../src/vault/channel-header.ts'
import { createMemoryStore } from '../../../src/vault/memory.ts'
import { Vault } from '../../../src/vault/vault.ts'
import { startMailSink } from '../../support/mail-sink.ts'
import { noticeWorld } from '../../support/notice-world.ts'
import { freePort } from '../../support/receiver.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const SECRET = 'CNRY-path-0123456789'
const AGAIN = 'The next run tries again; `tokenctl notices test pager` tries it now.'

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server that remembers what it was asked, and answers as it is told. */
async function server(answer: (response: ServerResponse, seen: Seen) => void) {
  const seen: Seen[] = []
  const made = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
      seen.push(one)
      answer(response, one)
    })
  })
  await new Promise<void>(resolve => made.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    made.closeAllConnections()
    made.close()
  })
  const host = `127.0.0.1:${(made.address() as AddressInfo).port}`
  return { seen, host, address: `http://${host}/hooks/${SECRET}?key=${SECRET}` }
}

const ok = (response: ServerResponse) => void response.writeHead(200).end('ok')

function realWorld(more: Partial<World> = {}): World {
  const { world } = noticeWorld('2026-11-22T06:00:00Z', undefined, {
    http: async () => createHttp({}),
    programs: async () => createPrograms(),
    mailer: async () => createMailer(),
    ...more,
  })
  return world
}

/** A world whose requests have little time. */
function hasty(): World {
  const http = createHttp({})
  return realWorld({ http: async () => ({ send: request => http.send(request, { timeoutMs: 300 }) }) })
}

async function channel(
  way: ChannelWay,
  secret: string | null = null,
): Promise<{ header: ChannelHeader; vault: Vault }> {
  const vault = new Vault(createMemoryStore())
  const header = { name: 'pager', addedAt: 0, way }
  await (await vault.channels()).save({ header, secret: secret === null ? null : new Secret(secret) }, null)
  return { header, vault }
}

async function send(way: ChannelWay, secret: string | null = null, world = realWorld()): Promise<void> {
  const { header, vault } = await channel(way, secret)
  await sendNotice(header, messageOf([testRow()], world), vault, world)
}

/** What went wrong, with every word that a person would see of it. */
async function failureOf(work: Promise<void>): Promise<{ code: string; words: string }> {
  const error = await work.then(
    () => expect.unreachable('it was taken'),
    (thrown: Error & { code: string; fix: string }) => thrown,
  )
  return { code: error.code, words: `${error.message} ${error.fix}` }
}

describe('a webhook', () => {
  const webhook = (host: string, format: 'json' | 'slack' | 'ntfy' = 'json') =>
    ({ kind: 'webhook', host, format }) as const

  test('gets one POST, at its whole address, in its own words', async () => {
    const { seen, host, address } = await server(ok)
    await send(webhook(host), address)
    await send(webhook(host, 'ntfy'), address)
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(
      Array(2).fill(`POST /hooks/${SECRET}?key=${SECRET}`),
    )
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      version: 1,
      run: '0000abcd',
      notices: [{ event: 'test' }],
    })
    expect(seen[1]?.headers).toMatchObject({ title: 'tokenctl', priority: '3', tags: 'wave' })
    expect(seen[1]?.body).toBe('This is a test of tokenctl: notices reach you here. Nothing to type.')
  })

  test.each([200, 201, 202, 204])('takes it by %d', async status => {
    const { host, address } = await server(response => response.writeHead(status).end())
    await expect(send(webhook(host), address)).resolves.toBeUndefined()
  })

  test.each<[number, RegExp]>([
    [400, /answered 400\. The next run tries again; `tokenctl notices test pager` tries it now\.$/],
    [404, /answered 404\. Its address may have changed: `tokenctl notices add pager --webhook --replace`/],
    [410, /answered 410\. Its address may have changed/],
    [429, /answered 429\. The next run/],
    [500, /answered 500\. The next run/],
  ])('answers %d', async (status, words) => {
    const { host, address } = await server(response => response.writeHead(status).end(`no: ${SECRET}`))
    const failure = await failureOf(send(webhook(host), address))
    expect(failure.code).toBe('NOTICE_FAILED')
    expect(failure.words).toMatch(words)
    expect(failure.words).toContain(host)
    expect(failure.words).not.toContain('CNRY')
  })

  test.each([301, 302, 303, 307, 308])('that redirects by %d is not followed', async status => {
    const other = await server(ok)
    const { host, address } = await server(response =>
      response.writeHead(status, { location: other.address }).end(),
    )
    const failure = await failureOf(send(webhook(host), address))
    expect(failure).toEqual({
      code: 'NOTICE_FAILED',
      words: `${host} wants to send the request on to ${other.host}. Give the address that it leads to, or the right one: \`tokenctl notices add pager --webhook --replace\`.`,
    })
    expect(other.seen).toEqual([])
  })

  test.each<[string, (response: ServerResponse) => void]>([
    ['garbage', response => void response.writeHead(200).end(Buffer.alloc(5000, 0xff))],
    ['three megabytes', response => void response.writeHead(200).end('x'.repeat(3_000_000))],
    ['an answer without an end', response => void response.writeHead(200).write('and')],
    [
      'an answer that breaks off',
      response => {
        response.writeHead(200, { 'content-length': '99' })
        response.write('half')
        setImmediate(() => response.destroy())
      },
    ],
  ])('that answers 200 with %s has taken it: only the status counts', async (_, answer) => {
    const { host, address } = await server(answer)
    await expect(send(webhook(host), address)).resolves.toBeUndefined()
  })

  test.each<[string, (response: ServerResponse) => void]>([
    ['hangs', () => undefined],
    ['closes the connection', response => void response.destroy()],
  ])('that %s is given up in its time', async (_, answer) => {
    const { host, address } = await server(answer)
    const started = performance.now()
    const failure = await failureOf(send(webhook(host), address, hasty()))
    expect(failure.code).toBe('NOTICE_FAILED')
    expect(failure.words).not.toMatch(/CNRY|carried out/)
    expect(failure.words).toContain(AGAIN)
    expect(performance.now() - started).toBeLessThan(3000)
  })

  test('that nobody answers at, that was removed, and one of http off this machine', async () => {
    const nobody = `127.0.0.1:${await freePort()}`
    const gone = await failureOf(send(webhook(nobody), `http://${nobody}/${SECRET}`))
    // Without a word of marketplaces and tokens.
    expect(gone).toEqual({
      code: 'NOTICE_FAILED',
      words: `${nobody} refused the connection (ECONNREFUSED). ${AGAIN}`,
    })
    const plain = await failureOf(send(webhook('example.test'), `http://example.test/${SECRET}`))
    expect(plain.words).toMatch(/without TLS/)
    expect(gone.words + plain.words).not.toContain('CNRY')
    const { header } = await channel(webhook('h'), 'https://h/x')
    const world = realWorld()
    const empty = new Vault(createMemoryStore())
    const removed = await failureOf(sendNotice(header, messageOf([testRow()], world), empty, world))
    expect(removed.words).toMatch(/^The channel pager was removed meanwhile/)
  })

  test('that speaks no HTTP has the wrong address', async () => {
    const ssh = createTcpServer(socket => socket.end('SSH-2.0-x\r\n'))
    await new Promise<void>(resolve => ssh.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void ssh.close())
    const host = `127.0.0.1:${(ssh.address() as AddressInfo).port}`
    const failure = await failureOf(send(webhook(host, 'ntfy'), `http://${host}/${SECRET}`))
    expect(failure.code).toBe('NOTICE_FAILED')
    expect(failure.words).toMatch(
      /does not speak HTTP \(\w+\)\. Give .* `tokenctl notices add pager --webhook --as ntfy --replace`\.$/,
    )
  })

  test('whose certificate nobody vouches for: no word of a marketplace', async context => {
    const pair = selfSigned('/CN=localhost') ?? context.skip('openssl is not installed')
    const tls = createTlsServer(pair, (_, response) => void response.end())
    await new Promise<void>(resolve => tls.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void tls.close())
    const { port } = tls.address() as AddressInfo
    const failure = await failureOf(send(webhook(`localhost:${port}`), `https://localhost:${port}/`))
    expect(failure.words).toMatch(/^localhost:\d+ showed a certificate that [^.]* \(\w+\)\. The next run/)
    expect(failure.words).not.toMatch(/marketplace|token was/)
  })

  test('asks no longer than ten seconds', () => {
    expect(NOTICE_TIMEOUT_MS).toBeLessThanOrEqual(10_000)
  })
})

describe('a heartbeat', () => {
  const beat = async (address: string, host: string, isGood: boolean, method: 'GET' | 'POST' = 'GET') => {
    const way = { kind: 'heartbeat', host, method, signalsFailure: true } as const
    const { header, vault } = await channel(way, address)
    await askHeartbeat({ ...header, way }, isGood, vault, realWorld())
  }

  test('is asked at its address, or below it after a failure, with nothing in it', async () => {
    const { seen, host } = await server(ok)
    await beat(`http://${host}/ping/${SECRET}`, host, true)
    await beat(`http://${host}/ping/${SECRET}`, host, false, 'POST')
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', `/ping/${SECRET}`, ''],
      ['POST', `/ping/${SECRET}/fail`, ''],
    ])
  })

  test.each<[number, string]>([
    [500, 'The next unattended run asks it again.'],
    [
      404,
      'Its address may have changed: `tokenctl notices add pager --heartbeat --method POST --signal-failure --replace`.',
    ],
  ])('that answers %d: what to do, and never by a test, which would beat', async (status, fix) => {
    const { host, address } = await server(response => response.writeHead(status).end())
    const failure = await failureOf(beat(address, host, true, 'POST'))
    expect(failure.words).toBe(`${host} answered ${status}. ${fix}`)
  })

  test('takes no message', async () => {
    const failure = await failureOf(
      send({ kind: 'heartbeat', host: 'h', method: 'GET', signalsFailure: false }, 'https://h'),
    )
    expect(failure.code).toBe('BUG')
  })
})

test('mail goes to its address, with the first line as its subject', async () => {
  const sink = await startMailSink()
  const way = {
    kind: 'email',
    to: 'owner@example.test',
    from: 'shop@example.test',
    host: '127.0.0.1',
    port: sink.port,
    user: null,
  } as const
  await send(way)
  expect(sink.taken).toMatchObject([{ from: 'shop@example.test', to: ['owner@example.test'] }])
  expect(sink.taken[0]?.data).toContain(
    'Subject: tokenctl: This is a test of tokenctl: notices reach you here.',
  )
})

describe('a program', () => {
  function script(text: string): string {
    const path = join(temporaryHome(), 'page')
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return path
  }
  const program = (text: string, ...args: string[]) => ({
    kind: 'command' as const,
    command: [script(text), ...args] as [string, ...string[]],
  })

  test('gets its arguments, the facts as variables, and the document on standard input', async () => {
    const out = join(temporaryHome(), 'out')
    await send(
      program(
        `printf '%s\\n' "$@" "$TOKENCTL_EVENT" "$TOKENCTL_TEXT" "$TOKENCTL_RUN" > ${out}; cat >> ${out}`,
        '--team',
        'a b',
      ),
    )
    const [team, name, event, text, run, document = ''] = readFileSync(out, 'utf8').split('\n')
    expect([team, name, event, run]).toEqual(['--team', 'a b', 'test', '0000abcd'])
    expect(text).toBe('This is a test of tokenctl: notices reach you here. Nothing to type.')
    expect(JSON.parse(document)).toMatchObject({ version: 1, notices: [{ event: 'test' }] })
  })

  test.each<[string, string, RegExp]>([
    ['ends with 3', 'echo out of paper >&2; exit 3', /ended with status 3\. It said: "out of paper"/],
    ['is killed', 'kill -9 $$', /ended with SIGKILL\./],
    [
      'writes what no screen should get',
      'printf "\\033]0;x\\007\\377\\000" ; exit 1',
      /It said: "\\u001b\]0;x\\u0007/,
    ],
  ])('that %s', async (_, text, words) => {
    const failure = await failureOf(send(program(text)))
    expect(failure.code).toBe('NOTICE_FAILED')
    expect(failure.words).toMatch(words)
    expect(failure.words).toMatch(/^[^\0-\x1f\x7f]*$/)
  })

  test('that vanished, or that others can write since', async () => {
    const way = program('exit 0')
    rmSync(way.command[0])
    expect((await failureOf(send(way))).words).toMatch(/^There is no program/)
    const open = program('exit 0')
    writeFileSync(open.command[0], '#!/bin/sh\n', { mode: 0o755 })
    const { chmodSync } = await import('node:fs')
    chmodSync(open.command[0], 0o777)
    expect((await failureOf(send(open))).words).toMatch(/can be written by others/)
  })

  test('that hangs is stopped in its time', async () => {
    const programs = createPrograms()
    const world = realWorld({
      programs: async () => ({ ...programs, run: call => programs.run({ ...call, timeoutMs: 200 }) }),
    })
    const failure = await failureOf(send(program('sleep 60'), null, world))
    expect(failure.words).toMatch(/did not end within 10 s and was stopped/)
  })
})
