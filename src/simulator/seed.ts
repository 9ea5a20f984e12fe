/**
 * What a simulator starts with: the developer's apps and the sellers' consents. Everything here is made up.
 * `seedDefault` has shops of realistic ages, so that a first `status` shows more than one state.
 */
import { randomBytes } from 'node:crypto'
import { DEFAULT_NAME } from '../tokens/account.ts'
import { DAY, type EpochMs } from '../tokens/time.ts'
import type { Region } from '../tokens/token-set.ts'
import type { Vendor } from './vendors.ts'

export interface SeedApp {
  readonly marketplace: Vendor
  readonly name: string
  /**
   * By the import document's names: eBay `clientId clientSecret ruName`, Amazon `clientId clientSecret`,
   * AliExpress `appKey appSecret`.
   */
  readonly keys: Readonly<Record<string, string>>
  readonly secretIssuedAt?: EpochMs | null
  /** An app of the vendor's sandbox: its keys and tokens exist, and are refused here. Default: production. */
  readonly environment?: 'production' | 'sandbox'
}

export interface SeedAccount {
  /** `ebay:main` */
  readonly account: string
  /** The app by name. Default: `default`. */
  readonly app?: string
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

export interface Seed {
  readonly apps: readonly SeedApp[]
  readonly accounts: readonly SeedAccount[]
}

/** How long a consent lives, in days, where nobody says otherwise. */
export const CONSENT_DAYS: Readonly<Record<Vendor, number>> = {
  // 47 304 000 seconds: developer.ebay.com/api-docs/static/oauth-refresh-token-request.html, checked 22 Nov 2026.
  ebay: 547.5,
  // developer-docs.amazon.com/sp-api/docs/renew-authorizations, checked 22 Nov 2026.
  amazon: 365,
  // openservice.aliexpress.com/doc/doc.htm#/?docId=1364 (online apps), checked 22 Nov 2026.
  aliexpress: 60,
}

/** New keys in the vendor's shape for one app named `default`. */
export function seedApp(marketplace: Vendor, secretIssuedAt: EpochMs | null = null): SeedApp {
  const hex = (bytes: number) => randomBytes(bytes).toString('hex')
  const keys: Record<Vendor, () => Record<string, string>> = {
    ebay: () => ({
      clientId: `Simulate-tokenctl-PRD-${hex(4)}-${hex(4)}`,
      clientSecret: `PRD-${hex(6)}-${hex(2)}-${hex(2)}-${hex(2)}-${hex(2)}`,
      ruName: 'Simulated_Sell-Simulate-tokenc-abcdefgh',
    }),
    amazon: () => ({
      clientId: `amzn1.application-oa2-client.${hex(16)}`,
      clientSecret: `amzn1.oa2-cs.v1.${hex(32)}`,
    }),
    aliexpress: () => ({ appKey: '500102', appSecret: hex(16) }),
  }
  return { marketplace, name: DEFAULT_NAME, keys: keys[marketplace](), secretIssuedAt }
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
 * One app and two shops on each marketplace.
 *
 * @param consentDays how long each consent lives; the shops keep the share of it that they have behind them.
 *   Absent: the vendors' own lengths.
 */
export function seedDefault(now: EpochMs, consentDays?: number): Seed {
  return {
    apps: [seedApp('ebay'), seedApp('amazon', now - 60 * DAY), seedApp('aliexpress')],
    accounts: SHOPS.map(({ marketplace, ageDays, ...shop }) => {
      const lifeDays = consentDays ?? CONSENT_DAYS[marketplace]
      const consentAt = now - Math.round((ageDays / CONSENT_DAYS[marketplace]) * lifeDays) * DAY
      return { ...shop, consentAt, consentUntil: consentAt + Math.round(lifeDays * DAY) }
    }),
  }
}
