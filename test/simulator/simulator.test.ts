import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { FAULTS, type Fault } from '../../src/simulator/faults.ts'
import type { LoggedRequest } from '../../src/simulator/request-log.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts'
import type { VENDORS } from '../../src/simulator/vendors.ts'
import { aliexpressFields, amazonFields, basic, EBAY_TOKEN, NOW, seed } from './calls.ts'
import { formRequest, type RawRequest, rawRequest, splitReply } from './raw-client.ts'

/** Those whose wire is a side of its own; `plain.test.ts` has the others. */
type Vendor = (typeof VENDORS)[number]

let running: Simulator | undefined
afterEach(() => running?.close())

async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  running = await startSimulator({ clock: { now: () => NOW }, seed: seed(), ...options })
  return running
}

const REQUESTS: Record<Vendor, RawRequest> = {
  ebay: formRequest(
    '/identity/v1/oauth2/token',
    { grant_type: 'refresh_token', refresh_token: EBAY_TOKEN },
    { authorization: basic('ebay-id', 'PRD-secret') },
  ),
  amazon: formRequest('/auth/o2/token', amazonFields()),
  aliexpress: formRequest('/rest/auth/token/refresh', aliexpressFields()),
}

const refreshes = (simulator: Simulator, account: string) =>
  simulator.accounts().find(each => each.account === account)?.refreshes

describe('without a fault', () => {
  test.each(['ebay', 'amazon', 'aliexpress'] as const)(
    '%s answers, and remembers its access token',
    async vendor => {
      const simulator = await start()
      const { status, headers, body } = splitReply(await rawRequest(simulator.port, REQUESTS[vendor]))
      expect(status).toBe(200)
      expect(headers).toMatchObject({
        'content-type': 'application/json;charset=UTF-8',
        'cache-control': 'no-store',
      })
      expect(simulator.whose(JSON.parse(body).access_token)).toMatchObject({
        account: `${vendor}:main`,
        live: true,
      })
      expect(simulator.requests()).toEqual([
        {
          at: '2026-11-22T10:00:00Z',
          marketplace: vendor,
          method: 'POST',
          path: REQUESTS[vendor].path,
          status: 200,
          outcome: 'refreshed',
          detail: null,
          account: `${vendor}:main`,
          generation: vendor === 'aliexpress' ? 2 : 1,
          fault: null,
        },
      ])
    },
  )

  test('works by fetch', async () => {
    const simulator = await start()
    const { method = 'POST', path, headers, body } = REQUESTS.amazon
    const reply = await fetch(simulator.origin + path, { method, headers: { ...headers }, body: body ?? '' })
    expect(await reply.json()).toMatchObject({ token_type: 'bearer' })
  })

  test('an address of nobody is 404, and its path is not logged', async () => {
    const simulator = await start()
    const reply = await rawRequest(simulator.port, { method: 'GET', path: '/Atzr|secret?code=secret' })
    expect(splitReply(reply).status).toBe(404)
    expect(JSON.stringify(simulator.requests())).not.toContain('secret')
  })

  test('a request over 64 KiB is 413', async () => {
    const simulator = await start()
    const reply = await rawRequest(simulator.port, { ...REQUESTS.ebay, body: 'x'.repeat(65_537) })
    expect(splitReply(reply).status).toBe(413)
  })
})

describe('faults, for all marketplaces', () => {
  const vendors = ['ebay', 'amazon', 'aliexpress'] as const
  const words = Object.keys(FAULTS) as Fault[]
  const cases = vendors.flatMap(vendor => words.map(fault => [vendor, fault] as const))
  test.each(cases)('%s %s is carried out as its table says, once, and logged', async (vendor, fault) => {
    const simulator = await start({ wait: async () => undefined })
    simulator.fault(vendor, fault)
    await rawRequest(simulator.port, REQUESTS[vendor])
    expect(refreshes(simulator, `${vendor}:main`)).toBe(FAULTS[fault][0] === 'after' ? 1 : 0)
    expect(simulator.requests()).toMatchObject([{ marketplace: vendor, fault }])
    simulator.setRotation(vendor, { mode: 'grace' })
    expect(splitReply(await rawRequest(simulator.port, REQUESTS[vendor])).status).toBe(200)
    expect(simulator.requests()[1]?.fault).toBeNull()
  })
})

describe('faults of eBay’s identity call', () => {
  const words = Object.keys(FAULTS) as Fault[]
  test.each(words)('%s happens once, is logged, and leaves the token endpoint alone', async fault => {
    const simulator = await start({ wait: async () => undefined })
    simulator.fault('ebay-identity', fault)
    const headers = { authorization: 'Bearer v^1.1#nobody' }
    const request = { method: 'GET', path: '/commerce/identity/v1/user/', headers }
    expect(splitReply(await rawRequest(simulator.port, REQUESTS.ebay)).status).toBe(200)
    await rawRequest(simulator.port, request)
    expect(splitReply(await rawRequest(simulator.port, request)).status).toBe(401)
    expect(simulator.requests().map(entry => [entry.marketplace, entry.path, entry.fault])).toEqual([
      ['ebay', '/identity/v1/oauth2/token', null],
      ['ebay', '/commerce/identity/v1/user/', fault],
      ['ebay', '/commerce/identity/v1/user/', null],
    ])
  })
})

