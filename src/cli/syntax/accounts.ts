/**
 * The words about accounts: seeing, renewing, tracking and keeping them.
 * Each command only parses here and imports its work when it runs.
 */
import { type Command, Option } from 'commander'
import { addDeliverTo } from './deliver.ts'
import { ACCOUNTS, type Act, examples, json, stdin } from './options.ts'

/** Declares `status`. */
export function addStatus(program: Command, act: Act): void {
  program
    .command('status')
    .summary('show every account, when it must be renewed and when it ends')
    .description(
      'Shows every account: its state, when it must be renewed, when its consent ends, what to type next.',
    )
    .argument('[account...]', ACCOUNTS)
    .addOption(json())
    .option('--plain', 'print tab-separated columns, never wrapped or coloured')
    .option('--timeline', 'draw a year of it: when each must be renewed and when it ends')
    .addOption(
      new Option(
        '--format <format>',
        'print it for: a person (`table`, `timeline`), a browser (`html`), a program (`json`, `plain`), a monitor (`prometheus`, `nagios`), a calendar (`ics`)',
      ).choices(['table', 'timeline', 'html', 'json', 'plain', 'prometheus', 'ics', 'nagios']),
    )
    .option('--output <file>', 'write it into this file, whole or not at all, in place of printing it')
    .option('--check', 'tell by the exit status: 0 all ok, 3 a person must act, 4 `renew` can mend it')
    .option(
      '--fail-within <length>',
      'as --check, and count what must be renewed or ends within a length such as `14d`',
    )
    .option('--verify', 'open every record, to find those that cannot be read')
    .option('--probe', 'ask the marketplaces, by a refresh of each account, before showing')
    .addHelpText(
      'after',
      examples(
        'tokenctl status',
        'tokenctl status ebay --json',
        'tokenctl status --timeline',
        'tokenctl status --format html --output status.html',
        'tokenctl status --check || tokenctl renew --all --due',
        'tokenctl status --format prometheus --output /var/lib/prometheus/node-exporter/tokenctl.prom',
        'tokenctl status --format nagios --fail-within 14d',
      ) +
        "\n--format nagios ends with a plugin's own exit statuses: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n",
    )
    .action((accounts: string[], options) =>
      act(async world => (await import('../commands/status.ts')).statusRun({ accounts, ...options }, world)),
    )
}

/** Declares `renew`. */
export function addRenew(program: Command, act: Act): void {
  program
    .command('renew')
    .summary('renew accounts now')
    .description(
      'Renews accounts: asks the marketplace for each account you name, even if nothing is due. Without a name it asks which, at a terminal.',
    )
    .argument('[account...]', ACCOUNTS)
    .option('--all', 'every account')
    .option('--due', 'only what is due or worse; what is fine is left out')
    .option('--dry-run', 'say what would be done and why; ask nobody')
    .option('--concurrency <n>', 'accounts at work at the same time', '4')
    .option('--no-notices', 'tell no channel of `tokenctl notices`, and ask no heartbeat')
    .option(
      '--strict-hooks',
      'a hook that fails counts: one before stops the run, another makes it end with 4',
    )
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl renew ebay',
        'tokenctl renew ebay:main aliexpress',
        'tokenctl renew --all --due --json',
      ),
    )
    .action((accounts: string[], options) =>
      act(async world => (await import('../commands/renew.ts')).renewRun({ accounts, ...options }, world)),
    )
}

/** Declares `set-amazon`. */
export function addSetAmazon(program: Command, act: Act): void {
  program
    .command('set-amazon')
    .summary('paste a new Amazon token')
    .description(
      'Says where to click in Seller Central, takes the new token (never shown), proves it by a real exchange, and only then replaces the old one.',
    )
    .argument('[name]', 'the account, such as `main`; needed when there are several')
    .addOption(new Option('--region <region>', "the seller's region").choices(['na', 'eu', 'fe']))
    .option('--app <app>', 'the app whose keys prove it')
    .addOption(stdin('the token'))
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl set-amazon',
        'tokenctl set-amazon outlet --region eu',
        'pass show amazon | tokenctl set-amazon main --stdin',
      ),
    )
    .action((name: string | undefined, options) =>
      act(async world =>
        (await import('../commands/set-amazon.ts')).setAmazonRun({ name, ...options }, world),
      ),
    )
}

/** Declares `login`. */
export function addLogin(program: Command, act: Act): void {
  program
    .command('login')
    .summary('a new consent of the seller, by the browser')
    .description(
      "Connects a shop by its seller's consent, or takes a new consent for a shop that is connected: opens the marketplace's consent page in the browser, takes what comes back, and stores the new token. Another seller than the account's is refused.",
    )
    .argument('[marketplace]', '`ebay`, `amazon`, `aliexpress`, or an account such as `ebay:main`')
    .argument('[name]', 'the account')
    .option('--app <app>', 'the app that the seller consents to')
    .addOption(new Option('--region <region>', "Amazon: the seller's region").choices(['na', 'eu', 'fe']))
    .option('--seller-central <host>', "Amazon: another Seller Central than the region's largest")
    .option('--draft', 'Amazon: the app is not published yet')
    .option('--replace-seller', 'let the account go over to another seller')
    .option('--no-browser', 'open nothing; print the address only (for ssh)')
    .option('--link', 'print an address to send to the seller, and take the answer later')
    .option('--resume', 'take the answer to such an address')
    .addOption(stdin('the address that came back, with --resume'))
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl login ebay:main',
        'tokenctl login aliexpress gadgets --no-browser',
        'tokenctl login ebay:client-7 --link',
        'tokenctl login ebay:client-7 --resume',
      ),
    )
    .action((marketplace: string | undefined, name: string | undefined, options) =>
      act(async world =>
        (await import('../commands/login.ts')).loginRun({ marketplace, name, ...options }, world),
      ),
    )
}

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
    .summary('list, rename and remove accounts, acknowledge what they missed, say where tokens go')
    .description(
      'Lists, renames and removes accounts, acknowledges the time in which one was dead, and says where the tokens of one are handed on to.',
    )
    .helpCommand(false)
    .addHelpText('after', examples('tokenctl accounts list', 'tokenctl accounts remove ebay:outlet'))
  accounts
    .command('list')
    .description('Lists the accounts. Their states and dates are `tokenctl status`.')
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
