/**
 * A manifest: a plain OAuth 2.0 marketplace as JSON, checked whole. It holds no secret, but says where secrets are sent,
 * so nothing in it is passed over or guessed: a word that is unknown, an address in plain http, or a token endpoint on
 * somebody else's host is refused with the key and what a good value is.
 */
import * as z from 'zod/mini'
import { TokenctlError } from '../../errors.ts'
import { jsonFault, memberTwice } from '../../json-place.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { type Duration, durationMs, HOUR, parseDuration } from '../../tokens/time.ts'
import { addressProblem, sameOwner } from './address.ts'

/** A shape whose faults are said in words that follow the key's name. */
const text = (fits: (value: string) => boolean, expects: string) =>
  z.string(`must be ${expects}`).check(z.refine(fits, `must be ${expects}`))
const oneOf = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, `must be one of: ${words.join(', ')}`)
const seconds = (least: number, most: number) => {
  const expects = `must be a whole number of seconds from ${least} to ${most}`
  return z.int(expects).check(z.gte(least, expects), z.lte(most, expects))
}
const address = (what: string) =>
  z.string(`must be ${what}`).check(
    z.check(({ value, issues }) => {
      const problem = addressProblem(value)
      if (problem !== undefined) issues.push({ code: 'custom', message: problem, input: value, path: [] })
    }),
  )
const line = (most: number) =>
  text(
    value => /^[\x20-\x7e\u00a0-\u024f]+$/.test(value) && value.trim() === value && value.length <= most,
    `a line of 1 to ${most} letters`,
  )

/** The characters of a scope: RFC 6749 section 3.3. */
export const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/
/** What a marketplace is called on the command line, and in every key. */
export const MARKETPLACE_ID = /^[a-z]{2,20}$/
/** The consent's own parameters, which a manifest must not set. */
const OWN_PARAMETERS = [
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
]

const PARAMETERS = 'must be parameters with their texts'

const isLength = (value: string) => {
  const length = parseDuration(value)
  return length !== undefined && durationMs(length, 0) >= HOUR
}

/** Names of what must not be shown, or is another with each answer: `access_token`, `clientSecret`, `jti`. */
const NO_SELLER = /(token|secret|password|verifier|assertion|hash)$|^(code|jti|nonce|sid)$/i

const sellersPlace = z.string('must be a word').check(
  z.refine(word => /^\w{1,40}$/.test(word), 'must be a word'),
  z.refine(
    word => !NO_SELLER.test(word),
    "must be where the seller's id stands: what has this name is a token or its like, and an id is shown",
  ),
)

const seller = z.discriminatedUnion(
  'in',
  [
    z.strictObject({ in: z.literal('answer'), member: sellersPlace }),
    z.strictObject({ in: z.literal('access-token'), claim: sellersPlace }),
    z.strictObject({
      in: z.literal('refresh-token'),
      before: text(sign => /^[.:_|~-]$/.test(sign), 'one sign of . : _ | ~ -'),
    }),
  ],
  'must say where the seller stands: {"in": "answer", "member": …}, {"in": "access-token", "claim": …} or {"in": "refresh-token", "before": …}',
)

// Made when the first manifest is read: most runs read none.
const shapeOf = () =>
  z.strictObject({
    version: z.literal(1, 'must be 1'),
    id: text(word => MARKETPLACE_ID.test(word), 'a word of 2 to 20 small letters'),
    title: line(40),
    docs: address("the vendor's page on this, as an address that begins with https://"),
    /** The vendor's own words for the keys of an app. */
    app: z.optional(z.strictObject({ clientId: z.optional(line(80)), clientSecret: z.optional(line(80)) })),
    consent: z.strictObject({
      address: address("the consent page's address, which begins with https://"),
      /** Other hosts that the page is on, one for each country, of which an app's key names one. */
      hosts: z.optional(
        z.array(
          text(host => HOST.test(host), 'host names in small letters'),
          'must be a list of host names',
        ),
      ),
      /** Asked for where an app names none; left out of the address where neither does. */
      scopes: z.optional(
        z.array(
          text(scope => SCOPE.test(scope), 'scopes without spaces'),
          'must be a list of scopes',
        ),
      ),
      parameters: z.optional(
        z.pipe(
          // A record drops this name without a word.
          z.unknown().check(z.refine(given => !Object.hasOwn(Object(given), '__proto__'), PARAMETERS)),
          z.record(
            z.string(),
            text(value => /^[\x21-\x7e]{1,200}$/.test(value), 'a text without spaces'),
            PARAMETERS,
          ),
        ),
      ),
      /** How long the code lives; five minutes where the vendor does not say. */
      codeSeconds: z.optional(seconds(10, 3600)),
      pkce: z.optional(z.literal('S256', 'must be `S256`, or be left out')),
    }),
    token: z.strictObject({
      address: address("the token endpoint's address, which begins with https://"),
      /** How an app proves itself: `basic` header, `form` fields, or `none`: it has no secret. */
      client: oneOf(['basic', 'form', 'none']),
      accessSeconds: seconds(60, 400 * 86_400),
    }),
    sandbox: z.optional(
      z.strictObject({
        consent: address("the sandbox's consent page, as an address that begins with https://"),
        token: address("the sandbox's token endpoint, as an address that begins with https://"),
      }),
    ),
    /** Said where the token endpoint is on another owner's name than the consent page. */
    otherTokenHost: z.optional(z.literal(true, 'must be true, or be left out')),
    rotation: oneOf(['none', 'grace', 'strict', 'unknown']),
    lifetime: z.strictObject({
      length: text(isLength, 'a length of an hour or more, such as `90 days` or `6 months`'),
      from: oneOf(['consent', 'refresh']),
    }),
    /** Where the seller's id stands; left out where no answer tells it. */
    seller: z.optional(seller),
  })

