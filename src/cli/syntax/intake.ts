/**
 * The words about what marketplaces tell of their own accord.
 * Each command only parses here and imports its work when it runs.
 */
import type { Command } from 'commander'
import { type Act, examples, json, stdin } from './options.ts'

/** Declares `mark`. */
export function addMark(program: Command, act: Act): void {
  program
    .command('mark')
    .summary('write down what a marketplace told: a consent revoked, a secret that ends or is new')
    .description(
      "Takes one notification on standard input, as the marketplace sent it, and writes down what it says: eBay's AUTHORIZATION_REVOCATION marks the seller's account as refused; Amazon's APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY sets when an app's secret ends, and APPLICATION_OAUTH_CLIENT_NEW_SECRET stores its new one, proven first. Who sent it is checked where it arrives.",
    )
    .addOption(stdin('the notification'))
    .option(
      '--account <account>',
      'the account whose consent was revoked, where its seller is not known here',
    )
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl mark --stdin < notification.json',
        'tokenctl mark --stdin --json < notification.json',
      ),
    )
    .action(options => act(async world => (await import('../commands/mark.ts')).markRun(options, world)))
}
