/**
 * What is on its way between a marketplace and the vault (I1). Before a token is presented, its journal says so; when the
 * answer is in, the journal holds it, sealed, before anybody judges it; when the record is written the journal goes.
 * Whoever is killed in between leaves what the next run needs. The key was read before the request: a keychain that
 * locks itself in the middle costs a delay, not a token.
 * Nothing here decides what a journal that is found means: `renewal/recover.ts` does.
 */
import * as z from 'zod/mini'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { HttpResponse } from '../platform/http.ts'
import { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import { ENVIRONMENTS, type Environment, REGIONS, type Region } from '../tokens/token-set.ts'
import { open, seal } from './envelope.ts'
import {
  type JournalHead,
  LOSS,
  linesOf,
  type Purpose,
  readJournalHead,
  writeJournalHead,
} from './journal-head.ts'
import { JOURNAL, type JournalText } from './journal-store.ts'
import type { VaultKey } from './key-source.ts'
import { writeHead } from './record-file.ts'
import { accountKey } from './records.ts'
import type { SecretStore } from './secret-store.ts'
import { newerVersion, parseStored } from './stored-json.ts'

/** What a consent was asked for with, besides its code. */
export interface ConsentIntent {
  /** Whose consent it is, where the redirect said so. */
  readonly seller: string | null
  /** Whether the account may go over to another seller. */
  readonly replacesSeller: boolean
}

/** A token that is about to be presented, with all that its answer needs to be stored by whoever finds it. */
export interface Undertaking {
  /** `ebay:main` */
  readonly account: string
  readonly purpose: Purpose
  /** Whether the marketplace may replace the token when it is used. */
  readonly mayReplace: boolean
  /** The record's generation when it was presented; 0 where there is no record yet. */
  readonly generation: number
  /** When it was presented the first time; before `wasLost`, where that is true. */
  readonly at: EpochMs
  /** Whether the answer to an earlier presentation of this token was lost. */
  readonly wasLost: boolean
  readonly token: Secret
  /** What a person chose with a token that they brought; a record has them already. */
  readonly app: string | null
  readonly region: Region | null
  readonly environment: Environment
  /** With the purpose `consent`, whose token is the code. */
  readonly consent?: ConsentIntent | undefined
}

/** An answer as it came. */
export interface KeptReply {
  /** When its question was sent: what the answer counts from. */
  readonly sentAt: EpochMs
  readonly response: Pick<HttpResponse, 'status' | 'headers' | 'body'>
  /** It broke off before its end. */
  readonly isCut: boolean
}

/** A journal that is open for answers. */
export interface OpenJournal {
  /** Makes an answer durable. @throws {WRITE_FAILED} */
  keep(reply: KeptReply): Promise<void>
  /** Makes durable that a question had no answer. @throws {WRITE_FAILED} */
  keepLoss(): Promise<void>
  close(): void
}

/** What was found under an account. `damaged` also where only what it says cannot be opened. */
export type FoundJournal =
  | {
      readonly state: 'readable'
      readonly undertaking: Undertaking
      readonly replies: readonly KeptReply[]
      /** Whether a question that was sent had no answer. */
      readonly hasLoss: boolean
      /** Whether an answer behind the others does not open: its write was cut off. */
      readonly isTorn: boolean
    }
  | {
      readonly state: 'damaged' | 'newer' | 'other-key'
      /** Of the first line, where that can be read. */
      readonly head: JournalHead | undefined
    }

const secret = z.codec(z.string(), z.instanceof(Secret), {
  decode: text => new Secret(text),
  encode: value => value.reveal(),
})
const undertakingShape = z.strictObject({
  token: secret,
  app: z.nullable(z.string()),
  region: z.nullable(z.enum(REGIONS)),
  environment: z.enum(ENVIRONMENTS),
  consent: z.optional(z.strictObject({ seller: z.nullable(z.string()), replacesSeller: z.boolean() })),
})
const replyShape = z.strictObject({
  sentAt: z.number(),
  response: z.strictObject({
    status: z.int(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
  }),
  isCut: z.boolean(),
})

/** The version of the first line; a newer one is set aside. */
const JOURNAL_VERSION = 1

export class Journal {
  readonly #store: Pick<SecretStore, 'journal' | 'sealKey' | 'fingerprint'>
  readonly #onChange: (key: string) => void

  /** @param onChange told the key of each journal that is begun, removed or set aside. */
  constructor(
    store: Pick<SecretStore, 'journal' | 'sealKey' | 'fingerprint'>,
    onChange: (key: string) => void = () => {},
  ) {
    this.#store = store
    this.#onChange = onChange
  }

  /**
   * Says durably that a token is about to be presented, in the place of whatever the journal said before.
   *
   * @throws {WRITE_FAILED} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE}: nothing may be sent then
   */
  async present(undertaking: Undertaking): Promise<OpenJournal> {
    const { account, token, app, region, environment, consent, ...clear } = undertaking
    const key = accountKey(account)
    const sealKey = await this.#store.sealKey()
    const fingerprint = await this.#store.fingerprint(token.reveal())
    const header = writeJournalHead({ ...clear, fingerprint })
    const head = writeHead(JOURNAL, key, { keyId: sealKey.id, header })
    const intent = JSON.stringify(z.encode(undertakingShape, { token, app, region, environment, consent }))
    const text = await this.#store.journal.begin(key, `${head}\n${await seal(sealKey.bytes, head, intent)}\n`)
    this.#onChange(key)
    return openJournal(text, head, sealKey)
  }

  /** What the journal of an account says; undefined when there is none. @throws {VAULT_LOCKED} · {VAULT_UNAVAILABLE} · {RECORD_UNREADABLE} */
  async read(account: string): Promise<FoundJournal | undefined> {
    const key = accountKey(account)
    const text = await this.#store.journal.read(key)
    if (text === undefined) return undefined
    const lines = linesOf(text)
    const head = headOrWhy(key, lines)
    if (head === 'newer' || head === 'damaged') return { state: head, head: undefined }
    const sealKey = await this.#store.sealKey()
    if (head.keyId !== sealKey.id) return { state: 'other-key', head }
    return (await opened(account, head, lines, sealKey.bytes)) ?? { state: 'damaged', head }
  }

  /** Gives the mark of an account to another name for the same account. Answers are stored before anybody renames. */
  async move(from: string, to: string): Promise<void> {
    const found = await this.read(from)
    if (found?.state !== 'readable') return
    const open = await this.present({ ...found.undertaking, account: to })
    open.close()
    await this.clear(from)
  }

  /** Removes the journal of an account: what it held is in the record, or was never anything. */
  async clear(account: string): Promise<void> {
    const key = accountKey(account)
    await this.#store.journal.remove(key)
    this.#onChange(key)
  }

  /** Keeps a copy of the journal of an account, as `setAside` does, for what is presented next to take its place. */
  async copyAside(account: string, why: string): Promise<string> {
    return await this.#store.journal.copyAside(accountKey(account), why)
  }

  /** Moves the journal of an account out of the way, for a person to look at; returns its new name. */
  async setAside(account: string, why: string): Promise<string> {
    const key = accountKey(account)
    const name = await this.#store.journal.setAside(key, why)
    this.#onChange(key)
    return name
  }
}

function openJournal(text: JournalText, head: string, sealKey: VaultKey): OpenJournal {
  let number = 0
  return {
    async keep(reply) {
      const begin = `${reply.response.status}`
      const sealed = await seal(sealKey.bytes, besideReply(head, number, begin), JSON.stringify(reply))
      await text.addLine(`${begin} ${sealed}`)
      number += 1
    },
    async keepLoss() {
      await text.addLine(LOSS)
      number += 1
    },
    close: () => text.close(),
  }
}

/** What an answer is sealed to: this journal, its place in it, and the status that stands before it in the clear. */
function besideReply(head: string, number: number, status: string): string {
  return `${head}\n${number} ${status}`
}

function headOrWhy(key: string, lines: readonly string[]): JournalHead | 'newer' | 'damaged' {
  try {
    return readJournalHead(key, lines)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return newerVersion(parseStored(lines[0] ?? ''), JOURNAL_VERSION) === undefined ? 'damaged' : 'newer'
  }
}

async function opened(
  account: string,
  head: JournalHead,
  [line = '', intent = '', ...sealed]: readonly string[],
  key: Uint8Array,
): Promise<FoundJournal | undefined> {
  const text = await open(key, line, intent)
  const sealedPart = text === undefined ? undefined : z.safeDecode(undertakingShape, JSON.parse(text))
  if (sealedPart?.success !== true) return undefined
  const { purpose, mayReplace, wasLost, generation, at } = head
  const undertaking = { account, purpose, mayReplace, wasLost, generation, at, ...sealedPart.data }
  const replies: KeptReply[] = []
  const hasLoss = sealed.includes(LOSS)
  for (const [number, each] of sealed.entries()) {
    if (each === LOSS) continue
    const [status = '', text = ''] = each.split(' ')
    const reply = await open(key, besideReply(line, number, status), text)
    if (reply === undefined) return { state: 'readable', undertaking, replies, hasLoss, isTorn: true }
    replies.push(readReply(reply))
  }
  return { state: 'readable', undertaking, replies, hasLoss, isTorn: false }
}

/** What was sealed was made here: a text that opens and is no reply is our own fault. */
function readReply(text: string): KeptReply {
  const result = z.safeParse(replyShape, parseStored(text))
  if (result.success) return result.data
  throw new TokenctlError('BUG', 'A journal holds an answer that is none.')
}
