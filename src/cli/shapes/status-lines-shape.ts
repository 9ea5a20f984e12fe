/**
 * What a line of `tokenctl status --format jsonl` is: an account, an app, or, as the last, what there is to know of them
 * all. An output without that last line was cut off.
 */
import * as z from 'zod/mini'
import { accountRowSchema, appRowSchema, statusSchema } from './status-shape.ts'

const version = z.literal(1)
const count = z.int().check(z.gte(0))

const accountLineSchema = z.strictObject({ version, kind: z.literal('account'), ...accountRowSchema.shape })
const appLineSchema = z.strictObject({ version, kind: z.literal('app'), ...appRowSchema.shape })

const { now, store, notConnected, lastOpenedAt, warnings } = statusSchema.shape
const summaryLineSchema = z.strictObject({
  version,
  kind: z.literal('summary'),
  now,
  store,
  /** How many accounts match, printed or on another page. */
  accounts: count,
  /** How many of them are in each state. */
  states: z.strictObject({
    rejected: count,
    expired: count,
    unconfirmed: count,
    expiring: count,
    due: count,
    ok: count,
  }),
  notConnected,
  lastOpenedAt,
  warnings,
})

export const statusLineSchema = z.union([accountLineSchema, appLineSchema, summaryLineSchema])

export type SummaryLine = z.infer<typeof summaryLineSchema>
