/** What `login` prints under `--json`: the account that was connected, or with `--link` the address to send. */
import * as z from 'zod/mini'
import { accountResultSchema } from './account-shape.ts'

export const loginLinkSchema = z.strictObject({
  version: z.literal(1),
  account: z.string(),
  /** The consent page, for the seller's browser. */
  address: z.url(),
  /** How long the code lives that comes back, in seconds. */
  codeSeconds: z.int(),
  /** When the link ends. */
  until: z.iso.datetime(),
})

export const loginSchema = z.union([accountResultSchema, loginLinkSchema])

export type LoginLink = z.infer<typeof loginLinkSchema>
