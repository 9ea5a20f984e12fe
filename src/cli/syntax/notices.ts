/**
 * The words about what goes out beside renewals: notices and hooks.
 * Each command only parses here and imports its work when it runs.
 */
import { Argument, type Command, Option } from 'commander'
import type { HookTime } from '../../renewal/hooks.ts'
import { type Act, examples, json, stdin } from './options.ts'

/** Said here too, since help must load no room but this. */
const HOOK_TIMES: readonly HookTime[] = ['before', 'after', 'on-failure', 'on-recovery']

/** Declares `notices`. */
export function addNotices(program: Command, act: Act): void {
  const notices = program
    .command('notices')
    .summary('who is told, and how: before a consent ends, on failure, on recovery')
    .description(
      'Says where notices go: 30, 14, 7 and 1 days before a consent ends, when an account is due, fails, is not taken where its tokens are handed on, or works again, and before a secret ends. Each once, at the end of an unattended `tokenctl renew`.',
    )
    .helpCommand(false)
    .addHelpText('after', examples('tokenctl notices add chat --webhook --as slack', 'tokenctl notices list'))
  notices
    .command('add')
    .description(
      'Adds a channel. The address of a webhook or a heartbeat, and the password of a mail server, are asked for masked or read from standard input. Never an argument.',
    )
    .argument('<name>', 'a name for the channel')
    .argument(
      '[program...]',
      'with --command, after `--`: the program, by its absolute path, and its arguments',
    )
    .option(
      '--command',
      'run a program; it gets one JSON document on standard input, and TOKENCTL_ variables',
    )
    .option('--webhook', 'post to an https address')
    .addOption(
      new Option(
        '--as <format>',
        'what the webhook takes; by its host when left out, else plain JSON',
      ).choices(['json', 'slack', 'discord', 'teams', 'ntfy']),
    )
    .option('--email <address>', 'send a mail')
    .option(
      '--smtp <host:port>',
      'the mail server; port 587 (STARTTLS) when left out, 465 is TLS from the start',
    )
    .option('--from <address>', "the sender; the mail server's user when left out")
    .option('--smtp-user <user>', 'whom to log in as at the mail server')
    .option('--desktop', "show it on this user's own screen")
    .option('--heartbeat', 'ask an https address after each good unattended run')
    .addOption(new Option('--method <method>', 'how the heartbeat is asked').choices(['GET', 'POST']))
    .option('--signal-failure', "after a run that failed, ask `/fail` below the heartbeat's address")
    .addOption(stdin('the address or password'))
    .option('--replace', 'take the place of a channel of that name')
    .addHelpText(
      'after',
      examples(
        'tokenctl notices add chat --webhook --as slack',
        'tokenctl notices add phone --webhook --as ntfy --stdin < address.txt',
        'tokenctl notices add mail --email owner@example.com --smtp mail.example.com --smtp-user shop',
        'tokenctl notices add pager --command -- /usr/local/bin/page --team shops',
        'tokenctl notices add alive --heartbeat --signal-failure',
      ),
    )
    .action((name: string, words: string[], options) =>
      act(async world =>
        (await import('../commands/notices.ts')).noticesAddRun({ name, program: words, ...options }, world),
      ),
    )
  notices
    .command('list')
    .description('Lists the channels; of an address the host alone.')
    .addOption(json())
    .addHelpText('after', examples('tokenctl notices list', 'tokenctl notices list --json'))
    .action(options =>
      act(async world => (await import('../commands/notices.ts')).noticesListRun(options, world)),
    )
  notices
    .command('remove')
    .description('Removes a channel, and its address or password with it.')
    .argument('<channel>', 'the channel')
    .addHelpText('after', examples('tokenctl notices remove pager'))
    .action((name: string) =>
      act(async world => (await import('../commands/notices.ts')).noticesRemoveRun({ name }, world)),
    )
  notices
    .command('test')
    .description(
      'Sends a channel a notice that says it is a test; ends with 4 when it does not take it. A heartbeat is asked as after a good run, which its monitor counts as one.',
    )
    .argument('<channel>', 'the channel')
    .addHelpText('after', examples('tokenctl notices test chat'))
    .action((name: string) =>
      act(async world => (await import('../commands/notices.ts')).noticesTestRun({ name }, world)),
    )
}

/** Declares `hooks`. */
export function addHooks(program: Command, act: Act): void {
  const hooks = program
    .command('hooks')
    .summary('programs that a renewal calls')
    .description(
      'Programs that `tokenctl renew` calls, one after the other, without a shell. They get the facts as TOKENCTL_ variables, and no token.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      examples('tokenctl hooks add after -- /usr/local/bin/reload-shop', 'tokenctl hooks list'),
    )
  hooks
    .command('add')
    .description(
      'Adds a hook: `before` a marketplace is asked, `after` each account that was renewed, `on-failure`, `on-recovery`. A hook that fails changes nothing, unless `renew --strict-hooks` says so.',
    )
    .addArgument(new Argument('<when>', 'when it is called').choices(HOOK_TIMES))
    .argument('[program...]', 'after `--`: the program, by its absolute path, and its arguments')
    .option('--timeout <length>', 'how long it may run before it is stopped, such as `5m`; 30s when left out')
    .addHelpText(
      'after',
      examples(
        'tokenctl hooks add after -- /usr/local/bin/reload-shop',
        'tokenctl hooks add on-recovery --timeout 5m -- /usr/local/bin/fetch-orders --missing',
      ),
    )
    .action((when: HookTime, words: string[], options) =>
      act(async world => {
        const { hooksAddRun } = await import('../commands/hooks.ts')
        return hooksAddRun({ when, program: words, ...options }, world)
      }),
    )
  hooks
    .command('list')
    .description('Lists the hooks, each with its number, and says which would not be run.')
    .addOption(json())
    .addHelpText('after', examples('tokenctl hooks list', 'tokenctl hooks list --json'))
    .action(options =>
      act(async world => (await import('../commands/hooks.ts')).hooksListRun(options, world)),
    )
  hooks
    .command('remove')
    .description('Removes a hook.')
    .argument('<number>', 'its number, as `tokenctl hooks list` shows it')
    .addHelpText('after', examples('tokenctl hooks remove 2'))
    .action((id: string) =>
      act(async world => (await import('../commands/hooks.ts')).hooksRemoveRun({ id }, world)),
    )
}
