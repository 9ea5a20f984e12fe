/**
 * What a journal says in the clear, on its first line: that a token of an account was presented, when and where to, and
 * whether an answer stands behind it. Enough for `status`, which opens nothing. No secret.
 */
import * as z from 'zod/mini'
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { journalHead } from './journal-shape.ts'
import { JOURNAL, type JournalStore } from './journal-store.ts'
import { readHead } from './record-file.ts'
import { accountKey, keySubject } from './records.ts'

export type { Purpose } from './journal-shape.ts'

export interface JournalHead extends z.infer<typeof journalHead> {
  /** `account/ebay:main` */
  readonly key: string
  /** The id of the key that sealed the rest. */
  readonly keyId: string | null
  /** Whether a success stands behind it: an answer that may hold a token. */
  readonly isAnswered: boolean
}

/** The line of a question that had no answer. Others begin with the answer's status. */
export const LOSS = 'no answer'

/** The lines of a journal that say something. */
export function linesOf(text: string): readonly string[] {
  return text.split('\n').filter(line => line !== '')
}

/** What the first line of a journal says. @throws {RECORD_UNREADABLE} */
export function readJournalHead(key: string, lines: readonly string[]): JournalHead {
  const mend = `\`tokenctl renew ${keySubject(key)}\` moves it aside; nothing is removed.`
  const kind = { ...JOURNAL, mend }
  const { keyId, header } = readHead(kind, `The journal of ${keySubject(key)}`, key, lines[0] ?? '')
  const head = z.safeDecode(journalHead, header as z.input<typeof journalHead>)
  if (head.success)
    return { ...head.data, key, keyId, isAnswered: lines.slice(2).some(line => line.startsWith('2')) }
  throw new TokenctlError('RECORD_UNREADABLE', `The journal of ${keySubject(key)} is not in shape.`, {
    fix: mend,
  })
}

/** The part of a head that is written: see `JournalHead`. */
export function writeJournalHead(head: Omit<JournalHead, 'key' | 'keyId' | 'isAnswered'>): {
  readonly [field: string]: unknown
} {
  return z.encode(journalHead, head)
}

/** The head of one account's journal; undefined when there is none. @throws {RECORD_UNREADABLE} */
async function headOf(key: string, texts: JournalStore): Promise<JournalHead | undefined> {
  const text = await texts.read(key)
  return text === undefined ? undefined : readJournalHead(key, linesOf(text))
}

/** What one account's journal says, unreadable or not; undefined when there is none. */
export async function journalEntry(key: string, texts: JournalStore): Promise<HeadEntry | undefined> {
  try {
    return await headOf(key, texts)
  } catch (problem) {
    if (!isTokenctlError(problem)) throw problem
    return { key, problem }
  }
}

export type HeadEntry = JournalHead | { readonly key: string; readonly problem: TokenctlError }

/** The heads of all journals, or of those of these records; one that cannot be read is a problem of its own. */
export async function journalHeads(
  texts: JournalStore,
  of?: ReadonlySet<string>,
): Promise<readonly HeadEntry[]> {
  const keys = (await texts.keys()).filter(key => of?.has(key) ?? true)
  // All asked for at once: where they rest on another machine, that is one way there and back.
  const heads = await Promise.all(keys.map(key => journalEntry(key, texts)))
  return heads.filter(head => head !== undefined)
}

/**
 * An account's header with what its journal says of it. A journal that speaks of a token or a generation that is past
 * says nothing: the record was written and only the journal's removal was cut off.
 */
export function withJournal(header: AccountHeader, head: HeadEntry | undefined): AccountHeader {
  if (head === undefined || head.key !== accountKey(header.account)) return header
  // It may hold the only copy of a token: an account must not look fine because nobody can tell.
  if ('problem' in head) {
    const since = header.acceptedAt ?? header.consentAt ?? 0
    return { ...header, presentedAt: since, awaitsRecovery: true }
  }
  const waits = { ...header, presentedAt: head.at, awaitsRecovery: true }
  if (head.purpose === 'brought') return waits
  // A code without an answer is of no use to anybody, and says of the stored token only what was said of it before.
  if (head.purpose === 'consent') {
    if (head.generation !== header.generation) return header
    if (head.isAnswered) return waits
    return head.wasLost ? { ...header, presentedAt: head.at } : header
  }
  if (head.purpose === 'pending') return head.isAnswered && header.pendingAt !== null ? waits : header
  if (head.generation !== header.generation || head.fingerprint !== header.fingerprint) return header
  if (head.isAnswered) return waits
  return head.mayReplace ? { ...header, presentedAt: head.at } : header
}

/** What a person should know of a journal that no header of an account speaks for. */
export function journalNote(entry: HeadEntry): readonly string[] {
  const account = keySubject(entry.key)
  if ('problem' in entry) return [`${account}: ${entry.problem.message} ${entry.problem.fix}`]
  const [marketplace, name] = account.split(':')
  if (entry.purpose === 'consent' && entry.isAnswered)
    return [`A consent for ${account} waits to be stored: run \`tokenctl login ${account}\` again.`]
  if (entry.purpose !== 'brought') return []
  return [
    `A token that was brought for ${account} waits to be stored: run \`tokenctl set-${marketplace} ${name}\` again.`,
  ]
}