const HOST = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/

/** A manifest that has passed the checks. */
export type Manifest = z.output<ReturnType<typeof shapeOf>>

let shape: ReturnType<typeof shapeOf> | undefined

/**
 * The manifest in a text.
 *
 * @param file where it stands, for people.
 * @throws {SETTINGS_INVALID} naming the file, the key and what a good value is.
 */
export function parseManifest(body: string, file: string): Manifest {
  // A BOM is what Windows' editors leave; the person did not type it.
  const text = body.replace(/^\uFEFF/, '')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw invalid(file, `is not JSON: it goes wrong at ${jsonFault(text) ?? 'its end'}`, { cause })
  }
  // JSON.parse takes the last of them, and a person reads the first: that may be two addresses.
  const twice = memberTwice(text)
  if (twice !== undefined) throw invalid(file, `sets ${quoteTyped(twice.name)} twice (${twice.place})`)
  return checkManifest(json, file)
}

/** The same of JSON that was parsed. @throws {SETTINGS_INVALID} as `parseManifest` */
export function checkManifest(json: unknown, file: string): Manifest {
  shape ??= shapeOf()
  const result = z.safeParse(shape, json)
  if (!result.success) throw unfit(file, result.error.issues[0])
  const problem = problemOf(result.data)
  if (problem !== undefined) throw invalid(file, problem)
  return result.data
}

function unfit(file: string, issue: z.core.$ZodIssue | undefined): TokenctlError {
  const where = issue?.path.map(String).join('.') ?? ''
  if (issue?.code === 'unrecognized_keys') {
    const key = [where, issue.keys[0] ?? ''].filter(part => part !== '').join('.')
    return invalid(file, `has an unknown key, ${quoteTyped(key)}`)
  }
  if (where === '') return invalid(file, 'holds no JSON object')
  // Where a part is missing whole, the library's own words say no more than that.
  const says = issue?.message.startsWith('must ') ? issue.message : 'is missing or is no object'
  // The keys are this file's own; a parameter's name is whatever somebody typed.
  const isTyped = where.startsWith('consent.parameters.')
  return invalid(file, `has a wrong ${isTyped ? quoteTyped(where) : JSON.stringify(where)}: it ${says}`)
}

/** What no single key tells. */
function problemOf({ consent, token, sandbox, otherTokenHost }: Manifest): string | undefined {
  const pages = [consent.address, ...(consent.hosts ?? []).map(host => `https://${host}`)]
  const stranger = [
    ...pages.map(page => ['token.address', page, token.address] as const),
    ...(sandbox === undefined ? [] : [['sandbox.token', sandbox.consent, sandbox.token] as const]),
  ].find(([, page, endpoint]) => !sameOwner(page, endpoint))
  if (stranger !== undefined && otherTokenHost !== true) {
    const [key, page, endpoint] = stranger
    return `sends tokens to ${new URL(endpoint).host} (\`${key}\`) and asks the seller on ${new URL(page).host}: where that is right, it must say \`"otherTokenHost": true\``
  }
  const own = Object.keys(consent.parameters ?? {}).find(name => OWN_PARAMETERS.includes(name))
  if (own !== undefined) return `sets the parameter \`${own}\`, which tokenctl sets itself: leave it out`
  if (stranger === undefined && otherTokenHost === true)
    return 'says `otherTokenHost`, and its token endpoint is on the same name as its consent page: leave it out'
  const paths = (one: string, other: string) => new URL(one).pathname === new URL(other).pathname
  if (paths(consent.address, token.address) && new URL(consent.address).host === new URL(token.address).host)
    return 'has one address for the consent page and the token endpoint'
  if (sandbox === undefined) return undefined
  return paths(sandbox.consent, consent.address) && paths(sandbox.token, token.address)
    ? undefined
    : 'has other paths in its sandbox than in production: only the hosts may differ'
}

function invalid(file: string, what: string, more: { readonly cause?: unknown } = {}): TokenctlError {
  return new TokenctlError('SETTINGS_INVALID', `The manifest ${file} ${what}.`, {
    fix: 'Mend the file; docs/marketplace-manifests.md says what each key takes. It holds no secrets.',
    ...more,
  })
}

/** The life of a consent or refresh token by a checked manifest. */
export function lifetimeOf({ lifetime }: Manifest): Duration {
  // It was checked; a year is what every other marketplace is taken to give.
  return parseDuration(lifetime.length) ?? { years: 1 }
}
