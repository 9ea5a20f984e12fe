/**
 * The header of an account or an app as this version writes it, read field by field: an eighth of the time that the schemas of
 * `record-shapes.ts` take, which a listing of 100,000 is made of. It never says that a header is wrong, only that it is not
 * certain of it; what is right, what is wrong, and how that is told is the schema's.
 */
import { isName } from '../tokens/account.ts'
import type { AppHeader } from '../tokens/app-keys.ts'
import { DELIVERED_TOKENS, type Delivery, type DeliveryFailing } from '../tokens/delivery.ts'
import { isTagKey, type Tags } from '../tokens/tags.ts'
import { type EpochMs, parseDate } from '../tokens/time.ts'
import {
  type AccountHeader,
  type Attempt,
  ENVIRONMENTS,
  type Environment,
  type Failing,
  type Gap,
  HIGHEST_COUNTED,
  REGIONS,
  type Region,
} from '../tokens/token-set.ts'
import type { HeaderJson } from './secret-store.ts'

/** What was read. */
export interface PlainHeader {
  readonly header: AccountHeader
  readonly revision: number
}

/** Thrown and caught here: a field is not as it is written, or there are others. */
class Uncertain extends Error {}

/** How many fields there are, with those that older records of this version do not have. */
const FIELDS = 22
/** Of an app's, without the one that only some have. */
const APP_FIELDS = 8

/**
 * The header and its revision, as the schema would read them; undefined where only the schema can tell.
 *
 * @param version that of records as this version writes them.
 */
export function plainHeader(json: HeaderJson, version: number): PlainHeader | undefined {
  if (json['record'] !== version) return undefined
  try {
    if (Object.keys(json).length !== FIELDS) return undefined
    return { header: headerIn(json), revision: count(json['revision']) }
  } catch (error) {
    if (error instanceof Uncertain) return undefined
    throw error
  }
}

/** An app's header and its revision, likewise. */
export function plainAppHeader(
  json: HeaderJson,
  version: number,
): { readonly header: AppHeader; readonly revision: number } | undefined {
  if (json['record'] !== version) return undefined
  try {
    const hasOrigin = json['tokenOrigin'] !== undefined
    only(json, hasOrigin ? APP_FIELDS + 1 : APP_FIELDS)
    const header = {
      marketplace: name(json['marketplace']),
      name: name(json['name']),
      environment: word<Environment>(json['environment'], ENVIRONMENTS),
      isPublic: truth(json['isPublic']),
      secretIssuedAt: dateOrNone(json['secretIssuedAt']),
      previousEndsAt: dateOrNone(json['previousEndsAt']),
      ...(hasOrigin && { tokenOrigin: text(json['tokenOrigin']) }),
    }
    return { header, revision: count(json['revision']) }
  } catch (error) {
    if (error instanceof Uncertain) return undefined
    throw error
  }
}

function headerIn(json: HeaderJson): AccountHeader {
  return {
    account: account(json['account']),
    app: json['app'] === null ? null : name(json['app']),
    environment: word<Environment>(json['environment'], ENVIRONMENTS),
    holdsToken: truth(json['holdsToken']),
    generation: generation(json['generation']),
    consentAt: dateOrNone(json['consentAt']),
    renewedAt: dateOrNone(json['renewedAt']),
    endsAt: dateOrNone(json['endsAt']),
    acceptedAt: dateOrNone(json['acceptedAt']),
    accessExpiresAt: dateOrNone(json['accessExpiresAt']),
    seller: textOrNone(json['seller']),
    region: json['region'] === null ? null : word<Region>(json['region'], REGIONS),
    refused: orNone(json['refused'], refused),
    pendingAt: dateOrNone(json['pendingAt']),
    lastAttempt: orNone(json['lastAttempt'], attempt),
    failing: orNone(json['failing'], failing),
    gap: orNone(json['gap'], gap),
    delivery: orNone(json['delivery'], delivery),
    tags: tags(json['tags']),
    fingerprint: textOrNone(json['fingerprint']),
    // No part of the record.
    isAppPublic: null,
    presentedAt: null,
    awaitsRecovery: false,
  }
}

