/**
 * The words that bring a new token: by a program, by a pasted one, by a consent.
 * Each command only parses here and imports its work when it runs.
 */
import { type Command, Option } from 'commander'
import { ACCOUNTS, type Act, examples, json, stdin, withFilters } from './options.ts'

/** Declares `renew`. */
export function addRenew(program: Command, act: Act): void {
  const renew = program
    .command('renew')
    .summary('renew accounts now')
    .description(
      'Renews accounts: asks the marketplace for each account you name, even if nothing is due. Without a name it asks which, at a terminal.',
    )
    .argument('[account...]', ACCOUNTS)
    .option('--all', 'every account')
    .option('--due', 'only what is due or worse; what is fine is left out')
  withFilters(renew)
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
        'tokenctl renew --due --tag client=acme',
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
    .argument('[amazon-account]', 'the account, such as `main`; needed when there are several')
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
    .argument(
      '[marketplace|account]',
      'a marketplace such as `ebay` or `etsy`, or an account such as `ebay:main`',
    )
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
