/**
 * `tokenctl deliver`: hands accounts' newest tokens on to where `accounts deliver-to` said, now, whatever failed before.
 * It asks no marketplace for anything.
 */
import { TokenctlError } from '../../errors.ts'
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Vault } from '../../vault/vault.ts'
import { deliverTo } from '../delivery/delivering.ts'
import { type Exit, gravest } from '../exit.ts'
import { listingOf, wantedOf } from '../finding.ts'
import { deliverLines, deliverReport } from '../render/deliver.ts'
import { presentProblem } from '../render/error.ts'
import { renderJson } from '../render/json.ts'
import { safeLine } from '../render/safe-text.ts'
import { connectCommand } from '../render/words.ts'
import { rulesOf } from '../rules.ts'
import { type FilterOptions, isFiltered, notConnected, select, type Unreadable } from '../selection.ts'
import type { World } from '../world.ts'

export interface DeliverOptions extends FilterOptions {
  readonly accounts: readonly string[]
  readonly all?: boolean
  /** Hands over what has arrived already, too. */
  readonly again?: boolean
  readonly json?: boolean
}

export async function deliverRun(options: DeliverOptions, world: World): Promise<Exit> {
  const { accounts, all, again } = options
  const json = options.json === true
  if (all === true && accounts.length > 0)
    throw new TokenctlError('USAGE', '--all and named accounts exclude each other.', {
      fix: 'Leave one out.',
    })
  const isOpen = accounts.length === 0 && all !== true && !isFiltered(options)
  if (isOpen && !world.terminal.isInteractive) throw nobodyToAsk()
  const { found, problems, vault, leftOut } = await findWanted(options, world)
  const isNothing = found.length + problems.length === 0
  if (leftOut !== null && isNothing) (await import('../filter.ts')).nothingMatches(leftOut, world.terminal)
  const chosen = isOpen && found.length > 0 ? await ask(found, world) : found
  const onDone = json ? undefined : (result: Parameters<typeof deliverLines>[0]) => out(deliverLines(result))
  const { out, err } = world.terminal
  const results =
    vault === undefined
      ? []
      : await deliverTo(chosen, again === true ? 'again' : 'named', vault, world, onDone)
  if (json) out(renderJson(deliverReport(results)))
  else if (isNothing && leftOut === null)
    err('No account hands its tokens on. How it is set up: `tokenctl accounts deliver-to --help`.\n')
  for (const { error } of problems) presentProblem(error, world.terminal)
  if (world.signal.aborted) return 130
  return gravest([
    ...results.map(({ error }): Exit => error?.exit ?? 0),
    ...problems.map(({ error }): Exit => error.exit),
  ])
}

interface Wanted {
  readonly found: readonly AccountHeader[]
  readonly problems: readonly Unreadable[]
  /** Undefined where nothing was ever stored. */
  readonly vault: Vault | undefined
  /** How many were left out by their states and dates, where no account is left; null where the options leave one. */
  readonly leftOut: number | null
}

/** The accounts that the words select and that hand tokens on. */
async function findWanted(options: DeliverOptions, world: World): Promise<Wanted> {
  const words = options.accounts
  const opened = await (await world.openVault('deliver')).read()
  const { accounts, unreadable } = await listingOf(opened)
  const { headers, missing } = select(words, accounts, unreadable, rulesOf(world.settings()).adapterOf)
  const problems = unreadable.filter(
    ({ key }) =>
      key.startsWith('account/') &&
      (words.length === 0 || words.some(word => `${key}:`.startsWith(`account/${word}:`))),
  )
  const [first] = missing
  if (first !== undefined && problems.length === 0) throw notConnected(first, connectCommand(first))
  const kept = await wantedOf(headers, options, world)
  const found = kept.headers.filter(({ delivery }) => delivery !== null)
  const leftOut = kept.headers.length === 0 ? kept.leftOut : null
  if (words.length > 0 && leftOut === null && found.length + problems.length === 0)
    throw goesNowhere(kept.headers)
  return { found, problems, vault: opened.state === 'empty' ? undefined : opened.vault, leftOut }
}

/** Which accounts, asked of a person; those whose newest tokens have not arrived are ticked. */
async function ask(headers: readonly AccountHeader[], world: World): Promise<readonly AccountHeader[]> {
  const prompt = await world.prompt()
  const choices = headers.map(header => {
    const state = deliveryState(header) ?? ''
    const label = safeLine(`${header.account} (${state}, ${header.delivery?.target ?? ''})`)
    return { value: header.account, label, checked: state !== 'delivered' }
  })
  const ticked = await prompt.choose('Which accounts shall be delivered?', choices, {
    insteadOf: 'an account, or --all',
  })
  return headers.filter(({ account }) => ticked.includes(account))
}

function nobodyToAsk(): TokenctlError {
  return new TokenctlError(
    'ANSWER_MISSING',
    'Which accounts to deliver was not said, and nobody is there to ask.',
    { fix: 'Name them (`tokenctl deliver ebay:main`), or say `--all`.' },
  )
}

function goesNowhere(headers: readonly AccountHeader[]): TokenctlError {
  const [first] = headers
  const account = first?.account ?? 'ebay:main'
  return new TokenctlError('USAGE', `The tokens of ${account} go nowhere.`, {
    fix: 'Say where they shall go first: `tokenctl accounts deliver-to --help`.',
  })
}
