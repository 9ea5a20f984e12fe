/** Both ways in which tokens leave, against real programs and servers: what each kind of ending means. */
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { handOverBy } from '../../../src/cli/delivery/hand-over.ts'
import { deliverySchema } from '../../../src/cli/shapes/delivery-shape.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { createHttp } from '../../../src/platform/http.ts'
import { createPrograms } from '../../../src/platform/run-program.ts'
import type { HandOver } from '../../../src/renewal/deliver.ts'
import type { DeliverySecrets } from '../../../src/tokens/delivery.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { HOUR } from '../../../src/tokens/time.ts'
import { delivery, tokenSet } from '../../support/accounts.ts'
import { fakeClock } from '../../support/clock.ts'
import { freePort, startReceiver, verify } from '../../support/receiver.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const clock = fakeClock()
const KEY = Buffer.alloc(32, 7)
const CANARY = 'CANARY-access-1f0c9a'

function what(way: DeliverySecrets, target = 'target'): HandOver {
  const header = { generation: 4, accessExpiresAt: clock.now() + HOUR, acceptedAt: clock.now() }
  const set = tokenSet(header, { accessToken: new Secret(CANARY), delivery: way })
  const how = 'command' in way ? 'command' : 'url'
  return { stored: { ...set, revision: 1 }, delivery: delivery({ how, target }), way, again: null }
}

interface Changes {
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** The real network and real programs; a time limit only where a test must not wait for the real one. */
function over({ env = {}, timeoutMs }: Changes = {}) {
  const all = { PATH: process.env['PATH'], HOME: '/nonexistent', ...env }
  const http = createHttp(all)
  const programs = createPrograms()
  const limit = <T extends object>(options: T) =>
    timeoutMs === undefined ? options : { ...options, timeoutMs }
  return handOverBy({
    clock,
    env: all,
    http: async () => ({ send: (request, options = {}) => http.send(request, limit(options)) }),
    programs: async () => ({ ...programs, run: call => programs.run(limit(call)) }),
  })
}

/** What is thrown, as `CODE message`; `taken` where nothing is. */
async function outcome(work: Promise<void>): Promise<TokenctlError | 'taken'> {
  try {
    await work
    return 'taken'
  } catch (error) {
    if (!(error instanceof TokenctlError)) throw error
    expect(JSON.stringify([error.message, error.fix, String(error.cause)])).not.toContain(CANARY)
    return error
  }
}

const said = (result: TokenctlError | 'taken') =>
  result === 'taken' ? result : `${result.code} ${result.message}`

describe('by a POST', () => {
  const to = (address: string, changes?: Changes) => {
    const way = { url: new Secret(address), key: new Secret(KEY.toString('base64')) }
    return outcome(over(changes)(what(way, new URL(address).host)))
  }
  const answering = (status: number, headers: Record<string, string> = {}) =>
    startReceiver(response => response.writeHead(status, headers).end('CANARY-answer'))

  it('the body is the document, signed now', async () => {
    const { origin, received } = await answering(204)
    expect(await to(`${origin}/in/secret-path?shop=1`)).toBe('taken')
    const [{ method, url, headers, body } = expect.unreachable('nothing came')] = received
    expect([method, url]).toEqual(['POST', '/in/secret-path?shop=1'])
    expect(deliverySchema.parse(JSON.parse(body))).toMatchObject({
      id: headers['tokenctl-delivery-id'],
      generation: 4,
      tokens: [{ kind: 'access', token: CANARY }],
    })
    const signature = String(headers['tokenctl-signature'])
    expect(verify({ signature, body: Buffer.from(body), keys: [KEY], now: clock.now() })).toBe('genuine')
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'tokenctl' })
    expect(JSON.stringify({ url, headers })).not.toContain(CANARY)
  })

  it.each([200, 201, 202, 204, 299])('%i: taken', async status => {
    expect(await to((await answering(status)).origin)).toBe('taken')
  })

