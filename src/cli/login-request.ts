/**
 * What a login begins with: the account, its app's keys, and the address of the consent page. What a killed run left of
 * an earlier consent is finished first, so that nobody is sent to a browser for what is on the disk already.
 */
import { TokenctlError } from '../errors.ts'
import type { ConsentRequest, LoginFlow, MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { RenewalPorts } from '../renewal/ports.ts'
import { type AccountRef, formatAccount, parseAccount, parseName } from '../tokens/account.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'
import type { AccountHeader, Region } from '../tokens/token-set.ts'
import type { Vault } from '../vault/vault.ts'
import { renewalPorts } from './renewing.ts'
import { rulesOf } from './rules.ts'
import { accountsOf, onlyAccount } from './which-account.ts'
import type { World } from './world.ts'
import { vaultForWriting } from './writing.ts'

/** What a person said about a consent. */
export interface LoginChoices {
  readonly app?: string
  readonly region?: Region
  readonly sellerCentral?: string
  readonly draft?: boolean
  readonly replaceSeller?: boolean
}

/** A consent that can be asked for. */
export interface LoginRequest {
  readonly account: AccountRef
  readonly adapter: MarketplaceAdapter
  readonly flow: LoginFlow
  readonly app: AppKeys
  /** The account as it is; undefined for a new one. */
  readonly header: AccountHeader | undefined
  readonly region: Region | null
  readonly vault: Vault
  readonly ports: RenewalPorts
}

/**
 * The account that `ebay`, `ebay:main` and a name beside it mean; without a name the only one, or `default`.
 *
 * @throws {USAGE} when they name two · {ANSWER_MISSING} when there are several and nobody can be asked
 */
export async function loginAccount(
  marketplace: string,
  name: string | undefined,
  world: World,
): Promise<AccountRef> {
  const word = parseAccount(marketplace)
  const { id, title } = rulesOf(world.settings()).adapterOf(word.marketplace)
  const beside = name === undefined ? undefined : parseName(name)
  if (word.name !== undefined && beside !== undefined && beside !== word.name)
    throw new TokenctlError('USAGE', 'Two names were given for one account.', {
      fix: `Either \`tokenctl login ${id}:${word.name}\`, or \`tokenctl login ${id} ${beside}\`.`,
    })
  const named = word.name ?? beside
  if (named !== undefined) return { marketplace: id, name: named }
  const accounts = await accountsOf(id, 'login', false, world)
  return onlyAccount(id, accounts, `Which ${title} account shall the seller consent for?`, world)
}

/**
 * The request; or the header of a consent that was cut off and is finished now.
 *
 * @throws {USAGE} where the marketplace or this app has no consent by the browser · {CLIENT_REJECTED} without app keys ·
 *   {ENVIRONMENT_MISMATCH} · what the vault throws
 */
export async function prepareLogin(
  account: AccountRef,
  choices: LoginChoices,
  world: World,
): Promise<LoginRequest | { readonly finished: AccountHeader }> {
  if (choices.app !== undefined) parseName(choices.app, 'app')
  const rules = rulesOf(world.settings())
  const adapter = rules.adapterOf(account.marketplace)
  if (adapter.login === undefined)
    throw new TokenctlError('USAGE', `${adapter.title} has no consent by the browser.`)
  const flow = await adapter.login()
  const vault = await vaultForWriting('login', world)
  const ports = await renewalPorts(world, vault, rules)
  const { recover } = await import('../renewal/recover.ts')
  const { appKeysOf, requireEnvironment } = await import('../renewal/preconditions.ts')
  const recovered = await vault.locks.hold(formatAccount(account), () => recover(account, ports))
  if (recovered.isConsent === true && recovered.stored !== undefined)
    return { finished: recovered.stored.header }
  const header = (await vault.account(account))?.header
  if (header?.holdsToken === true) requireEnvironment(header, adapter, ports)
  const [app = {}] = await appKeysOf({ app: choices.app ?? header?.app ?? null }, adapter, ports)
  const region = choices.region ?? header?.region ?? null
  return { account, adapter, flow, app, header, region, vault, ports }
}

/** What the address of the consent page is made of. */
export function consentRequest(
  { app, adapter, region, ports }: LoginRequest,
  state: Secret,
  { sellerCentral, draft }: LoginChoices,
): ConsentRequest {
  const destination = ports.destinationOf(adapter)
  return { app, state, region, destination, sellerCentral: sellerCentral ?? null, isDraft: draft === true }
}

/** The address of the consent page. @throws {USAGE} naming the key of the app that is missing */
export function consentAddress(request: LoginRequest, state: Secret, choices: LoginChoices): string {
  return request.flow.authorizeUrl(consentRequest(request, state, choices))
}
