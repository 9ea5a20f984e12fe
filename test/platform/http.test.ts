/** The client as adapters and renewals see it, with nock in place of the network. */
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isTokenctlError, type TokenctlError } from '../../src/errors.ts'
import { createHttp, type HttpRequest, type HttpResponse } from '../../src/platform/http.ts'

const CANARY = 'CNRY-refresh-0123456789abcdef'
const request: HttpRequest = {
  method: 'POST',
  url: 'https://api.example.com/token?sign=CNRY-query',
  headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic Q05SWQ==' },
  body: `refresh_token=${CANARY}`,
}

/** What was thrown, or why the answer broke off. */
async function failure(work: Promise<HttpResponse>): Promise<TokenctlError> {
  const error = await work.then(
    ({ cut }) => cut,
    (thrown: unknown) => thrown,
  )
  if (!isTokenctlError(error)) throw new Error(`expected a TokenctlError, got ${String(error)}`)
  return error
}

beforeEach(() => {
  nock.disableNetConnect()
})
afterEach(() => {
  expect(nock.isDone()).toBe(true)
  nock.cleanAll()
})

describe('what is sent and what comes back', () => {
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

  it.each([400, 401, 429, 500, 503])('hands an answer of status %i on as it is', async status => {
    nock('https://api.example.com').post(/token/).reply(status, '{"error":"x"}')
    expect((await createHttp({}).send(request)).status).toBe(status)
  })

  it('drops a byte order mark, keeps what is no UTF-8 as replacement characters', async () => {
    nock('https://api.example.com')
      .post(/token/)
      .reply(200, Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff, 0x62]))
    expect((await createHttp({}).send(request)).body).toBe('a\ufffdb')
  })

  it('takes an answer without a body', async () => {
    nock('https://api.example.com').post(/token/).reply(204)
    expect(await createHttp({}).send(request)).toMatchObject({ status: 204, body: '' })
  })

  it('takes 64 KiB and not one byte more', async () => {
    const full = 'x'.repeat(64 * 1024)
    nock('https://api.example.com').post(/token/).reply(200, full)
    expect((await createHttp({}).send(request)).body).toBe(full)
    nock('https://api.example.com').post(/token/).reply(200, `${full}x`)
    expect(await failure(createHttp({}).send(request))).toMatchObject({
      code: 'REPLY_MALFORMED',
      failure: 'ambiguous',
    })
  })
})

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('refuses %i and names the host it points to, no more', async status => {
    nock('https://api.example.com')
      .post(/token/)
      .reply(status, '', { location: 'https://evil.example/path?x=CNRY' })
    const error = await failure(createHttp({}).send(request))
    expect(error).toMatchObject({ code: 'REPLY_MALFORMED', failure: 'ambiguous' })
    expect(error.message).toContain('evil.example')
    expect(error.message).not.toMatch(/path|CNRY/)
  })

  it('refuses one that points nowhere', async () => {
    nock('https://api.example.com').post(/token/).reply(302, '', { location: 'http://[' })
    expect((await failure(createHttp({}).send(request))).message).toContain('another place')
  })
})

describe('what is refused before anything is sent', () => {
  it('will not send while certificates go unchecked', async () => {
    const error = await failure(createHttp({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }).send(request))
    expect(error.code).toBe('SETTINGS_INVALID')
    expect(error.message).toContain('NODE_TLS_REJECT_UNAUTHORIZED')
  })

  it.each([
    'http://api.example.com/t',
    'http://10.0.0.1/t',
    'http://127.0.0.1.evil.example/t',
    'http://localhost.evil.example/t',
    'http://[::ffff:127.0.0.1]/t',
    'http://0.0.0.0/t',
    'ftp://127.0.0.1/t',
  ])('will not speak without TLS to %s', async url => {
    const error = await failure(createHttp({}).send({ ...request, url }))
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID' })
    expect(error.message).not.toContain('/t')
  })

  it('does not quote a header that no header can be', async () => {
    const error = await failure(
      createHttp({}).send({ ...request, headers: { authorization: `Basic ${CANARY}\nx: y` } }),
    )
    expect(error.code).toBe('USAGE')
    expect(`${error.message}${error.fix}${error.stack}${String(error.cause)}`).not.toContain(CANARY)
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
    const error = await failure(createHttp({}).send(request))
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', failure: expected })
    expect(error.message).toContain('api.example.com')
    expect(error.message).toContain(code)
    expect(`${error.message}${error.fix}`).not.toMatch(/CNRY|token\?|Basic/)
  })
})
