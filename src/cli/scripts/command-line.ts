/** The command at the end of a line: everything behind its first `--`, as it was typed. Pure. */
import { TokenctlError } from '../../errors.ts'

export interface CommandLine {
  /** What stands before the `--`, without the options. */
  readonly words: readonly string[]
  /** The program and its arguments; never empty. */
  readonly command: readonly string[]
}

/**
 * Parts the words of a line from its command. The parser leaves out the `--` and keeps no note of where it stood, so that
 * is looked up in the line itself.
 *
 * @param words the line without its options: the accounts, then the command
 * @param line the whole line as it was typed
 * @throws {USAGE} where there is no `--`, nothing behind it, or nothing before it
 */
export function commandLine(words: readonly string[], line: readonly string[]): CommandLine {
  const at = line.indexOf('--')
  if (at !== -1 && at < line.indexOf('exec'))
    throw new TokenctlError('USAGE', 'A `--` stands before `exec`.', {
      fix: 'It belongs between the accounts and the command: `tokenctl exec ebay:main -- ./fetch-orders.sh`.',
    })
  const command = at === -1 ? [] : line.slice(at + 1)
  if (command.length === 0)
    throw new TokenctlError('USAGE', 'The command to run is missing.', {
      fix: 'Put it at the end, after `--`: `tokenctl exec ebay:main -- ./fetch-orders.sh`.',
    })
  return { words: words.slice(0, words.length - command.length), command }
}
