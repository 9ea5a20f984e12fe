/** What no schedule can carry, said before anything is written. */
import { TokenctlError } from '../errors.ts'
import type { Job } from './job.ts'

/**
 * Stops for a path or value that the scheduler's text has no way to write.
 *
 * @param forbidden what one such value would contain, and `signs` its name for the message.
 * @throws {USAGE} naming the variable or the path.
 */
export function refuse(job: Job, forbidden: RegExp, signs: string, values = valuesOf(job)): void {
  for (const [what, value] of values) {
    if (!forbidden.test(value)) continue
    throw new TokenctlError('USAGE', `${what} contains ${signs}, which this scheduler cannot be given.`, {
      fix: 'Nothing was changed. Give it a path without them, or choose another scheduler by `--using`.',
    })
  }
}

/** Everything in the job that comes from outside, with its name for messages. */
export function valuesOf({ node, entry, env }: Job): readonly (readonly [what: string, value: string])[] {
  return [["Node's path", node], ["tokenctl's path", entry], ...Object.entries(env)]
}

// A line break would begin a line of its own; the others cannot be seen, and cron and systemd end or refuse at some.
/** Characters that no line of text can hold. */
export const CONTROLS = /\p{Cc}/u
