/** Which revision a removal stands on, also of a record whose secret another program took away. */
import { isTokenctlError } from '../errors.ts'
import type { Revision } from '../vault/records.ts'

/**
 * The revision to remove; undefined when there is no record. Null where the record cannot be read: the vault then
 * removes it only if its item is certainly gone, and refuses otherwise.
 */
export async function revisionOf(
  read: () => Promise<{ readonly revision: Revision } | undefined>,
): Promise<Revision | null | undefined> {
  try {
    return (await read())?.revision
  } catch (error) {
    if (isTokenctlError(error) && error.code === 'RECORD_UNREADABLE') return null
    throw error
  }
}
