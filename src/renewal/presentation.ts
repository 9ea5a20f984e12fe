/**
 * One presentation of a token to its marketplace, from the mark in the journal to the record (I1): the store is proved
 * writable, the journal says what is about to happen, the token is sent, the answer is durable before it is judged, the
 * record is written and read back, and only then the journal goes. Whoever calls holds the account's lock and has
 * recovered: what the journal said before is written over, so that the mark of a lost answer ends where a person's own
 * token is presented in its place.
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { HttpResponse } from '../platform/http.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { AccountHeader, Issued, TokenSet } from '../tokens/token-set.ts'
import type { ConsentIntent, Journal, KeptReply, OpenJournal } from '../vault/journal.ts'
import type { Purpose } from '../vault/journal-head.ts'
import type { StoredAccount } from '../vault/vault.ts'
import type { RenewalPorts } from './ports.ts'
import { type Question, questionOf } from './question.ts'
import { appOf } from './ration.ts'
import { answerLost, type Keeping, type SendPorts, sendExchange } from './send.ts'
import { storeIssued } from './store-issued.ts'

export interface Presented {
  readonly account: AccountRef
  /** The record's header, or what it will begin with. */
  readonly header: AccountHeader
  readonly purpose: Purpose
  readonly token: Secret
  /** With a code, what its consent was asked for with. No journal holds it: a code is never presented again. */
  readonly verifier?: Secret | undefined
  /** The app's keys, the newest first; older ones while the marketplace still takes them. */
  readonly keys: readonly AppKeys[]
  readonly adapter: MarketplaceAdapter
  readonly now: EpochMs
  /** When this token (with a code: the stored one) was presented before and its answer lost; null when it was not. */
  readonly lostAt: EpochMs | null
  /** What else a consent was asked for with. */
  readonly consent?: ConsentIntent
}

export class Presentation {
  readonly #what: Presented
  readonly #ports: RenewalPorts
  /** The same question with each of the app's keys. */
  readonly #questions: readonly Question[]
  readonly #journal: Journal
  readonly #open: OpenJournal
  /** The last answer, until the journal holds it. */
  #unkept: KeptReply | undefined

  private constructor(
    what: Presented,
    ports: RenewalPorts,
    parts: { questions: readonly Question[]; journal: Journal; open: OpenJournal },
  ) {
    this.#what = what
    this.#ports = ports
    this.#questions = parts.questions
    this.#journal = parts.journal
    this.#open = parts.open
  }

  /**
   * Gets everything ready that could fail later, and marks the token as presented. Nothing was sent when this throws.
   *
   * @throws {WRITE_FAILED} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE}
   */
  static async begin(what: Presented, ports: RenewalPorts): Promise<Presentation> {
    const { adapter, header, purpose, token, verifier, now, lostAt, consent } = what
    const { origin, environment } = ports.destinationOf(adapter)
    // Imported before anything is marked as sent: a broken installation must not leave such a mark.
    const questions = await Promise.all(
      what.keys.map(app => questionOf(adapter, { purpose, token, verifier, app, origin })),
    )
    await ports.history.ready?.()
    await ports.vault.prove()
    const journal = await ports.vault.journal()
    const open = await journal.present({
      account: formatAccount(what.account),
      purpose,
      token,
      mayReplace: mayReplace(what),
      generation: header.generation,
      at: lostAt ?? now,
      wasLost: lostAt !== null,
      app: header.app,
      region: header.region,
      environment,
      ...(consent === undefined ? {} : { consent }),
    })
    return new Presentation(what, ports, { questions, journal, open })
  }

  /**
   * What the marketplace issued for the token.
   *
   * @throws what `sendExchange` throws. GRANT_REJECTED for a token whose earlier answer was lost becomes ANSWER_LOST.
   */
  async send(): Promise<Issued> {
    const { adapter, header, purpose } = this.#what
    // What was lost is the stored token's answer; a code has none that could be.
    const lostAt = purpose === 'consent' ? null : this.#what.lostAt
    const keeping: Keeping = {
      wasLost: lostAt !== null,
      reply: (response, sentAt) => this.#keep(response, sentAt),
      loss: () => this.#keepLoss(),
    }
    const { quota, clock } = this.#ports
    const onSend = async () => {
      if (purpose !== 'consent') await quota?.used(adapter.id, appOf(header), clock.now())
      // Last of all: the count may have been waited for.
      await this.#refuseWithoutLock()
    }
    try {
      return await this.#sendWithKeys({ ...this.#ports, onSend }, keeping)
    } catch (error) {
      // Once lost, it stays that: the vendor refuses a dead token in the same words each time.
      const wasLost = lostAt !== null || (purpose === 'refresh' && header.refused?.code === 'ANSWER_LOST')
      throw wasLost && isTokenctlError(error) && error.code === 'GRANT_REJECTED' ? answerLost(error) : error
    }
  }

