/**
 * A token that a person brings (`set-amazon`): proved by a real exchange before it replaces anything. The old one is
 * used until then and kept inside the record after. What cannot be proved now is kept beside it, as pending.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { type AccountRef, DEFAULT_NAME, formatAccount } from '../tokens/account.ts'
import { withNewToken, withPendingToken } from '../tokens/replace.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import {
  type AccountHeader,
  type Environment,
  type Issued,
  merge,
  NO_SECRETS,
  newHeader,
  type Region,
  type TokenSet,
} from '../tokens/token-set.ts'
import type { RenewalPorts } from './ports.ts'
import { appKeysOf, requireEnvironment } from './preconditions.ts'
import { sendRefresh } from './send.ts'
import { storeIssued } from './store-issued.ts'

export interface Brought {
  readonly account: AccountRef
  readonly token: Secret
  /** The app whose keys prove it; null keeps the account's own, or `default`. */
  readonly app: string | null
  /** Null keeps the account's own. */
  readonly region: Region | null
}

export interface BroughtResult {
  /** `stored`: proved and in use · `pending`: kept, unproven, for the reason in `error`. */
  readonly outcome: 'stored' | 'pending'
  readonly error: TokenctlError | null
  readonly header: AccountHeader
}

/**
 * Stores a token that a person brought.
 *
 * @throws {GRANT_REJECTED} when the marketplace refuses it; {USAGE} when it is the one that is stored already;
 *   {ENVIRONMENT_MISMATCH} when the stored one belongs elsewhere.
 *   Nothing is changed then, nor where a token of another app than the stored one's cannot be proven now.
 *   Also what the vault and the lock throw.
 */
export async function bringToken(brought: Brought, ports: RenewalPorts): Promise<BroughtResult> {
  const { account } = brought
  const adapter = ports.adapterOf(account.marketplace)
  return ports.locks.hold(formatAccount(account), async () => {
    const now = ports.clock.now()
    const stored = await ports.vault.account(account)
    // A shop that was only tracked by its dates has nothing that belongs anywhere yet.
    if (stored?.header.holdsToken === true) requireEnvironment(stored.header, adapter, ports)
    if (stored?.secrets.refreshToken?.equals(brought.token) === true && stored.header.refused === null) {
      throw sameToken(account)
    }
    const { environment } = ports.destinationOf(adapter)
    const before = withChoices(stored ?? emptyAccount(account, environment), brought, environment)
    const after = stored?.revision ?? null
    const proof = await prove(before.header, { token: brought.token, now }, adapter, ports)
    if (proof instanceof TokenctlError) {
      if (changesApp(stored, before)) throw notKept(proof, account)
      const saved = await ports.vault.saveAccount(withPendingToken(before, brought.token, now), after)
      return { outcome: 'pending', error: proof, header: saved.header }
    }
    const next = merge(withNewToken(before, brought.token, now), proof, now, true)
    const saved = await storeIssued(account, next, after, ports)
    return { outcome: 'stored', error: null, header: saved.header }
  })
}

function emptyAccount(account: AccountRef, environment: Environment): TokenSet {
  const header = newHeader({
    account: formatAccount(account),
    app: DEFAULT_NAME,
    environment,
    holdsToken: true,
  })
  return { header, secrets: NO_SECRETS }
}

/** Whether the stored token, which is used until the new one is proven, would be left with another app's keys. */
function changesApp(stored: TokenSet | undefined, chosen: TokenSet): boolean {
  return (
    stored !== undefined && stored.secrets.refreshToken !== null && stored.header.app !== chosen.header.app
  )
}

function notKept(proof: TokenctlError, account: AccountRef): TokenctlError {
  return new TokenctlError(
    proof.code,
    `${proof.message} The new token was not kept: it is of another app than the stored one.`,
    { account: formatAccount(account), fix: `${proof.fix} Then paste the token again.`, cause: proof },
  )
}

function withChoices(before: TokenSet, { app, region }: Brought, environment: Environment): TokenSet {
  const header = {
    ...before.header,
    environment,
    app: app ?? before.header.app ?? DEFAULT_NAME,
    region: region ?? before.header.region,
  }
  return { header, secrets: before.secrets }
}

/** What the exchange issued, or why it could not be asked; a refusal is thrown. */
async function prove(
  header: AccountHeader,
  { token, now }: { readonly token: Secret; readonly now: EpochMs },
  adapter: MarketplaceAdapter,
  ports: RenewalPorts,
): Promise<Issued | TokenctlError> {
  try {
    const app = await appKeysOf(header, adapter, ports)
    const { origin } = ports.destinationOf(adapter)
    const input = { app, refreshToken: token, now, origin }
    return await sendRefresh(await adapter.refresh(), input, adapter.rotation, ports)
  } catch (error) {
    // A refused token must not be kept; a failing vault must not be taken for a failing network.
    const keeps = isTokenctlError(error) && error.failure !== undefined && error.failure !== 'permanent'
    if (keeps) return error
    throw error
  }
}

function sameToken(account: AccountRef): TokenctlError {
  const name = formatAccount(account)
  return new TokenctlError('USAGE', `This is the token that ${name} holds already.`, {
    account: name,
    fix: `Get a new one as described above. If the seller did authorize again and was shown the same token, record that with \`tokenctl renewed ${name}\`.`,
  })
}
