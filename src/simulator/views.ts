/** What the simulator shows of its memory: the import document (its fake secrets in it) and the state (none in it). */
import { type EpochMs, toIso } from '../tokens/time.ts'
import type { Region } from '../tokens/token-set.ts'
import type { Market } from './market.ts'
import type { SeedApp } from './seed.ts'
import { ALL_VENDORS, isPlain, type Vendor } from './vendors.ts'

/** The document that `tokenctl import` reads. Dates are ISO 8601, UTC. */
export interface ImportDocument {
  readonly version: 1
  readonly apps: readonly {
    readonly marketplace: Vendor
    readonly name: string
    readonly keys: Readonly<Record<string, string>>
    readonly secretIssuedAt: string | null
  }[]
  readonly accounts: readonly {
    readonly account: string
    readonly app: string
    readonly refreshToken: string
    readonly consentAt: string
    readonly renewedAt: string | null
    readonly endsAt: string | null
    readonly accessToken: null
    readonly accessExpiresAt: null
    readonly region: Region | null
  }[]
}

const isoOrNull = (at: EpochMs | null | undefined) => (at === null || at === undefined ? null : toIso(at))

/** A spare app is passed over until somebody has consented to it. */
const isUsed = (market: Market) => (app: SeedApp) =>
  app.isSpare !== true || [...market.accounts.values()].some(account => account.app === app)

/** Every production app and account, with the keys and the refresh token that are in force now. */
export function importDocument(market: Market): ImportDocument {
  const isHere = (app: { readonly environment?: string }) => app.environment !== 'sandbox'
  return {
    version: 1,
    apps: market.apps
      .filter(isHere)
      .filter(isUsed(market))
      .map(app => ({
        marketplace: app.marketplace,
        name: app.name,
        keys: keysOf(market, app),
        secretIssuedAt: isoOrNull(market.secrets.newest(app).issuedAt),
      })),
    accounts: [...market.accounts.values()]
      .filter(account => isHere(account.app))
      .map(({ account, app, vendor, consent, seeded, region }) => ({
        account,
        app: app.name,
        refreshToken: consent.current,
        consentAt: toIso(consent.at),
        renewedAt: consent.at === seeded.consentAt ? isoOrNull(seeded.renewedAt) : null,
        // Amazon tells the end in no answer, so nobody could have noted it down.
        endsAt: (seeded.endReported ?? vendor !== 'amazon') ? toIso(consent.until) : null,
        accessToken: null,
        accessExpiresAt: null,
        region,
      })),
  }
}

/**
 * As the developer's console shows them: with the newest secret, and the address that was registered for consents.
 * AliExpress' app and the plain ones have to name it at each consent, so there it is always told; the others know it by
 * themselves.
 */
export function keysOf(market: Market, app: SeedApp): Readonly<Record<string, string>> {
  const isNamed = app.marketplace === 'aliexpress' || isPlain(app.marketplace)
  const isNeeded = isNamed || market.registered !== null
  const redirectUri = isNeeded ? market.redirectUriOf(app) : null
  return {
    ...app.keys,
    ...(app.keys['clientSecret'] !== undefined && { clientSecret: market.secrets.newest(app).text }),
    ...(redirectUri !== null && { redirectUri }),
  }
}

/** One account as the marketplace sees it. Dates are ISO 8601, UTC. */
export interface AccountView {
  readonly account: string
  readonly app: string
  /** The name that the marketplace shows. */
  readonly seller: string
  /** The marketplace's own id of the seller: `userId`, `selling_partner_id`, `seller_id`. */
  readonly sellerId: string
  readonly region: Region | null
  readonly consentAt: string
  readonly consentUntil: string
  readonly state: 'alive' | 'ended' | 'revoked'
  /** How many refresh tokens the consent has had; 1 until one is replaced. */
  readonly generation: number
  /** Exchanges that the marketplace accepted, whether or not the answer arrived. */
  readonly refreshes: number
  readonly lastRefreshAt: string | null
  /** Access tokens that are good now. */
  readonly accessTokens: number
  /** When the newest access token ends. */
  readonly accessExpiresAt: string | null
}

/** Every account's state; no token text. */
export function accountViews(market: Market, now: EpochMs): readonly AccountView[] {
  return [...market.accounts.values()].map(account => {
    const { consent } = account
    const alive = now < consent.until ? 'alive' : 'ended'
    return {
      account: account.account,
      app: account.app.name,
      seller: account.seller.name,
      sellerId: account.seller.id,
      region: account.region,
      consentAt: toIso(consent.at),
      consentUntil: toIso(consent.until),
      state: consent.revoked ? 'revoked' : alive,
      generation: consent.generation,
      refreshes: account.refreshes,
      lastRefreshAt: isoOrNull(account.lastRefreshAt),
      accessTokens: account.access.filter(token => token.expiresAt > now).length,
      accessExpiresAt: isoOrNull(account.access.at(-1)?.expiresAt),
    }
  })
}

/** Somebody who can sign in on the consent pages. */
export interface SellerView {
  readonly marketplace: Vendor
  readonly seller: string
  readonly sellerId: string
  /** The seller's accounts, one with each app; none for a newcomer. */
  readonly accounts: readonly string[]
}

/** Every seller that a consent page offers. */
export function sellerViews(market: Market): readonly SellerView[] {
  const accounts = [...market.accounts.values()]
  return ALL_VENDORS.flatMap(marketplace =>
    market.sellers.of(marketplace).map(seller => ({
      marketplace,
      seller: seller.name,
      sellerId: seller.id,
      accounts: accounts.filter(each => each.seller === seller).map(each => each.account),
    })),
  )
}
