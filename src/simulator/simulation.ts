/**
 * Everything that can be asked of the simulator and done to it, without a network: state, faults, log. The server
 * in `simulator.ts` and the control addresses in `control.ts` stand on it, and tests use it directly.
 */
import { TokenctlError } from '../errors.ts'
import { DEFAULT_NAME } from '../tokens/account.ts'
import type { EpochMs } from '../tokens/time.ts'
import { type Fault, type FaultOptions, FaultPlan, type FaultTarget } from './faults.ts'
import { Market } from './market.ts'
import type { Account } from './records.ts'
import { type LoggedRequest, RequestLog } from './request-log.ts'
import { type RotationRule, rotationRule } from './rotation.ts'
import type { Seed } from './seed.ts'
import type { Vendor } from './vendors.ts'
import {
  type AccountView,
  accountViews,
  type ImportDocument,
  importDocument,
  type SellerView,
  sellerViews,
} from './views.ts'

export interface SimulationOptions {
  readonly seed: Seed
  /** The marketplaces' own time of day. */
  readonly now: () => EpochMs
  /** Numbers from 0 up to 1, which decide for a fault with a share. */
  readonly random: () => number
  /** Called with each request as it is answered. */
  readonly onRequest: (entry: LoggedRequest) => void
}

/** Whose an access token is. */
export interface TokenOwner {
  readonly account: string
  /** The generation of the refresh token that was in force when it was issued. */
  readonly generation: number
  readonly expiresAt: EpochMs
  /** Whether it is good now. */
  readonly live: boolean
}

/** A client secret that was just made. */
export interface RotatedSecret {
  readonly app: string
  readonly clientSecret: string
  /** When the one before it is refused. */
  readonly oldSecretEndsAt: EpochMs
}

export class Simulation {
  readonly market: Market
  readonly faults: FaultPlan
  readonly log: RequestLog
  readonly now: () => EpochMs

  /** @throws {USAGE} when the seed names an app or a marketplace that is not there. */
  constructor(options: SimulationOptions) {
    this.market = new Market(options.seed)
    this.faults = new FaultPlan(options.random)
    this.log = new RequestLog(options.onRequest)
    this.now = options.now
  }

  /** The document that `tokenctl import` reads, with the tokens in force now. */
  importDocument(): ImportDocument {
    return importDocument(this.market)
  }

  /** Every seller that the consent pages offer. */
  sellers(): readonly SellerView[] {
    return sellerViews(this.market)
  }

  /** Every account's state; no token text. */
  accounts(): readonly AccountView[] {
    return accountViews(this.market, this.now())
  }

  /** The newest 10,000 requests, oldest first; no token text. */
  requests(): readonly LoggedRequest[] {
    return this.log.entries
  }

  /**
   * Makes the next requests to a token endpoint, or to `ebay-identity` or `ebay-orders`, go wrong, behind the faults
   * already in waiting.
   *
   * @throws {USAGE} when a number is out of its range.
   */
  fault(target: FaultTarget, fault: Fault, options: FaultOptions = {}): void {
    this.faults.add(target, fault, options)
  }

  /** Forgets the faults in waiting of a target. */
  clearFaults(target: FaultTarget): void {
    this.faults.clear(target)
  }

  /** Sets what becomes of a used refresh token from now on. What is already spent stays spent. */
  setRotation(marketplace: Vendor, rule: Partial<RotationRule> & Pick<RotationRule, 'mode'>): void {
    this.market.rotation[marketplace] = rotationRule(rule)
  }

