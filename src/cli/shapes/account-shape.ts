/** What `set-amazon`, `track` and `renewed` print under `--json`: one account and what was done to it. */
import * as z from 'zod/mini'

const date = z.nullable(z.iso.datetime())

export const accountResultSchema = z.strictObject({
  version: z.literal(1),
  account: z.string(),
  outcome: z.enum(['renewed', 'pending', 'recorded']),
  message: z.string(),
  consentAt: date,
  renewBy: date,
  ends: z.strictObject({ at: date, basis: z.nullable(z.enum(['reported', 'estimated'])) }),
})

export type AccountResult = z.infer<typeof accountResultSchema>
