import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import type { ConsentRequest } from '../../../src/marketplaces/adapter.ts'
import { amazon } from '../../../src/marketplaces/amazon/index.ts'
import { login } from '../../../src/marketplaces/amazon/login.ts'
import { SELLER_CENTRALS } from '../../../src/marketplaces/amazon/seller-central.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { REGIONS } from '../../../src/tokens/token-set.ts'
import { type Caught, catchRefresh, sendWithFetch } from '../catch-refresh.ts'
import { asKeys, NOW, reveal, thrownBy } from '../samples.ts'
import { CODE, INVALID_CODE, ISSUED, REPLY } from './login-samples.ts'

const APP = {
  clientId: 'amzn1.application-oa2-client.0123456789abcdef',
  clientSecret: 'amzn1.oa2-cs.v1.CANARY+/=^#0123',
  applicationId: 'amzn1.sp.solution.0123-abcd',
}
const LOCAL = { environment: 'local', origin: 'http://127.0.0.1:4711' } as const

function consent(changes: Partial<ConsentRequest> = {}): ConsentRequest {
  return {
    app: asKeys(APP),
    state: new Secret('stateexample'),
    destination: { environment: 'production', origin: amazon.origins.production },
    region: 'na',
    sellerCentral: null,
    isDraft: false,
    ...changes,
  }
}

describe('the address of Amazon’s consent page', () => {
  const withRedirect = asKeys({ ...APP, redirectUri: 'https://shop.example/back?x=1' })
  test.each<[string, Partial<ConsentRequest>, string]>([
    [
      'the documented example',
      { app: asKeys({ applicationId: 'appidexample' }) },
      'https://sellercentral.amazon.com/apps/authorize/consent?application_id=appidexample&state=stateexample',
    ],
    [
      'the documented example of a draft',
      { app: asKeys({ applicationId: 'appidexample' }), isDraft: true },
      'https://sellercentral.amazon.com/apps/authorize/consent?application_id=appidexample&state=stateexample&version=beta',
    ],
    [
      'with one of several redirect addresses',
      { app: withRedirect, region: 'eu', isDraft: true },
      'https://sellercentral-europe.amazon.com/apps/authorize/consent?application_id=amzn1.sp.solution.0123-abcd&state=stateexample&version=beta&redirect_uri=https%3A%2F%2Fshop.example%2Fback%3Fx%3D1',
    ],
    [
      'in the region’s largest market',
      { region: 'fe' },
      'https://sellercentral.amazon.co.jp/apps/authorize/consent?application_id=amzn1.sp.solution.0123-abcd&state=stateexample',
    ],
    [
      'where the seller says',
      { region: 'eu', sellerCentral: 'SellerCentral.amazon.in' },
      'https://sellercentral.amazon.in/apps/authorize/consent?application_id=amzn1.sp.solution.0123-abcd&state=stateexample',
    ],
    [
      'where the seller says, which names the region too',
      { region: null, sellerCentral: 'sellercentral.amazon.sg' },
      'https://sellercentral.amazon.sg/apps/authorize/consent?application_id=amzn1.sp.solution.0123-abcd&state=stateexample',
    ],
    [
      'on a simulator, which has all regions',
      { destination: LOCAL, region: null },
      'http://127.0.0.1:4711/apps/authorize/consent?application_id=amzn1.sp.solution.0123-abcd&state=stateexample',
    ],
  ])('%s', (_, changes, address) => {
    expect(login.authorizeUrl(consent(changes))).toBe(address)
  })

  test.each<[string, Partial<ConsentRequest>, RegExp, RegExp]>([
    ['no region', { region: null }, /region is not known/, /--region na/],
    [
      'a stranger',
      { sellerCentral: 'sellercentral.amazon.evil.example' },
      /no host/,
      /sellercentral\.amazon\.com,/,
    ],
    [
      'a whole address',
      { sellerCentral: 'https://sellercentral.amazon.com' },
      /no host/,
      /sellercentral\.amazon\.com,/,
    ],
    [
      'a host of another region',
      { region: 'na', sellerCentral: 'sellercentral.amazon.in' },
      /no host of Seller Central of North America/,
      /^There are: sellercentral\.amazon\.com, sellercentral\.amazon\.ca, /,
    ],
    ['a stranger, on a simulator', { destination: LOCAL, sellerCentral: 'x' }, /no host/, /sellercentral/],
  ])('is refused for %s', (_, changes, message, fix) => {
    const error = thrownBy(() => login.authorizeUrl(consent(changes)))
    expect(error.code).toBe('USAGE')
    expect(error.message).toMatch(message)
    expect(error.fix).toMatch(fix)
    expect(error.message).not.toContain('evil')
  })

  it.each(REGIONS)('has a host for every market of %s', region => {
    for (const { host } of SELLER_CENTRALS.filter(one => one.region === region))
      expect(new URL(login.authorizeUrl(consent({ region, sellerCentral: host }))).host).toBe(host)
  })

  it('tells a private app from a public one', () => {
    const { applicationId: _, ...app } = APP
    const error = thrownBy(() => login.authorizeUrl(consent({ app: asKeys(app) })))
    expect(error.message).toBe('The amazon app has no `applicationId`.')
    expect(error.fix).toMatch(
      /private one.*`tokenctl set-amazon`.*public app's.*`tokenctl app set amazon`\.$/,
    )
  })
})

