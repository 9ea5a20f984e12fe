/**
 * `tokenctl exec`: runs a command with access tokens in its environment, and ends as the command does. Everything of
 * tokenctl's is let go before the command begins, for it may run for days. One of the few places where a token leaves its
 * `Secret` (I2): it goes into the command's environment and nowhere else.
 */
import { TokenctlError } from '../../errors.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import type { ProcessStatus } from '../exit.ts'
import { safeLine } from '../render/safe-text.ts'
import { commandEnvironment, type TokenVariable } from '../scripts/command-environment.ts'
import { commandLine } from '../scripts/command-line.ts'
import {
  accountsMeant,
  accountsOf,
  deliverTokens,
  liveTokens,
  minValidOf,
  refuseStopped,
  tokenOf,
} from '../scripts/live-tokens.ts'
import { marketplaceNames, namedAccountOf, variableNames } from '../scripts/variable-names.ts'
import type { World } from '../world.ts'

export interface ExecOptions {
  /** The line without its options: the accounts, then the command. */
  readonly words: readonly string[]
  /** The whole line, as it was typed. */
  readonly line: readonly string[]
  readonly minValid?: string
  /** `NAME=account`, each. */
  readonly env?: readonly string[]
}

const BEFORE = 'the command began'

export async function execRun(
  { words, line, ...options }: ExecOptions,
  world: World,
): Promise<ProcessStatus> {
  const { words: accounts, command } = commandLine(words, line)
  const given = (options.env ?? []).map(namedAccountOf)
  const minValidMs = minValidOf(options.minValid)
  if (accounts.length + given.length === 0) throw noAccount()
  const typed = [...accounts, ...given.map(({ account }) => account)]
  const meant = await accountsMeant(typed, 'exec', world)
  const named = given.flatMap(({ name, account }) =>
    accountsOf([account], meant).map(found => ({ name, account: found })),
  )
  const names = variableNames(accountsOf(accounts, meant), named)

  // Loaded before anybody is asked: whoever replaces the program meanwhile does not keep the command from its token.
  const commands = await world.commands()
  const tokens = await liveTokens(meant, { minValidMs, before: BEFORE }, world)
  const variables = names.map(({ name, account }): TokenVariable => {
    const { accessToken, expiresAt } = tokenOf(account, tokens)
    return { name, token: accessToken.reveal(), expiresAt }
  })
  await deliverTokens(tokens, world)
  await world.close()
  refuseStopped(BEFORE, world)
  const env = commandEnvironment(world.env, variables, marketplaceNames(names.map(({ account }) => account)))
  const end = await commands.run({ command, env })
  if (end.how === 'killed') return commands.dieOf(end.signal)
  if (end.how === 'not-started') world.terminal.err(notStarted(command[0] ?? '', end.code))
  return end.status
}

function noAccount(): TokenctlError {
  return new TokenctlError('USAGE', 'No account is named whose token the command shall have.', {
    fix: 'Name it before the `--`: `tokenctl exec ebay:main -- ./fetch-orders.sh`.',
  })
}

function notStarted(program: string, code: string): string {
  const shown = safeLine(quoteTyped(program))
  const why =
    code === 'ENOENT'
      ? 'it, or the program that its first line names, is not there'
      : code === 'EACCES'
        ? 'this user may not run it'
        : safeLine(code)
  return `Error: The command ${shown} could not be started: ${why}.\n`
}
