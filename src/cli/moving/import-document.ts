/** From the text of an import document to checked apps and accounts. Every fault names its place, none a value. */
import { memberTwice } from '../../json-place.ts'
import { DEFAULT_NAME, formatAccount, parseAccount, parseName } from '../../tokens/account.ts'
import type { Secret } from '../../tokens/secret.ts'
import { requireTags, type Tags } from '../../tokens/tags.ts'
import { DAY, type EpochMs } from '../../tokens/time.ts'
import type { Environment, Region } from '../../tokens/token-set.ts'
import { keysFromObject, showKeyName } from '../keys/app-keys.ts'
import type { EnteredApp } from '../keys/entered-app.ts'
import { parseJsonInput } from '../keys/json-input.ts'
import type { MarketplaceRules } from '../rules.ts'
import { type ImportAccount, type ImportApp, importSchema } from '../shapes/import-shape.ts'
import { type GivenAppRecord, type GivenRecord, readAppRecord, readRecord } from './import-record.ts'
import { at, dateAt, faulty, pastDateAt, tokenAt } from './import-values.ts'

/** How far ahead a day may lie that another machine stored as the day on which something was done. */
const CLOCKS_APART = 3 * 366 * DAY

/** One account as the document gives it; null where it says nothing. */
export interface GivenAccount {
  readonly account: string
  /** Null for an account that is followed by its dates alone. */
  readonly app: string | null
  readonly environment: Environment
  readonly refreshToken: Secret | null
  readonly consentAt: EpochMs | null
  readonly renewedAt: EpochMs | null
  readonly endsAt: EpochMs | null
  readonly accessToken: Secret | null
  readonly accessExpiresAt: EpochMs | null
  readonly region: Region | null
  /** All of its tags; absent where the document says nothing of them. */
  readonly tags?: Tags
  /** What only `export` writes; null in a document of a person's. */
  readonly record: GivenRecord | null
}

/** One app as the document gives it. */
export interface GivenApp extends EnteredApp {
  /** What only `export` writes; null in a document of a person's. */
  readonly record: GivenAppRecord | null
}

export interface GivenDocument {
  readonly apps: readonly GivenApp[]
  readonly accounts: readonly GivenAccount[]
}

/**
 * Reads and checks a whole document.
 *
 * @throws {USAGE} {ANSWER_MISSING} {MARKETPLACE_UNKNOWN} naming the place: `accounts[2].consentAt`.
 */
export function readImportDocument(text: string, rules: MarketplaceRules, now: EpochMs): GivenDocument {
  const value = parseJsonInput(text, 'import document')
  const twice = memberTwice(text.replace(/^\uFEFF/, ''))
  if (twice !== undefined) throw faulty(`\`${showKeyName(twice.name)}\` is set twice (${twice.place})`)
  const result = importSchema.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]
    const unknown = issue?.code === 'unrecognized_keys' ? showKeyName(issue.keys[0]) : undefined
    const place = placeOf(issue?.path ?? [])
    const problem =
      unknown === undefined
        ? `is not as it should be (${plainProblem(issue)})`
        : `has an unknown field \`${unknown}\``
    throw faulty(`${place === '' ? 'the document' : place} ${problem}`)
  }
  const apps = (result.data.apps ?? []).map((app, index) => readApp(app, `apps[${index}]`, rules, now))
  const accounts = (result.data.accounts ?? []).map((account, index) =>
    readAccount(account, `accounts[${index}]`, rules, now),
  )
  refuseTwice(apps.map(({ header }) => `${header.marketplace} app ${header.name}`))
  refuseTwice(accounts.map(({ account }) => account))
  refuseSharedToken(accounts)
  if (apps.length + accounts.length === 0) throw faulty('the document has neither apps nor accounts')
  return { apps, accounts }
}