  /** Before each question: a lock that was lost meanwhile may be another machine's by now. @throws {LOCK_HELD} */
  async #refuseWithoutLock(): Promise<void> {
    const { account } = this.#what
    if (await this.#ports.vault.holds(formatAccount(account))) return
    throw new TokenctlError(
      'LOCK_HELD',
      'The way to the store was cut, and the lock of the account with it.',
      {
        account: formatAccount(account),
        failure: 'transient',
        fix: 'The marketplace was not asked then; the next run asks.',
      },
    )
  }

  /** With each of the app's keys, as long as it is the keys that are refused. @throws what the newest keys were told */
  async #sendWithKeys(ports: SendPorts, keeping: Keeping): Promise<Issued> {
    // A code is good for one use: whoever cannot tell whether it was used must not use it again (RFC 6749 section 4.1.2).
    const { purpose, adapter, now } = this.#what
    const rotation = purpose === 'consent' ? 'strict' : adapter.rotation
    let refusal: unknown
    for (const [index, question] of this.#questions.entries()) {
      try {
        return await sendExchange(question, { now }, rotation, ports, keeping)
      } catch (error) {
        if (!isTokenctlError(error) || error.code !== 'CLIENT_REJECTED') throw error
        refusal ??= error
        if (index + 1 < this.#questions.length) this.#tellOlderKeys()
      }
    }
    throw refusal
  }

  /** Said before the older keys are tried: once an answer is here, it is stored before anything else (I1). */
  #tellOlderKeys(): void {
    const { adapter, header } = this.#what
    this.#ports.tell?.(
      `${adapter.title} does not take the new secret of app ${appOf(header)} yet; the one before it is tried. \`tokenctl status\` says until when that one is good.`,
    )
  }

  /**
   * The record with what was issued, as it was read back; its journal is gone then.
   *
   * @throws what the store throws, saying where the answer is meanwhile.
   */
  async store(next: TokenSet, after: number | null): Promise<StoredAccount> {
    const saved = await storeIssued(this.#what.account, next, after, {
      ...this.#ports,
      isKept: () => this.#keepAgain(),
    })
    await this.#clear()
    // It was read back while the journal was still there.
    return { ...saved, header: { ...saved.header, presentedAt: null, awaitsRecovery: false } }
  }

  /**
   * Ends a presentation that failed, once the failure was written down. The journal stays only where it is open what
   * became of the token.
   */
  async fail(error: TokenctlError): Promise<boolean> {
    return !this.#isUndecided(error) && (await this.#clear())
  }

  /** Ends a presentation of a token that something else holds by now. */
  async end(): Promise<void> {
    await this.#clear()
  }

  /** Lets go of the journal, whatever it says. Safe to call twice. */
  close(): void {
    this.#open.close()
  }

  /** Whether nobody knows what became of the token. */
  #isUndecided({ failure, code }: TokenctlError): boolean {
    if (!mayReplace(this.#what) || code === 'GRANT_REJECTED' || code === 'ANSWER_LOST') return false
    return failure === 'ambiguous' || failure === undefined || this.#what.lostAt !== null
  }

  async #keep(response: HttpResponse, sentAt: EpochMs): Promise<void> {
    const { status, headers, body, cut } = response
    this.#unkept = { sentAt, response: { status, headers, body }, isCut: cut !== undefined }
    // A journal that cannot be written is no reason to drop an answer that is here: the record is its other place.
    await this.#keepAgain()
  }

  async #keepLoss(): Promise<void> {
    try {
      await this.#open.keepLoss()
    } catch (error) {
      // The mark itself says that the token was presented; that no answer came is the reading of it without one.
      if (!isTokenctlError(error)) throw error
    }
  }

  /** Whether the journal holds the last answer, if need be after another try. */
  async #keepAgain(): Promise<boolean> {
    if (this.#unkept === undefined) return true
    try {
      await this.#open.keep(this.#unkept)
      this.#unkept = undefined
      return true
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return false
    }
  }

  /** Whether the journal is gone. One that stays behind is told by the next run, by the record or by its answer. */
  async #clear(): Promise<boolean> {
    this.#open.close()
    try {
      await this.#journal.clear(formatAccount(this.#what.account))
      return true
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return false
    }
  }
}

/** Whether an answer that was lost leaves it open what became of the token. A code is of no use after it. */
function mayReplace({ purpose, adapter }: Presented): boolean {
  return purpose !== 'consent' && adapter.rotation !== 'none'
}
