/** The client against real sockets on loopback: what nock cannot play, and nothing is intercepted here. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { isTokenctlError, type TokenctlError } from '../../src/errors.ts'
import { createHttp, type HttpResponse } from '../../src/platform/http.ts'

const running: { server: Server; sockets: Set<Socket> }[] = []

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  running.push({ server, sockets })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

afterEach(async () => {
  for (const { server, sockets } of running.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  }
})

/** A server that reads one whole request, then lets `answer` write what it likes; counts requests and bytes. */
async function raw(answer: (socket: Socket) => void): Promise<{ port: number; bytes: () => number }> {
  let bytes = 0
  const port = await listen(
    createServer(socket => {
      let text = ''
      socket.on('data', chunk => {
        bytes += chunk.length
        text += chunk.toString('latin1')
        if (!text.includes('CNRY-body')) return
        text = ''
        answer(socket)
      })
    }),
  )
  return { port, bytes: () => bytes }
}

const post = (port: number, timeoutMs = 5000) =>
  createHttp({}).send(
    { method: 'POST', url: `http://127.0.0.1:${port}/token`, headers: {}, body: 'CNRY-body' },
    { timeoutMs },
  )

/** What was thrown, or why the answer broke off. */
async function failure(work: Promise<HttpResponse>): Promise<TokenctlError> {
  const error = await work.then(
    ({ cut }) => cut,
    (thrown: unknown) => thrown,
  )
  if (!isTokenctlError(error)) throw new Error(`expected a TokenctlError, got ${String(error)}`)
  return error
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

describe('an answer', () => {
  it('comes back whole', async () => {
    const { port } = await raw(socket => socket.end(`${OK}content-length: 2\r\n\r\n{}`))
    expect(await post(port)).toMatchObject({ status: 200, body: '{}' })
  })
})

describe('a connection that breaks', () => {
  it('refused: nothing was sent', async () => {
    const port = await listen(createServer())
    await new Promise(resolve => running[0]?.server.close(resolve))
    running.length = 0
    const error = await failure(post(port))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
    expect(error.message).toContain('ECONNREFUSED')
  })

  it('a name that does not exist: nothing was sent', async () => {
    const work = createHttp({}).send({
      method: 'POST',
      url: 'https://tokenctl-test.invalid/t',
      headers: {},
      body: '',
    })
    expect(await failure(work)).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
  })

  it('reset after the request: ambiguous', async () => {
    const { port } = await raw(socket => socket.resetAndDestroy())
    expect(await failure(post(port))).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
  })

  it('closed without a word: ambiguous', async () => {
    const { port } = await raw(socket => socket.end())
    expect(await failure(post(port))).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
  })

  const reply = `${OK}content-length: 40\r\n\r\n{"access_token":"x","expires_in":"7200"}`
  it('cut at any byte of the answer: ambiguous, and never an answer', async () => {
    let at = 0
    const { port } = await raw(socket => socket.end(reply.slice(0, at)))
    for (at = 0; at < reply.length; at += 1)
      expect((await failure(post(port))).failure, `cut at byte ${at}`).toBe('ambiguous')
    expect((await post(port)).body).toHaveLength(40)
  })

  it('what came of an answer that breaks off is there, to its last byte', async () => {
    const head = reply.indexOf('\r\n\r\n') + 4
    let at = head
    const { port } = await raw(socket => socket.end(reply.slice(0, at)))
    for (at = head; at < reply.length; at += 1) {
      const { status, body } = await post(port)
      expect({ status, body }, `cut at byte ${at}`).toEqual({ status: 200, body: reply.slice(head, at) })
    }
  })

  it('what does not speak HTTP: malformed, ambiguous', async () => {
    const { port } = await raw(socket => socket.end('220 mail.example ESMTP\r\n'))
    expect(await failure(post(port))).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
  })

  it('is asked once only, however it breaks', async () => {
    let asked = 0
    const { port } = await raw(socket => {
      asked += 1
      socket.resetAndDestroy()
    })
    await failure(post(port))
    expect(asked).toBe(1)
  })
})

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('%i: not one byte reaches the target', async status => {
    const target = await raw(socket => socket.end(`${OK}content-length: 0\r\n\r\n`))
    const { port } = await raw(socket =>
      socket.end(
        `HTTP/1.1 ${status} x\r\nlocation: http://127.0.0.1:${target.port}/x\r\ncontent-length: 0\r\n\r\n`,
      ),
    )
    expect(await failure(post(port))).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
    expect(target.bytes()).toBe(0)
  })
})

describe('size and time', () => {
  it('a bomb of gzip is refused without unpacking it', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 0x20))
    const { port } = await raw(socket => {
      socket.write(`${OK}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`)
      socket.end(bomb)
    })
    const before = process.memoryUsage().rss
    expect(await failure(post(port))).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024)
  })

  it('what cannot be unpacked is malformed or cut short, and ambiguous', async () => {
    const { port } = await raw(socket =>
      socket.end(`${OK}content-encoding: gzip\r\ncontent-length: 8\r\n\r\nnot gzip`),
    )
    expect((await failure(post(port))).failure).toBe('ambiguous')
  })

  it('a body that never ends is left after 64 KiB', async () => {
    const { port } = await raw(socket => {
      socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`)
      const more = () => {
        while (!socket.destroyed && socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`));
      }
      socket.on('drain', more)
      more()
    })
    expect(await failure(post(port))).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
  })

  it('one byte now and then runs into the deadline over the whole exchange', async () => {
    const { port } = await raw(socket => {
      socket.write(`${OK}content-length: 1000\r\n\r\n`)
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const error = await failure(post(port, 200))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
    expect(error.message).toContain('0.2 s')
  })

  it('no answer at all runs into it too', async () => {
    const { port } = await raw(() => undefined)
    expect(await failure(post(port, 100))).toMatchObject({ code: 'NETWORK_FAILED', failure: 'ambiguous' })
  })
})

/** A key and a certificate that nobody vouches for, or undefined where openssl is missing. */
function selfSigned(): { key: string; cert: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tokenctl-tls-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    const wanted = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]
    execFileSync('openssl', [...wanted, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } catch {
    return undefined
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const pair = selfSigned()

describe.skipIf(pair === undefined)('TLS (skipped where openssl is missing)', () => {
  it('a certificate that nobody vouches for: nothing is sent', async () => {
    let asked = 0
    const port = await listen(
      createTlsServer({ ...pair }, (_, response) => {
        asked += 1
        response.end('{}')
      }),
    )
    const error = await failure(
      createHttp({}).send({ method: 'POST', url: `https://127.0.0.1:${port}/t`, headers: {}, body: 'x' }),
    )
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
    expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(asked).toBe(0)
  })

  it('a peer that hangs up in the handshake: nothing was sent', async () => {
    const port = await listen(createServer(socket => socket.once('data', () => socket.end())))
    const error = await failure(
      createHttp({}).send({ method: 'POST', url: `https://127.0.0.1:${port}/t`, headers: {}, body: 'x' }),
    )
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
  })
})
