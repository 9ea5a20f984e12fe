/** What one account's renewal is worth as an exit status. */
import type { RenewResult } from '../../renewal/ports.ts'
import type { Exit } from '../exit.ts'

/** A failure brings its code's own exit; an account that waits for a person is 3. */
export function exitOf(result: RenewResult): Exit {
  if (result.outcome === 'needs-person') return result.assessment?.state === 'ok' ? 0 : 3
  return result.error?.exit ?? 0
}
