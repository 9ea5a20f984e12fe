/** Two things timed in turns, A B A B, so that a machine that changes its speed changes both. Quote the ratio. */
import { median } from './processes.js'

/**
 * Times `subject` against `base`, each a function that returns milliseconds.
 *
 * @returns {{ ratio: number, subject: number, base: number }} the median of the pairs' ratios, and both medians in milliseconds
 */
export function inTurns(pairs, base, subject) {
  const rounds = []
  // One of each that does not count: the first run fills the page cache.
  for (let round = -1; round < pairs; round++) {
    const turn = { base: base(), subject: subject() }
    if (round >= 0) rounds.push(turn)
  }
  return {
    ratio: median(rounds.map(each => each.subject / each.base)),
    subject: median(rounds.map(each => each.subject)),
    base: median(rounds.map(each => each.base)),
  }
}

/** One run of the program against an empty Node. */
export function againstEmpty(pairs, program, args, options) {
  return inTurns(
    pairs,
    () => program.timeNode(['-e', '0']),
    () => program.time(args, options),
  )
}
