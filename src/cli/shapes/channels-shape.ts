/** What `tokenctl notices list --json` prints. Of an address only the host; of a mail server no password. */
import * as z from 'zod/mini'

export const channelsSchema = z.strictObject({
  version: z.literal(1),
  channels: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.enum(['command', 'webhook', 'email', 'desktop', 'heartbeat']),
      addedAt: z.iso.datetime(),
      /** The program, the host, or the mail address; null for the screen. */
      to: z.nullable(z.string()),
      format: z.nullable(z.string()),
    }),
  ),
})

export type ChannelsReport = z.infer<typeof channelsSchema>
