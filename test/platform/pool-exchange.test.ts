/** One exchange as undici tells of it, call by call: when it is over, what it was, and that it is written once only. */
import type { Dispatcher } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TokenctlError } from '../../src/errors.ts'
import type { HttpResponse } from '../../src/platform/http.ts'
import { PoolExchange } from '../../src/platform/pool-exchange.ts'

const HOST = 'api.example.com'
const abort = vi.fn()
const controller = { abort } as unknown as Dispatcher.DispatchController
const coded = (code: string) => Object.assign(new Error('CNRY'), { code })

function start(statusOnly = false) {
  const settled: (HttpResponse | TokenctlError)[] = []
  const exchange = new PoolExchange({
    url: new URL(`https://${HOST}/token`),
    timeoutMs: 1000,
    statusOnly,
    resolve: answer => settled.push(answer),
    reject: error => settled.push(error as TokenctlError),
  })
  return { exchange, settled }
}

beforeEach(() => {
  vi.useFakeTimers()
  abort.mockClear()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a request', () => {
  it('is never written twice, and what follows is no second answer', () => {
    const { exchange, settled } = start()
    exchange.onRequestStart(controller)
    expect(() => exchange.onRequestStart(controller)).toThrow('never written twice')
    exchange.onResponseError(controller, coded('UND_ERR_SOCKET'))
    exchange.onResponseError(controller, coded('UND_ERR_SOCKET'))
    expect(settled).toMatchObject([{ code: 'NETWORK_FAILED', failure: 'ambiguous' }])
  })

  it('is not written when its deadline has passed, and was not sent', () => {
    const { exchange, settled } = start()
    vi.advanceTimersByTime(1000)
    expect(settled).toMatchObject([{ code: 'NETWORK_FAILED', failure: 'transient' }])
    expect(() => exchange.onRequestStart(controller)).toThrow()
    exchange.onResponseError(undefined, new Error('thrown above'))
    expect(settled).toHaveLength(1)
    expect(abort).not.toHaveBeenCalled()
  })

  it.each(['ECONNRESET', 'UND_ERR_SOCKET', 'EPROTO', 'ECONNREFUSED'])(
    'that fails with %s was not sent where writing had not begun, and may have been where it had',
    code => {
      const [before, after] = [start(), start()]
      before.exchange.onResponseError(undefined, coded(code))
      after.exchange.onRequestStart(controller)
      after.exchange.onResponseError(controller, coded(code))
      expect(before.settled).toMatchObject([{ failure: 'transient' }])
      expect(after.settled).toMatchObject([{ failure: 'ambiguous' }])
    },
  )
})

describe('an answer', () => {
  it('is what came until its end, and leaves its connection whole', () => {
    const { exchange, settled } = start()
    exchange.onRequestStart(controller)
    exchange.onResponseStart(controller, 103, { link: 'x' })
    exchange.onResponseStart(controller, 200, { 'x-a': ['1', '2'], 'set-cookie': ['a', 'b'] } as never)
    exchange.onResponseData(controller, Buffer.from('{"a"'))
    exchange.onResponseData(controller, Buffer.from(':1}'))
    expect(settled).toEqual([])
    exchange.onResponseEnd()
    expect(settled).toEqual([{ status: 200, headers: { 'x-a': '1, 2', 'set-cookie': 'b' }, body: '{"a":1}' }])
    expect(abort).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that the deadline meets is cut, and its connection given up', () => {
    const { exchange, settled } = start()
    exchange.onRequestStart(controller)
    exchange.onResponseStart(controller, 200, {})
    exchange.onResponseData(controller, Buffer.from('{"a"'))
    vi.advanceTimersByTime(1000)
    expect(settled).toMatchObject([{ status: 200, body: '{"a"', cut: { failure: 'ambiguous' } }])
    expect(abort).toHaveBeenCalledOnce()
    exchange.onResponseData(controller, Buffer.from(':1}'))
    exchange.onResponseEnd()
    expect(settled).toHaveLength(1)
  })

  it('that is too long is kept up to 64 KiB to the byte', () => {
    const { exchange, settled } = start()
    exchange.onRequestStart(controller)
    exchange.onResponseStart(controller, 200, {})
    for (let i = 0; i < 3; i += 1) exchange.onResponseData(controller, Buffer.alloc(30_000, 'x'))
    expect(settled).toMatchObject([{ body: 'x'.repeat(65_536), cut: { code: 'REPLY_MALFORMED' } }])
    expect(abort).toHaveBeenCalledOnce()
  })

  it('of which only the status is wanted is over with its headers', () => {
    const { exchange, settled } = start(true)
    exchange.onRequestStart(controller)
    exchange.onResponseStart(controller, 503, { 'retry-after': '7' })
    expect(settled).toEqual([{ status: 503, headers: { 'retry-after': '7' }, body: '' }])
    expect(abort).toHaveBeenCalledOnce()
  })

  it('that would send the request on is refused', () => {
    const { exchange, settled } = start()
    exchange.onRequestStart(controller)
    exchange.onResponseStart(controller, 307, { location: 'https://evil.example/path?CNRY' })
    expect(settled).toMatchObject([{ code: 'REPLY_MALFORMED', failure: 'ambiguous' }])
    expect((settled[0] as TokenctlError).message).toBe(
      `${HOST} wants to send the request on to evil.example.`,
    )
    expect(abort).toHaveBeenCalledOnce()
  })
})
