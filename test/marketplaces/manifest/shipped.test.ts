import { describe, expect, it, test } from 'vitest'
import type { MarketplaceAdapter } from '../../../src/marketplaces/adapter.ts'
import { shippedMarketplace } from '../../../src/marketplaces/manifest/shipped.ts'
import { challengeOf } from '../../../src/oauth/pkce.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { testMarketplace } from '../../contracts/marketplace.ts'
import { answer, asKeys, type LoginSamples, NOW, type Revealed, thrownBy } from '../samples.ts'
import { DOCUMENTED, REFUSALS } from './samples.ts'

const CONTENT_TYPE = 'application/x-www-form-urlencoded'
const REDIRECT = 'https://shop.example/back'

function shipped(id: string): MarketplaceAdapter {
  const adapter = shippedMarketplace(id)
  if (adapter === undefined) throw new Error(`no manifest of ${id}`)
  return adapter
}

/** A JSON Web Token, as Allegro's are. */
const jwt = (claims: object) =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
    .map(part => Buffer.from(part).toString('base64url'))
    .join('.')

const APP = {
  clientId: '1aa2bb33c44d55eeeeee6fff',
  clientSecret: 'CANARYsecret+/=0123',
  redirectUri: REDIRECT,
  scopes: 'one:read two:write',
}
const { clientSecret: _, ...PUBLIC_APP } = APP

interface Vendor {
  readonly id: string
  readonly app: Readonly<Record<string, string>>
  /** The tokens of the sample's answers. */
  readonly access: string
  readonly next: string
  readonly token: string
  readonly seconds: number
  readonly type: string
  /** Whose the answers are. */
  readonly seller: string
  readonly more?: object
  readonly code: string
}

const ACCESS = jwt({ user_name: '50766414', exp: 1 })

const VENDORS: readonly Vendor[] = [
  {
    id: 'etsy',
    app: PUBLIC_APP,
    // The shapes of the vendor's own samples.
    access:
      '12345678.O1zLuwveeKjpIqCQFfmR-PaMMpBmagH6DljRAkK9qt05OtRKiANJOyZlMx3WQ_o2FdComQGuoiAWy3dxyGI4Ke_76PR',
    next: '12345678.JNGIJtvLmwfDMhlYoOJl8aLR1BWottyHC6yhNcET-eC7RogSR5e1GTIXGrgrelWZalvh3YvvyLfKYYqvymd-u37Sjtx',
    token: '12345678.CANARY^#=+/|JNGIJtvLmwfDMhlYoOJl8aLR1BWottyHC6yhNcET',
    seconds: 3600,
    type: 'Bearer',
    seller: '12345678',
    code: 'CANARYbftcubu-wownsvftz5kowdmxnqtsuoikwqkha7_4na3igu1uy-ztu1bsken68xnw4spzum8larqbry6zsxnea4or9etuicpra5zi',
  },
  {
    id: 'allegro',
    app: APP,
    access: ACCESS,
    next: jwt({ user_name: '50766414', exp: 2 }),
    token: 'eyJhbGciOiJSUzI1NiJ9.CANARY^#=+/|.sig',
    seconds: 43_199,
    type: 'bearer',
    seller: '50766414',
    more: {
      scope: 'allegro:api:orders:read',
      allegro_api: true,
      jti: '2184f3be-f6de-4a66-bd8f-b11347d7ba80',
    },
    code: 'CANARY9Tq94aEss540azzC7xL6nCJDWto',
  },
  {
    id: 'mercadolibre',
    app: { ...APP, consentHost: 'auth.mercadolivre.com.br' },
    access: 'APP_USR-123456-090515-8cc4448aac10d5105474e1351-241983636',
    next: 'TG-5b9032b4e23464aed1f959f-241983636',
    token: 'TG-CANARY^#=+/|-241983636',
    seconds: 21_600,
    type: 'bearer',
    seller: '241983636',
    more: { scope: 'offline_access read write', user_id: 241_983_636 },
    code: 'TG-CANARY-241983636',
  },
]

