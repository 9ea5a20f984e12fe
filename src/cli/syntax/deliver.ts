/**
 * The words about handing tokens on: where to, and now.
 * Each command only parses here and imports its work when it runs.
 */
import type { Command } from 'commander'
import { ACCOUNTS, type Act, examples, json, stdin, withFilters } from './options.ts'

/** Declares `accounts deliver-to`, of a command that is there. */
export function addDeliverTo(accounts: Command, act: Act): void {
  accounts
    .command('deliver-to')
    .description(
      "Says where an account's tokens are handed on to after each renewal: a program, which gets them on standard input, or an https address, which gets them in a signed POST. Nothing leaves before it is said which token does.",
    )
    .argument('<account>', 'the account, such as `ebay:main`')
    .argument('[program...]', 'with --command: the absolute path of a program and its arguments, after `--`')
    .option('--command', 'hand them to a program')
    .option('--url', 'hand them to an address, which is asked for')
    .option('--off', 'hand them to nobody any more')
    .option('--tokens <tokens>', 'which leave: `access`, `refresh` or `access,refresh`')
    .option(
      '--margin <length>',
      'renew so long before the access token ends; left out, a quarter of its life',
    )
    .addOption(stdin('the address (alone, or as JSON with a key)'))
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl accounts deliver-to ebay:main --tokens access --command -- /usr/local/bin/store-token --shop main',
        'tokenctl accounts deliver-to aliexpress:main --tokens access --url',
        'tokenctl accounts deliver-to ebay:main --off',
      ),
    )
    .action((account: string, words: string[], options) =>
      act(async world =>
        (await import('../commands/accounts-deliver-to.ts')).deliverToRun(
          { account, words, ...options },
          world,
        ),
      ),
    )
}

/** Declares `deliver`. */
export function addDeliver(program: Command, act: Act): void {
  const deliver = program
    .command('deliver')
    .summary('hand the stored tokens on now')
    .description(
      "Hands accounts' newest tokens on to where `tokenctl accounts deliver-to` said, also where that failed or was refused before. Every renewal does it by itself. Without an account it asks which, at a terminal.",
    )
    .argument('[account...]', ACCOUNTS)
    .option('--all', 'every account that hands its tokens on')
    .option('--again', 'hand over what has arrived already, too')
  withFilters(deliver)
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl deliver ebay:main',
        'tokenctl deliver --all --json',
        'tokenctl deliver ebay --again',
      ),
    )
    .action((accounts: string[], options) =>
      act(async world =>
        (await import('../commands/deliver.ts')).deliverRun({ accounts, ...options }, world),
      ),
    )
}
