/** A clock that stands until it is told to move. Sleeping moves it, and returns at once: no test ever waits. */
import type { Clock } from '../../src/platform/clock.ts'

export interface FakeClock extends Clock {
  /** Every pause that was asked for, in milliseconds. */
  readonly slept: number[]
  /** Moves the time on (or back). */
  advance(ms: number): void
}

/** A clock that begins at `start`: a date's text, or milliseconds. */
export function fakeClock(start: string | number = '2026-11-22T10:00:00Z'): FakeClock {
  let at = typeof start === 'string' ? Date.parse(start) : start
  const slept: number[] = []
  return {
    slept,
    now: () => at,
    advance: ms => {
      at += ms
    },
    sleep: async ms => {
      slept.push(ms)
      at += ms
    },
  }
}
