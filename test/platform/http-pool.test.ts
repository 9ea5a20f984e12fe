/** The client for bulk: the contract of every client, and what a kept connection adds to it. */
import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpResponse, SendOptions } from '../../src/platform/http.ts'
import { createPoolHttp, type PoolHttp } from '../../src/platform/http-pool.ts'
import { failureOf, testHttp, whole } from '../contracts/http.ts'
import { Listeners } from '../support/listener.ts'
import { startProxy } from '../support/proxy.ts'

testHttp('over a pool', (env, options) => {
  const http = createPoolHttp(env, { connections: 4, ...options })
  return { http, close: () => http.close() }
})

const servers = new Listeners()
const pools: PoolHttp[] = []
const make = (connections: number, env: Record<string, string> = {}): PoolHttp => {
  const pool = createPoolHttp(env, { connections })
  pools.push(pool)
  return pool
}
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
  await servers.close()
})

const KEPT = whole('{}', 'connection: keep-alive\r\n')
const post = (pool: PoolHttp, port: number, options: SendOptions = { timeoutMs: 5000 }) =>
  pool.send(
    { method: 'POST', url: `http://127.0.0.1:${port}/token`, headers: {}, body: 'CNRY-body' },
    options,
  )
const many = (count: number, work: (index: number) => Promise<HttpResponse>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

describe('connections', () => {
  it('stay open for the next exchange, and close() ends them', async () => {
    let isClosed: (() => void) | undefined
    const closed = new Promise<void>(resolve => {
      isClosed = resolve
    })
    const server = await servers.raw(socket => socket.on('close', () => isClosed?.()).write(KEPT))
    const pool = make(4)
    for (let i = 0; i < 5; i += 1) expect((await post(pool, server.port)).body).toBe('{}')
    // A connection is free again one turn after its answer, so the next exchange may open a second one.
    expect(server.asked()).toBe(5)
    expect(server.connections()).toBeLessThanOrEqual(2)
    await pool.close()
    await closed
  })

  it('are as many as was said, with one request on each at a time', async () => {
    const waiting = new Set<Socket>()
    const server = await servers.raw(socket => {
      expect(waiting.has(socket)).toBe(false)
      waiting.add(socket)
      if (waiting.size < 3) return
      const all = [...waiting]
      waiting.clear()
      for (const each of all) each.write(KEPT)
    })
    const pool = make(3)
    const answers = await many(60, () => post(pool, server.port))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect([server.asked(), server.connections()]).toEqual([60, 3])
  })

  it('are kept apart by origin', async () => {
    const [one, other] = [await servers.raw(s => s.write(KEPT)), await servers.raw(s => s.write(KEPT))]
    const pool = make(4)
    for (const { port } of [one, other, one, other]) await post(pool, port)
    expect([one.connections(), other.connections()]).toEqual([1, 1])
  })

  it.each([
    ['a redirect', whole('', 'location: /b\r\n', '302 x')],
    ['an answer that is too long', whole('x'.repeat(70_000))],
  ])('outlive %s', async (_, bytes) => {
    const server = await servers.raw((socket, before) => socket.write(before === 0 ? bytes : KEPT))
    const pool = make(1)
    await failureOf(post(pool, server.port))
    expect((await post(pool, server.port)).body).toBe('{}')
    expect(server.asked()).toBe(2)
  })

  it('are not lost to requests that no header can carry', async () => {
    const server = await servers.raw(socket => socket.write(KEPT))
    const pool = make(1)
    const url = `http://127.0.0.1:${server.port}/token`
    for (const headers of [{ authorization: 'a\nb' }, { 'a b': 'c' }, { authorization: '€' }])
      expect((await failureOf(pool.send({ method: 'POST', url, headers, body: '' }))).code).toBe('USAGE')
    for (const name of ['Connection', 'content-length', 'Expect', 'host', 'transfer-encoding', 'upgrade'])
      expect(
        (await failureOf(pool.send({ method: 'POST', url, headers: { [name]: 'x' }, body: '' }))).code,
      ).toBe('BUG')
    expect((await post(pool, server.port)).body).toBe('{}')
    expect(server.asked()).toBe(1)
  })
})

describe('never twice', () => {
  it('where the server closes a kept connection on the next request: ambiguous, and asked once', async () => {
    const server = await servers.raw((socket, before) =>
      before % 2 === 0 ? socket.write(KEPT) : socket.end(),
    )
    const pool = make(1)
    for (let round = 0; round < 20; round += 1) {
      expect((await post(pool, server.port)).body).toBe('{}')
      expect(await failureOf(post(pool, server.port))).toMatchObject({ failure: 'ambiguous' })
    }
    expect(server.asked()).toBe(40)
  })

  it('where it resets it: the same', async () => {
    const server = await servers.raw((socket, before) =>
      before % 2 === 0 ? socket.write(KEPT) : socket.resetAndDestroy(),
    )
    const pool = make(1)
    for (let round = 0; round < 20; round += 1) {
      await post(pool, server.port)
      expect(await failureOf(post(pool, server.port))).toMatchObject({ failure: 'ambiguous' })
    }
    expect(server.asked()).toBe(40)
  })

  // The server ends each connection with its answer, without a word about it in the headers: the end may come before,
  // while or after the next request is written.
  it('in the race of a closing server and the next request, whoever wins', async () => {
    const seen = new Map<string, number>()
    const server = createServer(socket => {
      socket.on('error', () => socket.destroy())
      socket.on('data', chunk => {
        const id = /id-\d+/.exec(chunk.toString('latin1'))?.[0] ?? '?'
        seen.set(id, (seen.get(id) ?? 0) + 1)
        socket.write(KEPT)
        if (Number(id.slice(3)) % 3 === 0) socket.end()
        else if (Number(id.slice(3)) % 3 === 1) setImmediate(() => socket.destroy())
      })
    })
    const port = await servers.listen(server)
    const pool = make(8)
    const sent = await many(600, async index => {
      const request = { method: 'POST', url: `http://127.0.0.1:${port}/t`, headers: {} } as const
      return pool
        .send({ ...request, body: `id-${index}.` })
        .catch((error: { failure: string }) => ({ status: -1, headers: {}, body: error.failure }))
    })
    expect([...seen.values()].every(times => times === 1)).toBe(true)
    // What is called unsent never came; what was answered did.
    for (const [index, { status, body }] of sent.entries()) {
      if (status === 200) expect(seen.get(`id-${index}`)).toBe(1)
      if (body === 'transient') expect(seen.get(`id-${index}`)).toBeUndefined()
    }
  })

  it('where a deadline passes while it waits for a connection: unsent, transient, and not sent later', async () => {
    let first: Socket | undefined
    const server = await servers.raw((socket, before) => {
      if (before === 0) first = socket
      else socket.write(KEPT)
    })
    const pool = make(1)
    const held = post(pool, server.port)
    const errors = await Promise.all(
      [1, 2, 3].map(() => failureOf(post(pool, server.port, { timeoutMs: 50 }))),
    )
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
      expect(error.message).toContain('0.05 s')
      expect(error.message).not.toContain('CNRY')
    }
    first?.write(KEPT)
    expect((await held).status).toBe(200)
    expect((await post(pool, server.port)).status).toBe(200)
    expect([server.asked(), server.connections()]).toEqual([2, 1])
  })

  it('where a deadline passes in the TLS handshake: unsent, transient', async () => {
    const port = await servers.listen(createServer(() => undefined))
    const error = await failureOf(
      make(1).send(
        { method: 'POST', url: `https://127.0.0.1:${port}/t`, headers: {}, body: 'x' },
        { timeoutMs: 50 },
      ),
    )
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
  })

  it('where what answers speaks no TLS: unsent, transient, since the client sees that it wrote nothing', async () => {
    const port = await servers.listen(createServer(socket => socket.end('HTTP/1.1 400 x\r\n\r\n')))
    const error = await failureOf(
      make(1).send({ method: 'POST', url: `https://127.0.0.1:${port}/t`, headers: {}, body: 'x' }),
    )
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: 'transient' })
  })
})

