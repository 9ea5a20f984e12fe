/**
 * What every client behind the `Http` seam promises, against real sockets on loopback: what is sent, what an answer is,
 * what each failure means for the token that was sent. A client's own test calls `testHttp` and adds only what is its own.
 */
import { createServer as createTlsServer } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { isTokenctlError, type TokenctlError } from '../../src/errors.ts'
import type { Http, HttpOptions, HttpRequest, HttpResponse, SendOptions } from '../../src/platform/http.ts'
import { Listeners } from '../support/listener.ts'
import { selfSigned } from '../support/self-signed.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface HttpUnderTest {
  readonly http: Http
  close?(): Promise<void>
}

const CANARY = 'CNRY-refresh-0123456789abcdef'
const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const REPLY = `${OK}content-length: 40\r\n\r\n{"access_token":"x","expires_in":"7200"}`
const CAP = 64 * 1024

/** What was thrown, or why the answer broke off. */
export async function failureOf(work: Promise<HttpResponse>): Promise<TokenctlError> {
  const error = await work.then(
    ({ cut }) => cut,
    (thrown: unknown) => thrown,
  )
  if (!isTokenctlError(error)) throw new Error(`expected a TokenctlError, got ${String(error)}`)
  return error
}

/** A whole answer of these bytes. */
export function whole(body: string | Buffer, headers = '', status = '200 OK'): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${headers}content-length: ${bytes.length}\r\n\r\n`, 'latin1'),
    bytes,
  ])
}

/** Runs the suite on a client. */
export function testHttp(name: string, make: (env: Env, options: HttpOptions) => HttpUnderTest): void {
  describe(`the contract of an HTTP client: ${name}`, () => {
    const servers = new Listeners()
    const made: HttpUnderTest[] = []
    const client = (env: Env = {}, options: HttpOptions = {}): Http => {
      const each = make(env, options)
      made.push(each)
      return each.http
    }
    const raw = (answer: (socket: Socket, before: number) => void) => servers.raw(answer)
    const to = (port: number, more: Partial<HttpRequest> = {}): HttpRequest => ({
      method: 'POST',
      url: `http://127.0.0.1:${port}/token?sign=CNRY-query`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic Q05SWQ==' },
      body: `refresh_token=${CANARY}`,
      ...more,
    })
    const post = (port: number, options: SendOptions = { timeoutMs: 5000 }) =>
      client().send(to(port), options)

    afterEach(async () => {
      for (const { close } of made.splice(0)) await close?.()
      await servers.close()
    })

    describe('what is sent', () => {
      it('is the bytes as given, one request, unpacked asked for', async () => {
        const server = await raw(socket => socket.end(whole('{}')))
        await client({}, { userAgent: 'tokenctl/1' }).send(to(server.port, { body: 'a=ü%2B' }))
        const [head = '', body] = server.text().split('\r\n\r\n')
        const [line, ...headers] = head.split('\r\n')
        expect(line).toBe('POST /token?sign=CNRY-query HTTP/1.1')
        expect(Buffer.from(body ?? '', 'latin1').toString()).toBe('a=ü%2B')
        const names = headers.map(header => header.toLowerCase())
        for (const wanted of [
          `host: 127.0.0.1:${server.port}`,
          'user-agent: tokenctl/1',
          'accept-encoding: identity',
          'content-type: application/x-www-form-urlencoded',
          'authorization: basic q05swq==',
          'content-length: 7',
        ])
          expect(names).toContain(wanted)
        expect(names.filter(header => header.startsWith('accept-encoding:'))).toHaveLength(1)
      })

      it('is a GET without a body where that is asked', async () => {
        const server = await raw(socket => socket.end(whole('{}')))
        await client().send(to(server.port, { method: 'GET', headers: {}, body: '' }))
        expect(server.text()).toMatch(/^GET \/token\?sign=CNRY-query HTTP\/1\.1\r\n/)
        expect(server.text()).not.toMatch(/content-length|transfer-encoding/i)
      })

      it('is whatever the request says of itself, but never a wish for packed answers', async () => {
        const server = await raw(socket => socket.end(whole('{}')))
        const headers = { 'User-Agent': 'mine', 'Accept-Encoding': 'gzip', 'x-space': ' a\n' }
        await client({}, { userAgent: 'other' }).send(to(server.port, { headers }))
        expect(server.text()).toMatch(/^accept-encoding: identity\r$/im)
        expect(server.text()).toMatch(/^x-space: a\r$/im)
        expect(server.text()).not.toContain('gzip')
      })

      it.each([
        ['a line break', `Basic ${CANARY}\r\nx: y`],
        ['NUL', `Basic ${CANARY}\0`],
        ['what is no byte', `Basic ${CANARY}€`],
      ])('is nothing where a header holds %s, which is not quoted', async (_, authorization) => {
        const server = await raw(socket => socket.end(whole('{}')))
        const error = await failureOf(client().send(to(server.port, { headers: { authorization } })))
        expect(error).toMatchObject({ code: 'USAGE', failure: 'configuration' })
        expect(`${error.message}${error.fix}${error.stack}${String(error.cause)}`).not.toContain(CANARY)
        expect(server.connections()).toBe(0)
      })

      it('is nothing where a name is no name of a header', async () => {
        const server = await raw(socket => socket.end(whole('{}')))
        const error = await failureOf(client().send(to(server.port, { headers: { 'a b': CANARY } })))
        expect(error).toMatchObject({ code: 'USAGE', failure: 'configuration' })
        expect(`${error.message}${error.fix}${error.stack}${String(error.cause)}`).not.toContain(CANARY)
        expect(server.connections()).toBe(0)
      })

      it('is nothing while certificates go unchecked', async () => {
        const server = await raw(socket => socket.end(whole('{}')))
        const work = client({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }).send(to(server.port))
        const error = await failureOf(work)
        expect(error).toMatchObject({ code: 'SETTINGS_INVALID', failure: 'configuration' })
        expect(error.message).toContain('NODE_TLS_REJECT_UNAUTHORIZED')
        expect(server.connections()).toBe(0)
      })

      it.each([
        'http://api.example.com/t',
        'http://10.0.0.1/t',
        'http://127.0.0.1.evil.example/t',
        'http://localhost.evil.example/t',
        'http://[::ffff:127.0.0.1]/t',
        'http://0.0.0.0/t',
        'ftp://127.0.0.1/t',
      ])('is nothing without TLS to %s', async url => {
        const error = await failureOf(client().send(to(0, { url })))
        expect(error).toMatchObject({ code: 'SETTINGS_INVALID', failure: 'configuration' })
        expect(error.message).not.toContain('/t')
      })

      it('is nothing where the environment names a proxy that is none', async () => {
        const server = await raw(socket => socket.end(whole('{}')))
        const error = await failureOf(
          client({ http_proxy: 'socks5://name:CNRY@host:1' }).send(to(server.port)),
        )
        expect(error).toMatchObject({ code: 'SETTINGS_INVALID', failure: 'configuration' })
        expect(`${error.message}${error.fix}`).not.toContain('CNRY')
        expect(server.connections()).toBe(0)
      })
    })

    describe('an answer', () => {
      it('has its status, headers in small letters, and its text', async () => {
        const headers = 'Content-Type: application/json\r\nX-Request-Id: 7\r\n'
        const { port } = await raw(socket => socket.end(whole('{"a":"ü"}', headers)))
        expect(await post(port)).toEqual({
          status: 200,
          headers: { 'content-type': 'application/json', 'x-request-id': '7', 'content-length': '10' },
          body: '{"a":"ü"}',
        })
      })

      it('joins headers of one name, and takes their bytes one by one', async () => {
        const { port } = await raw(socket => socket.end(whole('', 'X-A: 1\r\nx-a: 2\r\nx-b: \xfc\r\n')))
        expect((await post(port)).headers).toMatchObject({ 'x-a': '1, 2', 'x-b': '\xfc' })
      })

      it('cannot name a header that changes what an object is', async () => {
        const { port } = await raw(socket => socket.end(whole('', '__proto__: a\r\nconstructor: b\r\n')))
        const { headers } = await post(port)
        expect(Object.entries(headers)).toContainEqual(['constructor', 'b'])
        expect(Object.getPrototypeOf(headers)).toBe(Object.prototype)
      })

      it.each([400, 401, 429, 500, 503])('of status %i is handed on as it is', async status => {
        const { port } = await raw(socket => socket.end(whole('{"error":"x"}', '', `${status} x`)))
        expect(await post(port)).toMatchObject({ status, body: '{"error":"x"}' })
      })

      it('may come after one that only says to wait', async () => {
        const { port } = await raw(socket => socket.end(`HTTP/1.1 103 x\r\nlink: y\r\n\r\n${REPLY}`))
        const { status, body, cut } = await post(port)
        expect([status, body.length, cut]).toEqual([200, 40, undefined])
      })

      it('may have no body', async () => {
        const { port } = await raw(socket => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
        expect(await post(port)).toEqual({ status: 204, headers: {}, body: '' })
      })

      it('may end with its connection', async () => {
        const { port } = await raw(socket => socket.end(`${OK}connection: close\r\n\r\n{"a":1}`))
        expect(await post(port)).toMatchObject({ status: 200, body: '{"a":1}' })
        expect(await post(port)).not.toHaveProperty('cut')
      })

      it('may come in chunks', async () => {
        const { port } = await raw(socket =>
          socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\n{"\r\n5\r\na":1}\r\n0\r\n\r\n`),
        )
        expect(await post(port)).toMatchObject({ status: 200, body: '{"a":1}' })
      })

      it('of any bytes is the text that a decoder makes of them', async () => {
        let bytes = Buffer.alloc(0)
        const { port } = await raw(socket => socket.end(whole(bytes)))
        const http = client()
        const hostile = fc.constantFrom(0xef, 0xbb, 0xbf, 0xc3, 0x28, 0xe2, 0x82, 0xf0, 0x9f, 0xff, 0x61)
        await fc.assert(
          fc.asyncProperty(fc.array(hostile, { maxLength: 12 }), async given => {
            bytes = Buffer.from(given)
            expect((await http.send(to(port))).body).toBe(new TextDecoder().decode(bytes))
          }),
          {
            numRuns: 100,
            examples: [[[0xef, 0xbb, 0xbf, 0x61, 0xff]], [[0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf]]],
          },
        )
      })

      it('is taken up to 64 KiB and not one byte more', async () => {
        let body = 'x'.repeat(CAP)
        const { port } = await raw(socket => socket.end(whole(body)))
        expect(await post(port)).toMatchObject({ status: 200, body })
        body += 'x'
        const answer = await post(port)
        expect(answer.cut).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
        expect(body.startsWith(answer.body)).toBe(true)
      })

      it('is its status where only that is wanted, however long the rest takes', async () => {
        const { port } = await raw(socket => socket.write(`${OK}content-length: 1000\r\n\r\n{`))
        const answer = await post(port, { statusOnly: true, timeoutMs: 5000 })
        expect(answer).toMatchObject({ status: 200, body: '' })
        expect(answer.headers['content-type']).toBe('application/json')
      })
    })

    describe('an answer that comes packed, though nobody asked for it', () => {
      const text = '{"access_token":"x","expires_in":"7200"}'
      const packings: [encoding: string, packed: Buffer][] = [
        ['gzip', gzipSync(text)],
        ['x-gzip', gzipSync(text)],
        ['GZIP', gzipSync(text)],
        ['deflate', deflateSync(text)],
        ['deflate', deflateRawSync(text)],
        ['br', brotliCompressSync(text)],
        ['gzip, br', brotliCompressSync(gzipSync(text))],
      ]
      it.each(packings)('as %s is unpacked', async (encoding, packed) => {
        const { port } = await raw(socket => socket.end(whole(packed, `content-encoding: ${encoding}\r\n`)))
        const answer = await post(port)
        expect(answer).toMatchObject({ status: 200, body: text })
        expect(answer.cut).toBeUndefined()
      })

      it('in a way that nobody knows is shown as it is', async () => {
        const { port } = await raw(socket => socket.end(whole('abc', 'content-encoding: rot13\r\n')))
        expect((await post(port)).body).toBe('abc')
      })

      it('and has nothing in it is empty', async () => {
        const { port } = await raw(socket => socket.end(whole('', 'content-encoding: gzip\r\n')))
        expect(await post(port)).toMatchObject({ status: 200, body: '' })
      })

      it('is cut where it breaks off, and what came of it is there', async () => {
        const random =
          fc.sample(fc.string({ minLength: 4000, maxLength: 4000 }), { numRuns: 1, seed: 7 })[0] ?? ''
        const packed = gzipSync(random)
        const { port } = await raw(socket => {
          socket.write(`${OK}content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`)
          socket.end(packed.subarray(0, packed.length - 500))
        })
        const { body, cut } = await post(port)
        expect(cut).toMatchObject({ failure: 'ambiguous' })
        expect(random.startsWith(body)).toBe(true)
      })

      it('is malformed or cut short where it cannot be unpacked', async () => {
        const { port } = await raw(socket => socket.end(whole('not gzip', 'content-encoding: gzip\r\n')))
        expect((await failureOf(post(port))).failure).toBe('ambiguous')
      })

      it('is left where it is a bomb', async () => {
        const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 0x20))
        const { port } = await raw(socket => socket.end(whole(bomb, 'content-encoding: gzip\r\n')))
        const before = process.memoryUsage().rss
        expect(await failureOf(post(port))).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
        expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024)
      })

      it('is left where a small bomb came whole', async () => {
        const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024, 0x20))
        const { port } = await raw(socket => socket.end(whole(bomb, 'content-encoding: gzip\r\n')))
        const answer = await post(port)
        expect(answer.cut).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
        expect(answer.body.length).toBeLessThanOrEqual(CAP)
      })
    })

    describe('redirects', () => {
      it.each([301, 302, 303, 307, 308])('%i: not one byte reaches the target', async status => {
        const target = await raw(socket => socket.end(whole('')))
        const location = `location: http://127.0.0.1:${target.port}/path?x=CNRY\r\n`
        const { port } = await raw(socket => socket.end(whole('', location, `${status} x`)))
        const error = await failureOf(post(port))
        expect(error).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
        expect(error.message).toContain(`127.0.0.1:${target.port}`)
        expect(error.message).not.toMatch(/path|CNRY/)
        expect(target.connections()).toBe(0)
      })

      it.each([
        ['nowhere', 'location: http://[\r\n', 'another place'],
        ['to nothing', '', 'another place'],
        ['to its own host', 'location: /b\r\n', 'to 127.0.0.1:'],
      ])('refuses one that points %s', async (_, location, words) => {
        const { port } = await raw(socket => socket.end(whole('', location, '302 x')))
        expect((await failureOf(post(port))).message).toContain(words)
      })

      it('refuses one whose body never comes', async () => {
        const { port } = await raw(socket =>
          socket.write('HTTP/1.1 302 x\r\nlocation: /b\r\ncontent-length: 9\r\n\r\n'),
        )
        expect(await failureOf(post(port))).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
      })
    })

    describe('a connection that breaks', () => {
      it('refused: nothing was sent', async () => {
        const error = await failureOf(post(await servers.unused()))
        expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
        expect(error.message).toContain('ECONNREFUSED')
      })

      it('a name that does not exist: nothing was sent', async () => {
        const error = await failureOf(client().send(to(0, { url: 'https://tokenctl-test.invalid/t' })))
        expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
      })

      const rude: [what: string, answer: (socket: Socket) => void][] = [
        ['reset after the request', socket => socket.resetAndDestroy()],
        ['closed without a word', socket => socket.end()],
        ['closed after half a status line', socket => socket.end('HTTP/1.')],
      ]
      it.each(rude)('%s: ambiguous, and asked once only', async (_, answer) => {
        const server = await raw(answer)
        const error = await failureOf(post(server.port))
        expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
        expect(`${error.message}${error.fix}`).not.toMatch(/CNRY|token\?|Basic/)
        expect(server.asked()).toBe(1)
      })

      it('what does not speak HTTP: malformed, ambiguous', async () => {
        const { port } = await raw(socket => socket.end('220 mail.example ESMTP\r\n'))
        expect(await failureOf(post(port))).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
      })

      it('headers without end: malformed, ambiguous', async () => {
        const { port } = await raw(socket => socket.write(`${OK}x: ${'y'.repeat(20_000)}\r\n`))
        expect(await failureOf(post(port))).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
      })

      const head = REPLY.indexOf('\r\n\r\n') + 4
      it('cut at any byte of the answer: ambiguous, never an answer, and what came is there', async () => {
        let at = 0
        const { port } = await raw(socket => socket.end(REPLY.slice(0, at)))
        for (at = 0; at < head; at += 1)
          expect((await failureOf(post(port))).failure, `cut at byte ${at}`).toBe('ambiguous')
        for (at = head; at < REPLY.length; at += 1) {
          const { status, body, cut } = await post(port)
          expect({ status, body }, `cut at byte ${at}`).toEqual({ status: 200, body: REPLY.slice(head, at) })
          expect(cut, `cut at byte ${at}`).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
        }
        expect((await post(port)).body).toHaveLength(40)
      })

      it('reset in the middle of a body: cut, and what came is there', async () => {
        const { port } = await raw(socket =>
          socket.write(`${OK}content-length: 9\r\n\r\n{"a"`, () =>
            setImmediate(() => socket.resetAndDestroy()),
          ),
        )
        const { cut } = await post(port)
        expect(cut).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
      })

      it('a chunk that is none: cut, and what came is there', async () => {
        const { port } = await raw(socket =>
          socket.end(`${OK}transfer-encoding: chunked\r\n\r\n2\r\n{"\r\nZZ\r\n`),
        )
        const { body, cut } = await post(port)
        expect(body).toBe('{"')
        expect(cut?.failure).toBe('ambiguous')
      })
    })

    describe('time and size', () => {
      it('a body that never ends is left after 64 KiB', async () => {
        const { port } = await raw(socket => {
          socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`)
          const more = () => {
            while (!socket.destroyed && socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`));
          }
          socket.on('drain', more)
          more()
        })
        const answer = await post(port)
        expect(answer.cut).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
        expect(answer.body).toMatch(/^x+$/)
      })

      it('one byte now and then runs into the deadline over the whole exchange', async () => {
        const { port } = await raw(socket => {
          socket.write(`${OK}content-length: 1000\r\n\r\n`)
          const drip = setInterval(() => socket.write('x'), 20)
          socket.on('close', () => clearInterval(drip))
        })
        const { status, body, cut } = await post(port, { timeoutMs: 200 })
        expect([status, /^x*$/.test(body)]).toEqual([200, true])
        expect(cut).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
        expect(cut?.message).toContain('0.2 s')
      })

      it('no answer at all runs into it too, and the connection is given up', async () => {
        let closed: (() => void) | undefined
        const isClosed = new Promise<void>(resolve => {
          closed = resolve
        })
        const { port } = await raw(socket => socket.on('close', () => closed?.()))
        const error = await failureOf(post(port, { timeoutMs: 100 }))
        expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
        await isClosed
      })

      it('the deadline of a client holds where an exchange names none', async () => {
        const { port } = await raw(() => undefined)
        const error = await failureOf(client({}, { timeoutMs: 100 }).send(to(port)))
        expect(error.message).toContain('0.1 s')
      })
    })

    describe('TLS', () => {
      it('a certificate that nobody vouches for: nothing is sent', async context => {
        const pair = selfSigned('/CN=127.0.0.1') ?? context.skip('openssl is not installed')
        let asked = 0
        const port = await servers.listen(
          createTlsServer({ ...pair }, (_, response) => {
            asked += 1
            response.end('{}')
          }),
        )
        const error = await failureOf(client().send(to(port, { url: `https://127.0.0.1:${port}/t` })))
        expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
        expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
        expect(asked).toBe(0)
      })

      it('a peer that hangs up in the handshake: nothing was sent', async () => {
        const port = await servers.listen(createServer(socket => socket.once('data', () => socket.end())))
        const error = await failureOf(client().send(to(port, { url: `https://127.0.0.1:${port}/t` })))
        expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
      })
    })
  })
}
