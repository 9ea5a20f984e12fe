/** Chance that can be had again: a proof that found something is run once more with the seed that it printed. */

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Some of a list, each as likely as any other, in the list's order. */
export function sampleOf<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  const drawn = all.map((value, place) => ({ value, place, lot: random() }))
  const chosen = drawn.sort((a, b) => a.lot - b.lot).slice(0, count)
  return chosen.sort((a, b) => a.place - b.place).map(({ value }) => value)
}