  /**
   * Ends an account's consents at this moment, as a seller's password change or withdrawal does.
   *
   * @throws {ACCOUNT_UNKNOWN}
   */
  endConsent(account: string): void {
    this.market.endConsents(this.#account(account), this.now())
  }

  /**
   * A new refresh token from a new consent of the seller, as Seller Central shows it for pasting. Earlier ones live on.
   *
   * @throws {ACCOUNT_UNKNOWN} also for an account of another marketplace.
   */
  newAmazonToken(account: string): string {
    const found = this.#account(account)
    if (found.vendor !== 'amazon') throw unknown(account, this.#names('amazon'))
    return this.market.consentAgain(found, this.now()).current
  }

  /**
   * An authorization code for one exchange, as the browser brings it back after a consent.
   *
   * @throws {ACCOUNT_UNKNOWN}
   */
  newCode(account: string): { readonly code: string; readonly expiresAt: EpochMs } {
    return this.market.codeFor(this.#account(account), this.now())
  }

  /**
   * Gives a seller another name; the marketplace's id stays. At eBay that ends every consent of the seller at once:
   * developer.ebay.com/develop/guides-v2/authorization.md, checked 22 Nov 2026.
   *
   * @throws {USAGE} when there is no such seller, or another has the name.
   */
  renameSeller(marketplace: Vendor, from: string, to: string): void {
    const { sellers, accounts } = this.market
    const seller = sellers.find(marketplace, from)
    if (seller === undefined || to === '' || sellers.find(marketplace, to) !== undefined) {
      throw new TokenctlError('USAGE', 'There is no such seller, or the name is taken.', {
        fix: `There are: ${sellers
          .of(marketplace)
          .map(({ name }) => name)
          .slice(0, 20)
          .join(', ')}.`,
      })
    }
    sellers.rename(seller, to)
    if (marketplace !== 'ebay') return
    for (const account of accounts.values()) {
      if (account.seller === seller) this.market.endConsents(account, this.now())
    }
  }

  /**
   * Gives an Amazon app a new client secret, as its developer does every 180 days. The old one is taken for seven more
   * days.
   *
   * @param options.app the app by name; default: `default`. `delaySeconds`: for how long the new one is still refused.
   * @throws {USAGE} when there is no such app, or the delay is out of its range.
   */
  rotateSecret(options: { readonly app?: string; readonly delaySeconds?: number } = {}): RotatedSecret {
    const { app: name = DEFAULT_NAME, delaySeconds = 0 } = options
    const app = this.market.apps.find(each => each.marketplace === 'amazon' && each.name === name)
    if (app === undefined) throw new TokenctlError('USAGE', 'The simulator has no such Amazon app.')
    if (!(delaySeconds >= 0 && delaySeconds <= 604_800)) {
      throw new TokenctlError('USAGE', 'delaySeconds must be a number from 0 to 604800.')
    }
    const { secret, oldEndsAt } = this.market.secrets.rotate(app, this.now(), delaySeconds)
    return { app: name, clientSecret: secret, oldSecretEndsAt: oldEndsAt }
  }

  /**
   * The refresh token in force.
   *
   * @throws {ACCOUNT_UNKNOWN}
   */
  refreshToken(account: string): string {
    return this.#account(account).consent.current
  }

  /** Whose access token this is; undefined for one that was never issued, or ended and was forgotten. */
  whose(accessToken: string): TokenOwner | undefined {
    const found = this.market.whose(accessToken)
    if (found === undefined) return undefined
    const { generation, expiresAt } = found.token
    return { account: found.account.account, generation, expiresAt, live: this.now() < expiresAt }
  }

  #account(name: string): Account {
    const account = this.market.accounts.get(name)
    if (account === undefined) throw unknown(name, [...this.market.accounts.keys()])
    return account
  }

  #names(vendor: Vendor): string[] {
    return [...this.market.accounts.values()].filter(each => each.vendor === vendor).map(each => each.account)
  }
}

function unknown(name: string, names: readonly string[]): TokenctlError {
  const fix = names.length === 0 ? 'It has none there.' : `It has: ${names.slice(0, 20).join(', ')}.`
  const text = JSON.stringify(name.slice(0, 80))
  return new TokenctlError('ACCOUNT_UNKNOWN', `The simulator has no account ${text} for this.`, { fix })
}
