/** What befalls the runs of a race, drawn by chance. */
import type { Moment } from './race-observer.ts'

/** What befalls one run: when, counted from its start or from a moment of its exchange, and what. */
export interface Fate {
  readonly from: 'start' | Moment
  readonly afterMs: number
  readonly what: 'kill' | 'stop'
  /** After a stop: how long until it goes on, or is killed as it stands. */
  readonly thenMs: number
  readonly ending: 'continue' | 'kill'
}

/** A start takes about this long from the spawn to the request. */
const RUN_MS = 300

/** The fate of the next run; undefined for three of four. */
export function drawFate(random: () => number): Fate | undefined {
  const drawn = random()
  const some = (upToMs: number) => random() * upToMs
  const kill = { what: 'kill', thenMs: 0, ending: 'continue' } as const
  if (drawn < 0.07) return { ...kill, from: 'start', afterMs: some(RUN_MS) }
  if (drawn < 0.09) return { ...kill, from: 'asked', afterMs: 0 }
  // From before the first byte was read to after the process has done its work; on a busy machine both come later.
  if (drawn < 0.12) return { ...kill, from: 'delivered', afterMs: some(30) }
  if (drawn < 0.15) return { ...kill, from: 'delivered', afterMs: some(200) }
  const stop = { what: 'stop', thenMs: some(600), ending: 'continue' } as const
  if (drawn < 0.2) return { ...stop, from: 'start', afterMs: some(RUN_MS) }
  if (drawn < 0.23) return { ...stop, from: 'delivered', afterMs: some(10) }
  if (drawn < 0.25) return { ...stop, from: 'delivered', afterMs: some(10), ending: 'kill' }
  return undefined
}
