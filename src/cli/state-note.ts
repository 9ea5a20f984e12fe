/**
 * Small notes in the state folder that decide nothing: when a run last ended, which channels fail, what a scheduled run saw.
 * One that cannot be read is as good as none, and what is wrong with the folder's modes is told elsewhere.
 */
import * as z from 'zod/mini'
import { isTokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { parseStored } from '../vault/stored-json.ts'

/** Longer than any of them but where a note says so. */
const LONGEST_BYTES = 16_384

/** What a note holds; undefined where there is none, or it cannot be read, or is of another shape. */
export function readNote<Shape extends z.ZodMiniType>(
  path: string,
  shape: Shape,
  files: Pick<Files, 'readPrivate'>,
  maxBytes = LONGEST_BYTES,
): z.output<Shape> | undefined {
  try {
    const bytes = files.readPrivate(path, { maxBytes })
    const json = bytes && parseStored(bytes.toString('utf8'))
    const read = z.safeDecode(shape, json as z.input<Shape>)
    return read.success ? read.data : undefined
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return undefined
  }
}
