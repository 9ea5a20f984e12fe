/** The listener on real sockets, spoken to byte for byte: what ends the wait, and all that must not. */
import { connect, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readRedirectQuery } from '../../src/oauth/redirected-address.ts'
import { listenForRedirect, type RedirectListener } from '../../src/platform/loopback.ts'
import { REFUSED_PAGE, TAKEN_PAGE } from '../../src/platform/loopback-page.ts'

const STATE = 'the-state-of-this-run'
const CANARY = 'CNRY-8f2a'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

interface Started {
  readonly listener: RedirectListener
  readonly port: number
  /** Every answer that `accept` was asked about. */
  readonly asked: ReadonlyMap<string, string>[]
}

async function start(
  options: { signal?: AbortSignal; connectionMs?: number; host?: '127.0.0.1' | '::1' } = {},
): Promise<Started> {
  const { host = '127.0.0.1', ...rest } = options
  const asked: ReadonlyMap<string, string>[] = []
  const accept = (parameters: ReadonlyMap<string, string>) => {
    asked.push(parameters)
    return parameters.get('state') === STATE ? 'taken' : 'refused'
  }
  const address = { host, port: 0, path: '/callback' }
  const listener = await listenForRedirect(address, accept, { readQuery: readRedirectQuery, ...rest })
  open.push(listener)
  return { listener, port: listener.port, asked }
}

/** A connection that is open, with all that comes back on it once it is closed. */
async function dial(port: number, host = '127.0.0.1'): Promise<{ socket: Socket; reply: Promise<string> }> {
  const socket = connect(port, host)
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  const reply = new Promise<string>(resolve => {
    socket.on('error', () => undefined)
    socket.once('close', () => resolve(Buffer.concat(pieces).toString()))
  })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  open.push({ close: () => socket.destroy() })
  return { socket, reply }
}

async function send(port: number, bytes: string | Uint8Array): Promise<string> {
  const { socket, reply } = await dial(port)
  socket.write(bytes)
  return reply
}

const good = (port: number, more = '') =>
  `GET /callback?code=abc&state=${STATE} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${more}\r\n`

/** An answer's status line, its headers in lower case, and its body. */
function readReply(reply: string) {
  const [head = '', body = ''] = reply.split(/\r\n\r\n/, 2)
  const [status = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  )
  return { status, headers, body }
}

const REFUSED = `HTTP/1.1 400 Bad Request\r\n`

async function isRefusing(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = connect(port, host)
  return new Promise(resolve => {
    socket.once('connect', () => resolve(false)).once('error', () => resolve(true))
    open.push({ close: () => socket.destroy() })
  })
}

describe('the answer', () => {
  it('is taken, the browser gets its whole page, and nothing is left open', async () => {
    const { listener, port, asked } = await start()
    const { socket: idle, reply: idleReply } = await dial(port)
    const reply = readReply(
      await send(port, good(port, 'Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n')),
    )
    expect(reply).toMatchObject({ status: 'HTTP/1.1 200 OK', body: TAKEN_PAGE.html })
    expect(Object.fromEntries((await listener.result) ?? [])).toEqual({ code: 'abc', state: STATE })
    expect(await idleReply).toBe('')
    expect(idle.destroyed).toBe(true)
    expect(await isRefusing(port)).toBe(true)
    expect(asked).toHaveLength(1)
  })

  it('leaves a port that can be listened on at once', async () => {
    const { listener, port } = await start()
    await send(port, good(port))
    await listener.result
    const next = createServer()
    open.push(next)
    await new Promise<void>((resolve, reject) =>
      next.once('error', reject).listen(port, '127.0.0.1', resolve),
    )
  })

  it('is given with headers that keep it from everybody else', async () => {
    const { port } = await start()
    const { headers } = readReply(await send(port, good(port)))
    expect(headers).toEqual({
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(Buffer.byteLength(TAKEN_PAGE.html)),
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-[^']+'; /),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      connection: 'close',
    })
  })

  it('is taken however many cookies of other ports come with it', async () => {
    const { listener, port } = await start()
    expect(await send(port, good(port, `Cookie: a=${'x'.repeat(20_000)}\r\n`))).toContain('200 OK')
    expect((await listener.result)?.get('code')).toBe('abc')
  })

  it('is taken also when the browser has gone before its page', async () => {
    const { listener, port } = await start()
    const { socket } = await dial(port)
    socket.end(good(port))
    socket.destroySoon()
    expect((await listener.result)?.get('code')).toBe('abc')
  })

  it('is taken once: a second tab gets no connection', async () => {
    const { listener, port } = await start()
    await Promise.all([send(port, good(port)), send(port, good(port)), listener.result])
    expect(await isRefusing(port)).toBe(true)
  })

  it('comes at [::1] too', async ({ skip }) => {
    const started = await start({ host: '::1' }).catch(() => undefined)
    if (started === undefined) return skip('this machine has no ::1')
    const { listener, port } = started
    expect(await isRefusing(port)).toBe(true)
    const { socket, reply } = await dial(port, '::1')
    socket.write(good(port).replace('127.0.0.1', '[::1]'))
    expect(await reply).toContain('200 OK')
    expect((await listener.result)?.get('code')).toBe('abc')
  })
})