function samplesOf(vendor: Vendor) {
  const { access, next, token, seconds, type, seller, more = {}, code, app } = vendor
  const reply = {
    access_token: access,
    token_type: type,
    expires_in: seconds,
    refresh_token: next,
    ...more,
  }
  const issued: Revealed = {
    accessToken: access,
    accessExpiresAt: NOW + seconds * 1000,
    refreshToken: next,
    seller,
  }
  const successes = [
    { name: 'the documented answer', response: answer(200, reply), issued },
    {
      name: 'an answer that says when the consent ends',
      response: answer(200, { ...reply, refresh_token_expires_in: 7_776_000 }, { 'x-request-id': 'req-1' }),
      issued: { ...issued, endsAt: NOW + 7_776_000_000, requestId: 'req-1' },
    },
  ]
  const answers = { successes, failures: REFUSALS, documentedCodes: DOCUMENTED }
  const keys = ['clientId', ...(app['clientSecret'] === undefined ? [] : ['clientSecret'])]
  const login: LoginSamples = {
    ...answers,
    code,
    redirected: { code, state: 'sTaTe' },
    seller: null,
    keysOfTheAddress: ['clientId', 'redirectUri'],
    keysOfTheExchange: [...keys, 'redirectUri'],
  }
  return { ...answers, app, refreshToken: token, contentType: CONTENT_TYPE, login }
}

for (const vendor of VENDORS) await testMarketplace(shipped(vendor.id), samplesOf(vendor))

const input = ({ app, token }: Vendor, origin: string) => ({
  app: asKeys(app),
  refreshToken: new Secret(token),
  now: NOW,
  origin,
})

describe('the refresh of each', () => {
  test.each([
    ['etsy', 'https://api.etsy.com/v3/public/oauth/token', undefined, ['client_id']],
    [
      'allegro',
      'https://allegro.pl/auth/oauth/token',
      `Basic ${Buffer.from('1aa2bb33c44d55eeeeee6fff:CANARYsecret%2B%2F%3D0123').toString('base64')}`,
      [],
    ],
    ['mercadolibre', 'https://api.mercadolibre.com/oauth/token', undefined, ['client_id', 'client_secret']],
  ])('%s goes to %s, with the proof where the vendor wants it', async (id, url, header, proof) => {
    const vendor = VENDORS.find(each => each.id === id) ?? VENDORS[0]
    const adapter = shipped(id)
    const request = (await adapter.refresh()).request(input(vendor as Vendor, adapter.origins.production))
    expect([request.url, request.headers['authorization']]).toEqual([url, header])
    const form = new URLSearchParams(request.body)
    expect([...form.keys()]).toEqual(['grant_type', 'refresh_token', ...proof])
    expect(form.get('scope')).toBeNull()
  })

  it.each(VENDORS)(
    'of $id takes an answer without a refresh token, and one whose seller is no id',
    async vendor => {
      const refresh = await shipped(vendor.id).refresh()
      const read = (body: object) => refresh.read(answer(200, body), input(vendor, ''))
      const told = {
        access_token: 'opaque-access-token',
        user_id: 'a\u001b[2J',
        refresh_token: 'nodot-TOKEN',
      }
      expect(read(told).seller).toBeUndefined()
      expect(read({ access_token: vendor.access }).refreshToken).toBeUndefined()
      for (const none of ['N/A', 'null', 'undefined'])
        expect(read({ access_token: vendor.access, refresh_token: none }).refreshToken).toBeUndefined()
    },
  )

  it('never takes a secret that comes back for the seller', async () => {
    const [, , vendor] = VENDORS
    const refresh = await shipped('mercadolibre').refresh()
    const app = asKeys({ ...APP, clientSecret: 'short-secret' })
    const given = { ...input(vendor as Vendor, ''), app }
    const body = { access_token: 'opaque-access-token', user_id: 'short-secret' }
    expect(refresh.read(answer(200, body), given).seller).toBeUndefined()
  })
})

describe('the facts of each', () => {
  test.each([
    ['etsy', 'strict', { days: 90 }, 300],
    ['allegro', 'grace', { months: 3 }, 300],
    ['mercadolibre', 'strict', { months: 6 }, 300],
  ] as const)('%s: %s, %j', (id, rotation, life, before) => {
    const adapter = shipped(id)
    expect(adapter).toMatchObject({ rotation, estimatedLifetime: life, renewBeforeSeconds: before })
    expect(adapter).toMatchObject({ refreshRenews: true, reportsEnd: false, lifetimeFrom: 'refresh' })
  })

  test('an Etsy app has no secret to be asked for', () => {
    expect(shipped('etsy').appFields.map(({ key }) => key)).toEqual(['clientId', 'redirectUri', 'scopes'])
  })

  test('another word is none', () => {
    for (const word of ['', 'ebay', 'Etsy', '__proto__']) expect(shippedMarketplace(word)).toBeUndefined()
  })
})

