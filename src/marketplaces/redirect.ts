/**
 * Reads the code out of what a browser was sent back with, or says why there is none: the seller declined, it is another
 * marketplace's answer, the code was changed on its way. No value of the address ever stands in a message, but for an
 * error code that looks like one.
 */
import { TokenctlError } from '../errors.ts'
import { Secret } from '../tokens/secret.ts'

/** Values by name, decoded exactly once. */
export type Parameters = ReadonlyMap<string, string>

/** What a marketplace's answer looks like. */
export interface AnswerShape {
  readonly id: string
  readonly title: string
  /** What the redirect calls the code. */
  readonly codeParameter: string
  /** The longest code, in characters. */
  readonly longestCode: number
  /** How every code begins, with the words for it, where the vendor says so. */
  readonly begins?: { readonly pattern: RegExp; readonly words: string }
}

// The form of all of RFC 6749's; no vendor's code or token is small letters alone.
const ERROR_CODE = /^[a-z][a-z_]{1,39}$/

// RFC 6749 section 4.1.2.1: the marketplace's own trouble, gone by itself.
const OUT_OF_ORDER = ['server_error', 'temporarily_unavailable']

// What tells the answers apart. Sources in the NOTES.md of each marketplace.
const SIGNS: readonly {
  readonly id: AnswerShape['id']
  readonly title: string
  readonly fits: (parameters: Parameters) => boolean
}[] = [
  {
    id: 'amazon',
    title: 'Amazon',
    fits: given => given.has('spapi_oauth_code') || given.has('amazon_state'),
  },
  { id: 'ebay', title: 'eBay', fits: given => /^v(\^|%5E)1/i.test(given.get('code') ?? '') },
  {
    id: 'aliexpress',
    title: 'AliExpress',
    // Strict: a code of random base64url, as Etsy's, may begin with a digit and `_` too.
    fits: given => /^\d{1,2}_(\d{4,12}_)?[A-Za-z0-9]{20,40}$/.test(given.get('code') ?? ''),
  },
]

/**
 * The code in an answer.
 *
 * @throws {CONSENT_DENIED} · {MARKETPLACE_DOWN} `transient` · {USAGE} as `LoginFlow.readRedirect` has them.
 */
export function codeIn(parameters: Parameters, shape: AnswerShape): Secret {
  refuseError(parameters, shape)
  const other = SIGNS.find(({ id, fits }) => id !== shape.id && fits(parameters))
  if (other !== undefined)
    throw unusable(`This is the answer of ${other.title}, and ${shape.title} was asked.`, shape)
  const code = parameters.get(shape.codeParameter) ?? ''
  const problem = codeProblem(code, shape)
  if (problem !== undefined) throw unusable(problem, shape)
  return new Secret(code)
}

/** What a seller's refusal is. @param title the marketplace's */
export function denied(title: string): TokenctlError {
  return new TokenctlError(
    'CONSENT_DENIED',
    `The seller did not agree on ${title}'s page. Nothing was changed.`,
  )
}

function refuseError(parameters: Parameters, { id, title }: AnswerShape): void {
  const error = parameters.get('error') ?? ''
  if (error === '') return
  if (error === 'access_denied') throw denied(title)
  const code = ERROR_CODE.test(error) ? ` (${error})` : ''
  if (OUT_OF_ORDER.includes(error))
    throw new TokenctlError('MARKETPLACE_DOWN', `${title}'s consent page is out of order${code}.`, {
      failure: 'transient',
      fix: 'Wait, and run the login again. Nothing was changed.',
    })
  throw new TokenctlError('USAGE', `${title} refused to ask the seller${code}.`, {
    fix: `Compare the app's keys and rights with ${title}'s developer console: \`tokenctl app set ${id}\`.`,
  })
}

function codeProblem(code: string, shape: AnswerShape): string | undefined {
  const { title, codeParameter, longestCode, begins } = shape
  if (code === '') return `The address has no code in it (\`${codeParameter}\`).`
  if (code.length > longestCode) return `The code is longer than ${longestCode} characters.`
  // The caller has decoded once; one that is encoded still would be refused by the vendor as another code.
  if (/%[0-9A-Fa-f]{2}/.test(code)) return 'The code is still encoded: it was encoded twice on its way.'
  if (!/^[\x21-\x7e]+$/.test(code)) return 'The code holds characters that no code has.'
  return begins === undefined || begins.pattern.test(code)
    ? undefined
    : `This is no code of ${title}'s: those begin with ${begins.words}.`
}

function unusable(message: string, { title }: AnswerShape): TokenctlError {
  return new TokenctlError('USAGE', message, {
    fix: `Copy the whole address from the browser's address bar as it stands after the consent at ${title}, and paste it. Nothing was changed.`,
  })
}
