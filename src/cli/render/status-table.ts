/** The table of `status`: cells made from the report, for the presenters that draw, stack or tabulate them. */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { EpochMs } from '../../tokens/time.ts'
import { appWords } from '../keys/app-words.ts'
import { refOf } from '../selection.ts'
import type { AssessedAccount, AssessedApp } from '../status/status-report.ts'
import { showDay } from './dates.ts'
import { commandFor } from './words.ts'

/** The columns, in their order; `--plain` prints these names. */
export const STATUS_COLUMNS = [
  'Marketplace',
  'Account',
  'State',
  'Last renewed',
  'Renew by',
  'Ends',
  'Days left',
  'Next',
] as const

const UNKNOWN = '-'
const day = (at: EpochMs | null) => (at === null ? UNKNOWN : showDay(at))

/** The cells of one account. An estimated end carries a `~`. */
export function accountCells({ header, adapter, assessment }: AssessedAccount): string[] {
  const { name } = refOf(header)
  const { ends, daysLeft } = assessment
  const mark = ends?.basis === 'estimated' ? '~' : ''
  const next = commandFor(assessment, adapter, header)
  return [
    adapter.title,
    name,
    assessment.state,
    day(header.renewedAt ?? header.consentAt),
    day(assessment.renewBy),
    ends === null ? UNKNOWN : `${mark}${showDay(ends.at)}`,
    daysLeft === null ? UNKNOWN : `${mark}${daysLeft}`,
    next ?? (assessment.renewBy === null ? UNKNOWN : `by ${showDay(assessment.renewBy)}`),
  ]
}

/** One more column, of `--plain` always and of the table where an account hands its tokens on. */
export const DELIVERY_COLUMN = 'Delivery'

/** The cell of one account in that column. */
export function deliveryCell({ header }: AssessedAccount): string {
  return deliveryState(header) ?? UNKNOWN
}

type SecretFacts = Pick<MarketplaceAdapter, 'title' | 'appSecretLifeDays' | 'appSecretOverlapDays'>

/** The line of an app whose secret has an end; undefined for those that have none. */
export function appLine(app: AssessedApp, facts: SecretFacts): string | undefined {
  const { assessment, header, previousEndsAt } = app
  const { title, appSecretLifeDays, appSecretOverlapDays } = facts
  if (appSecretLifeDays === undefined) return undefined
  const who = `${title} app ${header.name}`
  const words = appWords(header)
  if (assessment.endsAt === null) {
    return `${who}: nobody said when its secret was issued, and it ends ${appSecretLifeDays} days later. Next: tokenctl app set ${words} --issued DATE`
  }
  const end = `${showDay(assessment.endsAt)}`
  const old = previousEndsAt === null ? '' : `; the old secret answers until ${showDay(previousEndsAt)}`
  if (assessment.state === 'ok')
    return `${who}: ok, its secret ends ${end} (${assessment.daysLeft} days left)${old}`
  const when =
    assessment.state === 'expired'
      ? `its secret ended ${end}`
      : `its secret ends ${end}, in ${assessment.daysLeft} days`
  const command = `tokenctl app ${appSecretOverlapDays === undefined ? 'set' : 'rotate'} ${words}`
  return `${who}: ${assessment.state}, ${when}${old}. Rotate it in the developer console, then: ${command}`
}
