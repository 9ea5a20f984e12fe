/**
 * One presentation of a token to its marketplace, from the mark in the journal to the record (I1): the store is proved
 * writable, the journal says what is about to happen, the token is sent, the answer is durable before it is judged, the
 * record is written and read back, and only then the journal goes. Whoever calls holds the account's lock and has
 * recovered: what the journal said before is written over, so that the mark of a lost answer ends where a person's own
 * token is presented in its place.
 */
import { isTokenctlError, type TokenctlError } from '../errors.ts'
import type { Exchange, MarketplaceAdapter, RefreshInput } from '../marketplaces/adapter.ts'
import type { HttpResponse } from '../platform/http.ts'
import { type AccountRef, formatAccount } from '../tokens/account.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { AccountHeader, Issued, TokenSet } from '../tokens/token-set.ts'
import type { Journal, KeptReply, OpenJournal } from '../vault/journal.ts'
import type { Purpose } from '../vault/journal-head.ts'
import type { StoredAccount } from '../vault/vault.ts'
import type { RenewalPorts } from './ports.ts'
import { appOf } from './ration.ts'
import { answerLost, type Keeping, sendRefresh } from './send.ts'
import { storeIssued } from './store-issued.ts'

export interface Presented {
  readonly account: AccountRef
  /** The record's header, or what it will begin with. */
  readonly header: AccountHeader
  readonly purpose: Purpose
  readonly token: Secret
  readonly keys: AppKeys
  readonly adapter: MarketplaceAdapter
  readonly now: EpochMs
  /** When this token was presented before and its answer lost; null when it was not. */
  readonly lostAt: EpochMs | null
}

export class Presentation {
  readonly #what: Presented
  readonly #ports: RenewalPorts
  readonly #exchange: Exchange<RefreshInput>
  readonly #journal: Journal
  readonly #open: OpenJournal
  readonly #origin: string
  /** The last answer, until the journal holds it. */
  #unkept: KeptReply | undefined

  private constructor(
    what: Presented,
    ports: RenewalPorts,
    parts: { exchange: Exchange<RefreshInput>; journal: Journal; open: OpenJournal; origin: string },
  ) {
    this.#what = what
    this.#ports = ports
    this.#exchange = parts.exchange
    this.#journal = parts.journal
    this.#open = parts.open
    this.#origin = parts.origin
  }

  /**
   * Gets everything ready that could fail later, and marks the token as presented. Nothing was sent when this throws.
   *
   * @throws {WRITE_FAILED} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE}
   */
  static async begin(what: Presented, ports: RenewalPorts): Promise<Presentation> {
    const { adapter, header, purpose, token, now, lostAt } = what
    // Imported before anything is marked as sent: a broken installation must not leave such a mark.
    const exchange = await adapter.refresh()
    const { origin, environment } = ports.destinationOf(adapter)
    await ports.vault.prove()
    const journal = await ports.vault.journal()
    const open = await journal.present({
      account: formatAccount(what.account),
      purpose,
      token,
      mayReplace: adapter.rotation !== 'none',
      generation: header.generation,
      at: lostAt ?? now,
      wasLost: lostAt !== null,
      app: header.app,
      region: header.region,
      environment,
    })
    return new Presentation(what, ports, { exchange, journal, open, origin })
  }

  /**
   * What the marketplace issued for the token.
   *
   * @throws what `sendRefresh` throws. GRANT_REJECTED for a token whose earlier answer was lost becomes ANSWER_LOST.
   */
  async send(): Promise<Issued> {
    const { keys: app, token: refreshToken, now, adapter, header, purpose, lostAt } = this.#what
    const input = { app, refreshToken, now, origin: this.#origin }
    const keeping: Keeping = {
      wasLost: lostAt !== null,
      reply: (response, sentAt) => this.#keep(response, sentAt),
      loss: () => this.#keepLoss(),
    }
    const { quota, clock } = this.#ports
    const onSend = () => quota?.used(adapter.id, appOf(header), clock.now())
    try {
      return await sendRefresh(this.#exchange, input, adapter.rotation, { ...this.#ports, onSend }, keeping)
    } catch (error) {
      // Once lost, it stays that: the vendor refuses a dead token in the same words each time.
      const wasLost = lostAt !== null || (purpose === 'refresh' && header.refused?.code === 'ANSWER_LOST')
      throw wasLost && isTokenctlError(error) && error.code === 'GRANT_REJECTED' ? answerLost(error) : error
    }
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
    if (this.#what.adapter.rotation === 'none' || code === 'GRANT_REJECTED' || code === 'ANSWER_LOST')
      return false
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
