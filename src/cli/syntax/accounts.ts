/**
 * The words about accounts: following one by its dates, keeping them, reading what was done.
 * Each command only parses here and imports its work when it runs.
 */
import type { Command } from 'commander'
import { addDeliverTo } from './deliver.ts'
import { ACCOUNTS, type Act, examples, json, withFilters } from './options.ts'

/** Declares `track` and `renewed`. */
export function addDates(program: Command, act: Act): void {
  program
    .command('track')
    .summary('follow a shop by its dates alone')
    .description(
      'Follows a shop that hangs on a multi-channel platform, by its dates alone: no token is kept. On an account that holds a token it corrects the day of consent.',
    )
    .argument('<account>', 'the account, such as `ebay:main`')
    .requiredOption('--consented <date>', 'the day of the consent, such as 2026-08-01')
    .addOption(json())
    .addHelpText('after', examples('tokenctl track ebay:main --consented 2026-08-01'))
    .action((account: string, options) =>
      act(async world => (await import('../commands/track.ts')).trackRun({ account, ...options }, world)),
    )
  program
    .command('renewed')
    .summary('record that a tracked shop was renewed')
    .description('Records that the credentials of a tracked shop were renewed on its platform.')
    .argument('<account>', 'the account, such as `ebay:main`')
    .option('--on <date>', 'the day it was done; today when left out')
    .addOption(json())
    .addHelpText(
      'after',
      examples('tokenctl renewed ebay:main', 'tokenctl renewed ebay:main --on 2026-11-20'),
    )
    .action((account: string, options) =>
      act(async world => (await import('../commands/track.ts')).renewedRun({ account, ...options }, world)),
    )
}

/** Declares `accounts`. */
export function addAccounts(program: Command, act: Act): void {
  const accounts = program
    .command('accounts')
    .summary('list, tag, rename and remove accounts, acknowledge what they missed, say where tokens go')
    .description(
      'Lists, tags, renames and removes accounts, acknowledges the time in which one was dead, and says where the tokens of one are handed on to.',
    )
    .helpCommand(false)
    .addHelpText('after', examples('tokenctl accounts list', 'tokenctl accounts remove ebay:outlet'))
  const list = accounts
    .command('list')
    .description('Lists the accounts and their tags. Their states and dates are `tokenctl status`.')
  withFilters(list)
    .addOption(json())
    .addHelpText('after', examples('tokenctl accounts list', 'tokenctl accounts list --json'))
    .action(options =>
      act(async world => (await import('../commands/accounts.ts')).accountsListRun(options, world)),
    )
  accounts
    .command('rename')
    .description('Gives an account another name.')
    .argument('<account>', 'the account, such as `ebay:main`')
    .argument('<name>', 'its new name, such as `outlet`')
    .addHelpText('after', examples('tokenctl accounts rename ebay:main outlet'))
    .action((account: string, name: string) =>
      act(async world =>
        (await import('../commands/accounts.ts')).accountsRenameRun({ account, name }, world),
      ),
    )
  accounts
    .command('remove')
    .description('Removes an account and its tokens from this machine.')
    .argument('<account>', 'the account, such as `ebay:main`')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('tokenctl accounts remove ebay:outlet'))
    .action((account: string, options) =>
      act(async world =>
        (await import('../commands/accounts.ts')).accountsRemoveRun({ account, ...options }, world),
      ),
    )
  accounts
    .command('ack')
    .description(
      'Acknowledges that the orders of the time in which an account was dead were fetched again; `tokenctl status` names that time until then.',
    )
    .argument('<account...>', ACCOUNTS)
    .addOption(json())
    .addHelpText('after', examples('tokenctl accounts ack ebay:main', 'tokenctl accounts ack ebay --json'))
    .action((names: string[], options) =>
      act(async world =>
        (await import('../commands/accounts-ack.ts')).accountsAckRun({ accounts: names, ...options }, world),
      ),
    )
  accounts
    .command('tag')
    .description(
      'Sets words of your own on accounts, to select them by with `--tag`; a key with a hyphen behind it takes a tag off. They are no secret: listings show them.',
    )
    .argument(
      '<account|tag...>',
      'accounts, such as `ebay:main`, and tags: `client=acme`, or `client-` to take it off',
    )
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl accounts tag ebay:main client=acme',
        "tokenctl accounts tag ebay amazon:main client=acme 'team=Night shift'",
        'tokenctl accounts tag ebay:main client-',
      ),
    )
    .action((words: string[], options) =>
      act(async world =>
        (await import('../commands/accounts-tag.ts')).accountsTagRun({ words, ...options }, world),
      ),
    )
  addDeliverTo(accounts, act)
}

/** Declares `history`. */
export function addHistory(program: Command, act: Act): void {
  program
    .command('history')
    .summary('what was done, when and with what outcome')
    .description(
      'Shows what was done to accounts and apps: when, by which command, with what outcome. The newest is last. Lines with the same Run were one command; Class says what a failure means for the token.',
    )
    .argument('[account]', 'an account, such as `ebay:main`; `ebay` alone means everything of eBay')
    .option('--limit <n>', 'only the newest; 50 when left out, all of them with `--json`')
    .addOption(json())
    .addHelpText(
      'after',
      examples('tokenctl history', 'tokenctl history ebay:main --limit 200', 'tokenctl history --json'),
    )
    .action((account: string | undefined, options) =>
      act(async world => (await import('../commands/history.ts')).historyRun({ account, ...options }, world)),
    )
}
