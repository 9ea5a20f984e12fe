/** What `tokenctl renew --json` prints. */
import * as z from 'zod/mini'

const date = z.nullable(z.iso.datetime())

export const renewRowSchema = z.strictObject({
  account: z.string(),
  outcome: z.enum(['renewed', 'proved', 'fresh', 'needs-person', 'failed']),
  code: z.nullable(z.string()),
  message: z.string(),
  renewBy: date,
  ends: z.strictObject({ at: date, basis: z.nullable(z.enum(['reported', 'estimated'])) }),
})

export const renewSchema = z.strictObject({
  version: z.literal(1),
  results: z.array(renewRowSchema),
  summary: z.strictObject({
    renewed: z.int(),
    proved: z.int(),
    fresh: z.int(),
    needsPerson: z.int(),
    failed: z.int(),
  }),
})

export type RenewRow = z.infer<typeof renewRowSchema>
export type RenewReport = z.infer<typeof renewSchema>
