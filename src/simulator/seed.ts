/**
 * What a simulator starts with: the developer's apps and the sellers' consents. Everything here is made up.
 * `seedDefault` has shops of realistic ages, so that a first `status` shows more than one state.
 */
import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { DEFAULT_NAME } from '../tokens/account.ts'
import { DAY, type EpochMs } from '../tokens/time.ts'
import type { Region } from '../tokens/token-set.ts'
import { PLAIN } from './plain-vendors.ts'
import { makeAmazonSecret } from './token-shapes.ts'
import { ALL_VENDORS, PLAIN_VENDORS, type Vendor } from './vendors.ts'

export interface SeedApp {
  readonly marketplace: Vendor
  readonly name: string
  /**
   * By the import document's names: eBay `clientId clientSecret ruName`, Amazon `clientId clientSecret` and, for a
   * public app, `applicationId`; AliExpress `appKey appSecret`; the plain ones `clientId` and, but for Etsy,
   * `clientSecret`. And `redirectUri`, the one address that is registered
   * for consents (eBay: that the RuName stands for); default: the simulator's own landing page.
   */
  readonly keys: Readonly<Record<string, string>>
  readonly secretIssuedAt?: EpochMs | null
  /** An app of the vendor's sandbox: its keys and tokens exist, and are refused here. Default: production. */
  readonly environment?: 'production' | 'sandbox'
  /** Left out of the import document for as long as nobody has consented to it. Default: it is in there. */
  readonly isSpare?: true
  /** Amazon's, while it is not published: its consent page wants `version=beta`. Default: published. */
  readonly isDraft?: boolean
  /** Amazon's "OAuth Login URI", which a consent goes to first. Default: none, and no such detour. */
  readonly loginUri?: string
  /** Where eBay's RuName leads a seller who declines. Default: where it leads one who agrees. */
  readonly declinedUri?: string
}

export interface SeedAccount {
  /** `ebay:main` */
  readonly account: string
  /** The app by name. Default: `default`. */
  readonly app?: string
  /** Whose shop it is, by the name that the marketplace shows. Default: a seller of its own. */
  readonly seller?: string
  /** What the seller agreed to, at eBay. Default: what a seller's tool needs, and not `commerce.identity.readonly`. */
  readonly scopes?: readonly string[]
  readonly consentAt: EpochMs
  /** From this moment on the vendor refuses every token of the consent. */
  readonly consentUntil: EpochMs
  /** What the import document says; the vendor does not know it. Default: null. */
  readonly renewedAt?: EpochMs | null
  /** Whether the import document tells the consent's end. Default: yes, but on Amazon, which never tells it. */
  readonly endReported?: boolean
  readonly region?: Region
  /** A given refresh token, for tests that need to know it. Default: a new one. */
  readonly refreshToken?: string
}

/** Somebody who may consent and has not yet. Becomes an account, `ebay:newcomer`, by the first exchange. */
export interface SeedSeller {
  readonly marketplace: Vendor
  /** The name that the marketplace shows: `ebay-newcomer`. */
  readonly seller: string
  /** How long the consent will live. Default: the vendor's own length. */
  readonly consentDays?: number
}

export interface Seed {
  readonly apps: readonly SeedApp[]
  readonly accounts: readonly SeedAccount[]
  /** Default: one newcomer on each marketplace that has an app. */
  readonly sellers?: readonly SeedSeller[]
}

/** How long a consent lives, in days, where nobody says otherwise. */
export const CONSENT_DAYS: Readonly<Record<Vendor, number>> = {
  // 47 304 000 seconds: developer.ebay.com/api-docs/static/oauth-refresh-token-request.html, checked 22 Nov 2026.
  ebay: 547.5,
  // developer-docs.amazon.com/sp-api/docs/renew-authorizations, checked 22 Nov 2026.
  amazon: 365,
  // openservice.aliexpress.com/doc/doc.htm#/?docId=1364 (online apps), checked 22 Nov 2026.
  aliexpress: 60,
  etsy: PLAIN.etsy.tokenDays,
  allegro: PLAIN.allegro.tokenDays,
  mercadolibre: PLAIN.mercadolibre.tokenDays,
}

