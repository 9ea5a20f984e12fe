/**
 * `status --format html`: one page in one file, to look at and to print. It runs no script, fetches nothing, and holds
 * no secret and no address to log in at; the only links lead to its own parts. All text goes through `markup`.
 */
import { MARKETPLACE_IDS } from '../../marketplaces/ids.ts'
import { ACCOUNT_STATES, type Mender } from '../../renewal/assess.ts'
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { MarketplaceRules } from '../rules.ts'
import type { ExportFindings } from '../status/status-exports.ts'
import { accountTrack, appTrack, type Track, timeLineAt } from '../status/timeline.ts'
import { inOrder } from '../status/urgency.ts'
import { dayMarkup, minuteMarkup } from './html-dates.ts'
import { type MarkName, SHAPES, stateIcon } from './html-shapes.ts'
import { STYLE } from './html-style.ts'
import { accountTable, appTable, commandMarkup, sentenceMarkup } from './html-tables.ts'
import { type Content, Markup, markup } from './markup.ts'
import { timelinePictures } from './timeline-svg.ts'
import { connectCommand, deliveryNote, gapNote } from './words.ts'

type Titles = Pick<MarketplaceRules, 'adapterOf'>

/** A part of the page; one without content is left out. */
interface Part {
  readonly id: string
  readonly heading: string
  readonly content: Content
}

/** The whole document, with a newline at its end. */
export function renderHtml(findings: ExportFindings, { adapterOf }: Titles): string {
  const { now } = findings
  const accounts = inOrder(findings)
  const tracks = [
    ...accounts.map(account => accountTrack(account, now)),
    ...findings.apps.flatMap(app => appTrack(app) ?? []),
  ]
  const parts: Part[] = [
    { id: 'problems', heading: 'What went wrong', content: problems(findings) },
    { id: 'accounts', heading: 'Accounts', content: accountTable(accounts, now) },
    { id: 'gaps', heading: 'Orders may be missing', content: gaps(findings) },
    { id: 'deliveries', heading: 'Not delivered', content: deliveries(findings) },
    { id: 'apps', heading: 'App secrets', content: appTable(findings.apps, adapterOf, now) },
    { id: 'year', heading: 'The year', content: year(tracks, findings) },
    { id: 'connect', heading: 'Not connected', content: notConnected(findings, { adapterOf }) },
    { id: 'notes', heading: 'Notes', content: notes(findings) },
  ].filter(({ content }) => content !== null)
  const headline = headlineOf(findings)
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="format-detection" content="telephone=no">
<title>tokenctl: ${headline}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${SHAPES}
<header>
<h1>${headline}</h1>
<p class="muted">Made ${minuteMarkup(now)}. It does not change by itself: what is said of days holds for then.</p>
${counts(findings)}
</header>
${contents(parts)}
<main>
${parts.map(partMarkup)}</main>
<footer>
<p>Made by <code>tokenctl status --format html</code>. Days are those of the machine that made it. A <b>~</b> stands before an end that is estimated.</p>
<p>${foot(findings)}</p>
</footer>
</body>
</html>
`.text
}

/** The one sentence that somebody reads who reads no more. */
function headlineOf({ accounts, unreadable, notConnected: none }: ExportFindings): string {
  const total = accounts.length === 1 ? '1 account' : `${accounts.length} accounts`
  const by = (mender: Mender) => accounts.filter(({ assessment }) => assessment.mender === mender).length
  const [person, program] = [by('person'), by('program')]
  const failed = accounts.filter(({ header }) => deliveryState(header) === 'failed').length
  const words = [
    unreadable > 0 && `${unreadable} ${unreadable === 1 ? 'record' : 'records'} cannot be read`,
    person > 0 && `${person} of ${total} ${person === 1 ? 'needs' : 'need'} a person`,
    program > 0 && `${person > 0 ? program : `${program} of ${total}`} can be renewed by tokenctl`,
    failed > 0 && `${failed} ${failed === 1 ? 'delivery' : 'deliveries'} failed`,
  ].filter(each => each !== false)
  if (words.length > 0) return words.join(', ')
  if (accounts.length > 0) return okWords(accounts.length)
  return none.length >= MARKETPLACE_IDS.length ? 'Nothing is connected yet' : 'No account is shown here'
}

function okWords(count: number): string {
  if (count === 1) return 'The one account is ok'
  return count === 2 ? 'Both accounts are ok' : `All ${count} accounts are ok`
}

/** How many are in each state; it shows which shape is which state, too. */
function counts({ accounts }: ExportFindings): Markup | null {
  if (accounts.length === 0) return null
  const items = ACCOUNT_STATES.flatMap(state => {
    const count = accounts.filter(({ assessment }) => assessment.state === state).length
    return count === 0 ? [] : [markup`<li class="${state}">${stateIcon(state)}${count} ${state}</li>`]
  })
  return markup`<ul class="counts" aria-label="Accounts by state">${items}</ul>`
}

function contents(parts: readonly Part[]): Markup | null {
  if (parts.length < 2) return null
  return markup`<nav aria-label="On this page"><ul>${parts.map(
    ({ id, heading }) => markup`<li><a href="#${id}">${heading}</a></li>`,
  )}</ul></nav>`
}

function partMarkup({ id, heading, content }: Part): Markup {
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${heading}</h2>
${content}
</section>
`
}

