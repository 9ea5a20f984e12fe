/**
 * The words for scripts: a token on standard output, and a command with tokens in its environment.
 * Each command only parses here and imports its work when it runs.
 */
import type { Command } from 'commander'
import { type Act, collect, examples, json } from './options.ts'

const MIN_VALID =
  "how long it has to live at least, such as `10m` or `1h`; left out, the marketplace's own margin"

/** Declares `token`. */
export function addToken(program: Command, act: Act): void {
  program
    .command('token')
    .summary('print an access token, for scripts')
    .description(
      'Prints an access token that lives long enough: the stored one, else a new one. Nothing else goes to standard output. On a terminal only with --reveal.',
    )
    .argument('<account>', 'the account, such as `ebay:main`; `ebay` where it is the only eBay account')
    .option('--min-valid <length>', MIN_VALID)
    .option('--reveal', 'print it on a terminal too')
    .addOption(json())
    .addHelpText(
      'after',
      examples('tokenctl token ebay:main --min-valid 10m', 'tokenctl token amazon --json'),
    )
    .action((account: string, options) =>
      act(async world => (await import('../commands/token.ts')).tokenRun({ account, ...options }, world)),
    )
}

/** Declares `exec`. The parser keeps no note of where the `--` stood, so the command is told the line itself. */
export function addExec(program: Command, act: Act, line: readonly string[]): void {
  program
    .command('exec')
    .summary('run a command with access tokens in its environment')
    .usage('[options] <account...> -- <command> [argument...]')
    .description(
      'Runs a command with access tokens in its environment, as EBAY_ACCESS_TOKEN and EBAY_ACCESS_TOKEN_EXPIRES_AT; of several eBay accounts as EBAY_MAIN_ACCESS_TOKEN, and so on. Ends as the command does.',
    )
    .argument('[account...]', 'the accounts; then, after `--`, the command and its arguments')
    .option('--min-valid <length>', MIN_VALID)
    .option(
      '--env <name=account>',
      "the variable for an account's token, by another name; repeatable",
      collect,
    )
    .addHelpText(
      'after',
      examples(
        'tokenctl exec ebay -- ./fetch-orders.sh',
        'tokenctl exec ebay:main ebay:outlet amazon -- python3 sync.py --days 7',
        'tokenctl exec --env SHOP_TOKEN=ebay:main -- ./fetch-orders.sh',
      ),
    )
    .action((words: string[], options) =>
      act(async world => (await import('../commands/exec.ts')).execRun({ words, line, ...options }, world)),
    )
}
