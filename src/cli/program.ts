/**
 * The words of the command line, and nothing else: each command only parses and imports its work when it runs, so that
 * help and `--version` open nothing. The texts that a person can read about a command stand in `syntax/`; of a line that
 * begins with a command, only that one's are loaded.
 */
import { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { addOutline } from './outline.ts'
import { type Act, examples } from './syntax/options.ts'
import { addStatus } from './syntax/status.ts'

type Declare = (program: Command, act: Act, line: readonly string[]) => void

/** What declares which commands, in the order of the help. */
const SYNTAX: readonly { readonly words: readonly string[]; readonly load: () => Promise<Declare> }[] = [
  { words: ['status'], load: async () => addStatus },
  { words: ['renew'], load: async () => (await import('./syntax/renewing.ts')).addRenew },
  { words: ['set-amazon'], load: async () => (await import('./syntax/renewing.ts')).addSetAmazon },
  { words: ['login'], load: async () => (await import('./syntax/renewing.ts')).addLogin },
  { words: ['track', 'renewed'], load: async () => (await import('./syntax/accounts.ts')).addDates },
  { words: ['app'], load: async () => (await import('./syntax/keys-and-settings.ts')).addApp },
  { words: ['import'], load: async () => (await import('./syntax/moving.ts')).addImport },
  { words: ['export'], load: async () => (await import('./syntax/moving.ts')).addExport },
  { words: ['migrate'], load: async () => (await import('./syntax/migrate.ts')).addMigrate },
  { words: ['rekey'], load: async () => (await import('./syntax/rekey.ts')).addRekey },
  { words: ['token'], load: async () => (await import('./syntax/scripts.ts')).addToken },
  { words: ['exec'], load: async () => (await import('./syntax/scripts.ts')).addExec },
  { words: ['accounts'], load: async () => (await import('./syntax/accounts.ts')).addAccounts },
  { words: ['deliver'], load: async () => (await import('./syntax/deliver.ts')).addDeliver },
  { words: ['mark'], load: async () => (await import('./syntax/intake.ts')).addMark },
  { words: ['notices'], load: async () => (await import('./syntax/notices.ts')).addNotices },
  { words: ['hooks'], load: async () => (await import('./syntax/notices.ts')).addHooks },
  { words: ['history'], load: async () => (await import('./syntax/accounts.ts')).addHistory },
  { words: ['doctor'], load: async () => (await import('./syntax/doctor.ts')).addDoctor },
  { words: ['worker'], load: async () => (await import('./syntax/worker.ts')).addWorker },
  { words: ['schedule'], load: async () => (await import('./syntax/schedule.ts')).addSchedule },
  { words: ['config'], load: async () => (await import('./syntax/keys-and-settings.ts')).addConfig },
  { words: ['completion'], load: async () => (await import('./syntax/completion.ts')).addCompletion },
  { words: ['simulate', 'demo'], load: async () => (await import('./syntax/play.ts')).addPlay },
  { words: ['help'], load: async () => (await import('./syntax/play.ts')).addHelp },
]

/** Neither asks what commands there are. */
const VERSION = ['-V', '--version']
/** Alone it asks for their names and no more. */
const HELP = ['-h', '--help']

/**
 * The command line: of a line that begins with a command, with this one alone; else, and for `help`, with all of them.
 * Parsing throws CommanderError; nothing here ends the process.
 */
export async function buildProgram(act: Act, line: readonly string[] = []): Promise<Command> {
  const program = new Command('tokenctl')
    .description(
      "Keeps the credentials of a seller's eBay, Amazon, AliExpress, Etsy, Allegro and Mercado Libre shops alive.",
    )
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
  const [first = ''] = line
  if (VERSION.includes(first)) return program
  if (line.length === 1 && HELP.includes(first)) {
    addOutline(program)
    return program
  }
  const typed = first === 'help' ? undefined : SYNTAX.find(({ words }) => words.includes(first))
  for (const { load } of typed === undefined ? SYNTAX : [typed]) (await load())(program, act, line)
  return program
}
