/** The lengths that decide when an account is due, warned of and ended. Settings change them; nothing here reads any. */
import type { Duration } from '../tokens/time.ts'

export interface Policy {
  /** How long after a renewal the next is due. */
  readonly window: Duration
  /** How long before the consent's end a person is warned, at most. */
  readonly warning: Duration
  /** How long before the consent's end Renew by comes, at most. */
  readonly lead: Duration
  /** The consent's life where nobody reported its end. */
  readonly lifetime: Duration
  /** What that life counts from, where not from the consent: each renewal gives as long again. */
  readonly lifetimeFrom?: 'refresh'
}
