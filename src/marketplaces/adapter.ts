/**
 * The seam to a marketplace. An adapter does no I/O: it turns an intention into the bytes of a request, and the
 * bytes of an answer into what was issued or a named failure. So its tests are tables of bytes.
 */
import type { HttpRequest, HttpResponse } from '../platform/http.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'
import type { Duration, EpochMs } from '../tokens/time.ts'
import type { Environment, Issued, Region } from '../tokens/token-set.ts'
import type { ReadNotification } from './notification.ts'

/** Where a marketplace's requests go in this run. */
export interface Destination {
  readonly environment: Environment
  /** Scheme and host of the token endpoint; in `local`, of everything that the marketplace has. */
  readonly origin: string
}

/** One question to a marketplace and its answer, with no network in between. */
export interface Exchange<Input> {
  /** The request, byte for byte; throws USAGE when the app's keys lack a field. */
  request(input: Input): HttpRequest
  /**
   * What the answer said.
   *
   * @throws {GRANT_REJECTED} `permanent` · {CLIENT_REJECTED} {CLOCK_WRONG} `configuration` · {RATE_LIMITED} `transient`
   *   · {MARKETPLACE_DOWN} `transient` or `ambiguous` · {REPLY_MALFORMED} `ambiguous` · {BUG} `configuration` when the
   *   vendor calls our request malformed. No other class of error ever.
   */
  read(response: HttpResponse, input: Input): Issued
}

export interface RefreshInput {
  readonly app: AppKeys
  readonly refreshToken: Secret
  readonly now: EpochMs
  /** Scheme and host, without a path: `https://api.ebay.com`. Production, sandbox or a loopback simulator. */
  readonly origin: string
}

export interface RedeemInput {
  readonly app: AppKeys
  /** The authorization code, decoded. */
  readonly code: Secret
  readonly now: EpochMs
  /** Scheme and host of the token endpoint, as for a refresh. */
  readonly origin: string
  /** That of the consent's request, where the flow uses one. Of no interest where an answer is only read. */
  readonly verifier?: Secret | undefined
}

/** What the address of a consent page is made of. */
export interface ConsentRequest {
  readonly app: AppKeys
  /** One-time and bound to this run; the vendor returns it unchanged (RFC 6749 section 10.12). */
  readonly state: Secret
  readonly destination: Destination
  /** Amazon's; null where it is not known, and for other marketplaces. */
  readonly region: Region | null
  /** Amazon's Seller Central, without scheme: `sellercentral.amazon.in`. Null: the region's largest. */
  readonly sellerCentral: string | null
  /** Whether Amazon's app is not published yet. */
  readonly isDraft: boolean
  /** One-time and never shown, where the flow uses one (RFC 7636): the exchange of the code must have the same. */
  readonly verifier?: Secret | undefined
}

/** What the seller's browser brought back. */
export interface Redirected {
  readonly code: Secret
  /** The seller that consented, where the redirect itself says so (Amazon). */
  readonly seller: string | null
}

/** The vendor's harmless call that tells whose an access token is. */
export interface IdentityCall {
  request(accessToken: Secret): HttpRequest
  /**
   * The seller's id and, where there is one, name, as `tokens/seller.ts` writes them: what is kept as `seller` and shown.
   *
   * @throws {MARKETPLACE_DOWN} {RATE_LIMITED} {NETWORK_FAILED} {REPLY_MALFORMED} `transient`, when it may be told later;
   *   {CLIENT_REJECTED} `configuration` when it will not be told to this token.
   */
  read(response: HttpResponse, accessToken: Secret): string
}

/** How a seller consents by the browser, and how the code that comes back becomes tokens (RFC 6749 section 4.1). */
export interface LoginFlow {
  /** How long a code lives, in seconds. */
  readonly codeSeconds: number
  /** What the redirect calls the code: `code`. */
  readonly codeParameter: string
  /** Whether the page may go on with whoever is signed in, without asking who it is. */
  readonly mayBeSignedIn?: true
  /** Whether a consent and the exchange of its code need one `verifier`. */
  readonly usesVerifier?: true
  /**
   * The address of the consent page.
   *
   * @throws {USAGE} naming the key of the app that is missing, and the command that enters it.
   */
  authorizeUrl(request: ConsentRequest): string
  /** The address that the browser is sent back to, where the app's keys tell it; null where only the vendor knows. */
  redirectUri(app: AppKeys): string | null
  /**
   * The answer in a redirect whose `state` was checked; values decoded exactly once.
   *
   * @throws {CONSENT_DENIED} when the seller refused · {USAGE} when it holds no code of this marketplace, saying whose it
   *   looks like · {MARKETPLACE_DOWN} when the redirect says that the marketplace was out of order.
   */
  readRedirect(parameters: ReadonlyMap<string, string>): Redirected
  /**
   * Where the browser has to go on to when the vendor stopped half-way, at the app's own log-in page (Amazon);
   * undefined for every other answer, and for those of vendors that never stop there (no such method). What comes back
   * from there has the `state`; an answer that stopped half-way has none yet.
   *
   * @throws {USAGE} when it leads elsewhere than to the vendor's own page for this app.
   */
  onward?(parameters: ReadonlyMap<string, string>, request: ConsentRequest): string | undefined
  /**
   * The exchange of the code. An answer without a refresh token is REPLY_MALFORMED; GRANT_REJECTED means the code.
   */
  readonly redeem: Exchange<RedeemInput>
  /** Asked with the new access token where neither redirect nor exchange names the seller; undefined where it cannot be. */
  identity?(app: AppKeys, destination: Destination): IdentityCall | undefined
}

