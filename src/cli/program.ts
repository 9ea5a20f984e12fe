/**
 * The words of the command line, and nothing else: each command only parses here and imports its work when it runs,
 * so that help and `--version` open nothing. The texts that a person can read about a command stand in `syntax/`.
 */
import { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import {
  addAccounts,
  addDates,
  addHistory,
  addLogin,
  addRenew,
  addSetAmazon,
  addStatus,
} from './syntax/accounts.ts'
import { addDeliver } from './syntax/deliver.ts'
import { addDoctor } from './syntax/doctor.ts'
import { addApp, addConfig, addImport } from './syntax/keys-and-settings.ts'
import { addHooks, addNotices } from './syntax/notices.ts'
import { type Act, examples } from './syntax/options.ts'
import { addHelp, addPlay } from './syntax/play.ts'
import { addSchedule } from './syntax/schedule.ts'

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
  addDeliver(program, act)
  addNotices(program, act)
  addHooks(program, act)
  addHistory(program, act)
  addDoctor(program, act)
  addSchedule(program, act)
  addConfig(program, act)
  addPlay(program, act)
  addHelp(program, act)
  return program
}
