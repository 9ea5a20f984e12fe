/**
 * The document that `tokenctl import` reads and `tokenctl export` seals: apps and accounts as one JSON value. Everything
 * not named is refused, so that a misspelt field is not silently lost. `record` is what `export` adds and nobody writes by
 * hand: what else is known of an account or an app, all of it or nothing.
 */
import * as z from 'zod/mini'
import { ENVIRONMENTS, HIGHEST_IMPORTED_GENERATION, REGIONS } from '../../tokens/token-set.ts'

const optionalDate = z.optional(z.nullable(z.string()))
const optionalText = z.optional(z.nullable(z.string()))
const date = z.nullable(z.string())
const token = z.string().check(z.minLength(1))
const keys = z.record(z.string(), z.nullable(z.string()))

/** No account is renewed as often; a number that cannot be counted up would stop every renewal. */
const generation = z.int().check(z.gte(0), z.lte(HIGHEST_IMPORTED_GENERATION))

/** What `export` adds to an app. */
const appRecord = z.strictObject({
  environment: z.enum(ENVIRONMENTS),
  isPublic: z.boolean(),
  /** The keys before a rotation, and until when the marketplace takes them. */
  previous: z.nullable(z.strictObject({ keys, endsAt: z.string() })),
})

/** What `export` adds to an account. */
const accountRecord = z.strictObject({
  environment: z.enum(ENVIRONMENTS),
  /** Counts renewals and new tokens: tells the newer of two states of one account. */
  generation,
  acceptedAt: date,
  seller: z.nullable(z.string()),
  refused: z.nullable(z.strictObject({ code: z.enum(['GRANT_REJECTED', 'ANSWER_LOST']), at: z.string() })),
  gap: z.nullable(z.strictObject({ from: z.string(), to: z.string() })),
  /** The token before this one. */
  previous: z.nullable(z.strictObject({ refreshToken: token, generation })),
  /** A pasted token that waits to be proven. */
  pending: z.nullable(z.strictObject({ refreshToken: token, at: z.string() })),
})

export const importAppSchema = z.strictObject({
  marketplace: z.string(),
  name: z.optional(z.string()),
  keys,
  secretIssuedAt: optionalDate,
  record: z.optional(appRecord),
})

export const importAccountSchema = z.strictObject({
  account: z.string(),
  app: optionalText,
  /** Null, which has to be said, for an account that is followed by its dates alone. */
  refreshToken: z.nullable(token),
  consentAt: optionalDate,
  renewedAt: optionalDate,
  endsAt: optionalDate,
  accessToken: optionalText,
  accessExpiresAt: optionalDate,
  region: z.optional(z.nullable(z.enum(REGIONS))),
  tags: z.optional(z.nullable(z.record(z.string(), z.string()))),
  record: z.optional(accountRecord),
})

export const importSchema = z.strictObject({
  version: z.literal(1),
  apps: z.optional(z.array(importAppSchema)),
  accounts: z.optional(z.array(importAccountSchema)),
})

export type ImportApp = z.infer<typeof importAppSchema>
export type ImportAccount = z.infer<typeof importAccountSchema>
export type ImportDocument = z.infer<typeof importSchema>
