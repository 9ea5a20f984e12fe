/** What the keychain's own items may look like, as schemas: the list's pages, and the line that begins a record's item. */
import * as z from 'zod/mini'

export const INDEX_VERSION = 1
export const ITEM_VERSION = 1

const firstPage = z.strictObject({
  format: z.literal('tokenctl-index'),
  version: z.literal(INDEX_VERSION),
  pages: z.int().check(z.gte(1), z.lte(1000)),
  pending: z.nullable(z.strictObject({ key: z.string(), change: z.enum(['adding', 'removing']) })),
  keys: z.array(z.string()),
})
const laterPage = z.strictObject({ keys: z.array(z.string()) })
const itemHead = z.strictObject({
  format: z.literal('tokenctl-item'),
  version: z.literal(ITEM_VERSION),
  key: z.string(),
  header: z.record(z.string(), z.unknown()),
})

export type FirstPage = z.output<typeof firstPage>
export type LaterPage = z.output<typeof laterPage>
export type ItemHead = z.output<typeof itemHead>

/** The list's first page that a stored value is; undefined when it is none. */
export function readFirstPage(json: unknown): FirstPage | undefined {
  return z.safeParse(firstPage, json).data
}

/** A later page of the list that a stored value is; undefined when it is none. */
export function readLaterPage(json: unknown): LaterPage | undefined {
  return z.safeParse(laterPage, json).data
}

/** The first line of a record's item that a stored value is; undefined when it is none. */
export function readItemHead(json: unknown): ItemHead | undefined {
  return z.safeParse(itemHead, json).data
}
