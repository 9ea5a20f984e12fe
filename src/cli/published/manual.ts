/**
 * The manual page, man(7), made from the definitions that `--help` prints: every command with its usage, arguments,
 * options and examples, so that the two cannot say different things. Only the build and the tests load this.
 */
import type { Command, Option } from 'commander'
import { exitCodesPage } from '../exit.ts'
import { FILES, VARIABLES } from './manual-facts.ts'
import { asIs, entry, escaped, filled, heading } from './roff.ts'

/** The page. @param day when it was made, as `2026-11-23` */
export function manualPage(program: Command, day: string): string {
  const version = program.version() ?? ''
  return [
    '.\\" Made by the build from the definitions of the commands. Changes here are lost.\n',
    `.TH TOKENCTL 1 "${day}" "tokenctl ${escaped(version)}" "User Commands"\n`,
    heading('SH', 'NAME'),
    `tokenctl \\- ${escaped(nameLine(program))}\n`,
    heading('SH', 'SYNOPSIS'),
    program.commands.map(synopsis).join('.br\n'),
    heading('SH', 'DESCRIPTION'),
    filled(program.description()),
    optionsOf(program),
    heading('SH', 'COMMANDS'),
    ...ofEach(program).map(section),
    heading('SH', 'EXIT STATUS'),
    asIs(exitCodesPage()),
    heading('SH', 'ENVIRONMENT'),
    ...VARIABLES.map(([name, about]) => entry(name, about)),
    heading('SH', 'FILES'),
    ...FILES.map(([name, about]) => entry(name, about)),
    '.PP\n',
    filled('On macOS and Windows they are in the folders of those systems.'),
    heading('SH', 'EXAMPLES'),
    asIs(afterHelp(program).replace(/^\s*Examples:\n/, '')),
  ].join('')
}

/** Every command that does something, in the order of the help. */
function ofEach(program: Command): readonly Command[] {
  return program.commands.flatMap(command => (command.commands.length === 0 ? [command] : command.commands))
}

function nameLine(program: Command): string {
  const text = program.description().replace(/\.$/, '')
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function synopsis(command: Command): string {
  if (command.commands.length > 0) return `\\fBtokenctl ${escaped(command.name())}\\fR \\fIcommand\\fR ...\n`
  return usage(command)
}

/** `tokenctl app set [options] <marketplace> [app]`, the words to type in bold. */
function usage(command: Command): string {
  const line = command.createHelp().commandUsage(command)
  const words = /^[a-z -]+?(?= [[<]|$)/.exec(line)?.[0] ?? ''
  return `\\fB${escaped(words)}\\fR${escaped(line.slice(words.length))}\n`
}

function section(command: Command): string {
  const help = command.createHelp()
  const after = afterHelp(command)
  return [
    heading('SS', help.commandUsage(command).replace(/ [[<].*$/, '')),
    usage(command),
    '.PP\n',
    filled(command.description()),
    ...help
      .visibleArguments(command)
      .map(each => entry(help.argumentTerm(each), help.argumentDescription(each))),
    optionsOf(command, option => option.long !== '--help'),
    '.PP\n',
    after === '' ? '' : asIs(after),
  ].join('')
}

function optionsOf(command: Command, wanted: (option: Option) => boolean = () => true): string {
  const help = command.createHelp()
  return help
    .visibleOptions(command)
    .filter(wanted)
    .map(each => entry(help.optionTerm(each), help.optionDescription(each)))
    .join('')
}

/** What stands under a command's own help: its examples, and what is to be known of them. */
function afterHelp(command: Command): string {
  let text = ''
  const writeOut = (more: string) => {
    text += more
  }
  command.configureOutput({ writeOut, getOutHelpWidth: () => 80, getOutHasColors: () => false }).outputHelp()
  return text.slice(command.helpInformation().length).trim()
}
