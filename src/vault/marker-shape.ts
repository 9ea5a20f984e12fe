/** What a vault's mark may look like, as a schema: asked where it is not as nearly all are (`marker.ts` reads those). */
import * as z from 'zod/mini'
import { STORES } from './choices.ts'
import type { Marker } from './marker.ts'
import { MARKER_VERSION, SHARED_MOVE_VERSION, TWO_STORES_VERSION } from './marker-versions.ts'

const once = {
  id: z.string().check(z.regex(/^[0-9a-f]{16}$/)),
  store: z.enum(STORES),
  createdAt: z.string(),
}
const move = z.string().check(z.regex(/^[0-9a-f]{16}$/))
const other = { store: z.enum(STORES), is: z.enum(['filling', 'left']) }
const markerShape = z.discriminatedUnion('version', [
  z.strictObject({ version: z.literal(1), ...once }),
  z.strictObject({
    version: z.literal(TWO_STORES_VERSION),
    ...once,
    other: z.strictObject(other),
  }),
  z.strictObject({
    version: z.literal(SHARED_MOVE_VERSION),
    ...once,
    other: z.strictObject({ ...other, move }),
  }),
  z.strictObject({
    version: z.literal(MARKER_VERSION),
    ...once,
    other: z.exactOptional(z.strictObject({ ...other, move: z.exactOptional(move) })),
    sealing: z.strictObject({ keyFile: z.string(), keyId: z.string().check(z.regex(/^[0-9a-f]{8}$/)) }),
  }),
])
/** The mark that a stored value is; undefined when it is none. */
export function readMark(json: unknown): Marker | undefined {
  const result = z.safeParse(markerShape, json)
  if (!result.success) return undefined
  const { version: _, ...marker } = result.data
  return marker
}
