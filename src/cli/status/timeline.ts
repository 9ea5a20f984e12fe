/**
 * Fourteen months seen from one `now`: the month before it, its own and the twelve after, so that what was just missed
 * shows and the end of a year's consent given today lies on the line. Pure: where months begin and what falls where;
 * drawing is `render/`'s. Months are those of the machine's time zone, as every date that people are shown.
 */
import type { AccountState } from '../../renewal/assess.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { AssessedAccount, AssessedApp } from './status-report.ts'

const MONTHS_BEFORE = 1
const MONTHS = 14

export interface Month {
  readonly begin: EpochMs
  /** 0 is January. */
  readonly number: number
  readonly year: number
}

/** A stretch of time to draw on: from `begin` up to `end`, in whole months. */
export interface TimeLine {
  readonly now: EpochMs
  readonly begin: EpochMs
  readonly end: EpochMs
  readonly months: readonly Month[]
}

/** Where a point in time lies: `at` is its share of the line, 0 at the begin; 0 or 1 for what lies outside. */
export interface Place {
  readonly where: 'before' | 'within' | 'after'
  readonly at: number
}

/** What the line shows of one account, or of one app's secret. */
export interface Track {
  readonly name: string
  readonly state: AccountState
  /** While the consent (or secret) lives; from -Infinity where nobody knows since when. Null where no end is known. */
  readonly life: { readonly from: number; readonly to: number } | null
  /** From now until Renew by, where nothing has to be done until then; else null. */
  readonly quiet: { readonly from: number; readonly to: number } | null
  readonly renewBy: EpochMs | null
  readonly end: EpochMs | null
  readonly isEstimated: boolean
}

/** The line that is drawn at `now`. */
export function timeLineAt(now: EpochMs): TimeLine {
  const today = new Date(now)
  const beginOf = (index: number) =>
    new Date(today.getFullYear(), today.getMonth() - MONTHS_BEFORE + index, 1).getTime()
  const months = Array.from({ length: MONTHS }, (_, index) => {
    const begin = beginOf(index)
    return { begin, number: new Date(begin).getMonth(), year: new Date(begin).getFullYear() }
  })
  return { now, begin: beginOf(0), end: beginOf(MONTHS), months }
}

/** Where a point lies on the line. The end itself lies after it, so that `at` below 1 has a cell of its own. */
export function placeOn({ begin, end }: TimeLine, point: number): Place {
  if (point < begin) return { where: 'before', at: 0 }
  if (point >= end) return { where: 'after', at: 1 }
  return { where: 'within', at: (point - begin) / (end - begin) }
}

/** What is drawn of an account at `now`. */
export function accountTrack({ header, assessment }: AssessedAccount, now: EpochMs): Track {
  const { state, ends, renewBy, why } = assessment
  const from = header.consentAt ?? header.renewedAt ?? Number.NEGATIVE_INFINITY
  // A refused token is dead from then on, whatever its consent's end; one past its estimated end has lived until now.
  const to = header.refused?.at ?? (why === 'past-estimate' ? now : ends?.at)
  return {
    name: header.account,
    state,
    life: to === undefined || to <= from ? null : { from, to },
    quiet: state === 'ok' && renewBy !== null ? { from: now, to: renewBy } : null,
    renewBy,
    end: ends?.at ?? null,
    isEstimated: ends?.basis === 'estimated',
  }
}

/** What is drawn of an app's secret; undefined where it has no end that is known. */
export function appTrack({ header, assessment }: AssessedApp): Track | undefined {
  const { endsAt, state } = assessment
  if (endsAt === null || header.secretIssuedAt === null) return undefined
  return {
    name: `${header.marketplace} app ${header.name}`,
    state,
    life: { from: header.secretIssuedAt, to: endsAt },
    quiet: null,
    renewBy: null,
    end: endsAt,
    isEstimated: false,
  }
}
