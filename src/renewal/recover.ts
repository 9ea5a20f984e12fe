/**
 * What a journal that is found means (I1): a run before this one was cut off between presenting a token and storing its
 * answer. An answer that is there is stored, and nobody is asked. A mark without one says that the token may be spent.
 * What cannot be read is moved out of the way, never removed. Under the account's lock, before anything else is done to
 * the account; no network.
 */
import { asTokenctlError, isTokenctlError, TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import { proven, withNewToken, withPendingToken } from '../tokens/replace.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import { type Issued, merge, type TokenSet } from '../tokens/token-set.ts'
import type { FoundJournal, Journal, KeptReply, Undertaking } from '../vault/journal.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { changesApp, recordFor } from './brought-record.ts'
import { withGap } from './gap.ts'
import { asResponse, judge } from './judge.ts'
import type { RenewalPorts } from './ports.ts'
import { storeIssued } from './store-issued.ts'

export type RecoverPorts = Pick<
  RenewalPorts,
  'vault' | 'clock' | 'adapterOf' | 'policyOf' | 'destinationOf' | 'history' | 'tell'
>

export interface Recovered {
  /** The record that an answer from the journal went into; undefined when there was none to store. */
  readonly stored?: StoredAccount
  /** What became of the account by that. */
  readonly outcome?: 'renewed' | 'proved' | 'pending'
  /** The stored token was presented at this time, and what became of it is open; null when nothing is. */
  readonly lostAt: EpochMs | null
}

const NOTHING: Recovered = { lostAt: null }

/**
 * Brings an account to where its journal leads. Nothing where there is none.
 *
 * @throws {VAULT_LOCKED} · {VAULT_UNAVAILABLE} · {RECORD_UNREADABLE} · {WRITE_FAILED}; the journal is there then as it was.
 */
export async function recover(account: AccountRef, ports: RecoverPorts): Promise<Recovered> {
  const journal = await ports.vault.journal()
  const found = await journal.read(formatAccount(account))
  if (found === undefined) return NOTHING
  return await new Recovery(account, journal, ports).of(found)
}

/** What the answers of a journal come to. */
interface Verdict {
  readonly issued?: { readonly issued: Issued; readonly sentAt: EpochMs }
  /** The marketplace's last word on the token. */
  readonly isRefused: boolean
  /** Whether an answer is missing, so that nobody knows what became of the token. */
  readonly isOpen: boolean
  /** Whether an answer that nobody can read speaks of tokens: it may hold one in a shape that is not known yet. */
  readonly mayHoldToken: boolean
}

class Recovery {
  readonly #account: AccountRef
  readonly #name: string
  readonly #adapter: MarketplaceAdapter
  readonly #journal: Journal
  readonly #ports: RecoverPorts

  constructor(account: AccountRef, journal: Journal, ports: RecoverPorts) {
    this.#account = account
    this.#name = formatAccount(account)
    this.#adapter = ports.adapterOf(account.marketplace)
    this.#journal = journal
    this.#ports = ports
  }

  async of(found: FoundJournal): Promise<Recovered> {
    if (found.state !== 'readable') return await this.#unreadable(found)
    const stored = await this.#ports.vault.account(this.#account)
    const { undertaking, replies } = found
    if (isPast(undertaking, stored)) return await this.#past(undertaking, stored, replies)
    const verdict = await this.#verdict(found)
    if (undertaking.purpose === 'brought') return await this.#brought(undertaking, stored, verdict)
    if (stored === undefined) return await this.#cleared()
    return undertaking.purpose === 'pending'
      ? await this.#pending(undertaking, stored, verdict)
      : await this.#refresh(undertaking, stored, verdict)
  }

  async #refresh({ at, mayReplace }: Undertaking, stored: StoredAccount, verdict: Verdict) {
    if (verdict.issued !== undefined) {
      const { issued, sentAt } = verdict.issued
      const moves = this.#adapter.refreshRenews
      return await this.#finish(stored, merge(stored, issued, sentAt, moves), stored.revision, sentAt)
    }
    if (!mayReplace || !verdict.isOpen) return await this.#cleared()
    if (verdict.mayHoldToken) {
      await this.#moveAside('unread', 'holds an answer that this version cannot read')
      await this.#markAgain(stored, at)
    }
    return { lostAt: at }
  }

  async #pending({ token }: Undertaking, stored: StoredAccount, { issued }: Verdict) {
    if (issued === undefined) return await this.#cleared()
    const at = stored.header.pendingAt ?? issued.sentAt
    const next = proven(withNewToken(stored, token, at), issued.issued, issued.sentAt)
    return await this.#finish(stored, next, stored.revision, issued.sentAt)
  }

  async #brought(brought: Undertaking, stored: StoredAccount | undefined, verdict: Verdict) {
    const { token, at, environment } = brought
    const before = recordFor(this.#account, stored, brought, environment)
    const after = stored?.revision ?? null
    if (verdict.issued !== undefined) {
      const { issued, sentAt } = verdict.issued
      const next = merge(withNewToken(before, token, at), issued, sentAt, true)
      return await this.#finish(before, next, after, sentAt)
    }
    if (verdict.isRefused || holds(stored, token) || changesApp(stored, before)) return await this.#cleared()
    return await this.#finish(before, withPendingToken(before, token, at), after, at, 'pending')
  }

  /** Stores what the journal led to, removes it, and says so. */
  async #finish(
    before: TokenSet,
    next: TokenSet,
    after: number | null,
    at: EpochMs,
    outcome: 'renewed' | 'proved' | 'pending' = next.header.lastAttempt?.outcome === 'proved'
      ? 'proved'
      : 'renewed',
  ): Promise<Recovered> {
    const header = withGap(before.header, next.header, this.#ports.policyOf(this.#adapter), at)
    const set = { header, secrets: next.secrets }
    const isKept = async () => true
    const stored = await storeIssued(this.#account, set, after, { ...this.#ports, isKept })
    await this.#journal.clear(this.#name)
    this.#note(outcome, null)
    this.#ports.tell?.(
      outcome === 'pending'
        ? `${this.#name}: a token that was brought and not yet proven is kept beside the old one.`
        : `${this.#name}: a renewal that was cut off is finished; its answer was in the journal.`,
    )
    return { stored, outcome, lostAt: null }
  }

  /** The record says already what the journal was about. Answers that went nowhere are kept for a person. */
  async #past(
    { generation }: Undertaking,
    stored: StoredAccount | undefined,
    replies: readonly KeptReply[],
  ): Promise<Recovered> {
    const wentIn = stored?.header.generation === generation + 1
    if (wentIn || !replies.some(speaksOfTokens)) return await this.#cleared()
    await this.#moveAside('past', 'holds the answer to a token that the record has no more')
    return NOTHING
  }

  async #unreadable({ state, head }: Exclude<FoundJournal, { state: 'readable' }>): Promise<Recovered> {
    await this.#moveAside(state, UNREADABLE[state])
    const stored = await this.#ports.vault.account(this.#account)
    if (this.#adapter.rotation === 'none' || stored === undefined || stored.secrets.refreshToken === null)
      return NOTHING
    // Nobody can say any more whether the token was spent, so it counts as presented.
    const at = head?.at ?? this.#ports.clock.now()
    await this.#markAgain(stored, at)
    return { lostAt: at }
  }

  async #markAgain({ header, secrets }: StoredAccount, at: EpochMs): Promise<void> {
    const { refreshToken: token } = secrets
    if (token === null) return
    const { environment } = header
    const { host } = new URL(this.#ports.destinationOf(this.#adapter).origin)
    const mark = {
      account: this.#name,
      purpose: 'refresh',
      mayReplace: true,
      generation: header.generation,
      at,
      host,
      token,
      app: header.app,
      region: header.region,
      environment,
    } as const
    const open = await this.#journal.present(mark)
    open.close()
  }

  async #moveAside(why: string, words: string): Promise<void> {
    const where = await this.#journal.setAside(this.#name, why)
    this.#note('failed', 'RECORD_UNREADABLE')
    this.#ports.tell?.(
      `${this.#name}: its journal ${words}. It was moved to ${where}; keep that file until the account is renewed.`,
    )
  }

  async #cleared(): Promise<Recovered> {
    await this.#journal.clear(this.#name)
    return NOTHING
  }

  #note(outcome: 'renewed' | 'proved' | 'pending' | 'failed', code: string | null): void {
    const subject = this.#name
    this.#ports.history.note({ action: 'recover', subject, outcome, code, failure: null, requestId: null })
  }

  async #verdict({
    undertaking,
    replies,
    isTorn,
  }: Extract<FoundJournal, { state: 'readable' }>): Promise<Verdict> {
    const { origin } = this.#ports.destinationOf(this.#adapter)
    const app = await this.#keysOf(undertaking)
    const exchange = await this.#adapter.refresh()
    const judged = replies.map(reply => {
      const input = { app, refreshToken: undertaking.token, now: reply.sentAt, origin }
      return { reply, result: issuedOrFailure(() => judge(asResponse(reply), exchange, input)) }
    })
    // The last one that issued something counts: what came before it was superseded by the marketplace itself.
    for (const { reply, result } of judged.toReversed()) {
      if (result instanceof TokenctlError) continue
      const issued = { issued: result, sentAt: reply.sentAt }
      return { issued, isRefused: false, isOpen: false, mayHoldToken: false }
    }
    const failed = (is: (error: TokenctlError) => boolean) =>
      judged.some(({ result }) => result instanceof TokenctlError && is(result))
    return {
      isRefused: failed(({ code }) => code === 'GRANT_REJECTED'),
      isOpen: replies.length === 0 || isTorn || failed(({ failure }) => failure === 'ambiguous'),
      mayHoldToken: replies.some(speaksOfTokens),
    }
  }

  /** The app's keys, for one thing: to know what must not be shown of an answer. Without the app there are none. */
  async #keysOf({ app }: Undertaking) {
    const stored = await this.#ports.vault.app(this.#account.marketplace, app ?? 'default')
    return stored?.keys ?? {}
  }
}

