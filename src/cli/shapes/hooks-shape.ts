/** What `tokenctl hooks list --json` prints. */
import * as z from 'zod/mini'
import { HOOK_TIMES } from '../../renewal/hooks.ts'

export const hooksSchema = z.strictObject({
  version: z.literal(1),
  hooks: z.array(
    z.strictObject({
      /** What `hooks remove` takes. */
      id: z.int(),
      when: z.enum(HOOK_TIMES),
      /** The program and its arguments. */
      command: z.array(z.string()),
      timeoutSeconds: z.int(),
      /** Why it would not be run now; null when it would. */
      problem: z.nullable(z.string()),
    }),
  ),
})

export type HooksReport = z.infer<typeof hooksSchema>
