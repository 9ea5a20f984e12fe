/** What the words of all commands have in common: how an action runs, how examples look, options that many have. */
import { type Command, Option } from 'commander'
import { TokenctlError } from '../../errors.ts'
import type { ProcessStatus } from '../exit.ts'
import type { World } from '../world.ts'

/** Runs one command's work and keeps its exit status. */
export type Act = (work: (world: World) => Promise<ProcessStatus>) => Promise<void>

/** What `[account...]` takes, for its help. */
export const ACCOUNTS = 'accounts, such as `ebay:main`; `ebay` alone means every eBay account'

/** The examples under a command's help. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map(line => `  $ ${line}`).join('\n')}\n`
}

/** `--json` */
export const json = () => new Option('--json', 'print one JSON document, for programs')
/** `--stdin`, with what is read there. */
export const stdin = (what: string) => new Option('--stdin', `read ${what} from standard input`)

/** Reads an option that can be repeated: its values, in their order. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]

/** Reads a list that can also be given in parts: `--state due --state expired` is `due,expired`. */
const joined = (value: string, before?: string): string =>
  before === undefined ? value : `${before},${value}`

/**
 * Reads a length that stands once: of two, neither the last nor the longer is meant for sure.
 *
 * @throws {USAGE}
 */
export function oneLength(value: string, before?: string): string {
  if (before === undefined) return value
  throw new TokenctlError('USAGE', '`--within` stands twice.', { fix: 'Leave one of the two out.' })
}

/** `--within`, `--state` and `--tag`, of a command that takes several accounts. */
export function withFilters(command: Command): Command {
  return command
    .option('--within <length>', 'only what must be renewed or ends within a length such as `30d`', oneLength)
    .option('--state <states>', 'only accounts in one of these states, such as `due,expired`', joined)
    .option(
      '--tag <key=value>',
      'only accounts with this tag, such as `client=acme`; several must all be there',
      collect,
    )
}