/** `accounts[2].region`, from zod's path. */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${showKeyName(String(step))}`,
    )
    .join('')
}

interface Issue {
  readonly code?: string
  readonly expected?: unknown
  readonly values?: unknown
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly origin?: unknown
}

/** As people call what JSON is made of. */
const KINDS: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

function plainProblem(issue: Issue | undefined): string {
  if (issue?.origin !== 'string' && issue?.code === 'too_small')
    return `it must be ${String(issue.minimum)} or more`
  if (issue?.code === 'too_big') return `it must be ${String(issue.maximum)} or less`
  if (issue?.code === 'invalid_value' && Array.isArray(issue.values))
    return `it must be ${issue.values.join(' or ')}`
  if (issue?.code === 'invalid_type') return `it must be ${KINDS[String(issue.expected)] ?? 'something else'}`
  return 'it is empty'
}

function refuseTwice(names: readonly string[]): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw faulty(`${name} stands twice`)
    seen.add(name)
  }
}

/**
 * One token under two names would be spent by the one and presented again by the other, as a thief would. The fingerprint only
 * narrows it down: of 10,000 different tokens two have the same 32 bits in one fleet out of a hundred.
 */
function refuseSharedToken(accounts: readonly GivenAccount[]): void {
  const owners = new Map<string, { readonly account: string; readonly token: Secret }[]>()
  for (const { account, refreshToken, record } of accounts) {
    const token = refreshToken ?? record?.pending?.refreshToken
    if (token === undefined) continue
    const { fingerprint } = token
    const alike = owners.get(fingerprint) ?? []
    const other = alike.find(owner => owner.token.equals(token))
    if (other !== undefined) throw faulty(`${other.account} and ${account} have the same refresh token`)
    owners.set(fingerprint, [...alike, { account, token }])
  }
}

function readApp(app: ImportApp, place: string, rules: MarketplaceRules, now: EpochMs): GivenApp {
  const adapter = at(`${place}.marketplace`, () => rules.adapterOf(app.marketplace))
  const name = at(`${place}.name`, () => parseName(app.name ?? DEFAULT_NAME, 'app'))
  const environment = app.record?.environment ?? rules.destinationOf(adapter).environment
  const latest = app.record === undefined ? now : now + CLOCKS_APART
  const secretIssuedAt = pastDateAt(app.secretIssuedAt, `${place}.secretIssuedAt`, latest)
  const keys = at(place, () => keysFromObject(app.keys, adapter, 'keys'))
  const record = app.record === undefined ? null : readAppRecord(app.record, adapter, place)
  return { header: { marketplace: adapter.id, name, environment, secretIssuedAt }, keys, record }
}

function readAccount(
  given: ImportAccount,
  place: string,
  rules: MarketplaceRules,
  now: EpochMs,
): GivenAccount {
  const { adapter, account } = at(`${place}.account`, () => {
    const { marketplace, name } = parseAccount(given.account)
    const found = rules.adapterOf(marketplace)
    return { adapter: found, account: formatAccount({ marketplace, name: name ?? DEFAULT_NAME }) }
  })
  // What was stored once is taken back as it was, also where the clock of that machine went somewhat wrong.
  const isRecord = given.record !== undefined
  const latest = isRecord ? now + CLOCKS_APART : now
  const shape = isRecord ? undefined : { shape: adapter.refreshTokenShape, title: adapter.title }
  const record = given.record === undefined ? null : readRecord(given.record, place, latest)
  const { refreshToken, accessToken } = given
  // `track` makes its accounts for production, wherever the settings lead.
  const here = refreshToken === null ? 'production' : rules.destinationOf(adapter).environment
  return {
    account,
    app: appOf(given, place),
    environment: given.record?.environment ?? here,
    refreshToken: refreshToken === null ? null : tokenAt(refreshToken, `${place}.refreshToken`, shape),
    consentAt: pastDateAt(given.consentAt, `${place}.consentAt`, latest),
    renewedAt: pastDateAt(given.renewedAt, `${place}.renewedAt`, latest),
    endsAt: dateAt(given.endsAt, `${place}.endsAt`),
    accessToken: accessToken == null ? null : tokenAt(accessToken, `${place}.accessToken`),
    accessExpiresAt: dateAt(given.accessExpiresAt, `${place}.accessExpiresAt`),
    region: given.region ?? null,
    ...(given.tags == null ? {} : { tags: tagsAt(given.tags, `${place}.tags`) }),
    record,
  }
}

/** The app whose keys refresh the account; null where there is nothing to refresh. */
function appOf(given: ImportAccount, place: string): string | null {
  const hasToken = given.refreshToken !== null || given.record?.pending != null
  const name = given.app ?? (hasToken ? DEFAULT_NAME : null)
  return name === null ? null : at(`${place}.app`, () => parseName(name, 'app'))
}

function tagsAt(tags: NonNullable<ImportAccount['tags']>, place: string): Tags {
  return at(place, () => requireTags(tags))
}