describe('what is no answer is 400, with the same page, and the wait goes on', () => {
  const get = (target: string, headers: string) => `GET ${target} HTTP/1.1\r\n${headers}\r\n`
  const query = `code=${CANARY}&state=${STATE}`
  const refused: [what: string, bytes: (host: string) => string][] = [
    ['POST', host => `POST /callback?${query} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\nhello`],
    ['PUT', host => `PUT /callback?${query} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    ['OPTIONS', host => `OPTIONS /callback?${query} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    ['CONNECT', host => `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    ['HTTP/1.0', host => `GET /callback?${query} HTTP/1.0\r\nHost: ${host}\r\n\r\n`],
    ['no Host', () => get(`/callback?${query}`, '')],
    ['another Host (DNS rebinding)', () => get(`/callback?${query}`, 'Host: evil.example\r\n')],
    [
      'another Host with our port',
      host => get(`/callback?${query}`, `Host: evil.example:${host.split(':')[1]}\r\n`),
    ],
    ['localhost', host => get(`/callback?${query}`, `Host: localhost:${host.split(':')[1]}\r\n`)],
    ['Host without the port', () => get(`/callback?${query}`, 'Host: 127.0.0.1\r\n')],
    ['two Hosts', host => get(`/callback?${query}`, `Host: ${host}\r\nHost: ${host}\r\n`)],
    ['Origin', host => get(`/callback?${query}`, `Host: ${host}\r\nOrigin: https://evil.example\r\n`)],
    ['Origin null', host => get(`/callback?${query}`, `Host: ${host}\r\nOrigin: null\r\n`)],
    [
      'Sec-Purpose',
      host => get(`/callback?${query}`, `Host: ${host}\r\nSec-Purpose: prefetch;prerender\r\n`),
    ],
    ['Purpose', host => get(`/callback?${query}`, `Host: ${host}\r\nPurpose: prefetch\r\n`)],
    ['a script', host => get(`/callback?${query}`, `Host: ${host}\r\nSec-Fetch-Mode: no-cors\r\n`)],
    ['a frame', host => get(`/callback?${query}`, `Host: ${host}\r\nSec-Fetch-Dest: iframe\r\n`)],
    ['favicon', host => get(`/favicon.ico?${query}`, `Host: ${host}\r\n`)],
    ['another path', host => get(`/callback/?${query}`, `Host: ${host}\r\n`)],
    ['no query', host => get('/callback', `Host: ${host}\r\n`)],
    ['a whole address', host => get(`http://${host}/callback?${query}`, `Host: ${host}\r\n`)],
    ['a query of 10 kB', host => get(`/callback?${query}&x=${'y'.repeat(10_240)}`, `Host: ${host}\r\n`)],
    ['a head of 40 kB', host => get(`/callback?${query}`, `Host: ${host}\r\nX: ${'y'.repeat(40_960)}\r\n`)],
    ['one parameter twice', host => get(`/callback?${query}&state=${STATE}`, `Host: ${host}\r\n`)],
    ['broken encoding', host => get(`/callback?${query}&x=%`, `Host: ${host}\r\n`)],
    ['no UTF-8', host => get(`/callback?${query}&x=%ff`, `Host: ${host}\r\n`)],
    ['Expect', host => get(`/callback?${query}`, `Host: ${host}\r\nOrigin: x\r\nExpect: 100-continue\r\n`)],
    ['a strange Expect', host => get(`/callback?${query}`, `Host: ${host}\r\nOrigin: x\r\nExpect: gold\r\n`)],
    ['no HTTP', () => `\x16\x03\x01${CANARY}\r\n\r\n`],
    ['another state', host => get(`/callback?code=${CANARY}&state=other`, `Host: ${host}\r\n`)],
    ['no state', host => get(`/callback?code=${CANARY}`, `Host: ${host}\r\n`)],
  ]

  it.each(refused)('%s', async (_, bytes) => {
    const { listener, port, asked } = await start()
    const reply = await send(port, bytes(`127.0.0.1:${port}`))
    expect(reply.startsWith(REFUSED)).toBe(true)
    expect(readReply(reply)).toMatchObject({
      body: REFUSED_PAGE.html,
      headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', connection: 'close' },
    })
    expect(reply).not.toContain(CANARY)
    expect(asked.filter(each => each.get('state') === STATE)).toEqual([])
    await send(port, good(port))
    expect((await listener.result)?.get('code')).toBe('abc')
  })

  it('HEAD, which has no body', async () => {
    const { port, asked } = await start()
    const reply = await send(port, good(port).replace('GET', 'HEAD'))
    expect(readReply(reply)).toMatchObject({ status: 'HTTP/1.1 400 Bad Request', body: '' })
    expect(asked).toEqual([])
  })

  it('a second request on the same connection is not even read', async () => {
    const { port, asked } = await start()
    const bad = `GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: keep-alive\r\n\r\n`
    const reply = await send(port, bad + good(port))
    expect(reply).not.toContain('200 OK')
    expect(asked).toEqual([])
    expect(await isRefusing(port)).toBe(false)
  })

  it('any bytes at all', async () => {
    const { port } = await start({ connectionMs: 100 })
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.string({ minLength: 1 }).map(text => Buffer.from(`GET /callback?${text} HTTP/1.1\r\n\r\n`)),
    )
    const page = readReply(await send(port, 'x\r\n\r\n')).body
    await fc.assert(
      fc.asyncProperty(bytes, async sent => {
        // Cut off, so that a head without an end need not run into the limit.
        const { socket, reply } = await dial(port)
        socket.end(sent)
        const { body } = readReply(await reply)
        expect(['', page]).toContain(body)
      }),
      { numRuns: 60 },
    )
    expect(await isRefusing(port)).toBe(false)
  })
})

describe('nobody keeps the browser out', () => {
  it('who sends slowly is cut off, and the answer still comes', async () => {
    // Long enough for an honest request on a machine that is busy.
    const { listener, port } = await start({ connectionMs: 300 })
    const replies = ['', 'G', good(port).slice(0, -1)].map(async piece => {
      const { socket, reply } = await dial(port)
      if (piece !== '') socket.write(piece)
      return reply
    })
    expect(await Promise.all(replies)).toEqual(['', '', ''])
    await send(port, good(port))
    expect((await listener.result)?.get('code')).toBe('abc')
  })

  it('who sends a body without end is not waited for', async () => {
    const { port } = await start()
    const { socket, reply } = await dial(port)
    socket.write(`POST /callback HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1000000\r\n\r\nx`)
    expect(await reply).toContain('400')
  })

  it('of more than 16 connections the oldest goes', async () => {
    const { listener, port } = await start()
    const held: Awaited<ReturnType<typeof dial>>[] = []
    for (let count = 0; count < 16; count += 1) held.push(await dial(port))
    await send(port, good(port))
    expect((await listener.result)?.get('code')).toBe('abc')
    const [first] = held
    expect(await first?.reply).toBe('')
  })

  it('16 are kept: the first of them still gets its page', async () => {
    const { port } = await start()
    const held: Awaited<ReturnType<typeof dial>>[] = []
    for (let count = 0; count < 16; count += 1) held.push(await dial(port))
    const [first] = held
    first?.socket.write('GET /favicon.ico HTTP/1.1\r\n\r\n')
    expect(await first?.reply).toContain(REFUSED)
  })
})

describe('the end without an answer', () => {
  it('an abort closes port and connections at once', async () => {
    const stop = new AbortController()
    const { listener, port } = await start({ signal: stop.signal })
    const { reply } = await dial(port)
    stop.abort()
    expect(await listener.result).toBeUndefined()
    expect(await reply).toBe('')
    expect(await isRefusing(port)).toBe(true)
  })

  it('an abort before the start leaves nothing open', async () => {
    const { listener, port } = await start({ signal: AbortSignal.abort() })
    expect(await listener.result).toBeUndefined()
    expect(await isRefusing(port)).toBe(true)
  })

  it('a signal that lives on is let go of', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const { listener } = await start({ signal })
    expect(removed).not.toHaveBeenCalled()
    await listener.close()
    expect(removed).toHaveBeenCalledExactlyOnceWith('abort', expect.any(Function))
  })

  it('close can be called twice, and after the answer', async () => {
    const { listener, port } = await start()
    await send(port, good(port))
    await Promise.all([listener.close(), listener.close()])
    expect((await listener.result)?.get('code')).toBe('abc')
  })

  it('what `accept` throws ends it, and is told', async () => {
    const fail = () => {
      throw new Error('a bug')
    }
    const address = { host: '127.0.0.1', port: 0, path: '/callback' } as const
    const listener = await listenForRedirect(address, fail, { readQuery: readRedirectQuery })
    expect(await send(listener.port, good(listener.port))).toContain('400 Bad Request')
    await expect(listener.result).rejects.toThrow('a bug')
    expect(await isRefusing(listener.port)).toBe(true)
  })

  it('a port that is taken is USAGE, and says that a paste will do', async () => {
    const { port } = await start()
    const address = { host: '127.0.0.1', port, path: '/' } as const
    const again = listenForRedirect(address, () => 'refused', { readQuery: readRedirectQuery })
    await expect(again).rejects.toMatchObject({
      code: 'USAGE',
      message: `The answer cannot be caught at 127.0.0.1:${port}: another program has that port.`,
      fix: expect.stringContaining('paste'),
    })
  })
})

it('any parameters arrive as they were sent', async () => {
  const { port, asked } = await start()
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const pairs = fc.uniqueArray(fc.tuple(text, text), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(pairs, async sent => {
      const target = `/callback?${new URLSearchParams(sent)}`
      await send(port, `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
      expect([...(asked.at(-1) ?? [])]).toEqual(sent)
    }),
    { numRuns: 60 },
  )
})
