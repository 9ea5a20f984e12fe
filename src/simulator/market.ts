/**
 * What the marketplaces remember: apps, consents, and every token they issued. It decides who gets what and writes no
 * HTTP; the vendors' own words for a refusal stand in `ebay.ts`, `amazon.ts` and `aliexpress.ts`.
 */
import { TokenctlError } from '../errors.ts'
import { DEFAULT_NAME, parseAccount } from '../tokens/account.ts'
import { type EpochMs, SECOND } from '../tokens/time.ts'
import type { AccessToken, Account, Consent, Grant, Refusal, Refused } from './records.ts'
import { DEFAULT_ROTATION, type RotationRule, stillTaken } from './rotation.ts'
import type { Seed, SeedAccount, SeedApp } from './seed.ts'
import { makeAccessToken, makeCode, makeRefreshToken } from './token-shapes.ts'
import { isVendor, type Vendor } from './vendors.ts'

interface RefreshToken {
  readonly account: Account
  readonly consent: Consent
  readonly generation: number
  spentAt: EpochMs | null
}

interface Code {
  readonly account: Account
  readonly expiresAt: EpochMs
  used: boolean
}

const CODE_SECONDS: Readonly<Record<Vendor, number>> = {
  // `expires_in` beside the code: developer.ebay.com/api-docs/static/oauth-redirect-uri.html, checked 22 Nov 2026.
  ebay: 299,
  // Five minutes: SellingPartnerApiDeveloperGuide.md of amzn/selling-partner-api-docs, checked 22 Nov 2026.
  amazon: 300,
  // Three minutes: AliExpress' page of /auth/token/create, checked 22 Nov 2026.
  aliexpress: 180,
}

/** How long an access token lives, in seconds. AliExpress' depends on whether the app is still in its test status. */
function accessSeconds(vendor: Vendor, consent: Consent): number {
  // developer.ebay.com/api-docs/static/oauth-refresh-token-request.html, checked 22 Nov 2026.
  if (vendor === 'ebay') return 7200
  // developer-docs.amazon.com/sp-api (Connect to the SP-API), checked 22 Nov 2026.
  if (vendor === 'amazon') return 3600
  // Test apps: 1 day within a consent of 2; online apps: 30 days. docId=1364, checked 22 Nov 2026.
  return consent.until - consent.at <= 172_800_000 ? 86_400 : 2_592_000
}

export class Market {
  readonly apps: readonly SeedApp[]
  readonly accounts = new Map<string, Account>()
  readonly rotation: Record<Vendor, RotationRule> = { ...DEFAULT_ROTATION }
  readonly #refreshTokens = new Map<string, RefreshToken>()
  readonly #accessTokens = new Map<string, { readonly account: Account; readonly token: AccessToken }>()
  readonly #codes = new Map<string, Code>()

  /** @throws {USAGE} when an account of the seed names no marketplace, or an app that is not in it. */
  constructor(seed: Seed) {
    this.apps = seed.apps
    for (const seeded of seed.accounts) this.#open(seeded)
  }

  #open(seeded: SeedAccount): void {
    const vendor = parseAccount(seeded.account).marketplace
    const app = this.apps.find(
      each => each.marketplace === vendor && each.name === (seeded.app ?? DEFAULT_NAME),
    )
    if (!isVendor(vendor) || app === undefined) {
      throw new TokenctlError('USAGE', `The simulator has no app for the account ${seeded.account}.`)
    }
    const consent = newConsent(seeded.consentAt, seeded.consentUntil)
    const account: Account = {
      vendor,
      account: seeded.account,
      app,
      seller: `${vendor}-shop-${4711 + this.accounts.size}`,
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
  }

  /** The app whose client id (eBay, Amazon) or app key (AliExpress) this is, if the vendor knows it here. */
  appOf(vendor: Vendor, clientId: string): SeedApp | undefined {
    const key = vendor === 'aliexpress' ? 'appKey' : 'clientId'
    return this.apps.find(app => app.marketplace === vendor && app.keys[key] === clientId && !isSandbox(app))
  }

  /** Presents a refresh token: what is issued is remembered, what is used is spent by the marketplace's rule. */
  refresh(app: SeedApp, text: string, now: EpochMs): Grant | Refusal {
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
    if (rule.mode === 'none') return this.#issue(account, consent, { presented: text, next: text }, now)
    token.spentAt ??= now
    return this.#issue(
      account,
      consent,
      { presented: text, next: this.#nextRefreshToken(account, consent) },
      now,
    )
  }

  /** Exchanges a code for a new consent that begins now and lives as long as the account's last one. */
  redeem(app: SeedApp, text: string, redirectUri: string | null, now: EpochMs): Grant | Refusal {
    const code = this.#codes.get(text)
    if (code === undefined) return refuse('unknown code')
    const { account } = code
    const why = (refused: Refused): Refusal => ({ refused, account: account.account, generation: null })
    if (account.app !== app) return why('code of another app')
    if (code.used) return why('code used twice')
    if (now >= code.expiresAt) return why('code expired')
    if (app.keys['ruName'] !== undefined && app.keys['ruName'] !== redirectUri)
      return why('wrong redirect_uri')
    code.used = true
    const consent = this.consentAgain(account, now)
    return this.#issue(account, consent, { presented: '', next: consent.current }, now)
  }

  /** A new consent of the seller, beside the earlier ones, which live on. */
  consentAgain(account: Account, now: EpochMs): Consent {
    const life = account.seeded.consentUntil - account.seeded.consentAt
    const consent = newConsent(now, now + life)
    this.#nextRefreshToken(account, consent)
    account.consents.push(consent)
    account.consent = consent
    return consent
  }

  /** A code as the browser would bring it back, for one exchange. */
  newCode(account: Account, now: EpochMs): { readonly code: string; readonly expiresAt: EpochMs } {
    const code = makeCode(account.vendor, account.app.keys['appKey'] ?? '')
    const expiresAt = now + CODE_SECONDS[account.vendor] * SECOND
    this.#codes.set(code, { account, expiresAt, used: false })
    return { code, expiresAt }
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
    const text = given ?? makeRefreshToken(account.vendor)
    consent.generation += 1
    consent.current = text
    this.#refreshTokens.set(text, { account, consent, generation: consent.generation, spentAt: null })
    return text
  }

  #issue(account: Account, consent: Consent, used: { presented: string; next: string }, now: EpochMs): Grant {
    const { generation } = consent
    const seconds = accessSeconds(account.vendor, consent)
    const text = makeAccessToken(account.vendor)
    const token: AccessToken = { text, generation, issuedAt: now, expiresAt: now + seconds * SECOND }
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
      refreshToken: used.next,
      rotated: used.next !== used.presented,
      generation,
      consentUntil: consent.until,
      consentLeftSeconds: Math.floor((consent.until - now) / SECOND),
    }
  }
}

function newConsent(at: EpochMs, until: EpochMs): Consent {
  return { at, until, revoked: false, generation: 0, current: '' }
}

function isSandbox(app: SeedApp): boolean {
  return app.environment === 'sandbox'
}

function refuse(refused: Refused): Refusal {
  return { refused, account: null, generation: null }
}