  it.each([400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 451, 499])(
    '%i: a person must act',
    async status => {
      const { origin } = await answering(status)
      const result = await to(origin)
      expect(said(result)).toBe(`DELIVERY_FAILED ${new URL(origin).host} answered ${status}.`)
      expect(result).toMatchObject({ exit: 3, account: 'ebay:main', fix: expect.stringContaining('deliver') })
    },
  )

  it.each([408, 425, 429, 500, 502, 503, 504, 599])('%i: it is tried again', async status => {
    const { origin } = await answering(status)
    expect(said(await to(origin))).toBe(`DELIVERY_PENDING ${new URL(origin).host} answered ${status}.`)
  })

  it.each([
    [429, '120', 120_000],
    [503, 'Sun, 22 Nov 2026 10:01:00 GMT', 60_000],
    [500, 'soon', undefined],
    [408, '-1', undefined],
  ])('%i with Retry-After %s', async (status, header, retryAfterMs) => {
    const { origin } = await answering(status, { 'retry-after': header })
    expect(await to(origin)).toMatchObject({ code: 'DELIVERY_PENDING', retryAfterMs })
  })

  it.each([301, 302, 303, 307, 308])('%i: nothing is sent on, and a person must act', async status => {
    const elsewhere = await answering(200)
    const { origin } = await answering(status, { location: `${elsewhere.origin}/x` })
    const result = await to(origin)
    expect(said(result)).toMatch(/^DELIVERY_FAILED .* wants to send the request on to 127\.0\.0\.1/)
    expect(result).toMatchObject({
      fix: expect.stringMatching(/`tokenctl accounts deliver-to ebay:main --url`/),
    })
    expect(JSON.stringify(result)).not.toContain('marketplace')
    expect(elsewhere.received).toEqual([])
  })

  it('nobody listens: it is tried again', async () => {
    const port = await freePort()
    expect(said(await to(`http://127.0.0.1:${port}/`))).toBe(
      `DELIVERY_PENDING 127.0.0.1:${port} refused the connection (ECONNREFUSED).`,
    )
  })

  it('nothing comes back, or never ends: it is tried again', async () => {
    const hanging = await startReceiver(() => {})
    expect(said(await to(hanging.origin, { timeoutMs: 300 }))).toMatch(
      /^DELIVERY_PENDING .* had not answered/,
    )
    const dripping = await startReceiver(response => void response.writeHead(503).write('x'))
    expect(said(await to(dripping.origin, { timeoutMs: 300 }))).toMatch(/^DELIVERY_PENDING/)
  })

