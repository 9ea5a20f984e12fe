/** Work on many things, so many of them at a time: what rests on another machine is asked for together, and answered together. */

/**
 * Works on each, in their order, at most `most` at once. The first that fails ends it: nothing more is begun, what is open
 * comes to its end, and its error is thrown.
 */
export async function eachAtOnce<Item>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0
  const failures: unknown[] = []
  async function worker(): Promise<void> {
    while (next < items.length && failures.length === 0) {
      const item = items[next] as Item
      next += 1
      try {
        await work(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  if (failures.length > 0) throw failures[0]
}
