/** What a settings file may hold, as a schema made for the keys it may have: asked which of them is wrong, and how. */
import * as z from 'zod/mini'
import type { SettingFacts } from './settings.ts'

/** What is wrong with the first setting that is wrong. */
export interface SettingsProblem {
  /** Undefined where the whole is no object of settings. */
  readonly key: string | undefined
  /** The end of a sentence that begins with the key. */
  readonly problem: string
}

/** The first fault of a value that should be settings; undefined when there is none. */
export function settingsProblem(
  value: unknown,
  keys: readonly string[],
  factsOf: (key: string) => SettingFacts,
): SettingsProblem | undefined {
  const shape = z.strictObject(Object.fromEntries(keys.map(key => [key, shapeOf(factsOf(key))])))
  const result = shape.safeParse(value)
  if (result.success) return undefined
  const [issue] = result.error.issues
  if (issue?.code === 'unrecognized_keys') return { key: issue.keys[0], problem: 'is no setting' }
  const key = issue?.path[0]
  return { key: key === undefined ? undefined : String(key), problem: issue?.message ?? 'is wrong' }
}

function shapeOf({ expects, accepts }: SettingFacts) {
  return z.optional(z.string(`must be ${expects}`).check(z.refine(accepts, `must be ${expects}`)))
}
