/** `status` for people: the table, what is not connected, the apps' secrets, warnings, and when records were opened. */

import { MARKETPLACE_IDS } from '../../marketplaces/ids.ts'
import { ACCOUNT_STATES } from '../../renewal/assess.ts'
import { rulesOf } from '../rules.ts'
import type { StatusFindings } from '../status-findings.ts'
import type { World } from '../world.ts'
import type { Paint } from './colour.ts'
import { showTime } from './dates.ts'
import { safeText } from './safe-text.ts'
import { accountCells, appLine, STATUS_COLUMNS } from './status-table.ts'
import { connectCommand, gapNote } from './words.ts'

/** Prints the findings: results on standard output, everything else on standard error (I4). */
export async function presentStatus(
  findings: StatusFindings,
  plain: boolean,
  world: Pick<World, 'terminal' | 'settings'>,
): Promise<void> {
  const { out, err } = world.terminal
  const rows = findings.accounts.map(accountCells)
  if (plain) {
    const { renderPlain } = await import('./plain.ts')
    out(renderPlain(STATUS_COLUMNS, rows))
  } else {
    await presentTable(rows, findings, world)
  }
  for (const warning of findings.warnings) err(`Note: ${safeText(warning)}\n`)
}

async function presentTable(
  rows: readonly string[][],
  findings: StatusFindings,
  world: Pick<World, 'terminal' | 'settings'>,
): Promise<void> {
  const { out, err } = world.terminal
  if (rows.length > 0) {
    const { renderTable } = await import('./table.ts')
    const columns = STATUS_COLUMNS
    const expendable = ['Last renewed', 'Days left', 'Renew by']
    const left = await renderTable({ columns, rows, expendable, paint: paintState }, world.terminal)
    if (left.length > 0)
      err(`Left out for want of room: ${left.join(', ')}. A wider window or \`--plain\` shows them.\n`)
  }
  const rules = rulesOf(world.settings())
  const width = Math.max(...MARKETPLACE_IDS.map(id => rules.adapterOf(id).title.length))
  if (rows.length > 0 && findings.notConnected.length > 0) out('\n')
  for (const id of findings.notConnected) {
    out(`${rules.adapterOf(id).title.padEnd(width)}  not connected   ${connectCommand(id)}\n`)
  }
  const lines = findings.apps.flatMap(app => appLine(app, rules.adapterOf(app.header.marketplace)) ?? [])
  if (lines.length > 0) out(`\n${lines.join('\n')}\n`)
  for (const { header } of findings.accounts) {
    if (header.gap !== null) out(`\n${safeText(gapNote(header.account, header.gap))}\n`)
  }
  if (isNothingConnected(findings)) err(firstWords(findings))
  else out(`\n${footOf(findings)}\n`)
}

function footOf({ store, lastOpened }: StatusFindings): string {
  const opened =
    lastOpened === undefined
      ? 'No record was opened yet.'
      : `Records last opened ${showTime(lastOpened.at)} by \`${safeText(lastOpened.by)}\`.`
  return `Store: ${store ?? 'none'}. ${opened}`
}

function paintState(paint: Paint, cell: string, column: string): string {
  const state = column === 'State' ? ACCOUNT_STATES.find(each => each === cell) : undefined
  return state === undefined ? cell : paint(cell, state)
}

/** An empty selection of a vault that holds others, or records that cannot be read, are not "nothing" (I5). */
function isNothingConnected({ accounts, problems, notConnected }: StatusFindings): boolean {
  return accounts.length + problems.length === 0 && notConnected.length === MARKETPLACE_IDS.length
}

/** What a person reads who has nothing yet: what to type, and where it would rest. */
function firstWords({ store, storeNote }: StatusFindings): string {
  const place =
    store === null
      ? `No keychain answers here. ${storeNote ?? ''}`
      : store === 'keychain'
        ? "Secrets will rest in this machine's keychain."
        : 'Secrets will rest in an encrypted folder.'
  return `\nNothing is connected yet. To try it all first: tokenctl demo\nWith developer keys of your own, begin with: tokenctl app set ebay\nWithout, follow a shop by its dates alone: tokenctl track ebay:main --consented DATE\n${place}\n`
}
