/** The words of `rekey`. It only parses here and imports its work when it runs. */
import type { Command } from 'commander'
import { type Act, examples, json } from './options.ts'

/** Declares `rekey`. */
export function addRekey(program: Command, act: Act): void {
  program
    .command('rekey')
    .summary('seal all records with a new key')
    .description(
      'Seals every record of the encrypted folder, or of the PostgreSQL database, with a new key. The old key stays where it is: backups open with nothing else.',
    )
    .option(
      '--new-key-file <path>',
      'the file of the new key, made when there is none; else one beside the old',
    )
    .option('--dry-run', 'say what would be done; change nothing')
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl rekey --dry-run',
        'tokenctl rekey',
        'tokenctl rekey --new-key-file /etc/tokenctl/2027.key',
      ),
    )
    .action(options => act(async world => (await import('../commands/rekey.ts')).rekeyRun(options, world)))
}
