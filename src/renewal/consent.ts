/**
 * A seller's consent: the code that the browser brought back becomes tokens, the right way round. It goes through the
 * same lock and journal as a renewal (I1): the answer is durable before anybody asks whose it is, and a run that is
 * killed in between is finished by the next one, without a new consent.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { Secret } from '../tokens/secret.ts'
import type { AccountHeader, Issued, Region } from '../tokens/token-set.ts'
import type { ConsentIntent } from '../vault/journal.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { recordFor } from './brought-record.ts'
import { requireRightSeller, withConsent } from './consent-record.ts'
import { withGap } from './gap.ts'
import { type LostMark, markLost } from './lost-mark.ts'
import type { RenewalPorts } from './ports.ts'
import { appKeysOf, requireEnvironment } from './preconditions.ts'
import { Presentation, type Presented } from './presentation.ts'
import { type Recovered, recover } from './recover.ts'

export interface Consented extends ConsentIntent {
  readonly account: AccountRef
  /** The code of the redirect. */
  readonly code: Secret
  /** What the consent was asked for with, where the marketplace wants it at the exchange (RFC 7636). */
  readonly verifier?: Secret | undefined
  /** The app whose consent page it was; null keeps the account's own, or `default`. */
  readonly app: string | null
  /** Null keeps the account's own. */
  readonly region: Region | null
  /** What the answer belongs to, where it is good for one answer only. */
  readonly link?: ConsentLink
}

/** A link that somebody answered. */
export interface ConsentLink {
  /** Takes it, under the account's lock; false where another run has, or it was replaced. */
  readonly take: () => Promise<boolean>
  /** Puts it back: the code was not used. */
  readonly putBack: () => Promise<void>
}

/**
 * Exchanges a code and stores what it gave; returns the header as it was read back.
 *
 * @throws {GRANT_REJECTED} when the marketplace refuses the code · {SELLER_MISMATCH} when another seller consented ·
 *   {ENVIRONMENT_MISMATCH} when the stored account belongs elsewhere. The stored token is untouched then.
 *   What the network throws; where it failed after the exchange the journal holds the answer, and the next run stores it.
 *   Also what the vault and the lock throw.
 */
export async function consent(consented: Consented, ports: RenewalPorts): Promise<AccountHeader> {
  const name = formatAccount(consented.account)
  return ports.locks.hold(name, async () => {
    let requestId: string | undefined
    const note = (outcome: 'stored' | 'failed', error: TokenctlError | null) =>
      ports.history.note({
        action: 'login',
        subject: name,
        outcome,
        code: error?.code ?? null,
        failure: error?.failure ?? null,
        requestId: error?.requestId ?? requestId ?? null,
      })
    try {
      const header = await underLock(consented, ports, issued => {
        requestId = issued.requestId
      })
      note('stored', null)
      return header
    } catch (error) {
      if (isTokenctlError(error)) note('failed', error)
      throw error
    }
  })
}

async function underLock(
  consented: Consented,
  ports: RenewalPorts,
  onIssued: (issued: Issued) => void,
): Promise<AccountHeader> {
  const { account, code, verifier, seller, replacesSeller } = consented
  const adapter = ports.adapterOf(account.marketplace)
  const recovered = await recover(account, ports)
  const stored = await ports.vault.account(account)
  if (stored?.header.holdsToken === true) requireEnvironment(stored.header, adapter, ports)
  const { environment } = ports.destinationOf(adapter)
  const before = recordFor(account, stored, consented, environment)
  // Where the redirect names the seller, the code need not be spent on the wrong one.
  if (seller !== null) await requireRightSeller(seller, before.header, consented, ports)
  const keys = await appKeysOf(before.header, adapter, ports)
  const now = ports.clock.now()
  const presentation = await begin(
    {
      account,
      header: before.header,
      purpose: 'consent',
      token: code,
      verifier,
      keys,
      adapter,
      now,
      lostAt: recovered.lostAt,
      consent: { seller, replacesSeller },
    },
    consented.link,
    ports,
  )
  const lost = lostBefore(recovered, stored)
  try {
    const issued = await presentation.send().catch(async (error: unknown) => {
      // The code is of no use any more, whatever became of it; the stored token knows nothing of it.
      await endInVain(presentation, lost, ports)
      if (isUnused(error)) await consented.link?.putBack()
      throw error
    })
    onIssued(issued)
    const [app = {}] = keys
    const answered = { adapter, app, before, issued, intent: consented, at: now }
    const next = await withConsent(answered, ports).catch(async (error: unknown) => {
      if (isTokenctlError(error) && error.code === 'SELLER_MISMATCH')
        await endInVain(presentation, lost, ports)
      throw error
    })
    const header = withGap(before.header, next.header, ports.policyOf(adapter), now)
    const saved = await presentation.store({ header, secrets: next.secrets }, stored?.revision ?? null)
    return saved.header
  } finally {
    presentation.close()
  }
}

/** Takes the link, where there is one, and gets everything ready. @throws {USAGE} when the link is gone, and as `Presentation` */
async function begin(
  what: Presented,
  link: ConsentLink | undefined,
  ports: RenewalPorts,
): Promise<Presentation> {
  if (link !== undefined && !(await link.take())) throw linkGone(formatAccount(what.account))
  try {
    return await Presentation.begin(what, ports)
  } catch (error) {
    await link?.putBack()
    throw error
  }
}

/** Whether a code that was refused so is as good as before. */
function isUnused(error: unknown): boolean {
  return isTokenctlError(error) && (error.failure === 'transient' || error.failure === 'configuration')
}

function linkGone(account: string): TokenctlError {
  return new TokenctlError(
    'USAGE',
    `The link of ${account} was answered or replaced meanwhile. Nothing was changed.`,
    {
      account,
      fix: `\`tokenctl login ${account} --link\` makes another.`,
    },
  )
}

/** Ends a consent that changed nothing: the journal says of the stored token what it said before. */
async function endInVain(
  presentation: Presentation,
  lost: LostMark | undefined,
  { vault }: Pick<RenewalPorts, 'vault'>,
): Promise<void> {
  if (lost === undefined) return await presentation.end()
  presentation.close()
  await markLost(await vault.journal(), lost)
}

function lostBefore(
  { lostAt, pendingLostAt }: Recovered,
  stored: StoredAccount | undefined,
): LostMark | undefined {
  if (stored === undefined) return undefined
  if (lostAt !== null) return { purpose: 'refresh', stored, at: lostAt }
  return pendingLostAt === null ? undefined : { purpose: 'pending', stored, at: pendingLostAt }
}
