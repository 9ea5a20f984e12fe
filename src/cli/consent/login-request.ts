/**
 * What a login begins with: the account, its app's keys, and the address of the consent page. What a killed run left of
 * an earlier consent is finished first, so that nobody is sent to a browser for what is on the disk already.
 */
import { TokenctlError } from '../../errors.ts'
import type { ConsentRequest, LoginFlow, MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { newVerifier } from '../../oauth/pkce.ts'
import { newState } from '../../oauth/state.ts'
import type { RenewalPorts } from '../../renewal/ports.ts'
import { type AccountRef, formatAccount, parseAccount, parseName } from '../../tokens/account.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Secret } from '../../tokens/secret.ts'
import type { AccountHeader, Region } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import { renewalPorts } from '../renewing/renewing.ts'
import { rulesOf } from '../rules.ts'
import { accountsOf, onlyAccount } from '../which-account.ts'
import type { World } from '../world.ts'
import { vaultForWriting } from '../writing.ts'

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

/** What is ready before anybody is asked: the vault, and what a killed run left of an earlier consent. */
export interface Opened {
  readonly vault: Vault
  readonly ports: RenewalPorts
  /** The account that the earlier consent went into just now; undefined where there was none. */
  readonly finished: AccountHeader | undefined
}

/**
 * Opens the vault for the consent, and finishes what a killed run left of an earlier one.
 *
 * @throws what the vault throws; what the network throws where only the marketplace can tell whose consent it was.
 */
export async function openForLogin(
  account: AccountRef,
  { replaceSeller }: Pick<LoginChoices, 'replaceSeller'>,
  world: World,
): Promise<Opened> {
  const vault = await vaultForWriting('login', world)
  const ports = await renewalPorts(world, vault, rulesOf(world.settings()))
  const { recover } = await import('../../renewal/recover.ts')
  const vouched = { replacesSeller: replaceSeller === true }
  const { isConsent, stored } = await vault.locks.hold(formatAccount(account), () =>
    recover(account, ports, vouched),
  )
  return { vault, ports, finished: isConsent === true ? stored?.header : undefined }
}

/**
 * The request.
 *
 * @throws {USAGE} where the marketplace has no consent by the browser · {CLIENT_REJECTED} without app keys ·
 *   {ENVIRONMENT_MISMATCH} · {CANCELLED}
 */
export async function loginRequest(
  account: AccountRef,
  choices: LoginChoices,
  { vault, ports }: Opened,
  world: World,
): Promise<LoginRequest> {
  const adapter = ports.adapterOf(account.marketplace)
  if (adapter.login === undefined)
    throw new TokenctlError('USAGE', `${adapter.title} has no consent by the browser.`)
  const flow = await adapter.login()
  const { appKeysOf, requireEnvironment } = await import('../../renewal/preconditions.ts')
  const stored = (await vault.account(account))?.header
  if (stored?.holdsToken === true) requireEnvironment(stored, adapter, ports)
  const [app = {}] = await appKeysOf({ app: choices.app ?? stored?.app ?? null }, adapter, ports)
  const { learnSeller } = await import('../../renewal/learn-seller.ts')
  const header = choices.replaceSeller === true ? stored : await learnSeller(account, ports)
  if (header !== undefined && choices.replaceSeller !== true) {
    requireSameRegion(header, choices)
    requireTellable(header, { adapter, flow, app, ports })
  }
  const region = choices.region ?? header?.region ?? (await regionOf(app, choices, account, world))
  return { account, adapter, flow, app, header, region, vault, ports }
}

/** @throws {USAGE} where the seller's other region would take the place of this one: each is a shop of its own */
function requireSameRegion({ account, holdsToken, region }: AccountHeader, choices: LoginChoices): void {
  if (!holdsToken || region === null || choices.region === undefined || choices.region === region) return
  const other = `${account}-${choices.region}`
  throw new TokenctlError('USAGE', `${account} is the shop in the region ${region}.`, {
    account,
    fix: `Connect the one in ${choices.region} under a name of its own: \`tokenctl login ${other} --region ${choices.region}\`. If it shall take the place of this one, add \`--replace-seller\`.`,
  })
}

/** @throws {USAGE} where nobody could tell whose consent comes back: then none could be taken for the right one */
function requireTellable(
  { account, seller }: AccountHeader,
  { adapter, flow, app, ports }: Pick<LoginRequest, 'adapter' | 'flow' | 'app' | 'ports'>,
): void {
  if (seller === null || flow.identity === undefined) return
  if (flow.identity(app, ports.destinationOf(adapter)) !== undefined) return
  throw new TokenctlError(
    'USAGE',
    `${account} belongs to ${seller}, and by this app's scopes ${adapter.title} will not tell who consents.`,
    {
      account,
      fix: `Add \`commerce.identity.readonly\` to the app's scopes (\`tokenctl app set ${adapter.id}\`). If you are sure who will consent, add \`--replace-seller\`.`,
    },
  )
}

/** The region of a new Amazon account: that of the Seller Central that was named, or the one that a person picks. */
async function regionOf(
  app: AppKeys,
  { sellerCentral }: LoginChoices,
  { marketplace }: AccountRef,
  world: World,
): Promise<Region | null> {
  if (marketplace !== 'amazon') return null
  const { regionOfHost } = await import('../../marketplaces/amazon/seller-central.ts')
  if (sellerCentral !== undefined) return regionOfHost(sellerCentral)
  // A private app has no consent page in any region: that is said first.
  if (app['applicationId'] === undefined || !world.terminal.isInteractive) return null
  const { askRegion } = await import('../which-region.ts')
  return await askRegion(world)
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

/** What ties a consent to whoever asked for it. Both are one-time; the verifier never leaves until the code is exchanged. */
export interface ConsentProof {
  readonly state: Secret
  /** Where the marketplace wants one (RFC 7636). */
  readonly verifier?: Secret
}

/** A new one, as the flow needs it. */
export function newProof({ usesVerifier }: LoginFlow): ConsentProof {
  return { state: newState(), ...(usesVerifier === true && { verifier: newVerifier() }) }
}

/** The address of the consent page. @throws {USAGE} naming the key of the app that is missing */
export function consentAddress(
  request: LoginRequest,
  { state, verifier }: ConsentProof,
  choices: LoginChoices,
): string {
  return request.flow.authorizeUrl({ ...consentRequest(request, state, choices), verifier })
}
