/**
 * `status` for Prometheus: its text format, for the textfile collector of a node exporter. What is unknown is absent,
 * never a guess and never NaN. Every date is there twice: as a length from now, to look at, and as a point in time, to
 * alert on, since that still counts down when nobody writes the file any more.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/ and …/docs/practices/naming/, checked 2026-11-23
 */
import { ACCOUNT_STATES } from '../../renewal/assess.ts'
import { DELIVERY_STATES, deliveryState } from '../../renewal/delivery-state.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { refOf } from '../selection.ts'
import type { ExportFindings } from '../status/status-exports.ts'
import type { AssessedAccount, AssessedApp } from '../status/status-report.ts'
import { safeLine } from './safe-text.ts'

type Labels = Readonly<Record<string, string>>
/** A value, or null where there is none to tell; with labels of its own where one thing has several. */
type Sample = readonly [value: number | null, more?: Labels]

interface Metric<Thing> {
  readonly name: string
  /** Whole words without a quotation mark or backslash, so that nothing in it needs escaping. */
  readonly help: string
  readonly of: (thing: Thing, now: EpochMs) => readonly Sample[]
}

const seconds = (at: EpochMs | null): Sample => [at === null ? null : Math.floor(at / 1000)]
const secondsTo = (at: EpochMs | null, now: EpochMs): Sample => [
  at === null ? null : Math.floor((at - now) / 1000),
]
const flag = (is: boolean): Sample => [is ? 1 : 0]

