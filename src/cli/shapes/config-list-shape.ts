/** What `tokenctl config list --json` prints. No secret is ever a setting. */
import * as z from 'zod/mini'

export const configListSchema = z.strictObject({
  version: z.literal(1),
  /** The path of the settings file, whether or not it is there. */
  file: z.string(),
  settings: z.array(
    z.strictObject({
      key: z.string(),
      /** What holds now; null where the program decides by what it finds. */
      value: z.nullable(z.string()),
      source: z.enum(['default', 'set']),
      /** What it does. */
      help: z.string(),
    }),
  ),
})
