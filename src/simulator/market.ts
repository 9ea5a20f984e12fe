/**
 * What the marketplaces remember: apps, consents, and every token they issued. It decides who gets what and writes no
 * HTTP; the vendors' own words for a refusal stand in `ebay.ts`, `amazon.ts` and `aliexpress.ts`.
 */
import { TokenctlError } from '../errors.ts'
import { DEFAULT_NAME, parseAccount } from '../tokens/account.ts'
import { DAY, type EpochMs, SECOND } from '../tokens/time.ts'
import { accessSeconds } from './access-life.ts'
import type { Handoff } from './amazon-confirm.ts'
import { AppSecrets } from './app-secrets.ts'
import { type Agreement, type Code, Codes, refusalOf } from './codes.ts'
import { SEEDED_SCOPES } from './ebay-scopes.ts'
import type { AccessToken, Account, Consent, Grant, Refusal, Refused } from './records.ts'
import { DEFAULT_ROTATION, type RotationRule, stillTaken } from './rotation.ts'
import {
  CONSENT_DAYS,
  newcomers,
  type Seed,
  type SeedAccount,
  type SeedApp,
  type SeedSeller,
} from './seed.ts'
import { accountName, type Seller, Sellers } from './sellers.ts'
import { makeAccessToken, makeRefreshToken } from './token-shapes.ts'
import { ALL_VENDORS, isPlain, isVendor, type Vendor } from './vendors.ts'

interface RefreshToken {
  readonly account: Account
  readonly consent: Consent
  readonly generation: number
  spentAt: EpochMs | null
}

export class Market {
  readonly apps: readonly SeedApp[]
  readonly accounts = new Map<string, Account>()
  readonly sellers = new Sellers()
  readonly secrets = new AppSecrets()
  /** Amazon's consents that are on their way by the app's log-in page, by `amazon_state`. */
  readonly handoffs = new Map<string, Handoff>()
  readonly rotation: Record<Vendor, RotationRule> = { ...DEFAULT_ROTATION }
  /**
   * Whether a code's second use ends the consent that its first use made, as RFC 6749, 4.1.2 says a server SHOULD.
   * No vendor says what it does: the pages speak of a single use and no more.
   */
  codeReuseRevokes = false
  /** What is registered for consents with every app that names no address of its own; null for the landing page. */
  registered: string | null = null
  /** The simulator's own landing page; null until it has an address. */
  landing: string | null = null
  readonly #refreshTokens = new Map<string, RefreshToken>()
  readonly #accessTokens = new Map<string, { readonly account: Account; readonly token: AccessToken }>()
  readonly #newcomers: readonly SeedSeller[]
  readonly #codes = new Codes()

  /** @throws {USAGE} when an account of the seed names no marketplace, or an app that is not in it. */
  constructor(seed: Seed) {
    this.apps = seed.apps
    for (const seeded of seed.accounts) this.#open(seeded)
    const isServed = (vendor: Vendor) => seed.apps.some(app => app.marketplace === vendor)
    this.#newcomers = seed.sellers ?? newcomers(ALL_VENDORS.filter(isServed))
    for (const { marketplace, seller } of this.#newcomers) this.sellers.add(marketplace, seller)
  }

  #open(seeded: SeedAccount): Account {
    const vendor = parseAccount(seeded.account).marketplace
    const app = this.apps.find(
      each => each.marketplace === vendor && each.name === (seeded.app ?? DEFAULT_NAME),
    )
    if (!isVendor(vendor) || app === undefined) {
      throw new TokenctlError('USAGE', `The simulator has no app for the account ${seeded.account}.`)
    }
    const scopes = seeded.scopes ?? (vendor === 'ebay' ? SEEDED_SCOPES : [])
    const consent = newConsent(seeded.consentAt, seeded.consentUntil, scopes)
    const account: Account = {
      vendor,
      account: seeded.account,
      app,
      seller: this.sellers.add(vendor, seeded.seller ?? `${vendor}-shop-${4711 + this.accounts.size}`),
      region: seeded.region ?? null,
      seeded,
      consent,
      consents: [consent],
      refreshes: 0,
      lastRefreshAt: null,
      access: [],
    }
    this.#nextRefreshToken(account, consent, seeded.refreshToken)
    this.accounts.set(seeded.account, account)
    return account
  }

  /** The app whose client id (eBay, Amazon) or app key (AliExpress) this is, if the vendor knows it here. */
  appOf(vendor: Vendor, clientId: string): SeedApp | undefined {
    const key = vendor === 'aliexpress' ? 'appKey' : 'clientId'
    return this.apps.find(app => app.marketplace === vendor && app.keys[key] === clientId && !isSandbox(app))
  }

  /** The address that an app has registered for consents; null where it has none. */
  redirectUriOf(app: SeedApp): string | null {
    return app.keys['redirectUri'] ?? this.registered ?? this.landing
  }

  /** The seller's account with an app: the first of them, undefined where there is none yet. */
  accountOf(seller: Seller, app: SeedApp): Account | undefined {
    return [...this.accounts.values()].find(each => each.seller === seller && each.app === app)
  }