const UNREADABLE = {
  damaged: 'is damaged',
  newer: 'was written by a newer tokenctl',
  'other-key': 'was sealed with another key',
} as const

function issuedOrFailure(read: () => Issued): Issued | TokenctlError {
  try {
    return read()
  } catch (error) {
    if (!isTokenctlError(error)) throw asTokenctlError(error)
    return error
  }
}

/** Whether the record has moved on since: another token, or a later generation. */
function isPast(undertaking: Undertaking, stored: StoredAccount | undefined): boolean {
  const { purpose, token, generation } = undertaking
  // The same token may wait in the record already: what its answer says is no less worth.
  if (purpose === 'brought') return stored !== undefined && stored.header.generation !== generation
  if (stored === undefined) return true
  const presented = purpose === 'pending' ? stored.secrets.pending : stored.secrets.refreshToken
  return presented?.equals(token) !== true || stored.header.generation !== generation
}

function holds(stored: StoredAccount | undefined, token: Secret): boolean {
  return [stored?.secrets.refreshToken, stored?.secrets.pending].some(each => each?.equals(token) === true)
}

/** An answer that never says `token` holds none: every marketplace names what it gives so. */
function speaksOfTokens({ response }: KeptReply): boolean {
  return response.status < 300 && /token/i.test(response.body)
}
