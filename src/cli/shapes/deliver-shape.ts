/** What `tokenctl deliver --json` and `tokenctl accounts deliver-to --json` print. */
import * as z from 'zod/mini'
import { DELIVERED_TOKENS } from '../../tokens/delivery.ts'

const isoDate = z.iso.datetime()

export const deliverRowSchema = z.strictObject({
  account: z.string(),
  /** `already`: it had arrived before · `waiting`: not tried, for the reason in `message`. */
  outcome: z.enum(['delivered', 'already', 'waiting', 'failed']),
  code: z.nullable(z.string()),
  message: z.string(),
  /** The program's path or the host; null where the record could not be read. */
  target: z.nullable(z.string()),
  generation: z.nullable(z.int()),
  deliveredAt: z.nullable(isoDate),
})

export const deliverSchema = z.strictObject({
  version: z.literal(1),
  results: z.array(deliverRowSchema),
  summary: z.strictObject({ delivered: z.int(), already: z.int(), waiting: z.int(), failed: z.int() }),
})

export const deliverToSchema = z.strictObject({
  version: z.literal(1),
  account: z.string(),
  /** Null after `--off`. */
  delivery: z.nullable(
    z.strictObject({
      how: z.enum(['command', 'url']),
      target: z.string(),
      tokens: z.array(z.enum(DELIVERED_TOKENS)),
      /** In milliseconds; null is a part of the access token's life. */
      marginMs: z.nullable(z.int()),
    }),
  ),
  /** Base64 of the new key, shown this once; null where there is none, or where it was given. */
  key: z.nullable(z.string()),
  /** What to know before trusting it; whole sentences. */
  notes: z.array(z.string()),
})

export type DeliverRow = z.infer<typeof deliverRowSchema>
export type DeliverReport = z.infer<typeof deliverSchema>
export type DeliverToReport = z.infer<typeof deliverToSchema>
