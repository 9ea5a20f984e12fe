/**
 * One line of the history as it is written, and what `tokenctl history --json` prints. Words are not listed one by one:
 * a line that a newer version wrote about a newer command is still a line.
 */
import * as z from 'zod/mini'

const word = z.string().check(z.regex(/^[a-z][a-z -]{0,39}$/))
/** `ebay:main`; of an app the same, `amazon:default`. */
const subject = z.string().check(z.regex(/^[a-z]{1,20}:[a-z0-9][a-z0-9-]{0,62}$/))

const fields = {
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** The same for all that one run of the program did: 8 hex digits. */
  run: z.string().check(z.regex(/^[0-9a-f]{8}$/)),
  /** The command that was typed, such as `renew`, `status --probe`. */
  by: word,
  /** What was done: `renew`, `recover`, `set-amazon`, `import`, `app set`, … */
  action: word,
  subject,
  /** The name before, of a `rename`. */
  from: z.nullable(subject),
  /** `done`; of a renewal `renewed`, `proved`, `fresh`, `needs-person`, `failed`; of a token that was brought `stored`, `pending`. */
  outcome: word,
  /** The error's code, as in `tokenctl help exit-codes`. */
  code: z.nullable(z.string().check(z.regex(/^[A-Z][A-Z_]{0,39}$/))),
  /** What the failure said about the token: `permanent`, `configuration`, `transient`, `ambiguous`. */
  class: z.nullable(word),
  /** The vendor's id of the exchange, for its support. */
  requestId: z.nullable(z.string().check(z.regex(/^[\x21-\x7e]{1,128}$/))),
}

/** A line of the file. */
export const historyLineSchema = z.object({ version: z.literal(1), ...fields })

export const historySchema = z.strictObject({
  version: z.literal(1),
  /** Newest last. */
  events: z.array(z.strictObject(fields)),
  /** How many lines could not be read, and are not among them. */
  skipped: z.int(),
})

export type HistoryLine = z.infer<typeof historyLineSchema>
export type HistoryReport = z.infer<typeof historySchema>
export type RecordedEvent = HistoryReport['events'][number]
