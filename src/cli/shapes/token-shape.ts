/** What `tokenctl token --json` prints. It holds a token. */
import * as z from 'zod/mini'

export const tokenSchema = z.strictObject({
  version: z.literal(1),
  account: z.string(),
  token: z.string(),
  /** How the marketplaces themselves call theirs (RFC 6750), and eBay's "User Access Token" too is sent as one. */
  type: z.literal('bearer'),
  expiresAt: z.iso.datetime(),
})

export type TokenReport = z.infer<typeof tokenSchema>
