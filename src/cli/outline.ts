/**
 * The list of commands that the general help shows, apart from the words of each: to declare thirty commands with all their
 * options, for a list of names, took `--help` a third of `node -e 0`. A test holds it against what they declare.
 */
import type { Command } from 'commander'

/** As they are typed, and what they do. */
const COMMANDS: readonly (readonly [usage: string, summary: string])[] = [
  ['status [options] [account...]', 'show every account, when it must be renewed and when it ends'],
  ['renew [options] [account...]', 'renew accounts now'],
  ['set-amazon [options] [amazon-account]', 'paste a new Amazon token'],
  ['login [options] [marketplace|account] [name]', 'a new consent of the seller, by the browser'],
  ['track [options] <account>', 'follow a shop by its dates alone'],
  ['renewed [options] <account>', 'record that a tracked shop was renewed'],
  ['app', "the developer's keys"],
  ['import [options]', 'read apps and accounts from a document, or from an export'],
  ['export [options] [account...]', 'write accounts and their apps into one sealed file'],
  ['migrate [options]', 'move all records to another store'],
  ['rekey [options]', 'seal all records with a new key'],
  ['token [options] <account>', 'print an access token, for scripts'],
  ['exec [options] [account...]', 'run a command with access tokens in its environment'],
  ['accounts', 'list, tag, rename and remove accounts, acknowledge what they missed, say where tokens go'],
  ['deliver [options] [account...]', 'hand the stored tokens on now'],
  ['mark [options]', 'write down what a marketplace told: a consent revoked, a secret that ends or is new'],
  ['notices', 'who is told, and how: before a consent ends, on failure, on recovery'],
  ['hooks', 'programs that a renewal calls'],
  ['history [options] [account]', 'what was done, when and with what outcome'],
  ['doctor [options]', 'find what would break, before it does'],
  ['worker [options]', 'keep what is due renewed, on one machine or many'],
  ['schedule', 'have the machine renew by itself what is due'],
  ['config', 'settings'],
  ['completion <shell>', 'what Tab offers in your shell'],
  ['simulate [options]', 'the marketplaces on this machine, for trying and for tests'],
  ['demo', 'the whole story on the simulator, in a throw-away home'],
  ['help [topic...]', 'print help, or the page on exit-codes'],
]

/** Declares every command by its name and summary, for the general help and nothing else. */
export function addOutline(program: Command): void {
  for (const [usage, summary] of COMMANDS) {
    const [name = ''] = usage.split(' ')
    program.command(name).usage(usage).summary(summary)
  }
  program.configureHelp({ subcommandTerm: command => command.usage() })
}
