/**
 * What `tokenctl status --json` prints: one schema gives the type here and the check in tests. Fields are always there, null when unknown; dates are ISO 8601 in UTC.
 */
import * as z from 'zod/mini'
import { ACCOUNT_STATES } from '../../renewal/assess.ts'
import { DELIVERY_STATES } from '../../renewal/delivery-state.ts'
import { DELIVERED_TOKENS } from '../../tokens/delivery.ts'

const isoDate = z.iso.datetime()
const date = z.nullable(isoDate)

export const accountRowSchema = z.strictObject({
  account: z.string(),
  marketplace: z.string(),
  name: z.string(),
  app: z.nullable(z.string()),
  state: z.enum(ACCOUNT_STATES),
  consentAt: date,
  renewedAt: date,
  renewBy: date,
  ends: z.strictObject({ at: date, basis: z.nullable(z.enum(['reported', 'estimated'])) }),
  daysLeft: z.nullable(z.int()),
  accessExpiresAt: date,
  seller: z.nullable(z.string()),
  lastAttempt: z.nullable(
    z.strictObject({
      at: isoDate,
      outcome: z.enum(['renewed', 'proved', 'failed']),
      code: z.nullable(z.string()),
    }),
  ),
  /** When the account was dead, so that orders may be missing; null once that was acknowledged. */
  gap: z.nullable(z.strictObject({ from: isoDate, to: isoDate })),
  /** Whether its newest tokens arrived where they are handed on to; null where they are not. */
  delivery: z.nullable(
    z.strictObject({
      state: z.enum(DELIVERY_STATES),
      how: z.enum(['command', 'url']),
      /** The program's path, or the host of the address. */
      target: z.string(),
      tokens: z.array(z.enum(DELIVERED_TOKENS)),
      deliveredAt: date,
      failing: z.nullable(z.strictObject({ code: z.string(), count: z.int(), since: isoDate })),
      /** When an unattended run tries again, where it does not at once. */
      triesAgainAt: date,
    }),
  ),
  /** What `tokenctl accounts tag` set, by key. */
  tags: z.record(z.string(), z.string()),
  next: z.strictObject({ command: z.nullable(z.string()), reason: z.string() }),
})

export const appRowSchema = z.strictObject({
  marketplace: z.string(),
  name: z.string(),
  secretIssuedAt: date,
  secretEndsAt: date,
  /** Until when the secret before it is taken too, after a rotation; null when that is over. */
  previousEndsAt: date,
  state: z.enum(['ok', 'expiring', 'expired']),
})

export const statusSchema = z.strictObject({
  version: z.literal(1),
  now: isoDate,
  /** Where secrets rest; null before anything was stored and where nobody chose. */
  store: z.nullable(z.string()),
  accounts: z.array(accountRowSchema),
  apps: z.array(appRowSchema),
  notConnected: z.array(z.string()),
  lastOpenedAt: date,
  warnings: z.array(z.string()),
})

export type AccountRow = z.infer<typeof accountRowSchema>
export type AppRow = z.infer<typeof appRowSchema>
export type StatusReport = z.infer<typeof statusSchema>