describe('what Amazon’s redirect says', () => {
  const read = (query: string) => login.readRedirect(new Map(new URLSearchParams(query)))

  it('is the documented example', () => {
    const found = read(
      'state=state-example&mws_auth_token=mwsauthtokenexample&selling_partner_id=sellingpartneridexample&spapi_oauth_code=spapioauthcodeexample',
    )
    expect([found.code.reveal(), found.seller]).toEqual(['spapioauthcodeexample', 'sellingpartneridexample'])
  })

  test.each([
    ['none', ''],
    ['an empty one', '&selling_partner_id='],
    ['one that no id looks like', '&selling_partner_id=%1b%5B2J'],
    ['the code', '&selling_partner_id=RHxCANARYcode'],
  ])('is no answer when it names the seller by %s: nothing else ever would', (_, more) => {
    const error = thrownBy(() => read(`spapi_oauth_code=RHxCANARYcode${more}`))
    expect([error.code, error.message]).toEqual([
      'USAGE',
      "This does not say whose shop it is: Amazon's whole address has `selling_partner_id` in it, a code alone has not.",
    ])
    expect(error.fix).toMatch(/whole address .* at Amazon, and paste it\. Nothing was changed\.$/)
  })
})

describe('the half-way stop at the app’s log-in page', () => {
  const CONFIRM = `https://sellercentral.amazon.com/apps/authorize/confirm/${APP.applicationId}`
  const stopped = (changes: Readonly<Record<string, string>> = {}) =>
    new Map(
      Object.entries({
        amazon_callback_uri: CONFIRM,
        amazon_state: 'amazonstate-example',
        selling_partner_id: 'A3FHEXAMPLEYWS',
        ...changes,
      }),
    )
  const onward = (parameters: ReadonlyMap<string, string>, changes: Partial<ConsentRequest> = {}) =>
    login.onward?.(parameters, consent(changes))

  test.each<[string, ReadonlyMap<string, string>, Partial<ConsentRequest>, string]>([
    ['with our state', stopped(), {}, `${CONFIRM}?amazon_state=amazonstate-example&state=stateexample`],
    [
      'as a draft, when Amazon says so',
      stopped({ version: 'beta' }),
      {},
      `${CONFIRM}?amazon_state=amazonstate-example&state=stateexample&version=beta`,
    ],
    [
      'as a draft, when we know so, to one of several redirect addresses',
      stopped(),
      { isDraft: true, app: asKeys({ ...APP, redirectUri: 'https://shop.example/back' }) },
      `${CONFIRM}?redirect_uri=https%3A%2F%2Fshop.example%2Fback&amazon_state=amazonstate-example&state=stateexample&version=beta`,
    ],
    [
      'on the host of the pages’ own example',
      stopped({ amazon_callback_uri: `https://amazon.com/apps/authorize/confirm/${APP.applicationId}` }),
      {},
      `https://amazon.com/apps/authorize/confirm/${APP.applicationId}?amazon_state=amazonstate-example&state=stateexample`,
    ],
    [
      'on a simulator',
      stopped({ amazon_callback_uri: `${LOCAL.origin}/apps/authorize/confirm/${APP.applicationId}` }),
      { destination: LOCAL },
      `${LOCAL.origin}/apps/authorize/confirm/${APP.applicationId}?amazon_state=amazonstate-example&state=stateexample`,
    ],
  ])('goes on %s', (_, parameters, changes, address) => {
    expect(onward(parameters, changes)).toBe(address)
  })

  test.each<[string, ReadonlyMap<string, string>, Partial<ConsentRequest>]>([
    [
      'elsewhere',
      stopped({ amazon_callback_uri: CONFIRM.replace('amazon.com', 'amazon.com.evil.example') }),
      {},
    ],
    ['in plain http', stopped({ amazon_callback_uri: CONFIRM.replace('https', 'http') }), {}],
    ['to another app', stopped({ amazon_callback_uri: `${CONFIRM}4` }), {}],
    ['to another page', stopped({ amazon_callback_uri: CONFIRM.replace('confirm', 'consent') }), {}],
    ['with more', stopped({ amazon_callback_uri: `${CONFIRM}?redirect_uri=https://evil.example` }), {}],
    ['with a name', stopped({ amazon_callback_uri: CONFIRM.replace('https://', 'https://x@') }), {}],
    ['by another port', stopped({ amazon_callback_uri: CONFIRM.replace('.com/', '.com:8443/') }), {}],
    ['to a script', stopped({ amazon_callback_uri: 'javascript:alert(1)' }), {}],
    ['to the real Amazon from a simulator', stopped(), { destination: LOCAL }],
    ['to a simulator from the real Amazon', stopped({ amazon_callback_uri: LOCAL.origin }), {}],
    ['without Amazon’s state', new Map([['amazon_callback_uri', CONFIRM]]), {}],
  ])('goes nowhere %s', (_, parameters, changes) => {
    const error = thrownBy(() => onward(parameters, changes))
    expect([error.code, error.message]).toEqual([
      'USAGE',
      "The address does not lead on to Amazon's page for this app.",
    ])
    expect(error.fix).not.toContain('evil')
  })

  it('is not taken for an answer, and an answer not for it', () => {
    expect(thrownBy(() => login.readRedirect(stopped())).message).toMatch(
      /no code in it \(`spapi_oauth_code`\)/,
    )
    expect(onward(stopped({ spapi_oauth_code: CODE }))).toBeUndefined()
    expect(onward(new Map([['spapi_oauth_code', CODE]]))).toBeUndefined()
  })
})

