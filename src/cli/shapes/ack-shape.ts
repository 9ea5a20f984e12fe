/** What `tokenctl accounts ack --json` prints: the gaps that were acknowledged, and no others. */
import * as z from 'zod/mini'

export const ackSchema = z.strictObject({
  version: z.literal(1),
  acknowledged: z.array(
    z.strictObject({
      account: z.string(),
      gap: z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() }),
    }),
  ),
})

export type AckReport = z.infer<typeof ackSchema>
