/** What `tokenctl renew --dry-run --json` prints: what would be done and why. Nobody was asked. */
import * as z from 'zod/mini'

export const renewPlanSchema = z.strictObject({
  version: z.literal(1),
  dryRun: z.literal(true),
  planned: z.array(
    z.strictObject({
      account: z.string(),
      plan: z.enum(['ask', 'backing-off', 'answer-lost', 'needs-person']),
      state: z.string(),
      reason: z.string(),
    }),
  ),
})

export type RenewPlan = z.infer<typeof renewPlanSchema>
