/** The words of `status`. They are in the entry itself: no other command is typed so often. */
import { type Command, Option } from 'commander'
import { ACCOUNTS, type Act, examples, json, withFilters } from './options.ts'

/** Declares `status`. */
export function addStatus(program: Command, act: Act): void {
  const status = program
    .command('status')
    .summary('show every account, when it must be renewed and when it ends')
    .description(
      'Shows every account: its state, when it must be renewed, when its consent ends, what to type next.',
    )
    .argument('[account...]', ACCOUNTS)
  withFilters(status)
    .addOption(
      new Option('--sort <order>', 'the order of the accounts; left out, the gravest state is first').choices(
        ['account', 'state', 'renew-by', 'ends'],
      ),
    )
    .addOption(json())
    .option('--plain', 'print tab-separated columns, never wrapped or coloured')
    .option('--timeline', 'draw a year of it: when each must be renewed and when it ends')
    .addOption(
      new Option(
        '--format <format>',
        'print it for: a person (`table`, `timeline`), a browser (`html`), a program (`json`, `jsonl`, `plain`), a monitor (`prometheus`, `nagios`), a calendar (`ics`)',
      ).choices(['table', 'timeline', 'html', 'json', 'jsonl', 'plain', 'prometheus', 'ics', 'nagios']),
    )
    .option('--limit <number>', 'show no more than so many accounts; all are judged')
    .option('--page <number>', 'show the next ones: page 2 begins after as many as --limit says (50)')
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
        'tokenctl status --tag client=acme --within 30d --sort ends',
        'tokenctl status --format jsonl --state expired,due',
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
