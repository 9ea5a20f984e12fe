/**
 * Headers from their stored form and back: what they are called, of which version they are, and what is said of one that
 * is wrong. Their schemas are in `record-shapes.ts`, which nobody loads whose records all read plainly; the secrets' are in
 * `record-secrets.ts`, loaded when a body is opened.
 */
import * as z from 'zod/mini'
import { TokenctlError } from '../errors.ts'
import type { AppHeader } from '../tokens/app-keys.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { plainAppHeader, plainHeader } from './plain-header.ts'
import { accountHeader, appHeader } from './record-shapes.ts'
import { RECORD_VERSION } from './record-version.ts'
import type { HeaderJson } from './secret-store.ts'

/** A stored record's number: 1 when it is made, one more at every save. */
export type Revision = number

export interface Stored<Header> {
  readonly header: Header
  readonly revision: Revision
}

/** The key of an account's record: `account/ebay:main`. */
export function accountKey(account: string): string {
  return `account/${account}`
}

/** The name of an app's lock, which everybody takes who changes one. An account's is its own name. */
export function appLock(marketplace: string, name: string): string {
  return `app-${marketplace}-${name}`
}

/** The key of an app's record: `app/ebay:default`. */
export function appKey(marketplace: string, name: string): string {
  return `app/${marketplace}:${name}`
}

/** The account or app that a key is of, as typed: `ebay:main`. */
export function keySubject(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}

/**
 * An account's header from its stored form.
 *
 * @throws {RECORD_UNREADABLE} when it is of a newer version, of another account, or not in shape.
 */
export function readAccountHeader(key: string, json: HeaderJson): Stored<AccountHeader> {
  const { revision, header } = plainHeader(json, RECORD_VERSION) ?? shapedHeader(key, json)
  if (accountKey(header.account) !== key)
    throw new TokenctlError('RECORD_UNREADABLE', `The record ${key} says that it is ${header.account}'s.`)
  return { header, revision }
}

/** What the schema makes of an account's stored header, whoever it is of. @throws {RECORD_UNREADABLE} */
export function shapedHeader(key: string, json: HeaderJson): Stored<AccountHeader> {
  const { record: _, revision, ...stored } = decode(accountHeader, key, json)
  const header = { ...stored, isAppPublic: null, presentedAt: null, awaitsRecovery: false }
  return { header, revision }
}

/** An account's header in its stored form. */
export function writeAccountHeader(header: AccountHeader, revision: Revision): HeaderJson {
  // What was presented stands in the journal alone, and what its app is with the app: two can never say different things.
  const { presentedAt: _at, awaitsRecovery: _kept, isAppPublic: _app, ...stored } = header
  return z.encode(accountHeader, { record: RECORD_VERSION, revision, ...stored })
}

/**
 * An app's header from its stored form.
 *
 * @throws {RECORD_UNREADABLE} as for an account's.
 */
export function readAppHeader(key: string, json: HeaderJson): Stored<AppHeader> {
  const { revision, header } = plainAppHeader(json, RECORD_VERSION) ?? shapedAppHeader(key, json)
  if (appKey(header.marketplace, header.name) !== key)
    throw new TokenctlError(
      'RECORD_UNREADABLE',
      `The record ${key} says that it is ${header.marketplace}:${header.name}'s.`,
    )
  return { header, revision }
}

/** What the schema makes of an app's stored header, whichever it is. @throws {RECORD_UNREADABLE} */
export function shapedAppHeader(key: string, json: HeaderJson): Stored<AppHeader> {
  const { record: _, revision, ...header } = decode(appHeader, key, json)
  return { header, revision }
}

/** An app's header in its stored form. */
export function writeAppHeader(header: AppHeader, revision: Revision): HeaderJson {
  return z.encode(appHeader, { record: RECORD_VERSION, revision, ...header })
}

/**
 * What a schema makes of a stored part of a record.
 *
 * @throws {RECORD_UNREADABLE} naming the key and, for a shape that is wrong, the field; never a value.
 */
export function decode<Schema extends z.core.$ZodType>(
  schema: Schema,
  key: string,
  json: unknown,
): z.output<Schema> {
  refuseNewer(key, json)
  const result = z.safeDecode(schema, upToDate(json) as z.input<Schema>)
  if (result.success) return result.data
  const where = result.error.issues
    .map(issue =>
      'keys' in issue ? `unknown field ${issue.keys.join(', ')}` : issue.path.join('.') || 'its whole',
    )
    .join('; ')
  throw new TokenctlError('RECORD_UNREADABLE', `The record ${key} is not in shape (${harmless(where)}).`)
}

type Part = Readonly<Record<string, unknown>>

/** By version, what makes a part of a record one of the next version. Which part it is shows in its fields. */
const STEPS: ReadonlyMap<unknown, (part: Part) => Part> = new Map([
  [1, withoutMark],
  [2, withPrevious],
])

/** A part of a record of an older version as one of today's; anything else as it is. */
function upToDate(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json
  let part = json as Part
  for (let step = STEPS.get(part['record']); step !== undefined; step = STEPS.get(part['record'])) {
    part = step(part)
  }
  return part
}

/** The header of an account of version 1 held the mark that the journal holds now. */
function withoutMark({ presentedAt, ...kept }: Part): Part {
  const isAccountHeader = presentedAt !== undefined
  return { ...kept, record: 2, ...(isAccountHeader ? { failing: null, gap: null } : {}) }
}

/** An app of version 2 knew no secret but its newest. */
function withPrevious(part: Part): Part {
  const header = 'secretIssuedAt' in part ? { previousEndsAt: null } : {}
  const body = 'keys' in part ? { previous: null } : {}
  return { ...header, ...body, ...part, record: 3 }
}

/**
 * Stops at a record that a newer tokenctl wrote: reading it half would lose the other half at the next save.
 *
 * @throws {RECORD_UNREADABLE}
 */
function refuseNewer(key: string, json: unknown): void {
  if (typeof json !== 'object' || json === null || !('record' in json)) return
  const version = json.record
  if (typeof version !== 'number' || version <= RECORD_VERSION) return
  throw new TokenctlError(
    'RECORD_UNREADABLE',
    `The record ${key} was written by a newer tokenctl (record version ${version}, known is ${RECORD_VERSION}).`,
    { fix: 'Update tokenctl. Nothing was changed.' },
  )
}

// Field names of a damaged file may hold anything.
function harmless(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)
}