describe('the bytes that Amazon gets for a code', () => {
  beforeEach(() => nock.disableNetConnect())
  afterEach(() => nock.cleanAll())

  test.each([
    ['without a redirect address', APP, ''],
    [
      'with the redirect address of the consent',
      { ...APP, redirectUri: 'https://shop.example/back' },
      '&redirect_uri=https%3A%2F%2Fshop.example%2Fback',
    ],
  ])('are exact, %s', async (_, app, redirectUri) => {
    const caught: Caught[] = []
    catchRefresh('https://api.amazon.com', '/auth/o2/token', 200, REPLY, caught)
    const input = { app: asKeys(app), code: new Secret(CODE), now: NOW, origin: amazon.origins.production }
    const response = await sendWithFetch(login.redeem.request(input))
    expect(caught).toEqual([
      {
        method: 'POST',
        url: 'https://api.amazon.com/auth/o2/token',
        body: `grant_type=authorization_code&code=RHxCANARYspapioauthcodeexample%2B%2F%3D${redirectUri}&client_id=amzn1.application-oa2-client.0123456789abcdef&client_secret=amzn1.oa2-cs.v1.CANARY%2B%2F%3D%5E%230123`,
        headers: {
          'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
          accept: 'application/json',
        },
      },
    ])
    expect(reveal(login.redeem.read(response, input))).toStrictEqual(ISSUED)
    expect(nock.isDone()).toBe(true)
  })

  it('bring a refusal that speaks of the code', async () => {
    nock('https://api.amazon.com').post('/auth/o2/token').reply(400, INVALID_CODE)
    const input = { app: asKeys(APP), code: new Secret(CODE), now: NOW, origin: amazon.origins.production }
    const response = await sendWithFetch(login.redeem.request(input))
    const error = thrownBy(() => login.redeem.read(response, input))
    expect(error.message).toBe('Amazon refused the code of the consent (invalid_grant, HTTP 400).')
    expect(error.fix).toMatch(/once, for five minutes, and only with the app and the redirect address/)
    expect(nock.isDone()).toBe(true)
  })
})

test('a code of Amazon’s lives for five minutes', () => {
  expect([login.codeSeconds, login.codeParameter]).toEqual([300, 'spapi_oauth_code'])
})
