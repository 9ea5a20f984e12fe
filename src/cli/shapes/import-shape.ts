/**
 * The document that `tokenctl import` reads: apps and accounts as one JSON value on standard input. Everything not
 * named is refused, so that a misspelt field is not silently lost.
 */
import * as z from 'zod/mini'
import { REGIONS } from '../../tokens/token-set.ts'

const optionalDate = z.optional(z.nullable(z.string()))
const optionalText = z.optional(z.nullable(z.string()))

export const importAppSchema = z.strictObject({
  marketplace: z.string(),
  name: z.optional(z.string()),
  keys: z.record(z.string(), z.nullable(z.string())),
  secretIssuedAt: optionalDate,
})

export const importAccountSchema = z.strictObject({
  account: z.string(),
  app: optionalText,
  refreshToken: z.string().check(z.minLength(1)),
  consentAt: optionalDate,
  renewedAt: optionalDate,
  endsAt: optionalDate,
  accessToken: optionalText,
  accessExpiresAt: optionalDate,
  region: z.optional(z.nullable(z.enum(REGIONS))),
})

export const importSchema = z.strictObject({
  version: z.literal(1),
  apps: z.optional(z.array(importAppSchema)),
  accounts: z.optional(z.array(importAccountSchema)),
})

export type ImportApp = z.infer<typeof importAppSchema>
export type ImportAccount = z.infer<typeof importAccountSchema>
export type ImportDocument = z.infer<typeof importSchema>
