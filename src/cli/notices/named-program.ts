/** The one rule for a program that a person names: a hook's, a channel's, a delivery's. Checked before anything is stored. */
import { isAbsolute } from 'node:path'
import { TokenctlError } from '../../errors.ts'
import type { World } from '../world.ts'

/** What more there is to say belongs into a file. The words of a channel and of a delivery stand in records, too. */
const LONGEST_COMMAND = 2000

/**
 * The path of the program that the words name, which may be run as things are.
 *
 * @throws {USAGE} where none is named, or one that may not be run.
 */
export async function namedProgram(
  words: readonly string[],
  world: Pick<World, 'programs'>,
): Promise<string> {
  const [path] = words
  if (path === undefined)
    throw usage(
      'Which program was not said.',
      'Put it after two hyphens: `-- /usr/local/bin/page --team shops`.',
    )
  // Not repeated: what is no path may be a secret in the wrong place.
  if (!isAbsolute(path))
    throw usage(
      'The program is not named by its absolute path.',
      'Write where it is, from the root: `-- /usr/local/bin/page`. Nothing was changed.',
    )
  if (words.join(' ').length > LONGEST_COMMAND)
    throw usage('The program and its words are too long.', 'Put them into a script, and name that.')
  const problem = (await world.programs()).problem(path)
  if (problem !== undefined) throw usage(problem, 'Nothing was changed.')
  return path
}

function usage(message: string, fix: string): TokenctlError {
  return new TokenctlError('USAGE', message, { fix })
}
