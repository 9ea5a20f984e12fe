/** `tokenctl history`: what was done, when, by which run, with what outcome. Reads; opens no secret and changes nothing. */
import { TokenctlError } from '../../errors.ts'
import { parseAccount } from '../../tokens/account.ts'
import type { Exit } from '../exit.ts'
import { listingOf } from '../finding.ts'
import { concerns, eventsOf } from '../noting/history-events.ts'
import { presentHistory } from '../render/history.ts'
import { renderJson } from '../render/json.ts'
import { rulesOf } from '../rules.ts'
import { unknownAccount } from '../selection.ts'
import type { HistoryReport } from '../shapes/history-shape.ts'
import type { World } from '../world.ts'

export interface HistoryOptions {
  /** An account, an app by the same two words, or a marketplace; all of them without. */
  readonly account: string | undefined
  readonly limit?: string
  readonly json?: boolean
}

/** What people are shown without `--limit`; programs get everything. */
const SHOWN = 50

export async function historyRun(options: HistoryOptions, world: World): Promise<Exit> {
  const { account: word, json } = options
  const limit = limitOf(options)
  if (word !== undefined) rulesOf(world.settings()).adapterOf(parseAccount(word).marketplace)
  const { events, skipped } = eventsOf(await world.history.lines())
  const wanted = word === undefined ? events : events.filter(event => concerns(event, word))
  if (wanted.length === 0 && word !== undefined) await requireKnown(word, world)
  const newest = wanted.slice(-limit)
  if (json === true) {
    const report: HistoryReport = { version: 1, events: newest, skipped }
    world.terminal.out(renderJson(report))
    return 0
  }
  if (newest.length === 0) world.terminal.err(emptyWords(word))
  else await presentHistory(newest, world.terminal)
  if (newest.length < wanted.length)
    world.terminal.err(
      `The newest ${newest.length} of ${wanted.length}; \`--limit ${wanted.length}\` shows all.\n`,
    )
  if (skipped > 0)
    world.terminal.err(`Note: ${skipped} line${skipped === 1 ? '' : 's'} could not be read and left out.\n`)
  return 0
}

function limitOf({ limit, json }: HistoryOptions): number {
  if (limit === undefined) return json === true ? Number.POSITIVE_INFINITY : SHOWN
  const number = /^\d{1,6}$/.test(limit) ? Number(limit) : 0
  if (number >= 1) return number
  throw new TokenctlError('USAGE', '--limit takes a whole number from 1 to 999999.', {
    fix: 'For instance `--limit 100`.',
  })
}

/**
 * Tells an account that nothing was written about from one that there never was.
 *
 * @throws {ACCOUNT_UNKNOWN} with the nearest name when no such account or app is stored, readable or not.
 */
async function requireKnown(word: string, world: World): Promise<void> {
  const { marketplace, name } = parseAccount(word)
  if (name === undefined) return
  const { accounts, apps, unreadable } = await listingOf(await (await world.openVault('history')).read())
  const known =
    accounts.some(header => header.account === word) ||
    apps.some(app => app.marketplace === marketplace && app.name === name) ||
    unreadable.some(({ key }) => key === `account/${word}` || key === `app/${word}`)
  if (!known) throw unknownAccount({ marketplace, name }, accounts)
}

function emptyWords(word: string | undefined): string {
  const what =
    word === undefined ? 'Nothing is written down yet' : `Nothing is written down about ${word} yet`
  return `${what}. Every renewal, import and change of an account or an app is, from now on.\n`
}
