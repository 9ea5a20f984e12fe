/** `tokenctl help`: the help of a command, and the page on exit statuses. */
import type { Command } from 'commander'
import { TokenctlError } from '../../errors.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import { type Exit, exitCodesPage } from '../exit.ts'
import type { World } from '../world.ts'

/** Prints the help of the command that the words name, or the page on exit statuses. @throws {USAGE} for no command. */
export async function helpRun(
  { topic, program }: { readonly topic: readonly string[]; readonly program: Command },
  world: World,
): Promise<Exit> {
  if (topic[0] === 'exit-codes') {
    world.terminal.out(exitCodesPage())
    return 0
  }
  let command = program
  for (const word of topic) {
    const next = command.commands.find(candidate => candidate.name() === word)
    if (next === undefined) {
      throw new TokenctlError('USAGE', `There is no help on ${quoteTyped(topic.join(' '))}.`, {
        fix: 'See `tokenctl --help` for the commands, and `tokenctl help exit-codes`.',
      })
    }
    command = next
  }
  // Whole, with its examples; `main` says where a command's help goes.
  command.outputHelp()
  return 0
}
