/** What any command prints under `--json` in place of its result, when it fails as a whole. */
import * as z from 'zod/mini'

export const errorSchema = z.strictObject({
  version: z.literal(1),
  error: z.strictObject({
    /** As in `tokenctl help exit-codes`, which tells the exit status too; codes may be added. */
    code: z.string().check(z.regex(/^[A-Z][A-Z_]*$/)),
    message: z.string(),
    /** What mends it; whole sentences. */
    fix: z.string(),
  }),
})
