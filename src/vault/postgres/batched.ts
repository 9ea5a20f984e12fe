/**
 * Many calls in one statement. What is asked for while a statement is on its way waits and goes with the next, so that one
 * round trip and one flush to the disk serve as many accounts as are at work (group commit); a call that is alone goes at once.
 */

export interface BatchedOptions<Input> {
  /** Calls in one statement, at most. */
  readonly most: number
  /** What a call is about: a statement never has two of one. */
  readonly keyOf: (input: Input) => string
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
  { most, keyOf }: BatchedOptions<Input>,
): (input: Input) => Promise<Output> {
  const waiting: Waiting<Input, Output>[] = []
  let isRunning = false

  /** The next calls, up to the first that is about the same as one before it. */
  function take(): readonly Waiting<Input, Output>[] {
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
    while (waiting.length > 0) await answer(take())
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
