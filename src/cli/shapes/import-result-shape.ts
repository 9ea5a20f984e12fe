/** What `tokenctl import --json` prints: what became of each record of the document, or would. */
import * as z from 'zod/mini'

export const importResultSchema = z.strictObject({
  version: z.literal(1),
  dryRun: z.boolean(),
  results: z.array(
    z.strictObject({
      /** An account (`ebay:main`), or an app as people read it. */
      name: z.string(),
      /** `older`, `elsewhere` and `shared` are told by `--dry-run` alone: nothing is imported where one is. */
      change: z.enum(['added', 'same', 'replaced', 'older', 'elsewhere', 'shared']),
      /** The program or host that its tokens are handed on to; null where that is nowhere, or nothing is brought. */
      deliversTo: z.nullable(z.string()),
      /** In what the document and the stored record differ; words may be added. */
      differs: z.array(z.string()),
    }),
  ),
})

/** What is said of one record of the document. */
export type ImportResult = z.infer<typeof importResultSchema>['results'][number]