/** One of the keys that a developer's app has; prompts, checks and help come from it. */
export interface AppField {
  /** The vendor's name as it stands in an import document: `clientSecret`. */
  readonly key: string
  /** What a person calls it, with where to find it: `App ID (Client ID)`. */
  readonly label: string
  /** Whether it is typed masked. */
  readonly secret: boolean
  readonly optional?: true
  /** Whether it holds several words, typed with spaces or commas between; stored with one space between. */
  readonly isList?: true
  /** What is wrong with a value, to follow its name (`is no address`); undefined when nothing is. */
  readonly problem?: (text: string) => string | undefined
}

/**
 * What happens to the refresh token when it is used.
 * `none`: it stays · `grace`: replaced, the old one answers a little longer · `strict`: replaced and dead at once ·
 * `unknown`: replaced, and nobody says what becomes of the old one.
 */
export type Rotation = 'none' | 'grace' | 'strict' | 'unknown'

export interface MarketplaceAdapter {
  /** The word typed, which begins every key: `ebay`. */
  readonly id: string
  /** The name shown: `eBay`. */
  readonly title: string
  /** The vendor's page on this. */
  readonly docs: string
  readonly appFields: readonly AppField[]
  /** Scheme and host of the token endpoint by environment; no `sandbox` where the vendor has none. */
  readonly origins: { readonly production: string; readonly sandbox?: string }
  /** Whether a person's own file says all this, so that it may name other hosts tomorrow; absent for what is built in. */
  readonly isOwn?: true
  readonly rotation: Rotation
  /** Whether an accepted refresh counts as a renewal. On Amazon only a new token from the seller does. */
  readonly refreshRenews: boolean
  /** Whether every answer reports the consent's end, so that one refresh settles an estimate. */
  readonly reportsEnd: boolean
  /** The consent's life where nobody reported its end. Sellers' rule of thumb; settings can change it. */
  readonly estimatedLifetime: Duration
  /** What that life counts from: `refresh`, where each new refresh token lives as long again; absent: the consent. */
  readonly lifetimeFrom?: 'refresh'
  /** An access token with less than this left is not handed out any more. Seconds. */
  readonly renewBeforeSeconds: number
  /** Refreshes that the vendor allows an app a day; absent where it names no number. */
  readonly refreshesADay?: number
  /** Days that the app's secret lives; absent where it does not end. */
  readonly appSecretLifeDays?: number
  /** Days that the secret before a new one is still taken; absent where a new one ends the old at once, or nobody says. */
  readonly appSecretOverlapDays?: number
  /** For how long after it was made a new secret has been seen to be refused. Minutes; absent where it never was. */
  readonly appSecretDelayMinutes?: number
  /** Whether sellers consent to the app with these keys on a page of the marketplace; absent where they do to every app. */
  readonly isPublic?: (keys: AppKeys) => boolean
  /**
   * The command that gives an account a new token or consent, as it is typed: `tokenctl login ebay:main`.
   *
   * @param byBrowser whether its app is public: on Amazon private apps have no other way than a pasted token, and public
   *   ones have no token to paste.
   */
  readonly consentCommand: (accountName: string, byBrowser: boolean) => string
  /** The vendor's documented shape of a refresh token, whole text, where it has one. */
  readonly refreshTokenShape?: RegExp
  /** The refresh, imported when it is wanted: a listing needs the facts above and no wire. */
  readonly refresh: () => Promise<Exchange<RefreshInput>>
  /** What the vendor tells of its own accord, read; absent where it tells nothing that is kept here. */
  readonly notification?: () => Promise<ReadNotification>
  /** Consent by the browser, imported when it is wanted; absent where the marketplace has no such flow. */
  readonly login?: () => Promise<LoginFlow>
}