type Fields = Readonly<Record<string, unknown>>

/** An object with so many fields; null stays. */
function orNone<Value>(value: unknown, read: (fields: Fields) => Value): Value | null {
  return value === null ? null : read(objectOf(value))
}

function objectOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Uncertain()
  return value as Fields
}

function only(fields: Fields, number: number): void {
  if (Object.keys(fields).length !== number) throw new Uncertain()
}

function refused(fields: Fields): NonNullable<AccountHeader['refused']> {
  only(fields, 2)
  return { code: word(fields['code'], ['GRANT_REJECTED', 'ANSWER_LOST'] as const), at: date(fields['at']) }
}

function attempt(fields: Fields): Attempt {
  only(fields, 3)
  return {
    at: date(fields['at']),
    outcome: word(fields['outcome'], ['renewed', 'proved', 'failed'] as const),
    code: textOrNone(fields['code']),
  }
}

function failing(fields: Fields): Failing {
  only(fields, 4)
  return {
    code: text(fields['code']),
    count: countFromOne(fields['count']),
    since: date(fields['since']),
    notBefore: dateOrNone(fields['notBefore']),
  }
}

function gap(fields: Fields): Gap {
  only(fields, 2)
  return { from: date(fields['from']), to: date(fields['to']) }
}

function delivery(fields: Fields): Delivery {
  only(fields, 8)
  const { tokens } = fields
  if (!Array.isArray(tokens) || tokens.length === 0) throw new Uncertain()
  return {
    how: word(fields['how'], ['command', 'url'] as const),
    target: text(fields['target']),
    tokens: tokens.map(token => word(token, DELIVERED_TOKENS)),
    setAt: date(fields['setAt']),
    marginMs: fields['marginMs'] === null ? null : count(fields['marginMs']),
    deliveredGeneration: fields['deliveredGeneration'] === null ? null : count(fields['deliveredGeneration']),
    deliveredAt: dateOrNone(fields['deliveredAt']),
    failing: orNone(fields['failing'], deliveryFailing),
  }
}

function deliveryFailing(fields: Fields): DeliveryFailing {
  only(fields, 5)
  return {
    code: text(fields['code']),
    count: countFromOne(fields['count']),
    since: date(fields['since']),
    lastAt: date(fields['lastAt']),
    notBefore: dateOrNone(fields['notBefore']),
  }
}

function tags(value: unknown): Tags {
  const read: Record<string, string> = {}
  for (const [key, each] of Object.entries(objectOf(value))) {
    if (!isTagKey(key)) throw new Uncertain()
    read[key] = text(each)
  }
  return read
}

function account(value: unknown): string {
  const whole = text(value)
  const colon = whole.indexOf(':')
  if (!isName(whole.slice(0, Math.max(colon, 0))) || !isName(whole.slice(colon + 1))) throw new Uncertain()
  return whole
}

function name(value: unknown): string {
  const whole = text(value)
  if (!isName(whole)) throw new Uncertain()
  return whole
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Uncertain()
  return value
}

function textOrNone(value: unknown): string | null {
  return value === null ? null : text(value)
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Uncertain()
  return value
}

function word<Word extends string>(value: unknown, words: readonly Word[]): Word {
  const found = words.find(each => each === value)
  if (found === undefined) throw new Uncertain()
  return found
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Uncertain()
  return value
}

function countFromOne(value: unknown): number {
  const number = count(value)
  if (number === 0) throw new Uncertain()
  return number
}

/** One that cannot be counted up is taken for another by the schema. */
function generation(value: unknown): number {
  const number = count(value)
  if (number > HIGHEST_COUNTED) throw new Uncertain()
  return number
}

function date(value: unknown): EpochMs {
  const at = parseDate(text(value))
  if (at === undefined) throw new Uncertain()
  return at
}

function dateOrNone(value: unknown): EpochMs | null {
  return value === null ? null : date(value)
}