/** What an app can be beside its keys. */
export interface SeedAppOptions {
  /** The address registered for consents, such as `http://127.0.0.1:8765/callback`. */
  readonly redirectUri?: string
  readonly isDraft?: boolean
  /** Amazon's app without an application id: its tokens come from Seller Central, by hand. */
  readonly isPrivate?: boolean
}

/** New keys in the vendor's shape for one app named `default`. */
export function seedApp(
  marketplace: Vendor,
  secretIssuedAt: EpochMs | null = null,
  options: SeedAppOptions = {},
): SeedApp {
  const { redirectUri, isDraft = false, isPrivate = false } = options
  const hex = (bytes: number) => randomBytes(bytes).toString('hex')
  const keys: Record<Vendor, () => Record<string, string>> = {
    ebay: () => ({
      clientId: `Simulate-tokenctl-PRD-${hex(4)}-${hex(4)}`,
      clientSecret: `PRD-${hex(6)}-${hex(2)}-${hex(2)}-${hex(2)}-${hex(2)}`,
      ruName: 'Simulated_Sell-Simulate-tokenc-abcdefgh',
    }),
    amazon: () => ({
      clientId: `amzn1.application-oa2-client.${hex(16)}`,
      clientSecret: makeAmazonSecret(),
      ...(!isPrivate && { applicationId: `amzn1.sp.solution.${randomUUID()}` }),
    }),
    aliexpress: () => ({ appKey: '500102', appSecret: hex(16) }),
    // A secret with signs that an encoding can lose.
    etsy: () => ({ clientId: hex(12) }),
    allegro: () => ({ clientId: hex(16), clientSecret: `${hex(16)}+/=%:` }),
    mercadolibre: () => ({ clientId: String(randomInt(1e12, 9e12)), clientSecret: `${hex(16)}+/=&` }),
  }
  const made = { ...keys[marketplace](), ...(redirectUri !== undefined && { redirectUri }) }
  return { marketplace, name: DEFAULT_NAME, keys: made, secretIssuedAt, isDraft }
}

/** A newcomer on each of the marketplaces. */
export function newcomers(vendors: readonly Vendor[], consentDays?: number): readonly SeedSeller[] {
  const days = consentDays === undefined ? {} : { consentDays }
  return vendors.map(marketplace => ({ marketplace, seller: `${marketplace}-newcomer`, ...days }))
}

const SHOPS: readonly (Pick<SeedAccount, 'account' | 'region'> & { marketplace: Vendor; ageDays: number })[] =
  [
    { account: 'ebay:main', marketplace: 'ebay', ageDays: 100 },
    { account: 'ebay:outlet', marketplace: 'ebay', ageDays: 12 },
    { account: 'amazon:main', marketplace: 'amazon', ageDays: 345, region: 'na' },
    { account: 'amazon:europe', marketplace: 'amazon', ageDays: 40, region: 'eu' },
    { account: 'aliexpress:main', marketplace: 'aliexpress', ageDays: 8 },
    { account: 'aliexpress:gadgets', marketplace: 'aliexpress', ageDays: 55 },
  ]

/**
 * One app and two shops on each of the three marketplaces, and an app without any on the plain ones.
 *
 * @param consentDays how long each consent lives; the shops keep the share of it that they have behind them.
 *   Absent: the vendors' own lengths.
 */
export function seedDefault(now: EpochMs, consentDays?: number): Seed {
  return {
    apps: [
      ...[seedApp('ebay'), seedApp('amazon', now - 60 * DAY), seedApp('aliexpress')],
      ...PLAIN_VENDORS.map(vendor => ({ ...seedApp(vendor), isSpare: true }) as const),
    ],
    sellers: newcomers(ALL_VENDORS, consentDays),
    accounts: SHOPS.map(({ marketplace, ageDays, ...shop }) => {
      const lifeDays = consentDays ?? CONSENT_DAYS[marketplace]
      const consentAt = now - Math.round((ageDays / CONSENT_DAYS[marketplace]) * lifeDays) * DAY
      return { ...shop, consentAt, consentUntil: consentAt + Math.round(lifeDays * DAY) }
    }),
  }
}
