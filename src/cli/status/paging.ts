/**
 * Which of the accounts that were found are shown: `--limit` and `--page`. What is not shown is judged, counted and warned
 * of all the same. Pure.
 */
import { TokenctlError } from '../../errors.ts'
import { quoteTyped } from '../../tokens/quote.ts'
import type { StatusFindings } from './status-findings.ts'
import { SCREENFUL, type StatusFormat } from './status-format.ts'

export interface PagingOptions {
  readonly limit?: string
  readonly page?: string
}

/** One page: accounts from `first` (0 is the foremost) up to, and without, `end`. */
export interface Paging {
  readonly number: number
  readonly size: number
  readonly first: number
  readonly end: number
}

/** Forms for what watches: what is on another page would be watched by nobody. */
const WHOLE: readonly StatusFormat[] = ['prometheus', 'nagios']

/**
 * The page that is meant; undefined where all are.
 *
 * @throws {USAGE} for what is no number of 1 or more, and for a form that has no pages.
 */
export function pagingOf({ limit, page }: PagingOptions, format: StatusFormat): Paging | undefined {
  if (limit === undefined && page === undefined) return undefined
  const size = limit === undefined ? SCREENFUL : numberOf(limit, '--limit')
  const number = page === undefined ? 1 : numberOf(page, '--page')
  if (WHOLE.includes(format))
    throw new TokenctlError('USAGE', `--format ${format} has no pages: a monitor must see every account.`, {
      fix: 'Leave `--limit` and `--page` out; `--tag` chooses whom it watches.',
    })
  return { number, size, first: (number - 1) * size, end: number * size }
}

function numberOf(text: string, option: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new TokenctlError('USAGE', `${option}: ${quoteTyped(text)} is no whole number from 1 to 9999999.`, {
    fix: `Write it as \`${option} ${option === '--limit' ? SCREENFUL : 2}\`.`,
  })
}

/** The findings with that page's accounts alone, and with a note of it. */
export function pageOf<Findings extends StatusFindings>(findings: Findings, paging: Paging): Findings {
  const { accounts, warnings } = findings
  const note = pagingNote(paging, accounts.length)
  return {
    ...findings,
    accounts: accounts.slice(paging.first, paging.end),
    warnings: note === undefined ? warnings : [...warnings, note],
  }
}

/** What to know of a page of so many accounts; undefined where it shows all of them. */
export function pagingNote({ number, size, first, end }: Paging, total: number): string | undefined {
  const pages = Math.max(1, Math.ceil(total / size))
  const all = `${total} ${total === 1 ? 'account' : 'accounts'}`
  if (number > pages)
    return `There is no page ${number}: ${all} ${total === 1 ? 'is' : 'are'} ${pages === 1 ? 'one page' : `${pages} pages`} of ${size}.`
  if (pages === 1) return undefined
  return `Accounts ${first + 1} to ${Math.min(end, total)} of ${total} are shown, page ${number} of ${pages}; what is not shown counts all the same.`
}
