/** Requests to the three vendors' sides as a right client makes them, each part open to be made wrong. */
import { createHmac } from 'node:crypto'
import type { Market } from '../../src/simulator/market.ts'
import { Market as SimulatedMarket } from '../../src/simulator/market.ts'
import type { Seed, SeedAccount } from '../../src/simulator/seed.ts'
import type { Call, Reply } from '../../src/simulator/wire.ts'
import { DAY } from '../../src/tokens/time.ts'

export const NOW = Date.UTC(2026, 10, 22, 10)

export const EBAY_TOKEN = 'v^1.1#i^1#p^3#r^1#a+b/c=='
export const AMAZON_TOKEN = 'Atzr|IwEBI-main'
export const ALIEXPRESS_TOKEN = '500016000300main'

const life = { consentAt: NOW - 20 * DAY, consentUntil: NOW + 40 * DAY }

/** Two apps on eBay, a sandbox app, one account on each marketplace with a known token, and some that are refused. */
export function seed(): Seed {
  const accounts: SeedAccount[] = [
    { account: 'ebay:main', refreshToken: EBAY_TOKEN, ...life },
    { account: 'ebay:other', app: 'other', refreshToken: 'ebay-other', ...life },
    { account: 'ebay:sandbox', app: 'sandbox', refreshToken: 'ebay-sandbox', ...life },
    { account: 'ebay:ended', refreshToken: 'ebay-ended', consentAt: NOW - 9 * DAY, consentUntil: NOW },
    { account: 'amazon:main', refreshToken: AMAZON_TOKEN, region: 'eu', ...life },
    { account: 'amazon:ended', refreshToken: 'amazon-ended', consentAt: NOW - 9 * DAY, consentUntil: NOW },
    { account: 'aliexpress:main', refreshToken: ALIEXPRESS_TOKEN, ...life },
    { account: 'aliexpress:ended', refreshToken: 'ali-ended', consentAt: NOW - 9 * DAY, consentUntil: NOW },
  ]
  const ebayKeys = (id: string) => ({ clientId: id, clientSecret: 'PRD-secret', ruName: 'Ru_Name' })
  return {
    apps: [
      { marketplace: 'ebay', name: 'default', keys: ebayKeys('ebay-id') },
      { marketplace: 'ebay', name: 'other', keys: ebayKeys('ebay-other-id') },
      { marketplace: 'ebay', name: 'sandbox', keys: ebayKeys('ebay-sandbox-id'), environment: 'sandbox' },
      {
        marketplace: 'amazon',
        name: 'default',
        keys: {
          clientId: 'amzn1.id',
          clientSecret: 'amzn1.secret',
          applicationId: 'amzn1.sp.solution.one',
        },
      },
      { marketplace: 'aliexpress', name: 'default', keys: { appKey: '500102', appSecret: 'helloworld' } },
    ],
    accounts,
  }
}

export const market = (): Market => new SimulatedMarket(seed())

export const form = (values: Record<string, string>) => new URLSearchParams(values).toString()
export const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

export function ebayCall(over: Partial<Omit<Call, 'body'>> & { body?: string; token?: string } = {}): Call {
  const { body = form({ grant_type: 'refresh_token', refresh_token: over.token ?? EBAY_TOKEN }), ...rest } =
    over
  return {
    method: 'POST',
    path: '/identity/v1/oauth2/token',
    query: '',
    headers: { ...FORM, authorization: basic('ebay-id', 'PRD-secret') },
    ...rest,
    body: Buffer.from(body),
  }
}

export const amazonFields = (token: string = AMAZON_TOKEN) => ({
  grant_type: 'refresh_token',
  refresh_token: token,
  client_id: 'amzn1.id',
  client_secret: 'amzn1.secret',
})

export function amazonCall(over: Partial<Omit<Call, 'body'>> & { body?: string } = {}): Call {
  const { body = form(amazonFields()), ...rest } = over
  const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }
  return { method: 'POST', path: '/auth/o2/token', query: '', headers, ...rest, body: Buffer.from(body) }
}

/** Signed here by a third hand: names in order, path before, HMAC-SHA256, upper case. */
export function sign(path: string, values: Record<string, string>, secret = 'helloworld'): string {
  const text = Object.keys(values)
    .sort()
    .reduce((before, name) => `${before}${name}${values[name]}`, path)
  return createHmac('sha256', secret).update(text).digest('hex').toUpperCase()
}

export function aliexpressFields(
  over: Record<string, string> = {},
  path = '/auth/token/refresh',
): Record<string, string> {
  const subject = path.endsWith('create') ? {} : { refresh_token: ALIEXPRESS_TOKEN }
  const values = { app_key: '500102', timestamp: String(NOW), sign_method: 'sha256', ...subject, ...over }
  return { ...values, sign: over['sign'] ?? sign(path, values) }
}

export function aliexpressCall(over: Partial<Omit<Call, 'body'>> & { body?: string } = {}): Call {
  const path = over.path ?? '/rest/auth/token/refresh'
  const { body = form(aliexpressFields({}, path.slice('/rest'.length))), ...rest } = over
  return { method: 'POST', path, query: '', headers: FORM, ...rest, body: Buffer.from(body) }
}

export const bodyOf = (reply: Pick<Reply, 'body'>): Record<string, unknown> => JSON.parse(reply.body)
