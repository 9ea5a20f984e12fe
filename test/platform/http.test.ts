/**
 * The client over `fetch` at a marketplace's own address, with nock in place of the network: that `globalThis.fetch` is what
 * it goes by, and each code that fetch fails with. Everything else: `http.wire.test.ts`.
 */
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHttp, type HttpRequest } from '../../src/platform/http.ts'
import { failureOf } from '../contracts/http.ts'

const CANARY = 'CNRY-refresh-0123456789abcdef'
const request: HttpRequest = {
  method: 'POST',
  url: 'https://api.example.com/token?sign=CNRY-query',
  headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic Q05SWQ==' },
  body: `refresh_token=${CANARY}`,
}

beforeEach(() => {
  nock.disableNetConnect()
})
afterEach(() => {
  expect(nock.isDone()).toBe(true)
  nock.cleanAll()
})

describe('an exchange', () => {
  it('sends the bytes as given, asks for them unpacked, and names headers in small letters', async () => {
    let seen: unknown
    nock('https://api.example.com', {
      reqheaders: {
        'accept-encoding': 'identity',
        'user-agent': 'tokenctl/1',
        authorization: 'Basic Q05SWQ==',
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
      .post('/token', body => {
        seen = body
        return true
      })
      .query({ sign: 'CNRY-query' })
      .reply(200, '{"a":"ü"}', { 'Content-Type': 'application/json', 'X-Request-Id': '7' })
    const answer = await createHttp({}, { userAgent: 'tokenctl/1' }).send(request)
    expect(seen).toEqual({ refresh_token: CANARY })
    expect(answer).toEqual({
      status: 200,
      headers: expect.objectContaining({ 'content-type': 'application/json', 'x-request-id': '7' }),
      body: '{"a":"ü"}',
    })
  })
})

describe('failures that nock can play', () => {
  const table: [code: string, failure: 'transient' | 'ambiguous'][] = [
    ['ENOTFOUND', 'transient'],
    ['EAI_AGAIN', 'transient'],
    ['ECONNREFUSED', 'transient'],
    ['ENETUNREACH', 'transient'],
    ['EHOSTUNREACH', 'transient'],
    ['UND_ERR_CONNECT_TIMEOUT', 'transient'],
    ['CERT_HAS_EXPIRED', 'transient'],
    ['ECONNRESET', 'ambiguous'],
    ['ETIMEDOUT', 'ambiguous'],
    ['EPIPE', 'ambiguous'],
    ['UND_ERR_SOCKET', 'ambiguous'],
    ['UND_ERR_HEADERS_TIMEOUT', 'ambiguous'],
    ['SOMETHING_NEW', 'ambiguous'],
  ]
  it.each(table)('%s is %s', async (code, expected) => {
    nock('https://api.example.com')
      .post(/token/)
      .replyWithError(Object.assign(new Error(`no ${CANARY}`), { code }))
    const error = await failureOf(createHttp({}).send(request))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: expected })
    expect(error.message).toContain('api.example.com')
    expect(error.message).toContain(code)
    expect(`${error.message}${error.fix}`).not.toMatch(/CNRY|token\?|Basic/)
  })
})