  it('a yes whose body breaks off, or never ends, is a yes', async () => {
    const broken = await startReceiver(response => {
      response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy())
    })
    expect(await to(broken.origin)).toBe('taken')
    const endless = await startReceiver((response: ServerResponse) => {
      response.writeHead(200)
      response.write('x'.repeat(100_000))
    })
    expect(await to(endless.origin)).toBe('taken')
  })

  it('the connection breaks before an answer: it is tried again', async () => {
    const { origin } = await startReceiver(response => void response.destroy())
    expect(said(await to(origin))).toMatch(/^DELIVERY_PENDING/)
  })

  it('what speaks no HTTP is no receiver', async () => {
    const server = createServer(socket => socket.end('SSH-2.0-x\r\n'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    expect(said(await to(`http://127.0.0.1:${port}/`))).toMatch(/^DELIVERY_FAILED .* does not speak HTTP/)
  })

  it('a certificate that nobody vouches for: nothing is sent', async () => {
    const folder = temporaryHome()
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
    const self = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
    execFileSync('openssl', [...self, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    let came = 0
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      came += 1
      response.end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    expect(said(await to(`https://localhost:${port}/`))).toMatch(
      /^DELIVERY_PENDING localhost:\d+ showed a certificate/,
    )
    expect(came).toBe(0)
  })

  it('no TLS to another machine, and none that is not checked: nothing is sent, and it speaks of this machine', async () => {
    expect(await to('http://hooks.example.com/')).toMatchObject({ code: 'SETTINGS_INVALID' })
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    expect(await to('https://hooks.example.com/', { env })).toMatchObject({ code: 'SETTINGS_INVALID' })
  })

  it('no failure shows the path of the address', async () => {
    const port = await freePort()
    const { origin } = await answering(404)
    for (const address of [`${origin}/CANARY-path?CANARY`, `http://127.0.0.1:${port}/CANARY-path`]) {
      const result = await to(address)
      expect(result).toBeInstanceOf(TokenctlError)
      expect(JSON.stringify([said(result), (result as TokenctlError).fix])).not.toContain('CANARY')
    }
  })
})

describe('by a program', () => {
  function script(body: string): string {
    const path = join(temporaryHome(), 'take')
    writeFileSync(path, `#!/bin/sh\n${body}\n`)
    chmodSync(path, 0o700)
    return path
  }
  const to = (body: string, args: readonly string[] = [], changes?: Changes) => {
    const path = script(body)
    return outcome(over(changes)(what({ command: [path, ...args] }, path)))
  }

  it('it gets the document on standard input, one line, and nowhere else', async () => {
    const folder = temporaryHome()
    expect(
      await to('cat > "$1/in"; echo "$0 $*" > "$1/argv"; env > "$1/env"', [folder, '$(id)'], {
        env: { HTTPS_PROXY: 'http://me:CANARY@proxy', NODE_OPTIONS: '--no-warnings' },
      }),
    ).toBe('taken')
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    expect(read('in')).toMatch(/^[^\n]+\n$/)
    expect(deliverySchema.parse(JSON.parse(read('in'))).tokens).toMatchObject([{ token: CANARY }])
    expect(read('argv')).toContain(`${folder} $(id)`)
    expect(read('argv') + read('env')).not.toContain('CANARY')
    expect(read('env')).not.toMatch(/NODE_OPTIONS|HTTPS_PROXY/)
  })

  it.each([
    ['exit 0', 'taken'],
    ['exec 0<&-; exit 0', 'taken'],
    ['exit 1', 'DELIVERY_PENDING ended with status 1.'],
    ['exit 75', 'DELIVERY_PENDING ended with status 75.'],
    ['exit 77', 'DELIVERY_FAILED ended with status 77.'],
    ['exit 78', 'DELIVERY_FAILED ended with status 78.'],
    ['exit 255', 'DELIVERY_PENDING ended with status 255.'],
    ['kill -9 $$', 'DELIVERY_PENDING was ended by SIGKILL.'],
  ])('%s: %s', async (body, expected) => {
    expect(said(await to(body)).replace(/\/\S+ /, '')).toBe(expected)
  })

  it('what it writes is shown nowhere, even if it repeats what it got', async () => {
    // `outcome` looks for the token in all that is said.
    expect(await to('cat; cat >&2; exit 3')).toMatchObject({ code: 'DELIVERY_PENDING' })
    expect(await to('cat; cat >&2; exit 78')).toMatchObject({ code: 'DELIVERY_FAILED' })
  })

  it('one that hangs is ended, and tried again', async () => {
    expect(said(await to('sleep 600', [], { timeoutMs: 300 }))).toMatch(
      /^DELIVERY_PENDING \/.* had not ended after 30 s\.$/,
    )
  })

  it.each<[what: string, spoil: (path: string) => void, says: RegExp]>([
    ['is not there any more', path => writeFileSync(`${path}.moved`, ''), /There is no program/],
    ['can be written by everybody', path => chmodSync(path, 0o777), /can be written by others/],
    ['may not be run', path => chmodSync(path, 0o600), /may not be run/],
  ])('one that %s: nothing is handed over, and a person must act', async (name, spoil, says) => {
    const path = script('exit 0')
    spoil(path)
    const command = name === 'is not there any more' ? `${path}.gone` : path
    const result = await outcome(over()(what({ command: [command] }, command)))
    expect(said(result)).toMatch(/^DELIVERY_FAILED /)
    expect(said(result)).toMatch(says)
  })

  it('what is no program of this system needs a person, too', async () => {
    const path = join(temporaryHome(), 'take')
    writeFileSync(path, '#!/nonexistent/interpreter\n', { mode: 0o700 })
    expect(await outcome(over()(what({ command: [path] }, path)))).toMatchObject({ code: 'DELIVERY_FAILED' })
  })
})
