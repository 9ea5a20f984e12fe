/**
 * An exchange that no answer came of, with an address that a person gave: a receiver's, a channel's, a monitor's. The
 * network's own words speak of marketplaces and of tokens that were not sent; here only their first half is true, and
 * whoever asked says what mends it.
 */
import { isTokenctlError, type TokenctlError } from '../../errors.ts'

/** Why no answer came. */
export interface Unanswered {
  /** A whole sentence that names the host. */
  readonly message: string
  /** It leads elsewhere, or what answers there speaks no HTTP: another try would end the same. */
  readonly isAddressWrong: boolean
  readonly cause: TokenctlError
}

/** What `error` tells of the address; undefined where it speaks of this machine, or is none of the network's. */
export function unanswered(error: unknown): Unanswered | undefined {
  if (!isTokenctlError(error)) return undefined
  const { code, message } = error
  if (code !== 'NETWORK_FAILED' && code !== 'REPLY_MALFORMED') return undefined
  return { message, isAddressWrong: code === 'REPLY_MALFORMED', cause: error }
}
