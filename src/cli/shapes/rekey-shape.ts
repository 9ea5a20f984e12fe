/** What `tokenctl rekey --json` prints. */
import * as z from 'zod/mini'

export const rekeySchema = z.strictObject({
  version: z.literal(1),
  dryRun: z.boolean(),
  /**
   * `sealed`, `would-seal`: the records, with the key below · `already`: they were sealed with it · `nothing-stored`: there is
   * no record yet, and nothing was made.
   */
  outcome: z.enum(['sealed', 'would-seal', 'already', 'nothing-stored']),
  store: z.nullable(z.enum(['file', 'postgres'])),
  /** How many records were sealed anew; null where that was not counted. */
  records: z.nullable(z.int()),
  /** The file of the key that they are under now, or would be. */
  keyFile: z.string(),
  /** The id of that key; null where it was not opened. No secret. */
  keyId: z.nullable(z.string()),
  /** The id of the key before; null where it is not known. */
  keyBefore: z.nullable(z.string()),
  warnings: z.array(z.string()),
})

export type RekeyReport = z.infer<typeof rekeySchema>
