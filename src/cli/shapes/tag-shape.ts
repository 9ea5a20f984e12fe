/** What `tokenctl accounts tag --json` prints: every account that was named, as it is tagged now. */
import * as z from 'zod/mini'

export const tagSchema = z.strictObject({
  version: z.literal(1),
  accounts: z.array(
    z.strictObject({
      account: z.string(),
      tags: z.record(z.string(), z.string()),
      /** False where it had these tags already. */
      changed: z.boolean(),
    }),
  ),
})

export type TagReport = z.infer<typeof tagSchema>
