/** What `tokenctl mark --json` prints: each account and app that a notification speaks of, and what became of it. */
import * as z from 'zod/mini'

export const markSchema = z.strictObject({
  version: z.literal(1),
  marked: z.array(
    z.strictObject({
      /** The vendor's own word: `AUTHORIZATION_REVOCATION`. */
      notification: z.string(),
      kind: z.enum(['account', 'app']),
      /** `ebay:main`; of an app the marketplace and its name, `amazon:default`. */
      subject: z.string(),
      /**
       * `refused`: the account's consent is known to have ended · `dated`: the end of the app's secret was set · `stored`:
       * the app's new secret is stored and proven · `unproven`: it is stored beside the old one · `unchanged`.
       */
      outcome: z.enum(['refused', 'dated', 'stored', 'unproven', 'unchanged']),
      message: z.string(),
    }),
  ),
})

export type MarkReport = z.infer<typeof markSchema>
export type Marked = MarkReport['marked'][number]