function problems({ problems: failed }: ExportFindings): Markup | null {
  const items = failed.map(({ message, fix, code, account }) => {
    const whom = account === undefined || message.includes(account) ? '' : `${account}: `
    return markup`<li class="expired"><b>${whom}${message}</b> [${code}]<small>${sentenceMarkup(fix)}</small></li>`
  })
  return lines(items)
}

function gaps({ accounts }: ExportFindings): Markup | null {
  return lines(
    accounts.flatMap(({ header: { account, gap } }) =>
      gap === null ? [] : [noteMarkup('expiring', gapNote(account, gap), `tokenctl accounts ack ${account}`)],
    ),
  )
}

function deliveries({ accounts, now }: ExportFindings): Markup | null {
  return lines(
    accounts.flatMap(({ header }) => {
      const note = deliveryNote(header, now)
      return note === null ? [] : [noteMarkup('expiring', note, `tokenctl deliver ${header.account}`)]
    }),
  )
}

/** A note that ends with what to type. */
function noteMarkup(kind: string, note: string, command: string): Markup {
  const words = note.endsWith(command) ? note.slice(0, -command.length) : `${note} `
  return markup`<li class="${kind}">${words}${commandMarkup(command)}</li>`
}

function lines(items: readonly Markup[]): Markup | null {
  return items.length === 0 ? null : markup`<ul class="lines">${items}</ul>`
}

function year(tracks: readonly Track[], { now }: ExportFindings): Content {
  if (tracks.length === 0) return null
  return [legend(), ...timelinePictures(tracks, timeLineAt(now))]
}

function legend(): Markup {
  const sign = (drawing: Markup, words: string) =>
    markup`<li><svg viewBox="-12 -8 24 16" aria-hidden="true">${drawing}</svg>${words}</li>`
  const use = (name: MarkName) => markup`<use href="#${name}"/>`
  const line = (kind: string) => markup`<line class="${kind}" x1="-12" x2="12" y1="0" y2="0"/>`
  return markup`<ul class="legend" aria-label="Signs of the time line">${[
    sign(markup`<line class="today" x1="0" x2="0" y1="-8" y2="8"/>`, 'today'),
    sign(line('quiet'), 'nothing has to be done'),
    sign(line('life'), 'the consent lives'),
    sign(use('renew-by'), 'Renew by'),
    sign(use('reported-end'), 'the end'),
    sign(use('estimated-end'), 'the end, estimated'),
    sign(use('earlier'), 'earlier'),
    sign(use('later'), 'later'),
  ]}</ul>`
}

function notConnected({ notConnected: ids }: ExportFindings, { adapterOf }: Titles): Markup | null {
  if (ids.length === 0) return null
  const items = ids.map(
    id => markup`<li><b>${adapterOf(id).title}</b> ${commandMarkup(connectCommand(id))}</li>`,
  )
  return markup`<ul class="connect">${items}</ul>`
}

function notes({ warnings }: ExportFindings): Markup | null {
  return lines(warnings.map(warning => markup`<li>${warning}</li>`))
}

function foot({ store, lastOpened }: ExportFindings): Content {
  if (lastOpened === undefined) return `Store: ${store ?? 'none'}. No record was opened yet.`
  return [
    `Store: ${store ?? 'none'}. Records last opened `,
    dayMarkup(lastOpened.at),
    ` by ${lastOpened.by}.`,
  ]
}