describe('faults, as a client sees them', () => {
  async function damaged(vendor: Vendor, fault: Fault, options = {}) {
    const simulator = await start()
    simulator.fault(vendor, fault, options)
    const raw = await rawRequest(simulator.port, REQUESTS[vendor])
    return { simulator, raw, ...splitReply(raw) }
  }

  test('lost-reply closes without a byte', async () => {
    const { raw, simulator } = await damaged('ebay', 'lost-reply')
    expect(raw).toEqual({ text: '', pieces: [], error: null })
    expect(simulator.requests()).toMatchObject([{ outcome: 'refreshed', status: null, fault: 'lost-reply' }])
  })

  test('reset resets without a byte', async () => {
    const { raw } = await damaged('ebay', 'reset')
    expect(raw).toEqual({ text: '', pieces: [], error: 'ECONNRESET' })
  })

  test.each<[Fault, number]>([
    ['500', 500],
    ['502', 502],
    ['503', 503],
    ['500-after', 500],
    ['502-after', 502],
    ['503-after', 503],
  ])('%s is a web page with %d', async (fault, expected) => {
    const { status, headers, body, simulator } = await damaged('amazon', fault)
    expect(status).toBe(expected)
    expect(headers['content-type']).toBe('text/html;charset=UTF-8')
    expect(body).toContain(`<h1>${expected} `)
    expect(simulator.requests()).toMatchObject([{ status: expected }])
  })

  test.each([
    [{}, '30'],
    [{ retryAfterSeconds: 7 }, '7'],
  ])('429 with %j asks for %s seconds', async (options, expected) => {
    const { status, headers } = await damaged('ebay', '429', options)
    expect([status, headers['retry-after']]).toEqual([429, expected])
  })

  test.each<[Vendor, number, object]>([
    ['ebay', 429, { error: 'temporarily_unavailable' }],
    ['amazon', 429, { error: 'server_error' }],
    [
      'aliexpress',
      200,
      { code: 'ApiCallLimit', message: expect.stringContaining('this ban will last 1 seconds') },
    ],
  ])('call-limit at %s is %d', async (vendor, expected, shape) => {
    const { status, body } = await damaged(vendor, 'call-limit')
    expect(status).toBe(expected)
    expect(JSON.parse(body)).toMatchObject(shape)
  })

  test('html is a page with 200', async () => {
    const { status, headers, body } = await damaged('ebay', 'html')
    expect([status, headers['content-type']]).toEqual([200, 'text/html;charset=UTF-8'])
    expect(body).toMatch(/^<!DOCTYPE html>/)
  })

  test('slow sends its first byte after the wait', async () => {
    const waited: number[] = []
    const before: number[] = []
    const simulator = await start({
      wait: async ms => {
        waited.push(ms)
        before.push(simulator.requests().length)
      },
    })
    simulator.fault('ebay', 'slow', { delayMs: 1234 })
    expect(splitReply(await rawRequest(simulator.port, REQUESTS.ebay)).status).toBe(200)
    expect([waited, before]).toEqual([[1234], [1]])
  })

  test('slow waits in real time when nothing else is given', async () => {
    const { raw } = await damaged('ebay', 'slow', { delayMs: 5 })
    expect(splitReply(raw).status).toBe(200)
  })

  test('drip sends the headers at once and then byte by byte', async () => {
    const waited: number[] = []
    const simulator = await start({ wait: async ms => void waited.push(ms) })
    simulator.fault('ebay', 'drip')
    const { headers, body } = splitReply(await rawRequest(simulator.port, REQUESTS.ebay))
    expect(JSON.parse(body)).toMatchObject({ expires_in: 7200 })
    expect(waited).toEqual(Array(Number(headers['content-length'])).fill(1000))
  })

  test('drip ends when its client leaves', async () => {
    let left: () => void = () => undefined
    const gone = new Promise<void>(resolve => {
      left = resolve
    })
    let waits = 0
    const simulator = await start({
      wait: () => {
        waits += 1
        return waits === 3 ? gone : Promise.resolve()
      },
    })
    simulator.fault('ebay', 'drip')
    const { headers = {}, body = '', path } = REQUESTS.ebay
    const lines = Object.entries({ host: 'localhost', ...headers, 'content-length': String(body.length) })
    const socket = connect(simulator.port, '127.0.0.1')
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`)
    await new Promise(resolve => socket.once('data', resolve))
    socket.resetAndDestroy()
    await simulator.close()
    left()
    await new Promise(resolve => setImmediate(resolve))
    expect(waits).toBeLessThanOrEqual(3)
  })

  test('truncated promises more than it sends', async () => {
    const { headers, body, raw } = await damaged('amazon', 'truncated')
    expect(raw.error).toBeNull()
    expect(body.length).toBe(Math.floor(Number(headers['content-length']) / 2))
    expect(() => JSON.parse(body)).toThrow()
  })

  test.each<[Vendor, object]>([
    ['ebay', { error: 'temporarily_unavailable' }],
    ['amazon', { error: 'server_error' }],
    ['aliexpress', { error_response: { code: 'ServiceUnavailable' } }],
  ])('error-200 at %s', async (vendor, shape) => {
    const { status, body } = await damaged(vendor, 'error-200')
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject(shape)
  })

  test('redirect names another address, and tells who follows', async () => {
    const { status, headers, simulator } = await damaged('ebay', 'redirect')
    expect(status).toBe(307)
    const target = new URL(headers['location'] ?? '')
    expect(target.origin).not.toBe(simulator.origin)
    await rawRequest(simulator.port, { path: target.pathname, body: 'refresh_token=secret' })
    expect(simulator.requests().map(({ outcome }) => outcome)).toEqual(['redirect', 'redirect followed'])
    expect(JSON.stringify(simulator.requests())).not.toContain('secret')
  })

  test('huge is small on the wire and 8 MiB when it is unpacked', async () => {
    const { headers, body } = await damaged('ebay', 'huge')
    expect(headers['content-encoding']).toBe('gzip')
    expect(body.length).toBeLessThan(64 * 1024)
    const unpacked = gunzipSync(Buffer.from(body, 'latin1'))
    expect(unpacked.length).toBeGreaterThan(8 * 1024 * 1024)
    expect(JSON.parse(unpacked.toString())).toMatchObject({ expires_in: 7200 })
  })

  test.each<[Vendor, Fault, number, object]>([
    ['ebay', 'consent-ended', 400, { error: 'invalid_grant' }],
    ['amazon', 'consent-ended', 400, { error: 'invalid_grant' }],
    ['aliexpress', 'consent-ended', 200, { code: 'IllegalRefreshToken' }],
    ['ebay', 'secret-expired', 401, { error: 'invalid_client' }],
    ['amazon', 'secret-expired', 401, { error: 'invalid_client' }],
    ['aliexpress', 'secret-expired', 200, { code: 'IncompleteSignature' }],
  ])('%s %s reads as the vendor says it', async (vendor, fault, expected, shape) => {
    const { status, body } = await damaged(vendor, fault)
    expect(status).toBe(expected)
    expect(JSON.parse(body)).toMatchObject(shape)
  })

  test('empty-204 has no body and no type', async () => {
    const { status, headers, body, simulator } = await damaged('ebay', 'empty-204')
    expect([status, headers['content-type'], body]).toEqual([204, undefined, ''])
    expect(simulator.requests()).toMatchObject([{ status: 204, outcome: 'refreshed' }])
  })

  test('wrong-type is right but for its type', async () => {
    const { headers, body } = await damaged('ebay', 'wrong-type')
    expect(headers['content-type']).toBe('text/plain')
    expect(JSON.parse(body)).toMatchObject({ expires_in: 7200 })
  })
})

describe('the server', () => {
  test('listens on 127.0.0.1 alone', async () => {
    const { port } = await start()
    const others = Object.values(networkInterfaces())
      .flat()
      .filter(each => each !== undefined && !each.internal && each.family === 'IPv4')
      .map(each => each?.address ?? '')
    for (const address of [...others, '127.0.0.2', '::1']) {
      const outcome = await new Promise(resolve => {
        const socket = connect(port, address)
        socket.on('connect', () => resolve('connected')).on('error', () => resolve('refused'))
      })
      expect([address, outcome]).toEqual([address, 'refused'])
    }
  })

  test('says so when its port is taken', async () => {
    const { port } = await start()
    const second = startSimulator({ clock: { now: () => NOW }, port })
    await expect(second).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(String(port)),
    })
  })

  test('tells each request as it is answered, without a token', async () => {
    const entries: LoggedRequest[] = []
    const simulator = await start({ onRequest: entry => entries.push(entry) })
    const { body } = splitReply(await rawRequest(simulator.port, REQUESTS.aliexpress))
    expect(entries).toEqual(simulator.requests())
    for (const secret of [JSON.parse(body).refresh_token, JSON.parse(body).access_token]) {
      expect(JSON.stringify([simulator.requests(), simulator.accounts()])).not.toContain(secret)
    }
  })

  test('is closed twice without harm, and cuts who still waits', async () => {
    let arrived: () => void = () => undefined
    const arrival = new Promise<void>(resolve => {
      arrived = resolve
    })
    const simulator = await start({ wait: () => new Promise(() => arrived()) })
    simulator.fault('ebay', 'slow')
    const waiting = rawRequest(simulator.port, REQUESTS.ebay)
    await arrival
    await Promise.all([simulator.close(), simulator.close()])
    expect((await waiting).text).toBe('')
  })
})
