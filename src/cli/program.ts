/**
 * The words of the command line, and nothing else: each command only parses here and imports its work when it runs,
 * so that help and `--version` open nothing. Every text a person can read about a command stands in this file.
 */
import { Command, Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import type { Exit } from './exit.ts'
import type { World } from './world.ts'

/** Runs one command's work and keeps its exit status. */
export type Act = (work: (world: World) => Promise<Exit>) => Promise<void>

const KEY = 'the setting, such as `window.ebay`; `tokenctl config list` shows them all'
const ACCOUNTS = 'accounts, such as `ebay:main`; `ebay` alone means every eBay account'

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map(line => `  $ ${line}`).join('\n')}\n`
}

const json = () => new Option('--json', 'print one JSON document, for programs')
const stdin = (what: string) => new Option('--stdin', `read ${what} from standard input`)

/** The whole command line. Parsing throws CommanderError; nothing here ends the process. */
export function buildProgram(act: Act): Command {
  const program = new Command('tokenctl')
    .description("Keeps the credentials of a seller's eBay, Amazon and AliExpress shops alive.")
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText(
      'after',
      `${examples('tokenctl status', 'tokenctl renew ebay', 'tokenctl set-amazon', 'tokenctl demo')}
The exit statuses are explained by: tokenctl help exit-codes`,
    )
  addStatus(program, act)
  addRenew(program, act)
  addSetAmazon(program, act)
  addLogin(program, act)
  addDates(program, act)
  addApp(program, act)
  addImport(program, act)
  addAccounts(program, act)
  addConfig(program, act)
  addPlay(program, act)
  addHelp(program, act)
  return program
}

function addStatus(program: Command, act: Act): void {
  program
    .command('status')
    .summary('show every account, when it must be renewed and when it ends')
    .description(
      'Shows every account: its state, when it must be renewed, when its consent ends, what to type next.',
    )
    .argument('[account...]', ACCOUNTS)
    .addOption(json())
    .option('--plain', 'print tab-separated columns, never wrapped or coloured')
    .option('--check', 'tell by the exit status: 0 all ok, 3 a person must act, 4 `renew` can mend it')
    .option('--verify', 'open every record, to find those that cannot be read')
    .option('--probe', 'ask the marketplaces, by a refresh of each account, before showing')
    .addHelpText(
      'after',
      examples(
        'tokenctl status',
        'tokenctl status ebay --json',
        'tokenctl status --check || tokenctl renew --all --due',
      ),
    )
    .action((accounts: string[], options) =>
      act(async world => (await import('./commands/status.ts')).statusRun({ accounts, ...options }, world)),
    )
}

function addRenew(program: Command, act: Act): void {
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
      act(async world => (await import('./commands/renew.ts')).renewRun({ accounts, ...options }, world)),
    )
}

function addSetAmazon(program: Command, act: Act): void {
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
        (await import('./commands/set-amazon.ts')).setAmazonRun({ name, ...options }, world),
      ),
    )
}

function addLogin(program: Command, act: Act): void {
  program
    .command('login')
    .summary('how to get a new consent')
    .description('Says how the seller consents anew, and how the new token is handed over.')
    .argument('<marketplace>', '`ebay`, `amazon`, `aliexpress`, or an account such as `ebay:main`')
    .argument('[name]', 'the account')
    .addHelpText('after', examples('tokenctl login ebay:main'))
    .action((marketplace: string, name: string | undefined) =>
      act(async world => (await import('./commands/login.ts')).loginRun({ marketplace, name }, world)),
    )
}

function addDates(program: Command, act: Act): void {
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
      act(async world => (await import('./commands/track.ts')).trackRun({ account, ...options }, world)),
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
      act(async world => (await import('./commands/track.ts')).renewedRun({ account, ...options }, world)),
    )
}

function addApp(program: Command, act: Act): void {
  const app = program
    .command('app')
    .summary("the developer's keys")
    .description("Enters, lists and removes the developer's keys, which several accounts can share.")
    .helpCommand(false)
    .addHelpText('after', examples('tokenctl app set ebay', 'tokenctl app list'))
  app
    .command('set')
    .description(
      'Enters the keys of an app: asked one by one, or as one JSON object on standard input. Never as arguments.',
    )
    .argument('<marketplace>', '`ebay`, `amazon` or `aliexpress`')
    .argument('[app]', 'a name for the app; `default` when left out')
    .addOption(stdin('the keys as JSON'))
    .option('--issued <date>', "the day the secret was issued (Amazon's ends after 180 days)")
    .addHelpText(
      'after',
      examples(
        'tokenctl app set ebay',
        'tokenctl app set amazon --issued 2026-08-01',
        'tokenctl app set ebay --stdin < keys.json',
      ),
    )
    .action((marketplace: string, name: string | undefined, options) =>
      act(async world =>
        (await import('./commands/app.ts')).appSetRun({ marketplace, name, ...options }, world),
      ),
    )
  app
    .command('list')
    .description('Lists the apps, all or those of one marketplace. Keys are never shown.')
    .argument('[marketplace]', '`ebay`, `amazon` or `aliexpress`')
    .addOption(json())
    .addHelpText('after', examples('tokenctl app list', 'tokenctl app list amazon --json'))
    .action((marketplace: string | undefined, options) =>
      act(async world => (await import('./commands/app.ts')).appListRun({ marketplace, ...options }, world)),
    )
  app
    .command('remove')
    .description('Removes the keys of an app that no account uses.')
    .argument('<marketplace>', '`ebay`, `amazon` or `aliexpress`')
    .argument('[app]', 'the name of the app; `default` when left out')
    .option('--yes', 'do not ask')
    .addHelpText('after', examples('tokenctl app remove ebay', 'tokenctl app remove amazon second --yes'))
    .action((marketplace: string, name: string | undefined, options) =>
      act(async world =>
        (await import('./commands/app.ts')).appRemoveRun({ marketplace, name, ...options }, world),
      ),
    )
}

function addImport(program: Command, act: Act): void {
  program
    .command('import')
    .summary('read apps and accounts from standard input')
    .description(
      'Reads one JSON document with apps and accounts from standard input. All of it is checked before anything is stored.',
    )
    .option('--dry-run', 'say what would change; store nothing')
    .option('--replace', 'replace accounts and apps that are there with other content')
    .addOption(json())
    .addHelpText(
      'after',
      examples('tokenctl import < accounts.json', 'tokenctl import --dry-run < accounts.json'),
    )
    .action(options => act(async world => (await import('./commands/import.ts')).importRun(options, world)))
}

function addAccounts(program: Command, act: Act): void {
  const accounts = program
    .command('accounts')
    .summary('list, rename and remove accounts')
    .description('Lists, renames and removes accounts.')
    .helpCommand(false)
    .addHelpText('after', examples('tokenctl accounts list', 'tokenctl accounts remove ebay:outlet'))
  accounts
    .command('list')
    .description('Lists the accounts. Their states and dates are `tokenctl status`.')
    .addOption(json())
    .addHelpText('after', examples('tokenctl accounts list', 'tokenctl accounts list --json'))
    .action(options =>
      act(async world => (await import('./commands/accounts.ts')).accountsListRun(options, world)),
    )
  accounts
    .command('rename')
    .description('Gives an account another name.')
    .argument('<account>', 'the account, such as `ebay:main`')
    .argument('<name>', 'its new name, such as `outlet`')
    .addHelpText('after', examples('tokenctl accounts rename ebay:main outlet'))
    .action((account: string, name: string) =>
      act(async world =>
        (await import('./commands/accounts.ts')).accountsRenameRun({ account, name }, world),
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
        (await import('./commands/accounts.ts')).accountsRemoveRun({ account, ...options }, world),
      ),
    )
}

function addConfig(program: Command, act: Act): void {
  const config = program
    .command('config')
    .summary('settings')
    .description('Prints and changes settings. No secret is ever a setting.')
    .helpCommand(false)
    .addHelpText('after', examples('tokenctl config list', "tokenctl config set window.ebay '2 months'"))
  const run = async (
    world: World,
    work: (module: typeof import('./commands/config.ts'), world: World) => Promise<Exit>,
  ) => work(await import('./commands/config.ts'), world)
  config
    .command('get')
    .description('Prints the value of one setting, set or by default.')
    .argument('<key>', KEY)
    .addHelpText('after', examples('tokenctl config get store', 'tokenctl config get window.ebay'))
    .action((key: string) => act(world => run(world, (module, w) => module.configGetRun({ key }, w))))
  config
    .command('set')
    .description('Changes one setting.')
    .argument('<key>', KEY)
    .argument('<value>', 'such as `2 months`')
    .addHelpText(
      'after',
      examples(
        'tokenctl config set store file',
        "tokenctl config set window '2 months'",
        'tokenctl config set endpoint.ebay http://127.0.0.1:8080',
      ),
    )
    .action((key: string, value: string) =>
      act(world => run(world, (module, w) => module.configSetRun({ key, value }, w))),
    )
  config
    .command('unset')
    .description('Goes back to the default of one setting.')
    .argument('<key>', KEY)
    .addHelpText('after', examples('tokenctl config unset endpoint.ebay'))
    .action((key: string) => act(world => run(world, (module, w) => module.configUnsetRun({ key }, w))))
  config
    .command('list')
    .description('Prints every setting, its value and what it does.')
    .addOption(json())
    .addHelpText('after', examples('tokenctl config list', 'tokenctl config list --json'))
    .action(options => act(world => run(world, (module, w) => module.configListRun(options, w))))
  config
    .command('path')
    .description('Prints where the settings file is.')
    .addHelpText('after', examples('tokenctl config path'))
    .action(() => act(world => run(world, (module, w) => module.configPathRun(w))))
}

function addPlay(program: Command, act: Act): void {
  const collect = (value: string, before: string[] = []) => [...before, value]
  program
    .command('simulate')
    .summary('the three marketplaces on this machine, for trying and for tests')
    .description(
      'Answers on a loopback address as the three marketplaces do, for trying tokenctl and for tests of your own integration.',
    )
    .option('--port <port>', 'the port; any free one when left out')
    .option(
      '--fault <fault>',
      'a fault for the requests to come: <marketplace>=<fault>, ebay=429:3 for the next three, ebay=503:20% for a fifth of all; repeatable',
      collect,
    )
    .option(
      '--rotation <mode>',
      'what becomes of a refresh token that was used: <marketplace>=none|grace|strict, aliexpress=grace:30 for 30 seconds of grace; repeatable',
      collect,
    )
    .option('--consent-days <days>', 'how long the consents of its accounts live')
    .addOption(json())
    .addHelpText(
      'after',
      examples(
        'tokenctl simulate',
        'tokenctl simulate --port 8080 --fault ebay=429:3 --rotation aliexpress=strict',
      ),
    )
    .action(options =>
      act(async world => (await import('./commands/simulate.ts')).simulateRun(options, world)),
    )
  program
    .command('demo')
    .summary('the whole story on the simulator, in a throw-away home')
    .description(
      'Tells the whole story on the simulator, in a throw-away home with an encrypted file vault. Touches nothing of yours.',
    )
    .addHelpText('after', examples('tokenctl demo'))
    .action(() => act(async world => (await import('./commands/demo.ts')).demoRun(world)))
}

function addHelp(program: Command, act: Act): void {
  program
    .command('help')
    .summary('print help, or the page on exit-codes')
    .description('Prints the help of a command, or the page on exit statuses and error codes.')
    .argument('[topic...]', 'a command, or `exit-codes`')
    .addHelpText('after', examples('tokenctl help app set', 'tokenctl help exit-codes'))
    .action((topic: string[]) =>
      act(async world => (await import('./commands/help.ts')).helpRun({ topic, program }, world)),
    )
}