/** The later of two points; null where neither is known. */
function later(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

const ACCOUNT_METRICS: readonly Metric<AssessedAccount>[] = [
  {
    name: 'tokenctl_account_info',
    help: 'What is known of an account that is no number; always 1.',
    of: ({ header }) => [
      [
        1,
        {
          app: header.app ?? '',
          environment: header.environment,
          seller: header.seller ?? '',
          tracked: String(!header.holdsToken),
        },
      ],
    ],
  },
  {
    name: 'tokenctl_account_state',
    help: 'The state of an account: 1 for the one it is in, 0 for the others.',
    of: ({ assessment }) => ACCOUNT_STATES.map(state => [state === assessment.state ? 1 : 0, { state }]),
  },
  {
    name: 'tokenctl_account_needs_person',
    help: 'Whether only a person can bring the account back to ok: 1 or 0.',
    of: ({ assessment }) => [flag(assessment.mender === 'person')],
  },
  {
    name: 'tokenctl_seconds_to_end',
    help: "Seconds until the seller's consent ends, when the file was written; negative after it.",
    of: ({ assessment }, now) => [secondsTo(assessment.ends?.at ?? null, now)],
  },
  {
    name: 'tokenctl_end_timestamp_seconds',
    help: "When the seller's consent ends.",
    of: ({ assessment }) => [seconds(assessment.ends?.at ?? null)],
  },
  {
    name: 'tokenctl_end_estimated',
    help: 'Whether that end is estimated (1) or was reported by the marketplace (0).',
    of: ({ assessment: { ends } }) => (ends === null ? [] : [flag(ends.basis === 'estimated')]),
  },
  {
    name: 'tokenctl_seconds_to_renew_by',
    help: 'Seconds until the account must be renewed, when the file was written; negative after it.',
    of: ({ assessment }, now) => [secondsTo(assessment.renewBy, now)],
  },
  {
    name: 'tokenctl_renew_by_timestamp_seconds',
    help: 'When the account must be renewed.',
    of: ({ assessment }) => [seconds(assessment.renewBy)],
  },
  {
    name: 'tokenctl_last_success_timestamp_seconds',
    help: 'When the account was last renewed, or its token last accepted by the marketplace.',
    of: ({ header }) => [seconds(later(header.acceptedAt, header.renewedAt))],
  },
  {
    name: 'tokenctl_consecutive_failures',
    help: 'Failures since the last success.',
    of: ({ header }) => [[header.failing?.count ?? 0]],
  },
  {
    name: 'tokenctl_gap_seconds',
    help: 'How long the account was dead, so that orders may be missing, until that is acknowledged; else 0.',
    of: ({ header: { gap } }) => (gap === null ? [[0]] : [secondsTo(gap.to, gap.from)]),
  },
  {
    name: 'tokenctl_delivery_state',
    help: 'Whether the newest tokens arrived where they are handed on to: 1 for the state it is in, 0 for the others.',
    of: ({ header }) =>
      header.delivery === null
        ? []
        : DELIVERY_STATES.map(state => [state === deliveryState(header) ? 1 : 0, { state }]),
  },
  {
    name: 'tokenctl_delivery_timestamp_seconds',
    help: 'When tokens last arrived there.',
    of: ({ header }) => [seconds(header.delivery?.deliveredAt ?? null)],
  },
]

const APP_METRICS: readonly Metric<AssessedApp>[] = [
  {
    name: 'tokenctl_app_secret_seconds_to_end',
    help: "Seconds until an app's secret ends, when the file was written; negative after it.",
    of: ({ assessment }, now) => [secondsTo(assessment.endsAt, now)],
  },
  {
    name: 'tokenctl_app_secret_end_timestamp_seconds',
    help: "When an app's secret ends.",
    of: ({ assessment }) => [seconds(assessment.endsAt)],
  },
]

const OVERALL_METRICS: readonly Metric<ExportFindings>[] = [
  {
    name: 'tokenctl_accounts',
    help: 'How many accounts are connected and can be read.',
    of: counts,
  },
  {
    name: 'tokenctl_unreadable_records',
    help: 'How many records of accounts and apps could not be read.',
    of: ({ unreadable }) => [[unreadable]],
  },
  {
    name: 'tokenctl_vault_opened_timestamp_seconds',
    help: 'When records were last opened, as each renewal does.',
    of: ({ lastOpened }) => [seconds(lastOpened?.at ?? null)],
  },
  {
    name: 'tokenctl_status_timestamp_seconds',
    help: 'When all this was found out.',
    of: ({ now }) => [seconds(now)],
  },
]

/** Accounts by marketplace, 0 where none is connected: one that vanished would leave no series to alert on. */
function counts({ accounts, notConnected }: ExportFindings): Sample[] {
  const counted = new Map(notConnected.map(id => [id, 0]))
  for (const { adapter } of accounts) counted.set(adapter.id, (counted.get(adapter.id) ?? 0) + 1)
  return [...counted].sort(byText).map(([marketplace, count]) => [count, { marketplace }])
}

const byText = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : a > b ? 1 : 0

/** The findings in the text format, in an order that does not change with the states. */
export function renderPrometheus(findings: ExportFindings): string {
  const accounts = findings.accounts
    .map((each): readonly [string, AssessedAccount] => [each.header.account, each])
    .sort(byText)
  const apps = findings.apps
    .map((each): readonly [string, AssessedApp] => [`${each.header.marketplace} ${each.header.name}`, each])
    .sort(byText)
  const lines = [
    ...ACCOUNT_METRICS.flatMap(metric => family(metric, accounts, accountLabels, findings.now)),
    ...APP_METRICS.flatMap(metric => family(metric, apps, appLabels, findings.now)),
    ...OVERALL_METRICS.flatMap(metric => family(metric, [['', findings]], () => ({}), findings.now)),
  ]
  return lines.map(line => `${line}\n`).join('')
}

function accountLabels({ header }: AssessedAccount): Labels {
  return { account: header.account, marketplace: refOf(header).marketplace }
}

function appLabels({ header }: AssessedApp): Labels {
  return { app: header.name, marketplace: header.marketplace }
}

/** One metric with all its samples; nothing at all where there is none. */
function family<Thing>(
  { name, help, of }: Metric<Thing>,
  things: readonly (readonly [string, Thing])[],
  labelsOf: (thing: Thing) => Labels,
  now: EpochMs,
): string[] {
  const samples = things.flatMap(([, thing]) =>
    of(thing, now).flatMap(([value, more]) =>
      value === null ? [] : [`${name}${labelText({ ...labelsOf(thing), ...more })} ${value}`],
    ),
  )
  return samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples]
}

/** Labels as they follow a metric's name. An empty label is the same as none to Prometheus, so it is left out. */
export function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) =>
    value === '' ? [] : [`${name}="${escaped(value)}"`],
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** A label's value: on one line by then, and what would harm a screen is a number with a backslash of its own. */
function escaped(value: string): string {
  return safeLine(value).replace(/[\\"]/g, '\\$&')
}
