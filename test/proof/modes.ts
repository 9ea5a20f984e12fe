/** What becomes of a refresh token that was used, by the client's belief and in truth: the five pairs that are proved. */
import type { Rotation } from '../../src/marketplaces/adapter.ts'
import type { RotationMode } from '../../src/simulator/rotation.ts'

/** What the client takes the marketplace for, and what it is. */
export interface Mode {
  readonly belief: Rotation
  readonly server: RotationMode
}

/** Who does not know may meet either: `none` behind `unknown` is the easier half of `grace`. */
export const MODES: readonly Mode[] = [
  { belief: 'none', server: 'none' },
  { belief: 'grace', server: 'grace' },
  { belief: 'strict', server: 'strict' },
  { belief: 'unknown', server: 'strict' },
  { belief: 'unknown', server: 'grace' },
]
