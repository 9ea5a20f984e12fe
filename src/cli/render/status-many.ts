/** `status` of many accounts for a screen: how many there are in each state, and the few that need somebody. */

import { placeOf } from '../../marketplaces/ids.ts'
import { ACCOUNT_STATES } from '../../renewal/assess.ts'
import type { StatusFindings } from '../status/status-findings.ts'
import { SCREENFUL } from '../status/status-format.ts'
import type { Sights, StatusTally } from '../status/status-tally.ts'
import type { World } from '../world.ts'
import { presentStatus } from './status.ts'
import { renderTable } from './table.ts'

const MORE =
  'More: add `--page 2`. All: `--format jsonl` for a program, `--plain`, or the whole table in a pipe: `tokenctl status | less -S`.\n'

/**
 * Prints the summary, a screenful of accounts, and how to see the others. Where a filter chose the accounts they are those
 * that were asked for; else only what needs attention is shown.
 */
export async function presentMany(
  sights: Sights,
  besides: Omit<StatusFindings, 'accounts'>,
  world: Pick<World, 'terminal' | 'settings'>,
): Promise<void> {
  const { tally, attention } = sights
  const isChosen = besides.narrowed?.isFiltered === true
  const [accounts, of] = isChosen
    ? [sights.first().slice(0, SCREENFUL), tally.total]
    : [sights.urgent(), attention]
  const { out, err } = world.terminal
  await presentTally(tally, world)
  const part = accounts.length < of ? ` (${accounts.length} of ${numberOf(of)})` : ''
  if (isChosen) out(`\nThe first${part}:\n\n`)
  else out(accounts.length === 0 ? '\nNothing needs attention.\n' : `\nWhat needs attention${part}:\n\n`)
  await presentStatus({ ...besides, accounts }, false, world)
  if (accounts.length < tally.total) err(MORE)
}

async function presentTally(
  tally: StatusTally,
  { terminal }: Pick<World, 'terminal' | 'settings'>,
): Promise<void> {
  const all = tally.states()
  const states = ACCOUNT_STATES.filter(state => all[state] > 0)
  const shares = [...tally.shares].sort(([a], [b]) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1))
  const rows = shares.map(([, share]) => [share.title, ...states.map(state => numberOf(share.states[state]))])
  if (rows.length > 1) rows.push(['All', ...states.map(state => numberOf(all[state]))])
  const columns = ['Marketplace', ...states]
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...rows.map(row => (row[at] ?? '').length)),
  )
  const right = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell : cell.padStart(widths[at] ?? 0)))
  terminal.out(`${numberOf(tally.total)} accounts\n\n`)
  await renderTable({ columns: right(columns), rows: rows.map(right), expendable: [] }, terminal)
}

/** `100,000` */
function numberOf(value: number): string {
  return value.toLocaleString('en')
}
