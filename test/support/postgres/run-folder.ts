/**
 * One folder for a whole test run, that its worker processes share; vitest makes it before the first and removes it
 * after the last. A program that is no test run has one of its own, until it ends.
 */
import { makeServerFolder } from './server-folder.ts'

const NAME = 'TOKENCTL_TEST_RUN'

/** The folder of this run. */
export function runFolder(): string {
  const found = process.env[NAME]
  if (found !== undefined) return found
  const { path } = makeServerFolder()
  process.env[NAME] = path
  return path
}

/** What vitest calls before a run; what comes back is called after it. */
export function setup(): () => void {
  const { path, remove } = makeServerFolder()
  process.env[NAME] = path
  return remove
}
