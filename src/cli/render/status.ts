/** `status` for people: the table, what is not connected, the apps' secrets, warnings, and when records were opened. */

import { MARKETPLACE_IDS } from '../../marketplaces/ids.ts'
import { ACCOUNT_STATES } from '../../renewal/assess.ts'
import { rulesOf } from '../rules.ts'
import type { StatusFindings } from '../status/status-findings.ts'
import type { World } from '../world.ts'
import type { Paint } from './colour.ts'
import { showTime } from './dates.ts'
import { safeText } from './safe-text.ts'
import { accountCells, appLine, DELIVERY_COLUMN, deliveryCell, STATUS_COLUMNS } from './status-table.ts'
import type { Table } from './table.ts'
import { connectCommand, deliveryNote, gapNote } from './words.ts'

/**
 * Prints the findings: results on standard output, everything else on standard error (I4).
 *
 * @param isNone whether no account was found, on any page.
 */
export async function presentStatus(
  findings: StatusFindings,
  plain: boolean,
  world: Pick<World, 'terminal' | 'settings'>,
  isNone = findings.accounts.length === 0,
): Promise<void> {
  const { out } = world.terminal
  const withDelivery = plain || findings.accounts.some(({ header }) => header.delivery !== null)
  const columns = withDelivery ? [...STATUS_COLUMNS, DELIVERY_COLUMN] : STATUS_COLUMNS
  const rows = findings.accounts.map(account => [
    ...accountCells(account),
    ...(withDelivery ? [deliveryCell(account)] : []),
  ])
  if (plain) {
    const { renderPlain } = await import('./plain.ts')
    out(renderPlain(columns, rows))
  } else {
    await presentTable({ columns, rows }, findings, world, isNone)
  }
  presentNotes(findings, isNone, world.terminal)
}

/** Prints what to know before trusting any of it, on standard error. @param isNone whether no account was found, shown or not */
export function presentNotes(
  { narrowed, warnings }: Omit<StatusFindings, 'accounts'>,
  isNone: boolean,
  { err }: World['terminal'],
): void {
  if (narrowed?.isFiltered === true && isNone) err('Nothing matches.\n')
  for (const warning of warnings) err(`Note: ${safeText(warning)}\n`)
}

async function presentTable(
  { columns, rows }: Pick<Table, 'columns' | 'rows'>,
  findings: StatusFindings,
  world: Pick<World, 'terminal' | 'settings'>,
  isNone: boolean,
): Promise<void> {
  const { out, err } = world.terminal
  if (rows.length > 0) {
    const { renderTable } = await import('./table.ts')
    const expendable = ['Last renewed', 'Days left', 'Renew by', DELIVERY_COLUMN]
    const left = await renderTable({ columns, rows, expendable, paint: paintState }, world.terminal)
    if (left.length > 0)
      err(`Left out for want of room: ${left.join(', ')}. A wider window or \`--plain\` shows them.\n`)
  }
  if (rows.length > 0 && findings.notConnected.length > 0) out('\n')
  presentRest(findings, world, isNone)
}

/** Prints what stands below the accounts, however they are shown: what is not connected, apps, gaps, and the foot. */
export function presentRest(
  findings: StatusFindings,
  world: Pick<World, 'terminal' | 'settings'>,
  isNone: boolean,
): void {
  const { out, err } = world.terminal
  const rules = rulesOf(world.settings())
  const ids = new Set([...MARKETPLACE_IDS, ...findings.notConnected])
  const width = Math.max(...[...ids].map(id => rules.adapterOf(id).title.length))
  for (const id of findings.notConnected) {
    out(`${rules.adapterOf(id).title.padEnd(width)}  not connected   ${connectCommand(id)}\n`)
  }
  const lines = findings.apps.flatMap(app => appLine(app, rules.adapterOf(app.header.marketplace)) ?? [])
  if (lines.length > 0) out(`\n${lines.join('\n')}\n`)
  for (const { header } of findings.accounts) {
    if (header.gap !== null) out(`\n${safeText(gapNote(header.account, header.gap))}\n`)
  }
  const late = findings.accounts.flatMap(({ header }) => deliveryNote(header, findings.now) ?? [])
  if (late.length > 0) out(`\n${late.map(note => `${safeText(note)}\n`).join('')}`)
  if (isNone && isNothingConnected(findings)) err(firstWords(findings))
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
function isNothingConnected({ problems, notConnected }: StatusFindings): boolean {
  return problems.length === 0 && notConnected.length >= MARKETPLACE_IDS.length
}

/** What a person reads who has nothing yet: what to type, and where it would rest. */
function firstWords({ store, storeNote }: StatusFindings): string {
  const place =
    store === null
      ? `No keychain answers here. ${storeNote ?? ''}`
      : store === 'keychain'
        ? "Secrets will rest in this machine's keychain."
        : store === 'postgres'
          ? "Secrets will rest in the fleet's database, sealed with the key of this machine."
          : 'Secrets will rest in an encrypted folder.'
  return `\nNothing is connected yet. To try it all first: tokenctl demo\nWith developer keys of your own, begin with: tokenctl app set ebay\nWithout, follow a shop by its dates alone: tokenctl track ebay:main --consented DATE\n${place}\n`
}
