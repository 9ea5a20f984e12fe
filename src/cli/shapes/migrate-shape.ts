/** What `tokenctl migrate --json` prints. */
import * as z from 'zod/mini'
import { STORES } from '../../vault/choices.ts'

const store = z.enum(STORES)

export const migrateSchema = z.strictObject({
  version: z.literal(1),
  dryRun: z.boolean(),
  /**
   * `moved`, `would-move`: with the records below · `in-use`: they rest there already · `nothing-stored`: the first one
   * will rest there · `not-asked`: no store was named.
   */
  outcome: z.enum(['moved', 'would-move', 'in-use', 'nothing-stored', 'not-asked']),
  /** Where they rested before; null where nothing was moved or would be. */
  from: z.nullable(store),
  /** The store that was named. */
  to: z.nullable(store),
  accounts: z.array(z.string()),
  /** `ebay:default` */
  apps: z.array(z.string()),
  /** Notice channels. */
  channels: z.array(z.string()),
  /** The copies in a store that is not in use; null where there are none. */
  copies: z.nullable(
    z.strictObject({ store, outcome: z.enum(['left', 'removed', 'partly-removed', 'would-be-removed']) }),
  ),
  warnings: z.array(z.string()),
})

export type MigrateReport = z.infer<typeof migrateSchema>
