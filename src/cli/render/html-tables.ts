/**
 * The tables of the page: accounts, and the apps' secrets. Real tables with headers and scopes. Their roles are spelled
 * out, since a narrow screen shows each row as a card, and some readers take a table that is laid out anew for none.
 */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { AccountState } from '../../renewal/assess.ts'
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { appWords } from '../keys/app-words.ts'
import { secretCommand } from '../status/act-by.ts'
import { type AssessedAccount, type AssessedApp, nextOf } from '../status/status-report.ts'
import { dayMarkup, daysWords } from './html-dates.ts'
import { stateIcon } from './html-shapes.ts'
import { type Content, type Markup, markup } from './markup.ts'

const UNKNOWN = markup`<span class="muted">not known</span>`
const NOTHING = markup`<span class="muted">nothing</span>`

/** The accounts in the order given; null where there are none. */
export function accountTable(accounts: readonly AssessedAccount[], now: EpochMs): Markup | null {
  return tableOf({
    name: 'accounts',
    caption: 'The gravest first; of one state, what comes soonest.',
    columns: ['Account', 'State', 'What to type', 'Renew by', 'Ends', 'Last renewed'],
    rows: accounts.map(account => accountRowMarkup(account, now)),
  })
}

function accountRowMarkup(account: AssessedAccount, now: EpochMs): Markup {
  const { header, assessment } = account
  const { state, renewBy } = assessment
  const next = nextOf(account, now)
  const last = header.renewedAt ?? header.consentAt
  return rowMarkup(state, accountHead(account), [
    // For a state that is fine the reason is Renew by, which has a column of its own.
    [
      stateMarkup(state),
      state === 'ok' ? null : markup`<small>${next.reason}</small>`,
      deliveryMarkup(account),
    ],
    next.command === null ? NOTHING : commandMarkup(next.command),
    renewBy === null ? UNKNOWN : [dayMarkup(renewBy), markup`<small>${daysWords(renewBy, now)}</small>`],
    endMarkup(account, now),
    last === null ? UNKNOWN : dayMarkup(last),
  ])
}

/** Its name as it is typed, and what else tells it from others. */
function accountHead({ header, adapter }: AssessedAccount): Markup {
  const about = [
    adapter.title,
    ...(header.environment === 'production' ? [] : [header.environment]),
    ...(header.holdsToken ? [] : ['followed by its dates']),
  ]
  const seller = header.seller === null ? null : markup`<small>Seller <bdi>${header.seller}</bdi></small>`
  return markup`${header.account}<small>${about.join(', ')}</small>${seller}`
}

/** Whether its newest tokens arrived where they are handed on to; nothing where they are not. */
function deliveryMarkup({ header }: AssessedAccount): Markup | null {
  const state = deliveryState(header)
  return state === null ? null : markup`<small>delivery: ${state}</small>`
}

function endMarkup({ assessment: { ends } }: AssessedAccount, now: EpochMs): Markup {
  if (ends === null) return UNKNOWN
  const isEstimated = ends.basis === 'estimated'
  const day = markup`<span class="date">${isEstimated ? '~' : ''}${dayMarkup(ends.at)}</span>`
  return markup`${day}<small>${daysWords(ends.at, now)}</small>${isEstimated ? markup`<small>estimated</small>` : null}`
}

/** The apps whose secrets end some day; null where there are none. */
export function appTable(
  apps: readonly AssessedApp[],
  adapterOf: (marketplace: string) => MarketplaceAdapter,
  now: EpochMs,
): Markup | null {
  return tableOf({
    name: 'apps',
    caption: 'Once an app’s secret has ended, none of its accounts can be renewed.',
    columns: ['App', 'State', 'What to type', 'Secret ends'],
    rows: apps.flatMap(app => appRowMarkup(app, adapterOf(app.header.marketplace), now) ?? []),
  })
}

function appRowMarkup(app: AssessedApp, adapter: MarketplaceAdapter, now: EpochMs): Markup | undefined {
  const { header, assessment, previousEndsAt } = app
  const { state, endsAt } = assessment
  if (adapter.appSecretLifeDays === undefined) return undefined
  const head = markup`${header.name}<small>${adapter.title} app</small>`
  if (endsAt === null) {
    // Nobody can be warned of an end that depends on a day that nobody said.
    const unsaid = markup`<small>nobody said when its secret was issued</small>`
    return rowMarkup(null, head, [
      unsaid,
      commandMarkup(`tokenctl app set ${appWords(header)} --issued DATE`),
      UNKNOWN,
    ])
  }
  const old =
    previousEndsAt === null ? null : markup`<small>the one before it ${dayMarkup(previousEndsAt)}</small>`
  return rowMarkup(state, head, [
    stateMarkup(state),
    state === 'ok'
      ? NOTHING
      : [
          commandMarkup(secretCommand(app, adapter)),
          markup`<small>once it is rotated in the developer console</small>`,
        ],
    [dayMarkup(endsAt), markup`<small>${daysWords(endsAt, now)}</small>`, old],
  ])
}

/** A sentence of ours, in which what stands between two backquotes is to be typed. */
export function sentenceMarkup(sentence: string): Markup[] {
  return sentence.split('`').map((part, index) => (index % 2 === 1 ? commandMarkup(part) : markup`${part}`))
}

/** What to type, to be selected whole by one click. */
export function commandMarkup(command: string): Markup {
  return markup`<code>${command}</code>`
}

/** A state by its shape, its word and, inside something of the state's class, its colour. */
function stateMarkup(state: AccountState): Markup {
  return markup`<span class="state">${stateIcon(state)}${state}</span>`
}

function rowMarkup(state: AccountState | null, head: Content, cells: readonly Content[]): Markup {
  return markup`<tr role="row" class="${state}"><th role="rowheader" scope="row">${head}</th>${cells.map(
    cell => markup`<td role="cell">${cell}</td>`,
  )}</tr>
`
}

interface Table {
  readonly name: string
  readonly caption: string
  readonly columns: readonly string[]
  readonly rows: readonly Markup[]
}

function tableOf({ name, caption, columns, rows }: Table): Markup | null {
  if (rows.length === 0) return null
  return markup`<table role="table" class="${name}"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    column => markup`<th role="columnheader" scope="col">${column}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">
${rows}</tbody></table>`
}
