import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { ConsentRequest } from '../../../src/marketplaces/adapter.ts'
import { aliexpress } from '../../../src/marketplaces/aliexpress/index.ts'
import { login } from '../../../src/marketplaces/aliexpress/login.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { type Caught, catchRefresh, sendWithFetch } from '../catch-refresh.ts'
import { answer, asKeys, NOW, reveal, thrownBy } from '../samples.ts'
import { CODE, ISSUED, REPLY } from './login-samples.ts'

const APP = { appKey: '12345678', appSecret: 'helloworld', redirectUri: 'https://shop.example/back?x=1' }

describe('the address of AliExpress’ consent page', () => {
  test.each([
    ['production', 'https://api-sg.aliexpress.com'],
    ['local', 'http://127.0.0.1:4711'],
  ] as const)('in %s: the documented one, byte for byte, and the state', (environment, origin) => {
    const request: ConsentRequest = {
      app: asKeys(APP),
      state: new Secret('s/t+a=t e'),
      destination: { environment, origin },
      region: null,
      sellerCentral: null,
      isDraft: false,
    }
    expect(login.authorizeUrl(request)).toBe(
      `${origin}/oauth/authorize?response_type=code&force_auth=true&redirect_uri=https%3A%2F%2Fshop.example%2Fback%3Fx%3D1&client_id=12345678&state=s%2Ft%2Ba%3Dt%20e`,
    )
    const { redirectUri: _, ...app } = APP
    const error = thrownBy(() => login.authorizeUrl({ ...request, app: asKeys(app) }))
    expect(error.message).toBe('The aliexpress app has no `redirectUri`.')
    expect(error.fix).toMatch(/Callback_URL.*`tokenctl app set aliexpress`\.$/)
  })
})

describe('what AliExpress’ redirect says', () => {
  test.each(['3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26', '0_2DL4DV3jcU1UOT7WGI1A4rY91', 'AsYetUnseen'])(
    'is a code, in each form seen and any other: %s',
    code => {
      expect(login.readRedirect(new Map([['code', code]])).code.reveal()).toBe(code)
    },
  )
})

describe('the bytes that AliExpress gets for a code', () => {
  beforeEach(() => nock.disableNetConnect())
  afterEach(() => nock.cleanAll())

  it('are those of the vendor’s own example', () => {
    // docId=1367: the string to sign is /auth/token/createapp_key12345678code3_500102_…sign_methodsha256timestamp1517820392000
    const { method, url, headers, body } = login.redeem.request({
      app: asKeys(APP),
      code: new Secret('3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26'),
      now: 1_517_820_392_000,
      origin: aliexpress.origins.production,
    })
    expect([method, url]).toEqual(['POST', 'https://api-sg.aliexpress.com/rest/auth/token/create'])
    expect(headers).toEqual({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    })
    expect(body).toBe(
      'app_key=12345678&code=3_500102_JxZ05Ux3cnnSSUm6dCxYg6Q26&sign_method=sha256&timestamp=1517820392000&sign=35607762342831B6A417A0DED84B79C05FEFBF116969C48AD6DC00279A9F4D81',
    )
  })

  const input = { app: asKeys(APP), code: new Secret(CODE), now: NOW, origin: aliexpress.origins.production }

  it('have no uuid, no redirect address and no secret among them, and bring the tokens', async () => {
    const caught: Caught[] = []
    catchRefresh('https://api-sg.aliexpress.com', '/rest/auth/token/create', 200, REPLY, caught)
    const response = await sendWithFetch(login.redeem.request(input))
    const [{ url, body } = { url: '', body: '' }] = caught
    expect(url).toBe('https://api-sg.aliexpress.com/rest/auth/token/create')
    expect([...new URLSearchParams(body).keys()]).toEqual([
      'app_key',
      'code',
      'sign_method',
      'timestamp',
      'sign',
    ])
    expect(body).not.toContain('helloworld')
    expect(reveal(login.redeem.read(response, input))).toStrictEqual(ISSUED)
    expect(nock.isDone()).toBe(true)
  })

  it('bring a refusal that came under 200 and speaks of the code', async () => {
    nock('https://api-sg.aliexpress.com')
      .post('/rest/auth/token/create')
      .reply(200, { type: 'ISV', code: 'InvalidCode', message: 'Invalid Code', request_id: '0ba2887315178' })
    const response = await sendWithFetch(login.redeem.request(input))
    const error = thrownBy(() => login.redeem.read(response, input))
    expect(error.message).toBe('AliExpress refused the code of the consent (InvalidCode, HTTP 200).')
    expect(error.fix).toMatch(/once, for three minutes, and only with the app/)
    expect(error.requestId).toBe('0ba2887315178')
    expect(nock.isDone()).toBe(true)
  })

  test.each([
    ['0 and none', { refresh_token: '', refresh_expires_in: 0 }, 'CLIENT_REJECTED', 'configuration'],
    ['0 and null', { refresh_token: null, refresh_expires_in: '0' }, 'CLIENT_REJECTED', 'configuration'],
    ['none where there should be one', { refresh_token: null }, 'REPLY_MALFORMED', 'ambiguous'],
    ['an empty one where there should be one', { refresh_token: '' }, 'REPLY_MALFORMED', 'ambiguous'],
  ])('bring a consent that nobody can prolong: %s', (_, more, code, failure) => {
    const error = thrownBy(() => login.redeem.read(answer(200, { ...REPLY, ...more }), input))
    expect([error.code, error.failure, error.requestId]).toEqual([code, failure, REPLY.request_id])
    if (code === 'CLIENT_REJECTED') {
      expect(error.message).toBe('AliExpress gave a consent that cannot be refreshed (HTTP 200).')
      expect(error.fix).toContain('Auth Management')
    }
  })
})

test('a code of AliExpress’ lives for three minutes', () => {
  expect([login.codeSeconds, login.codeParameter]).toEqual([180, 'code'])
})
