/** What `tokenctl accounts list --json` prints. States and dates are `tokenctl status`. */
import * as z from 'zod/mini'
import { ENVIRONMENTS, REGIONS } from '../../tokens/token-set.ts'

export const accountsListSchema = z.strictObject({
  version: z.literal(1),
  accounts: z.array(
    z.strictObject({
      account: z.string(),
      marketplace: z.string(),
      name: z.string(),
      /** Null for one that is followed by its dates alone. */
      app: z.nullable(z.string()),
      environment: z.enum(ENVIRONMENTS),
      /** Amazon's region; null elsewhere. */
      region: z.nullable(z.enum(REGIONS)),
      /** Whether it is followed by its dates alone: there is no token here. */
      tracked: z.boolean(),
      tags: z.record(z.string(), z.string()),
    }),
  ),
})