describe('the consent page of each', () => {
  const address = async (id: string, app: object, more: object = {}) => {
    const adapter = shipped(id)
    const flow = await adapter.login?.()
    const destination = { environment: 'production', origin: adapter.origins.production } as const
    const about = { region: null, sellerCentral: null, isDraft: false }
    const given = { app: asKeys({ ...app }), state: new Secret('s'), destination, ...about, ...more }
    return new URL(flow?.authorizeUrl(given) ?? '')
  }

  it('of Etsy has the challenge of a verifier, and not the verifier', async () => {
    const verifier = new Secret('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')
    const url = await address('etsy', PUBLIC_APP, { verifier })
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      scope: 'one:read two:write',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    expect(url.href).not.toContain(verifier.reveal())
    const flow = await shipped('etsy').login?.()
    expect(flow?.usesVerifier).toBe(true)
    const code = new Secret('code')
    const exchange = { app: asKeys(PUBLIC_APP), code, verifier, now: NOW, origin: 'https://api.etsy.com' }
    const form = new URLSearchParams(flow?.redeem.request(exchange).body)
    expect(challengeOf(new Secret(form.get('code_verifier') ?? ''))).toBe(
      url.searchParams.get('code_challenge'),
    )
    expect(form.get('redirect_uri')).toBe(REDIRECT)
  })

  it('of Etsy asks for scopes where the app names none', async () => {
    const { scopes: __, ...app } = PUBLIC_APP
    expect((await address('etsy', app)).searchParams.get('scope')).toMatch(/^listings_r .*shops_r$/)
  })

  it('of Allegro asks who it is, names no scope by itself, and has a sandbox', async () => {
    const { scopes: __, ...app } = APP
    const url = await address('allegro', app)
    expect([...url.searchParams.keys()]).toEqual([
      ...['response_type', 'client_id', 'redirect_uri', 'state', 'prompt'],
    ])
    expect(url.searchParams.get('prompt')).toBe('confirm')
    const origin = 'https://allegro.pl.allegrosandbox.pl'
    expect(shipped('allegro').origins).toEqual({ production: 'https://allegro.pl', sandbox: origin })
    const sandbox = await address('allegro', app, { destination: { environment: 'sandbox', origin } })
    expect(sandbox.href.startsWith(`${origin}/auth/oauth/authorize?`)).toBe(true)
    expect((await shipped('allegro').login?.())?.usesVerifier).toBeUndefined()
  })

  it('of Mercado Libre is on the host of the seller’s country', async () => {
    const { scopes: __, ...app } = APP
    expect((await address('mercadolibre', app)).host).toBe('auth.mercadolibre.com.ar')
    const url = await address('mercadolibre', { ...app, consentHost: 'auth.mercadolivre.com.br' })
    expect([url.host, url.pathname, url.searchParams.get('scope')]).toEqual([
      ...['auth.mercadolivre.com.br', '/authorization', null],
    ])
    // A host that no manifest names is nowhere a seller is sent to.
    const elsewhere = await address('mercadolibre', { ...app, consentHost: 'auth.example.com' })
    expect(elsewhere.host).toBe('auth.mercadolibre.com.ar')
    const field = shipped('mercadolibre').appFields.find(({ key }) => key === 'consentHost')
    expect(field?.problem?.('auth.example.com')).toMatch(/^is none of: auth\.mercadolibre\.com\.ar, /)
    expect(field?.problem?.('auth.mercadolibre.com.mx')).toBeUndefined()
  })

  it.each([
    ['etsy', true],
    ['allegro', undefined],
    ['mercadolibre', true],
  ])('of %s may go on with whoever is signed in: %s', async (id, may) => {
    expect((await shipped(id).login?.())?.mayBeSignedIn).toBe(may)
  })

  it('needs a redirect address, and says where it is found', async () => {
    const flow = await shipped('etsy').login?.()
    const exchange = { app: asKeys({ clientId: 'x' }), code: new Secret('code'), now: NOW, origin: '' }
    const { message, fix } = thrownBy(() => flow?.redeem.request(exchange))
    expect(message).toBe('The etsy app has no `redirectUri`.')
    expect(fix).toContain("exactly as Etsy's developer console has it")
  })
})
