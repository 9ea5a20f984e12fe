/** The words of `migrate`: from one store to another. It only parses here and imports its work when it runs. */
import type { Command } from 'commander'
import { type Act, examples, json } from './options.ts'

/** Declares `migrate`. */
export function addMigrate(program: Command, act: Act): void {
  program
    .command('migrate')
    .summary('move all records to another store')
    .description(
      'Moves every record to the keychain, to the encrypted folder or to a PostgreSQL database: copies them, reads each back and compares it, and only then uses the new store. The old copies stay until they are removed.',
    )
    .option('--to <store>', '`file`, `keychain` or `postgres`')
    .option('--dry-run', 'say what would be moved; change nothing')
    .option('--remove-old', 'remove the copies in the store that is not in use')
    .option('--yes', 'move more than 200 records to a keychain without asking; the old copies stay')
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl migrate --to file --dry-run',
        'tokenctl migrate --to file',
        'tokenctl migrate --remove-old',
      ),
    )
    .action(options =>
      act(async world => (await import('../commands/migrate.ts')).migrateRun(options, world)),
    )
}
