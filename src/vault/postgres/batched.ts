/**
 * Many calls in one statement. What is asked for while the connection is busy waits and goes together when its turn comes,
 * so that one round trip and one flush to the disk serve as many accounts as are at work (group commit); a call that is alone
 * goes at once. The calls of a statement are not chosen before its turn: chosen earlier, each would be a statement of its own
 * that waits behind all others.
 */

/** Runs work when those before it are done. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

/** Turns of one place, first come first served. */
export function inTurn(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const mine = last.then(work)
    // How the one before ended is nothing to the next.
    last = mine.catch(() => undefined)
    return mine
  }
}

export interface BatchedOptions<Input> {
  /** Calls in one statement, at most. */
  readonly most: number
  /** What a call changes: a statement never has two of one. Absent: it only reads. */
  readonly keyOf?: (input: Input) => string
  /** The turns of what all statements go over. */
  readonly turns: Turns
}

interface Waiting<Input, Output> {
  readonly input: Input
  readonly resolve: (output: Output) => void
  readonly reject: (error: unknown) => void
}

/**
 * A call that is answered together with others.
 *
 * @param run answers all of them, in their order; what it throws is thrown to each.
 */
export function batched<Input, Output>(
  run: (inputs: readonly Input[]) => Promise<readonly Output[]>,
  { most, keyOf, turns }: BatchedOptions<Input>,
): (input: Input) => Promise<Output> {
  const waiting: Waiting<Input, Output>[] = []
  let isRunning = false

  /** The next calls, up to the first that is about the same as one before it. */
  function take(): readonly Waiting<Input, Output>[] {
    if (keyOf === undefined) return waiting.splice(0, most)
    const keys = new Set<string>()
    let count = 0
    for (const { input } of waiting) {
      const key = keyOf(input)
      if (count === most || keys.has(key)) break
      keys.add(key)
      count += 1
    }
    return waiting.splice(0, count)
  }

  async function answer(calls: readonly Waiting<Input, Output>[]): Promise<void> {
    try {
      const outputs = await run(calls.map(({ input }) => input))
      for (const [at, { resolve }] of calls.entries()) resolve(outputs[at] as Output)
    } catch (error) {
      for (const { reject } of calls) reject(error)
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) await turns(() => answer(take()))
    isRunning = false
  }

  return input =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject })
      if (isRunning) return
      isRunning = true
      // Not before those who ask in the same turn have asked.
      setImmediate(() => void drain())
    })
}
