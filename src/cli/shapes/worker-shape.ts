/** The lines that `tokenctl worker --json` prints, a JSON object each, told apart by `kind`. */
import * as z from 'zod/mini'
import { renewRowSchema } from './renew-shape.ts'

const counts = {
  renewed: z.int(),
  proved: z.int(),
  fresh: z.int(),
  needsPerson: z.int(),
  failed: z.int(),
}
/** Accounts that were put off for want of a refresh: today's are used up or given out later, or so many a second. */
const putOff = z.strictObject({ day: z.int(), rate: z.int() })
const said = { version: z.literal(1), at: z.iso.datetime() }

/** The first line: what works here. */
const startSchema = z.strictObject({
  ...said,
  kind: z.literal('start'),
  store: z.nullable(z.string()),
  machine: z.string(),
  concurrency: z.int(),
  pollSeconds: z.number(),
  once: z.boolean(),
  /** Where `/healthz` and `/metrics` are answered on this machine. */
  port: z.nullable(z.int()),
  quotas: z.array(
    z.strictObject({
      marketplace: z.string(),
      refreshesADay: z.nullable(z.int()),
      perSecond: z.nullable(z.number()),
      spread: z.boolean(),
    }),
  ),
})

/** An account that failed or needs a person, as `renew --json` has it. */
const accountSchema = z.strictObject({ ...said, kind: z.literal('account'), ...renewRowSchema.shape })

/** A round that did something, or in which the store failed (`trouble` is its code then). */
const roundSchema = z.strictObject({
  ...said,
  kind: z.literal('round'),
  seconds: z.number(),
  taken: z.int(),
  ...counts,
  putOff,
  trouble: z.nullable(z.string()),
})

/** The last line. */
const endSchema = z.strictObject({ ...said, kind: z.literal('end'), ...counts, putOff, exit: z.int() })

export const workerSchema = z.union([startSchema, accountSchema, roundSchema, endSchema])

export type WorkerLine = z.infer<typeof workerSchema>
