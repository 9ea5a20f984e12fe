/** Work on several accounts, of which one that fails stops no other. */
import { isTokenctlError, type TokenctlError } from '../errors.ts'
import type { Unreadable } from './selection.ts'

/** What the work brings; undefined when it failed, which is then among the problems. */
export async function attempt<T>(work: () => Promise<T>, problems: TokenctlError[]): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    problems.push(error)
    return undefined
  }
}

/** What keeps those of the named accounts from being read that cannot be. */
export function unreadableOf(words: readonly string[], unreadable: readonly Unreadable[]): TokenctlError[] {
  return unreadable
    .filter(({ key }) => words.some(word => `${key}:`.startsWith(`account/${word}:`)))
    .map(({ error }) => error)
}
