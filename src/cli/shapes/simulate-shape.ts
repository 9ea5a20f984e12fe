/** The first line that `tokenctl simulate --json` prints: where it listens. It runs on until it is stopped. */
import * as z from 'zod/mini'

export const simulateSchema = z.strictObject({
  version: z.literal(1),
  origin: z.url(),
  port: z.int(),
  /** The value of the setting `endpoint.<marketplace>`, by the marketplace's word. */
  endpoints: z.record(z.string(), z.url()),
  /** Where a document for `tokenctl import` with all of its shops is fetched. */
  import: z.url(),
})
