import { describe, expect, test } from 'vitest'
import { answerOf } from '../../src/simulator/answer.ts'
import { answerControl } from '../../src/simulator/control.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import type { Call } from '../../src/simulator/wire.ts'
import { AMAZON_TOKEN, amazonCall, amazonFields, EBAY_TOKEN, ebayCall, form, NOW, seed } from './calls.ts'

const simulation = () =>
  new Simulation({ seed: seed(), now: () => NOW, random: () => 0, onRequest: () => undefined })

function ask(made: Simulation, route: string, body: unknown = '', headers: Call['headers'] = {}) {
  const [method = '', path = ''] = route.split(' ')
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const call = {
    method,
    path: `/_simulator/${path}`,
    query: '',
    headers: { host: '127.0.0.1:8080', ...headers },
    body: Buffer.from(text),
  }
  const { status, body: answer, headers: sent } = answerControl(call, made)
  expect(sent).toEqual({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  return { status, answer: JSON.parse(answer), text: answer }
}

describe('reading', () => {
  test('GET import is the import document', () => {
    const made = simulation()
    expect(ask(made, 'GET import')).toMatchObject({ status: 200, answer: made.importDocument() })
  })

  test('GET accounts has states and no token', () => {
    const made = simulation()
    made.endConsent('ebay:main')
    answerOf('amazon', amazonCall(), made.market, NOW)
    const { answer, text } = ask(made, 'GET accounts')
    expect(answer.accounts).toHaveLength(8)
    expect(answer.accounts[0]).toMatchObject({ account: 'ebay:main', state: 'ended' })
    expect(answer.accounts[4]).toEqual({
      account: 'amazon:main',
      app: 'default',
      seller: 'amazon-shop-4715',
      sellerId: expect.stringMatching(/^A[A-Z2-7]{13}$/),
      region: 'eu',
      consentAt: '2026-11-02T10:00:00Z',
      consentUntil: '2027-01-01T10:00:00Z',
      state: 'alive',
      generation: 1,
      refreshes: 1,
      lastRefreshAt: '2026-11-22T10:00:00Z',
      accessTokens: 1,
      accessExpiresAt: '2026-11-22T11:00:00Z',
    })
    for (const token of [EBAY_TOKEN, AMAZON_TOKEN, 'PRD-secret', 'helloworld'])
      expect(text).not.toContain(token)
  })

  test('GET sellers has who can sign in, and no token', () => {
    const made = simulation()
    const { answer, text } = ask(made, 'GET sellers')
    expect(answer).toEqual({ sellers: made.sellers() })
    for (const token of [EBAY_TOKEN, AMAZON_TOKEN, 'PRD-secret']) expect(text).not.toContain(token)
  })

  test('GET requests is the log', () => {
    const made = simulation()
    made.log.add({ method: 'GET', path: '(unknown)', outcome: 'not found' }, NOW)
    expect(ask(made, 'GET requests').answer).toEqual({ requests: made.requests() })
  })
})

describe('steering', () => {
  test('POST fault, and fault none', () => {
    const made = simulation()
    const fault = { marketplace: 'ebay', fault: '429', times: 2, retryAfterSeconds: 5 }
    expect(ask(made, 'POST fault', fault)).toMatchObject({ status: 200 })
    expect(made.faults.next('ebay')).toMatchObject({ fault: '429', retryAfterSeconds: 5 })
    ask(made, 'POST fault', { marketplace: 'ebay', fault: 'none' })
    expect(made.faults.next('ebay')).toBeUndefined()
  })

  test('POST rotation', () => {
    const made = simulation()
    const rule = { marketplace: 'ebay', mode: 'grace', graceSeconds: 5, reuseRevokes: true }
    expect(ask(made, 'POST rotation', rule)).toMatchObject({ status: 200, answer: rule })
    expect(made.market.rotation.ebay).toEqual({ mode: 'grace', graceSeconds: 5, reuseRevokes: true })
    ask(made, 'POST rotation', { marketplace: 'ebay', mode: 'grace' })
    expect(made.market.rotation.ebay).toEqual({ mode: 'grace', graceSeconds: 30, reuseRevokes: false })
  })

  test('POST fault for eBay’s identity call', () => {
    const made = simulation()
    ask(made, 'POST fault', { marketplace: 'ebay-identity', fault: '503' })
    expect(made.faults.next('ebay')).toBeUndefined()
    expect(made.faults.next('ebay-identity')).toMatchObject({ fault: '503' })
  })

  test('POST rotate-secret gives one that works, beside the old one', () => {
    const made = simulation()
    const { answer } = ask(made, 'POST rotate-secret', { marketplace: 'amazon', delaySeconds: 0 })
    expect(answer).toMatchObject({
      marketplace: 'amazon',
      app: 'default',
      oldSecretEndsAt: '2026-11-29T10:00:00Z',
    })
    for (const secret of [answer.clientSecret, 'amzn1.secret']) {
      const call = amazonCall({ body: form({ ...amazonFields(), client_secret: secret }) })
      expect(answerOf('amazon', call, made.market, NOW).status).toBe(200)
    }
  })

  test('POST rename-seller keeps the id', () => {
    const made = simulation()
    const rename = { marketplace: 'ebay', seller: 'ebay-shop-4711', name: 'Renamed' }
    const id = made.accounts()[0]?.sellerId
    expect(ask(made, 'POST rename-seller', rename)).toMatchObject({ status: 200 })
    expect(made.accounts()[0]).toMatchObject({ seller: 'Renamed', sellerId: id, state: 'ended' })
    expect(ask(made, 'POST rename-seller', rename).answer.error).toMatch(/There are: .*Renamed/)
  })

  test('POST end-consent', () => {
    const made = simulation()
    ask(made, 'POST end-consent', { account: 'ebay:main' })
    expect(answerOf('ebay', ebayCall(), made.market, NOW)).toMatchObject({ detail: 'consent ended' })
  })

  test('POST amazon-token gives one that works, and the old one lives on', () => {
    const made = simulation()
    const { answer } = ask(made, 'POST amazon-token', { account: 'amazon:main' })
    expect(answer.refreshToken).toMatch(/^Atzr\|/)
    for (const token of [answer.refreshToken, AMAZON_TOKEN]) {
      const call = amazonCall({ body: form(amazonFields(token)) })
      expect(answerOf('amazon', call, made.market, NOW).status).toBe(200)
    }
  })

  test('POST code gives one that works', () => {
    const made = simulation()
    const { answer } = ask(made, 'POST code', { account: 'ebay:main' })
    expect(answer.expiresAt).toBe('2026-11-22T10:04:59Z')
    const body = form({ grant_type: 'authorization_code', code: answer.code, redirect_uri: 'Ru_Name' })
    expect(answerOf('ebay', ebayCall({ body }), made.market, NOW).outcome).toBe('exchanged')
  })
})

describe('refusals, with words', () => {
  const fault = { marketplace: 'ebay', fault: '429' }
  test.each<[string, unknown, RegExp]>([
    ['POST fault', '', /not JSON/],
    ['POST fault', '[]', /no object/],
    ['POST fault', 'null', /no object/],
    ['POST fault', { ...fault, time: 3 }, /no such field; the fields are: marketplace, fault, times/],
    ['POST fault', { ...fault, marketplace: 'shopify' }, /ebay, amazon, aliexpress, etsy/],
    ['POST fault', { ...fault, fault: '404' }, /one of: none, 429, .*lost-reply/],
    ['POST fault', { ...fault, fault: '__proto__' }, /one of: none, 429, .*lost-reply/],
    ['POST fault', { ...fault, times: '3' }, /times must be a number/],
    ['POST fault', { ...fault, times: 0 }, /times must be a whole number from 1/],
    ['POST fault', { ...fault, share: 2 }, /share must be/],
    ['POST rotation', { marketplace: 'ebay', mode: 'no' }, /none, grace, strict/],
    ['POST rotation', { marketplace: 'ebay-identity', mode: 'none' }, /ebay, amazon, aliexpress/],
    ['POST rotate-secret', { marketplace: 'ebay' }, /Only amazon/],
    ['POST rotate-secret', { marketplace: 'amazon', app: 'x' }, /no such Amazon app/],
    ['POST rotate-secret', { marketplace: 'amazon', delaySeconds: -1 }, /from 0 to 604800/],
    ['POST rotation', { marketplace: 'ebay', mode: 'grace', graceSeconds: -1 }, /0 or more/],
    ['POST rotation', { marketplace: 'ebay', mode: 'strict', reuseRevokes: 1 }, /true or false/],
    ['POST end-consent', {}, /account must be a text/],
    ['POST end-consent', { account: 'ebay:nobody' }, /"ebay:nobody".*It has: ebay:main/],
    ['POST amazon-token', { account: 'ebay:main' }, /It has: amazon:main, amazon:ended/],
    ['POST code', { account: 'x' }, /It has/],
  ])('%s %j', (route, body, words) => {
    const { status, answer } = ask(simulation(), route, body)
    expect(status).toBe(400)
    expect(answer.error).toMatch(words)
  })

  test('GET keys/NAME is what `app set --stdin` takes, GET import/NAME one marketplace', () => {
    const made = simulation()
    const whole = made.importDocument()
    expect(ask(made, 'GET keys/ebay').answer).toEqual(
      whole.apps.find(app => app.marketplace === 'ebay')?.keys,
    )
    const only = ask(made, 'GET import/amazon').answer
    expect(only.apps).toEqual(whole.apps.filter(app => app.marketplace === 'amazon'))
    expect(only.accounts).toEqual(whole.accounts.filter(each => each.account.startsWith('amazon:')))
    expect(ask(made, 'GET keys/eaby').status).toBe(400)
    expect(ask(made, 'GET keys/ebay/more').status).toBe(404)
  })

  test('POST amazon-token/NAME is the token as text, ready to be piped', () => {
    const made = simulation()
    const path = '/_simulator/amazon-token/amazon:main'
    const call = {
      method: 'POST',
      path,
      query: '',
      headers: { host: '127.0.0.1:8080' },
      body: Buffer.from(''),
    }
    const { status, headers, body } = answerControl(call, made)
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/plain' })
    expect(body).toBe(`${made.refreshToken('amazon:main')}\n`)
    expect(ask(made, 'POST amazon-token/amazon:%').status).toBe(400)
  })

  test.each(['GET fault', 'POST import', 'GET ', 'GET toString'])('%s is 404, with the addresses', route => {
    const { status, answer } = ask(simulation(), route)
    expect(status).toBe(404)
    expect(answer.error).toContain('GET /_simulator/import')
  })
})

describe('strangers', () => {
  test.each<[Call['headers'], number]>([
    [{ host: '127.0.0.1' }, 200],
    [{ host: 'localhost:8080' }, 200],
    [{ host: '[::1]:8080' }, 200],
    [{ host: '127.0.0.1:8080', origin: 'http://localhost:3000' }, 200],
    [{ host: '' }, 403],
    [{ host: 'evil.example' }, 403],
    [{ host: '127.0.0.1.evil.example' }, 403],
    [{ host: 'localhost.evil.example:8080' }, 403],
    [{ host: '127.0.0.1:8080', origin: 'https://evil.example' }, 403],
    [{ host: '127.0.0.1:8080', origin: 'null' }, 403],
  ])('%j gets %d', (headers, expected) => {
    expect(ask(simulation(), 'GET import', '', headers).status).toBe(expected)
  })
})