  /**
   * Presents a refresh token: what is issued is remembered, what is used is spent by the marketplace's rule.
   *
   * @param scopes the wanted part of what was consented to; null for all of it.
   */
  refresh(
    app: SeedApp,
    text: string,
    now: EpochMs,
    scopes: readonly string[] | null = null,
  ): Grant | Refusal {
    const token = this.#refreshTokens.get(text)
    if (token === undefined) return refuse('unknown token')
    const { account, consent, generation } = token
    const why = (refused: Refused): Refusal => ({ refused, account: account.account, generation })
    if (isSandbox(account.app)) return why('token of the sandbox')
    if (account.app !== app) return why('token of another app')
    if (consent.revoked) return why('consent revoked')
    if (now >= consent.until) return why('consent ended')
    const rule = this.rotation[account.vendor]
    if (!stillTaken(rule, token.spentAt, now)) {
      consent.revoked = rule.reuseRevokes
      return why('spent token')
    }
    if (scopes?.some(scope => !consent.scopes.includes(scope))) return why('scope outside the consent')
    const issue = (next: string) =>
      this.#issue(account, consent, { rotated: next !== text, next, scopes: scopes ?? consent.scopes }, now)
    // Each refresh token of theirs lives as long as the one before.
    if (isPlain(account.vendor)) consent.until = Math.max(consent.until, now + lifeOf(account))
    if (rule.mode === 'none') return issue(text)
    token.spentAt ??= now
    return issue(this.#nextRefreshToken(account, consent))
  }

  /** Exchanges a code for a new consent that begins now and lives as long as the account's last one. */
  redeem(
    app: SeedApp,
    text: string,
    redirectUri: string | null,
    now: EpochMs,
    verifier: string | null = null,
  ): Grant | Refusal {
    const code = this.#codes.find(text)
    if (code === undefined) return refuse(this.#codes.whyUnknown(text))
    const known = code.account ?? this.accountOf(code.seller, code.app)
    const refused = refusalOf(code, { app, redirectUri, now, verifier })
    if (refused === 'code used twice' && code.consent !== null) {
      code.consent.revoked ||= this.codeReuseRevokes
    }
    if (refused !== undefined) return { refused, account: known?.account ?? null, generation: null }
    const account = known ?? this.#welcome(code, now)
    const consent = known === undefined ? account.consent : this.consentAgain(account, now, code.scopes)
    code.consent = consent
    const { current: next, scopes } = consent
    return this.#issue(account, consent, { rotated: true, next, scopes }, now)
  }

  /** The account of a seller who was none before, by its first consent. */
  #welcome({ seller, app, scopes }: Code, now: EpochMs): Account {
    const { vendor, name } = seller
    const known = this.#newcomers.find(each => each.marketplace === vendor && each.seller === name)
    const life = Math.round((known?.consentDays ?? CONSENT_DAYS[vendor]) * DAY)
    const account = accountName(seller, name => this.accounts.has(name))
    const dates = { consentAt: now, consentUntil: now + life }
    return this.#open({ account, app: app.name, seller: name, scopes, ...dates })
  }

  /** A new consent of the seller, beside the earlier ones, which live on. Absent scopes: those of the last one. */
  consentAgain(account: Account, now: EpochMs, scopes: readonly string[] = account.consent.scopes): Consent {
    const consent = newConsent(now, now + lifeOf(account), scopes)
    this.#nextRefreshToken(account, consent)
    account.consents.push(consent)
    account.consent = consent
    return consent
  }

  /** A code as the browser brings it back after the seller agreed, for one exchange. */
  newCode(agreement: Agreement, now: EpochMs): { readonly code: string; readonly expiresAt: EpochMs } {
    return this.#codes.issue(agreement, now)
  }

  /** A code as if the seller had agreed once more to what the account's last consent has. */
  codeFor(account: Account, now: EpochMs): { readonly code: string; readonly expiresAt: EpochMs } {
    const { app, seller, consent } = account
    return this.newCode(
      { account, app, seller, scopes: consent.scopes, redirectUri: app.keys['ruName'] ?? null },
      now,
    )
  }

  /** Ends every consent of the account at this moment. */
  endConsents(account: Account, now: EpochMs): void {
    for (const consent of account.consents) consent.until = Math.min(consent.until, now)
  }

  /** Whose access token this is, or undefined for one that the simulator never issued or has forgotten. */
  whose(text: string): { readonly account: Account; readonly token: AccessToken } | undefined {
    return this.#accessTokens.get(text)
  }

  #nextRefreshToken(account: Account, consent: Consent, given?: string): string {
    const text = given ?? makeRefreshToken(account.vendor, account.seller.id)
    consent.generation += 1
    consent.current = text
    this.#refreshTokens.set(text, { account, consent, generation: consent.generation, spentAt: null })
    return text
  }

  #issue(
    account: Account,
    consent: Consent,
    { rotated, next, scopes }: { rotated: boolean; next: string; scopes: readonly string[] },
    now: EpochMs,
  ): Grant {
    const { generation } = consent
    const seconds = accessSeconds(account.vendor, consent)
    const text = makeAccessToken(account.vendor, account.seller.id)
    const expiresAt = now + seconds * SECOND
    const token: AccessToken = { text, consent, scopes, generation, issuedAt: now, expiresAt }
    for (const old of account.access) if (old.expiresAt <= now) this.#accessTokens.delete(old.text)
    account.access = [...account.access.filter(old => old.expiresAt > now), token]
    this.#accessTokens.set(text, { account, token })
    account.refreshes += 1
    account.lastRefreshAt = now
    return {
      account,
      accessToken: text,
      accessSeconds: seconds,
      accessExpiresAt: token.expiresAt,
      refreshToken: next,
      rotated,
      generation,
      consentUntil: consent.until,
      consentLeftSeconds: Math.floor((consent.until - now) / SECOND),
    }
  }
}

/** How long a consent of the account lives. */
const lifeOf = ({ seeded }: Account) => seeded.consentUntil - seeded.consentAt

function newConsent(at: EpochMs, until: EpochMs, scopes: readonly string[]): Consent {
  return { at, until, scopes, revoked: false, generation: 0, current: '' }
}

function isSandbox(app: SeedApp): boolean {
  return app.environment === 'sandbox'
}

function refuse(refused: Refused): Refusal {
  return { refused, account: null, generation: null }
}
