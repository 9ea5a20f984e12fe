/**
 * Which headers a listing is about, for a store that can choose among a million of them itself. What it gives back may hold
 * more than what was meant, never less: the rules that decide (`renewal/assess.ts`, `cli/filter.ts`) look at each once more.
 */
import type { EpochMs } from '../tokens/time.ts'

/** When accounts of one marketplace may need something: `renewal/due-bounds.ts` makes it of a policy and a `now`. */
export interface DueBounds {
  readonly marketplace: string
  /** Last renewed, or else consented to, at or before this. */
  readonly lastBefore: EpochMs
  /** Of which the marketplace reported an end that is at or before this. */
  readonly endsBefore: EpochMs
  /** Without a reported end, consented to at or before this. */
  readonly consentBefore: EpochMs
  /** Whether all with a token and without a reported end are meant. */
  readonly wantsEnd: boolean
  /** Dates after this were written by a wrong clock. */
  readonly ahead: EpochMs
}

export interface HeaderQuery {
  /** The kinds of records: `account`, `app`, `channel`. Absent: all. */
  readonly kinds?: readonly ('account' | 'app' | 'channel')[]
  /** Only these accounts' marketplaces. */
  readonly marketplaces?: readonly string[]
  /** Only these records. */
  readonly keys?: readonly string[]
  /** Only accounts that have all of these. */
  readonly tags?: readonly { readonly key: string; readonly value: string }[]
  /** Only accounts that may be anything but `ok`. */
  readonly due?: readonly DueBounds[]
  /** At most so many. */
  readonly limit?: number
}
