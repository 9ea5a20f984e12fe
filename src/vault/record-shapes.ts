/**
 * How headers are stored: one schema each, that checks, reads and writes (dates as ISO text, so that a person can
 * read a file). Only what a listing needs. A field that this version does not know is refused, never dropped: a writer that
 * adds one must count RECORD_VERSION up.
 */
import * as z from 'zod/mini'
import { isName } from '../tokens/account.ts'
import { DELIVERED_TOKENS } from '../tokens/delivery.ts'
import { isTagKey } from '../tokens/tags.ts'
import { parseDate, toIso } from '../tokens/time.ts'
import { ENVIRONMENTS, HIGHEST_COUNTED, HIGHEST_IMPORTED_GENERATION, REGIONS } from '../tokens/token-set.ts'
import { RECORD_VERSION } from './record-version.ts'

/** A date as text in a file and milliseconds here. */
export const date = z.codec(z.string(), z.number(), {
  decode: (text, ctx) => {
    const at = parseDate(text)
    if (at !== undefined) return at
    ctx.issues.push({ code: 'invalid_format', format: 'datetime', input: text, message: 'not a date' })
    return z.NEVER
  },
  encode: toIso,
})
/** A whole number from 0. */
export const count = z.int().check(z.gte(0))
/**
 * How often something was renewed. What cannot be counted up, as only a document that somebody edited once brought here,
 * is taken for the highest that a document may bring: the account can be renewed again.
 */
export const generation = z.codec(count, count, {
  decode: stored => (stored > HIGHEST_COUNTED ? HIGHEST_IMPORTED_GENERATION : stored),
  encode: given => given,
})
const name = z.string().check(z.refine(isName))
const account = z.string().check(z.refine(isAccount))

const delivery = z.strictObject({
  how: z.enum(['command', 'url']),
  target: z.string(),
  tokens: z.readonly(z.array(z.enum(DELIVERED_TOKENS)).check(z.minLength(1))),
  setAt: date,
  marginMs: z.nullable(count),
  deliveredGeneration: z.nullable(count),
  deliveredAt: z.nullable(date),
  failing: z.nullable(
    z.strictObject({
      code: z.string(),
      count: z.int().check(z.gte(1)),
      since: date,
      lastAt: date,
      notBefore: z.nullable(date),
    }),
  ),
})

/** An account's. */
export const accountHeader = z.strictObject({
  record: z.literal(RECORD_VERSION),
  revision: count,
  account,
  app: z.nullable(name),
  environment: z.enum(ENVIRONMENTS),
  holdsToken: z.boolean(),
  generation,
  consentAt: z.nullable(date),
  renewedAt: z.nullable(date),
  endsAt: z.nullable(date),
  acceptedAt: z.nullable(date),
  accessExpiresAt: z.nullable(date),
  seller: z.nullable(z.string()),
  region: z.nullable(z.enum(REGIONS)),
  refused: z.nullable(z.strictObject({ code: z.enum(['GRANT_REJECTED', 'ANSWER_LOST']), at: date })),
  pendingAt: z.nullable(date),
  lastAttempt: z.nullable(
    z.strictObject({
      at: date,
      outcome: z.enum(['renewed', 'proved', 'failed']),
      code: z.nullable(z.string()),
    }),
  ),
  failing: z.nullable(
    z.strictObject({
      code: z.string(),
      count: z.int().check(z.gte(1)),
      since: date,
      notBefore: z.nullable(date),
    }),
  ),
  gap: z.nullable(z.strictObject({ from: date, to: date })),
  // Records of version 3 that were written before there were deliveries have no such field.
  delivery: z._default(z.nullable(delivery), null),
  // Likewise of tags. What a value may hold is checked where it is entered: no character can make a record unreadable.
  tags: z._default(z.record(z.string().check(z.refine(isTagKey)), z.string()), {}),
  fingerprint: z.nullable(z.string()),
})

/** An app's. */
export const appHeader = z.strictObject({
  record: z.literal(RECORD_VERSION),
  revision: count,
  marketplace: z.string().check(z.refine(isName)),
  name,
  environment: z.enum(ENVIRONMENTS),
  // Records of version 3 that were written before it was asked have no such field.
  isPublic: z._default(z.boolean(), false),
  secretIssuedAt: z.nullable(date),
  previousEndsAt: z.nullable(date),
  // Only apps of marketplaces by a person's own manifest have it.
  tokenOrigin: z.optional(z.string()),
})

function isAccount(text: string): boolean {
  const [marketplace, ...rest] = text.split(':')
  return rest.length === 1 && isName(marketplace ?? '') && isName(rest[0] ?? '')
}
