/** The words of `doctor`. It only parses here and imports its work when it runs. */
import type { Command } from 'commander'
import { type Act, examples, json } from './options.ts'

/** Declares `doctor`. */
export function addDoctor(program: Command, act: Act): void {
  program
    .command('doctor')
    .summary('find what would break, before it does')
    .description(
      'Looks at what every renewal stands on: the vault, its key, locks and modes, the disk, the clock, the way to the marketplaces, the schedule. Says of each whether it works, and what mends it. Sends no token, and shows none.',
    )
    .addOption(json())
    .option('--fix', 'mend what is safe to mend: modes of our own files, leftovers of killed runs')
    .option('--offline', 'leave the marketplaces alone')
    .option(
      '--scheduled',
      'what the scheduled run does to prove itself: opens a record too, and writes down what it saw',
    )
    .addHelpText(
      'after',
      examples('tokenctl doctor', 'tokenctl doctor --fix', 'tokenctl doctor --json --offline'),
    )
    .action(options => act(async world => (await import('../commands/doctor.ts')).doctorRun(options, world)))
}