describe('a server that comes back', () => {
  it('is spoken to again, with no more connections than were said', async () => {
    const port = await servers.unused()
    const pool = make(4)
    const failed = await Promise.all(Array.from({ length: 40 }, () => failureOf(post(pool, port))))
    expect(failed.every(({ failure }) => failure === 'transient')).toBe(true)
    let connections = 0
    const server = createServer(socket => {
      connections += 1
      socket.on('data', () => socket.write(KEPT))
    })
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
    try {
      const answers = await many(40, () => post(pool, port))
      expect(answers.every(({ status }) => status === 200)).toBe(true)
      expect(connections).toBeLessThanOrEqual(4)
    } finally {
      await pool.close()
      await new Promise(resolve => server.close(resolve))
    }
  })
})

describe('closing', () => {
  it('ends the connections of a client that its pool gave up in an outage, too', async () => {
    const port = await servers.unused()
    const pool = make(1)
    const server = createServer(socket => {
      socket.on('data', () => socket.write(KEPT)).on('error', () => socket.destroy())
    })
    let listening: Promise<void> | undefined
    const sent = await many(200, () =>
      post(pool, port).catch(() => {
        listening ??= new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
        return { status: -1, headers: {}, body: '' }
      }),
    )
    await listening
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set([-1, 200]))
    await pool.close()
    const before = performance.now()
    await new Promise(resolve => server.close(resolve))
    expect(performance.now() - before).toBeLessThan(2000)
  })

  it('waits for what is on its way, and takes nothing more', async () => {
    let answer: (() => void) | undefined
    const server = await servers.raw(socket => {
      answer = () => socket.write(KEPT)
    })
    const pool = make(1)
    const held = [post(pool, server.port), post(pool, server.port)]
    const closing = pool.close()
    await expect(post(pool, server.port)).rejects.toMatchObject({ code: 'BUG' })
    while (answer === undefined) await new Promise(setImmediate)
    const first = answer
    answer = undefined
    first()
    while (answer === undefined) await new Promise(setImmediate)
    ;(answer as () => void)()
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200])
    await closing
    expect(server.asked()).toBe(2)
  })

  it('of a client that never sent anything is nothing', async () => {
    await make(1).close()
  })
})

describe('a proxy', () => {
  it('is used where the environment names one, by a tunnel for each exchange', async () => {
    const server = await servers.raw(socket => socket.write(KEPT))
    const proxy = await startProxy()
    const pool = make(4, { http_proxy: proxy.url })
    try {
      for (let i = 0; i < 2; i += 1) expect((await post(pool, server.port)).body).toBe('{}')
      expect(proxy.log).toEqual(Array(2).fill(`CONNECT 127.0.0.1:${server.port} 200`))
    } finally {
      await proxy.close()
    }
  })

  it('that refuses is named, and nothing was sent', async () => {
    const server = await servers.raw(socket => socket.write(KEPT))
    const proxy = await startProxy({ refuseWith: 403 })
    const pool = make(4, { http_proxy: proxy.url })
    try {
      expect(await failureOf(post(pool, server.port))).toMatchObject({ failure: 'transient' })
      expect(server.connections()).toBe(0)
    } finally {
      await proxy.close()
    }
  })
})
