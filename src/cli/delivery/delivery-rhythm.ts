/**
 * Whether a schedule comes often enough for the access tokens that are handed on: one that is due must be fetched anew
 * before it ends, or its receiver is left with a dead one. Pure; headers only.
 */
import { accessRenewBy } from '../../renewal/delivery-state.ts'
import { formatInterval, intervalWithin, minutesOf } from '../../schedule/job.ts'
import { DAY, type EpochMs, MINUTE } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { showSpan } from '../render/dates.ts'

/** How long an account's handed-on access token is due before it ends; null where none is, or its life is not known. */
export function accessMargin(header: AccountHeader, now: EpochMs): number | null {
  const { accessExpiresAt, acceptedAt } = header
  const renewBy = accessRenewBy(header, now)
  const isKnown = accessExpiresAt !== null && acceptedAt !== null && accessExpiresAt > acceptedAt
  // A clock that was ahead dated it: nothing can be told of its life.
  return isKnown && renewBy !== null && acceptedAt <= now + DAY ? accessExpiresAt - renewBy : null
}

/** What to type for a schedule that comes within every such margin; undefined where none comes so often. */
export function rhythmCommand(marginMs: number): string | undefined {
  const every = intervalWithin(marginMs / MINUTE)
  return every === undefined ? undefined : `\`tokenctl schedule install --every ${formatInterval(every)}\``
}

export interface TooSeldom {
  /** A whole sentence. */
  readonly what: string
  readonly mend: string
  /** The account, where it is one. */
  readonly account: string | undefined
}

/** Named of a crowd. */
const NAMED = 5

/**
 * What to say where it may be `waitMs` between two runs; undefined where that is often enough for all.
 *
 * @param shortestMinutes the shortest interval that the scheduler has
 */
export function tooSeldom(
  accounts: readonly AccountHeader[],
  { waitMs, shortestMinutes }: { readonly waitMs: number; readonly shortestMinutes: number },
  now: EpochMs,
): TooSeldom | undefined {
  const short = accounts.flatMap(header => {
    const margin = accessMargin(header, now)
    return margin !== null && waitMs >= margin ? [{ account: header.account, margin }] : []
  })
  const [first] = short
  if (first === undefined) return undefined
  const margin = Math.min(...short.map(each => each.margin))
  const names = short.slice(0, NAMED).map(({ account }) => account)
  const more = short.length > NAMED ? ` and ${short.length - NAMED} more` : ''
  const whose =
    short.length === 1
      ? `The access token that ${first.account} hands on has`
      : `The access tokens that ${short.length} accounts hand on (${names.join(', ')}${more}) have`
  return {
    what: `${whose} to be fetched anew in the last ${span(margin)} of ${short.length === 1 ? 'its' : 'their'} life, and it may be ${span(waitMs)} between two runs of the schedule: the receiver is then left with one that has ended.`,
    mend: mendFor(margin, shortestMinutes),
    account: short.length === 1 ? first.account : undefined,
  }
}

function mendFor(marginMs: number, shortestMinutes: number): string {
  const every = intervalWithin(marginMs / MINUTE)
  if (every !== undefined && minutesOf(every) >= shortestMinutes) return `${rhythmCommand(marginMs)}.`
  return `No schedule here comes so often. Set the delivery up with a longer margin (\`--margin\`; half of the token's life is the most), or have another program run \`tokenctl renew --all --due\` more often than every ${span(marginMs)}.`
}

function span(ms: number): string {
  return showSpan(Math.floor(ms / MINUTE) * 60)
}
