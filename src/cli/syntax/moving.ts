/**
 * The words about accounts and apps that go from one machine to another.
 * Each command only parses here and imports its work when it runs.
 */
import type { Command } from 'commander'
import { ACCOUNTS, type Act, collect, examples, json, withFilters } from './options.ts'

const PASSPHRASE_STDIN = 'read the passphrase from standard input, one line'

/** Declares `import`. */
export function addImport(program: Command, act: Act): void {
  program
    .command('import')
    .summary('read apps and accounts from a document, or from an export')
    .description(
      'Reads one document with apps and accounts, as JSON or as `tokenctl export` sealed it, from standard input or a file. All of it is checked before anything is stored.',
    )
    .option('--file <file>', 'read the document from a file, in place of standard input')
    .option('--identity <file>', 'the file with the age key that opens it, as `age-keygen` wrote it')
    .option('--passphrase-stdin', PASSPHRASE_STDIN)
    .option('--dry-run', 'show what would change; store nothing')
    .option('--replace', 'replace accounts and apps that are there with other content')
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl import < accounts.json',
        'tokenctl import --dry-run --replace < accounts.json',
        'tokenctl import --file shops.age',
        'tokenctl import --file shops.age --identity key.txt',
      ),
    )
    .action(options => act(async world => (await import('../commands/import.ts')).importRun(options, world)))
}

/** Declares `export`. */
export function addExport(program: Command, act: Act): void {
  const command = program
    .command('export')
    .summary('write accounts and their apps into one sealed file')
    .description(
      'Writes accounts, all or those that are named, and their apps into one file that is sealed as `age` does it. `tokenctl import` reads it on another machine; the stock `age` opens it, too. Nothing is ever written in the clear.',
    )
    .argument('[account...]', ACCOUNTS)
  withFilters(command)
    .option('--to <recipient>', 'an age recipient that can open it, `age1…`; repeatable', collect)
    .option('--passphrase', 'seal it with a passphrase, which is asked for twice')
    .option('--passphrase-stdin', PASSPHRASE_STDIN)
    .option('--output <file>', 'make this file, readable by you alone, in place of standard output')
    .addHelpText(
      'after',
      examples(
        'tokenctl export --passphrase --output shops.age',
        'tokenctl export ebay:main --to age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
      ),
    )
    .action((accounts: string[], options) =>
      act(async world => (await import('../commands/export.ts')).exportRun({ accounts, ...options }, world)),
    )
}
