/** From the text of an import document to checked apps and accounts. Every fault names its place, none a value. */
import { TokenctlError } from '../errors.ts'
import type { MarketplaceAdapter } from '../marketplaces/adapter.ts'
import { DEFAULT_NAME, formatAccount, parseAccount, parseName } from '../tokens/account.ts'
import { Secret } from '../tokens/secret.ts'
import { type EpochMs, requireDate, requirePastDate } from '../tokens/time.ts'
import { type Environment, LONGEST_TOKEN, type Region } from '../tokens/token-set.ts'
import { keysFromObject, showKeyName } from './app-keys.ts'
import type { EnteredApp } from './entered-app.ts'
import { parseJsonInput } from './json-input.ts'
import type { MarketplaceRules } from './rules.ts'
import { type ImportAccount, type ImportApp, importSchema } from './shapes/import-shape.ts'

/** One account as the document gives it; null where it says nothing. */
export interface GivenAccount {
  readonly account: string
  readonly app: string
  readonly environment: Environment
  readonly refreshToken: Secret
  readonly consentAt: EpochMs | null
  readonly renewedAt: EpochMs | null
  readonly endsAt: EpochMs | null
  readonly accessToken: Secret | null
  readonly accessExpiresAt: EpochMs | null
  readonly region: Region | null
}

export interface GivenDocument {
  readonly apps: readonly EnteredApp[]
  readonly accounts: readonly GivenAccount[]
}

/**
 * Reads and checks a whole document.
 *
 * @throws {USAGE} {ANSWER_MISSING} {MARKETPLACE_UNKNOWN} naming the place: `accounts[2].consentAt`.
 */
export function readImportDocument(text: string, rules: MarketplaceRules, now: EpochMs): GivenDocument {
  const result = importSchema.safeParse(parseJsonInput(text, 'import document'))
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

function plainProblem(
  issue: { readonly code?: string; readonly expected?: unknown; readonly values?: unknown } | undefined,
): string {
  if (issue?.code === 'invalid_value' && Array.isArray(issue.values))
    return `it must be ${issue.values.join(' or ')}`
  if (issue?.code === 'invalid_type') return `it must be a ${String(issue.expected)}`
  return 'it is empty'
}

function faulty(problem: string): TokenctlError {
  return new TokenctlError('USAGE', `In the import document, ${problem}.`, {
    fix: 'Mend the document and import it again. Nothing was changed. Its shape is in the README.',
  })
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw faulty(`${twice} stands twice`)
}

/** One token under two names would be spent by the one and presented again by the other, as a thief would. */
function refuseSharedToken(accounts: readonly GivenAccount[]): void {
  const owners = new Map<string, string>()
  for (const { account, refreshToken } of accounts) {
    const other = owners.get(refreshToken.fingerprint)
    if (other !== undefined) throw faulty(`${other} and ${account} have the same refresh token`)
    owners.set(refreshToken.fingerprint, account)
  }
}

/** Runs a check that throws its own words, and puts the place before them. */
function at<T>(place: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof TokenctlError)) throw error
    throw new TokenctlError(error.code, `In the import document, ${place}: ${error.message}`, {
      fix: error.fix,
    })
  }
}

function dateAt(text: string | null | undefined, place: string): EpochMs | null {
  return text === null || text === undefined ? null : requireDate(text, `In the import document, ${place}`)
}

function pastDateAt(text: string | null | undefined, place: string, now: EpochMs): EpochMs | null {
  return text === null || text === undefined
    ? null
    : requirePastDate(text, `In the import document, ${place}`, now)
}

function readApp(app: ImportApp, place: string, rules: MarketplaceRules, now: EpochMs): EnteredApp {
  const adapter = at(`${place}.marketplace`, () => rules.adapterOf(app.marketplace))
  const name = at(`${place}.name`, () => parseName(app.name ?? DEFAULT_NAME, 'app'))
  const { environment } = rules.destinationOf(adapter)
  const secretIssuedAt = pastDateAt(app.secretIssuedAt, `${place}.secretIssuedAt`, now)
  const keys = at(place, () => keysFromObject(app.keys, adapter, 'keys'))
  return { header: { marketplace: adapter.id, name, environment, secretIssuedAt }, keys }
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
  return {
    account,
    app: at(`${place}.app`, () => parseName(given.app ?? DEFAULT_NAME, 'app')),
    environment: rules.destinationOf(adapter).environment,
    refreshToken: tokenAt(given.refreshToken, `${place}.refreshToken`, adapter.refreshTokenShape, adapter),
    consentAt: pastDateAt(given.consentAt, `${place}.consentAt`, now),
    renewedAt: pastDateAt(given.renewedAt, `${place}.renewedAt`, now),
    endsAt: dateAt(given.endsAt, `${place}.endsAt`),
    accessToken:
      given.accessToken == null
        ? null
        : tokenAt(given.accessToken, `${place}.accessToken`, undefined, adapter),
    accessExpiresAt: dateAt(given.accessExpiresAt, `${place}.accessExpiresAt`),
    region: given.region ?? null,
  }
}

function tokenAt(
  text: string,
  place: string,
  shape: RegExp | undefined,
  { title }: MarketplaceAdapter,
): Secret {
  if (text.length > LONGEST_TOKEN) throw faulty(`${place} is longer than ${LONGEST_TOKEN} characters`)
  if (!/^[\x21-\x7e]+$/.test(text))
    throw faulty(`${place} is empty or holds spaces, line breaks or control characters`)
  if (shape !== undefined && !shape.test(text))
    throw faulty(`${place} does not look like a refresh token of ${title}`)
  return new Secret(text)
}
