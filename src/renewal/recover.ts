/**
 * What a journal that is found means (I1): a run before this one was cut off between presenting a token and storing its
 * answer. An answer that is there is stored, and nobody is asked. A mark without one says that the token may be spent.
 * What cannot be read is moved out of the way, never removed. Under the account's lock, before anything else is done to
 * the account. No network, but for one question: whose consent it was, where only the marketplace can tell.
 */
import { isTokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { type AccountRef, DEFAULT_NAME, formatAccount } from '../tokens/account.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import { afterFailure, proven, withNewToken, withPendingToken } from '../tokens/replace.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import { merge, type TokenSet } from '../tokens/token-set.ts'
import type { ConsentIntent, FoundJournal, Journal, KeptReply, Undertaking } from '../vault/journal.ts'
import type { StoredAccount } from '../vault/vault.ts'
import { changesApp, recordFor } from './brought-record.ts'
import { withConsent } from './consent-record.ts'
import { withGap } from './gap.ts'
import { speaksOfTokens } from './judge.ts'
import { type KeptAnswers, keptAnswers, type ReadableJournal } from './kept-answers.ts'
import { type LostMark, markLost } from './lost-mark.ts'
import { merged } from './merged.ts'
import type { RenewalPorts } from './ports.ts'
import { questionOf } from './question.ts'
import { storeIssued } from './store-issued.ts'

export type RecoverPorts = Pick<
  RenewalPorts,
  'vault' | 'clock' | 'adapterOf' | 'policyOf' | 'destinationOf' | 'identify' | 'history' | 'tell'
>

export interface Recovered {
  /** The record that an answer from the journal went into; undefined when there was none to store. */
  readonly stored?: StoredAccount
  /** What became of the account by that. */
  readonly outcome?: 'renewed' | 'proved' | 'pending'
  /** Whether that was a new consent of the seller. */
  readonly isConsent?: true
  /** The stored token was presented at this time, and nobody knows what became of it; null when that is known. */
  readonly lostAt: EpochMs | null
  /** The same of the pasted token that waits beside it. */
  readonly pendingLostAt: EpochMs | null
}

const NOTHING: Recovered = { lostAt: null, pendingLostAt: null }

/**
 * Brings an account to where its journal leads. Nothing where there is none.
 *
 * @param replacesSeller whether a person vouches by now for the seller of a consent that waits.
 * @throws {VAULT_LOCKED} · {VAULT_UNAVAILABLE} · {RECORD_UNREADABLE} · {WRITE_FAILED}; of a consent also what `withConsent`
 *   throws. The journal is there then as it was.
 */
export async function recover(
  account: AccountRef,
  ports: RecoverPorts,
  { replacesSeller = false }: Pick<ConsentIntent, 'replacesSeller'> = { replacesSeller: false },
): Promise<Recovered> {
  const journal = await ports.vault.journal()
  const found = await journal.read(formatAccount(account))
  if (found === undefined) return NOTHING
  return await new Recovery(account, journal, replacesSeller, ports).of(found)
}

/** What becomes of the record, and when that was true. */
interface Ending {
  readonly before: TokenSet
  readonly next: TokenSet
  readonly after: number | null
  readonly at: EpochMs
}

class Recovery {
  readonly #account: AccountRef
  readonly #name: string
  readonly #adapter: MarketplaceAdapter
  readonly #journal: Journal
  readonly #ports: RecoverPorts
  readonly #replacesSeller: boolean

  constructor(account: AccountRef, journal: Journal, replacesSeller: boolean, ports: RecoverPorts) {
    this.#replacesSeller = replacesSeller
    this.#account = account
    this.#name = formatAccount(account)
    this.#adapter = ports.adapterOf(account.marketplace)
    this.#journal = journal
    this.#ports = ports
  }

  async of(found: FoundJournal): Promise<Recovered> {
    // Read before anything is touched: with a key that opens no record, nothing here is any of this run's business.
    const stored = await this.#ports.vault.account(this.#account)
    if (found.state !== 'readable') return await this.#unreadable(found, stored)
    const { undertaking, replies } = found
    if (isPast(undertaking, stored)) return await this.#past(undertaking, stored, replies)
    const answers = await this.#answers(found)
    if (undertaking.purpose === 'consent') return await this.#consent(undertaking, stored, answers)
    if (undertaking.purpose === 'brought') return await this.#brought(undertaking, stored, answers)
    if (stored === undefined) return await this.#cleared(answers)
    return undertaking.purpose === 'pending'
      ? await this.#pending(undertaking, stored, answers)
      : await this.#refresh(undertaking, stored, answers)
  }

  async #refresh(
    { at, mayReplace }: Undertaking,
    stored: StoredAccount,
    answers: KeptAnswers,
  ): Promise<Recovered> {
    const { issued, refused, isUndecided, unread } = answers
    if (issued !== undefined) {
      const next = merged(stored, issued.issued, issued.sentAt, this.#adapter)
      return await this.#finish({ before: stored, next, after: stored.revision, at: issued.sentAt }, answers)
    }
    if (refused !== undefined) {
      const header = afterFailure(stored.header, refused)
      await this.#ports.vault.saveAccount({ header, secrets: stored.secrets }, stored.revision)
      return await this.#cleared(answers)
    }
    if (!mayReplace || !isUndecided) return await this.#cleared(answers)
    await this.#keepMark({ purpose: 'refresh', stored, at }, unread)
    return { lostAt: at, pendingLostAt: null }
  }

  async #pending(
    { token, at, mayReplace }: Undertaking,
    stored: StoredAccount,
    answers: KeptAnswers,
  ): Promise<Recovered> {
    const { issued, isUndecided, unread } = answers
    if (issued !== undefined) {
      const consentAt = stored.header.pendingAt ?? issued.sentAt
      const next = proven(withNewToken(stored, token, consentAt), issued.issued, issued.sentAt)
      return await this.#finish({ before: stored, next, after: stored.revision, at: issued.sentAt }, answers)
    }
    if (!mayReplace || !isUndecided) return await this.#cleared(answers)
    await this.#keepMark({ purpose: 'pending', stored, at }, unread)
    return { lostAt: null, pendingLostAt: at }
  }

  async #brought(
    brought: Undertaking,
    stored: StoredAccount | undefined,
    answers: KeptAnswers,
  ): Promise<Recovered> {
    const { token, at, environment, mayReplace } = brought
    const before = recordFor(this.#account, stored, brought, environment)
    const after = stored?.revision ?? null
    const { issued, refused, isUndecided } = answers
    if (issued !== undefined) {
      const next = merge(withNewToken(before, token, at), issued.issued, issued.sentAt, true)
      return await this.#finish({ before, next, after, at: issued.sentAt }, answers)
    }
    if (refused !== undefined || holds(stored, token) || changesApp(stored, before))
      return await this.#cleared(answers)
    const kept = await this.#finish({ before, next: withPendingToken(before, token, at), after, at }, answers)
    if (kept.stored === undefined || !mayReplace || !isUndecided) return kept
    await markLost(this.#journal, { purpose: 'pending', stored: kept.stored, at })
    return { ...kept, pendingLostAt: at }
  }

  /** A consent's answer is stored if it is the right seller's; a code without one is of no use any more. */
  async #consent(
    undertaking: Undertaking,
    stored: StoredAccount | undefined,
    answers: KeptAnswers,
  ): Promise<Recovered> {
    const { issued } = answers
    if (issued === undefined) return await this.#consentInVain(undertaking, stored, answers)
    const before = recordFor(this.#account, stored, undertaking, undertaking.environment)
    const app = await this.#keysOf(undertaking)
    const { seller, replacesSeller } = undertaking.consent ?? { seller: null, replacesSeller: false }
    const intent = { seller, replacesSeller: replacesSeller || this.#replacesSeller }
    const answered = { adapter: this.#adapter, app, before, intent, issued: issued.issued, at: issued.sentAt }
    try {
      const next = await withConsent(answered, this.#ports)
      const ending = { before, next, after: stored?.revision ?? null, at: issued.sentAt }
      return { ...(await this.#finish(ending, answers)), isConsent: true }
    } catch (error) {
      const isInVain =
        isTokenctlError(error) && (error.code === 'SELLER_MISMATCH' || error.failure === 'permanent')
      if (!isInVain) throw error
      const left = await this.#consentInVain(undertaking, stored, answers)
      this.#note('failed', error.code, issued.issued.requestId)
      this.#ports.tell?.(error.message)
      return left
    }
  }

  /** Nothing was changed: what was open of the stored token before the consent is open still. */
  async #consentInVain(
    { wasLost, at }: Undertaking,
    stored: StoredAccount | undefined,
    answers: KeptAnswers,
  ): Promise<Recovered> {
    if (!wasLost || stored === undefined) return await this.#cleared(answers)
    await this.#keepMark({ purpose: 'refresh', stored, at }, answers.unread)
    return { lostAt: at, pendingLostAt: null }
  }

  /** Stores what the journal led to, removes it, and says so. */
  async #finish({ before, next, after, at }: Ending, answers: KeptAnswers): Promise<Recovered> {
    const accepted = next.header.lastAttempt?.outcome === 'proved' ? 'proved' : 'renewed'
    const outcome = answers.issued === undefined ? 'pending' : accepted
    const header = withGap(before.header, next.header, this.#ports.policyOf(this.#adapter), at)
    const set = { header, secrets: next.secrets }
    const isKept = async () => true
    const stored = await storeIssued(this.#account, set, after, { ...this.#ports, isKept })
    await this.#remove(answers)
    this.#note(outcome, null, answers.issued?.issued.requestId)
    this.#ports.tell?.(
      outcome === 'pending'
        ? `${this.#name}: a token that was brought and not yet proven is kept beside the old one.`
        : `${this.#name}: a renewal that was cut off is finished; its answer was on the disk.`,
    )
    return { ...NOTHING, stored, outcome }
  }

  /** The record says already what the journal was about. Answers that went nowhere are kept for a person. */
  async #past(
    { generation }: Undertaking,
    stored: StoredAccount | undefined,
    replies: readonly KeptReply[],
  ): Promise<Recovered> {
    const wentIn = stored?.header.generation === generation + 1
    if (wentIn || !replies.some(({ response }) => speaksOfTokens(response))) return await this.#cleared()
    await this.#moveAside('past', 'holds an answer for a token that has been replaced since')
    return NOTHING
  }

  async #unreadable(
    { state, head }: Exclude<FoundJournal, { state: 'readable' }>,
    stored: StoredAccount | undefined,
  ): Promise<Recovered> {
    const holdsNone = stored === undefined || stored.secrets.refreshToken === null
    // What is known to be of a consent says nothing of the stored token: it was a code that was presented.
    const isOfConsent = head?.purpose === 'consent' && !head.wasLost
    if (this.#adapter.rotation === 'none' || isOfConsent || holdsNone) {
      await this.#moveAside(state, UNREADABLE[state])
      return NOTHING
    }
    // Nobody can say any more whether the token was spent, so it counts as presented.
    const at = head?.at ?? this.#ports.clock.now()
    await this.#moveAside(state, UNREADABLE[state], { purpose: 'refresh', stored, at })
    return { lostAt: at, pendingLostAt: null }
  }

  /** The mark alone, without the answers that were read and settle nothing. */
  async #keepMark(mark: LostMark, unread: KeptAnswers['unread']): Promise<void> {
    if (unread === undefined) await markLost(this.#journal, mark)
    else await this.#moveAside(...unread, mark)
  }

  async #moveAside(why: string, words: string, mark?: LostMark): Promise<void> {
    // The new mark takes the old one's place, so that a kill in between leaves the one or the other.
    const where = await (mark === undefined
      ? this.#journal.setAside(this.#name, why)
      : this.#journal.copyAside(this.#name, why))
    if (mark !== undefined) await markLost(this.#journal, mark)
    this.#note('failed', 'RECORD_UNREADABLE', undefined)
    this.#ports.tell?.(
      `${this.#name}: what a renewal that was cut off had left ${words}. It is kept as ${where}; do not remove it before the account is renewed.`,
    )
  }

  async #cleared(answers?: KeptAnswers): Promise<Recovered> {
    await this.#remove(answers)
    return NOTHING
  }

  /** Removes the journal, but for one with an answer that nobody can read. */
  async #remove(answers: KeptAnswers | undefined): Promise<void> {
    if (answers?.unread === undefined) await this.#journal.clear(this.#name)
    else await this.#moveAside(...answers.unread)
  }

  #note(
    outcome: 'renewed' | 'proved' | 'pending' | 'failed',
    code: string | null,
    requestId: string | undefined,
  ): void {
    const event = { action: 'recover', subject: this.#name, outcome, code, failure: null } as const
    this.#ports.history.note({ ...event, requestId: requestId ?? null })
  }

  async #answers(found: ReadableJournal): Promise<KeptAnswers> {
    const { purpose, token } = found.undertaking
    // Nothing is sent: where to is of no interest to a reader.
    const asked = { purpose, token, app: await this.#keysOf(found.undertaking), origin: '' }
    return keptAnswers(found, await questionOf(this.#adapter, asked))
  }

  /** The app's keys, for one thing: to know what must not be shown of an answer. An app that is no good gives none. */
  async #keysOf({ app }: Undertaking): Promise<AppKeys> {
    try {
      const stored = await this.#ports.vault.app(this.#account.marketplace, app ?? DEFAULT_NAME)
      return stored?.keys ?? {}
    } catch (error) {
      if (!isTokenctlError(error) || error.code !== 'RECORD_UNREADABLE') throw error
      return {}
    }
  }
}

const UNREADABLE = {
  damaged: 'is damaged',
  newer: 'was written by a newer tokenctl',
  'other-key': 'was sealed with another key',
} as const

/** Whether the record has moved on since: another token, or a later generation. */
function isPast(undertaking: Undertaking, stored: StoredAccount | undefined): boolean {
  const { purpose, token, generation } = undertaking
  // The same token may wait in the record already: what its answer says is no less worth.
  if (purpose === 'brought' || purpose === 'consent')
    return stored !== undefined && stored.header.generation !== generation
  if (stored === undefined) return true
  const presented = purpose === 'pending' ? stored.secrets.pending : stored.secrets.refreshToken
  return presented?.equals(token) !== true || stored.header.generation !== generation
}

function holds(stored: StoredAccount | undefined, token: Secret): boolean {
  return [stored?.secrets.refreshToken, stored?.secrets.pending].some(each => each?.equals(token) === true)
}
