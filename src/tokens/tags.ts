/**
 * A person's own words on an account, `client=acme`, to select accounts by. Pure. No secret belongs in one: tags stand in
 * the record's header, and listings show them.
 */
import { TokenctlError } from '../errors.ts'
import { quoteTyped } from './quote.ts'

/** Values by their keys, in the order of the keys. */
export type Tags = Readonly<Record<string, string>>

/** An account has at most so many. */
export const MOST_TAGS = 16
/** A value has at most so many characters. */
export const LONGEST_TAG_VALUE = 64

const KEY = /^[a-z0-9][a-z0-9-]{0,62}$/
// Control characters, those that turn or hide others, line ends, halves of a character. Made where it is needed: V8 looks into
// its tables of Unicode as soon as it reads such an expression.
const unprintable = () => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

// A tag stands in listings and in the clear, so what looks like a vendor's token or secret was pasted in the wrong place:
// by its begin, or by a run of letters and digits as long as no word is (AliExpress' tokens are nothing else).
const SECRET = /^(v\^1\.1#|Atz[ar]\||amzn1\.oa2-cs\.|(PRD|SBX)-[0-9a-f]{8})|[A-Za-z0-9]{31}/

/** Whether a text can be a tag's key: small letters, digits and hyphens, 63 at most, no hyphen first. */
export function isTagKey(text: string): boolean {
  return KEY.test(text)
}

/** What is wrong with a tag's value, to follow its name; undefined when nothing is. */
export function tagValueProblem(value: string): string | undefined {
  if (value === '') return 'has no value'
  if (value.trim() !== value) return 'has a value that begins or ends with a space'
  if (unprintable().test(value)) return 'has a value with a character that cannot be printed'
  if (SECRET.test(value)) return 'has a value that looks like a token or a secret'
  return [...value].length > LONGEST_TAG_VALUE
    ? `has a value of more than ${LONGEST_TAG_VALUE} characters`
    : undefined
}

/**
 * One tag as it is typed: `client=acme`. The first `=` ends the key.
 *
 * @throws {USAGE} when it is none; a text that could be a secret is not repeated.
 */
export function parseTag(text: string): { readonly key: string; readonly value: string } {
  const sign = text.indexOf('=')
  const [key, value] = sign === -1 ? [text, ''] : [text.slice(0, sign), text.slice(sign + 1)]
  if (sign === -1) throw noTag(`${quoteTyped(text)} is no tag.`)
  checkTag(key, value)
  return { key, value }
}

/** @throws {USAGE} */
function checkTag(key: string, value: string): void {
  if (!isTagKey(key)) throw noTag(`${quoteTyped(key)} cannot be the key of a tag.`)
  const problem = tagValueProblem(value)
  if (problem !== undefined) throw noTag(`The tag ${quoteTyped(key)} ${problem}.`)
}

/**
 * The tags of a document, checked and ordered.
 *
 * @throws {USAGE} naming the tag, or that there are too many.
 */
export function requireTags(given: Readonly<Record<string, string>>): Tags {
  const entries = Object.entries(given)
  for (const [key, value] of entries) checkTag(key, value)
  if (entries.length > MOST_TAGS)
    throw new TokenctlError('USAGE', `An account has at most ${MOST_TAGS} tags.`, {
      fix: 'Leave some out. Nothing was changed.',
    })
  return sortedTags(entries)
}

/** Whether an account has this very tag. */
export function hasTag(
  tags: Tags,
  { key, value }: { readonly key: string; readonly value: string },
): boolean {
  return Object.hasOwn(tags, key) && tags[key] === value
}

/** The same tags, ordered by their keys, so that two equal sets are stored alike. */
export function sortedTags(entries: Iterable<readonly [string, string]>): Tags {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

function noTag(message: string): TokenctlError {
  return new TokenctlError('USAGE', message, {
    fix: `Write it as \`client=acme\`: a key of small letters, digits and hyphens, and a value of at most ${LONGEST_TAG_VALUE} characters. Nothing was changed.`,
  })
}
