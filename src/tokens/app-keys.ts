/**
 * The developer's keys. They stand apart from tokens: several sellers share one app, and its secret changes on a
 * day of its own. Which fields there are is the marketplace's to say (`marketplaces/adapter.ts`).
 */
import type { Secret } from './secret.ts'
import { addDuration, type EpochMs } from './time.ts'
import type { Environment } from './token-set.ts'

/** Values by the vendor's own names: `clientId`, `clientSecret`, `ruName`, `appKey`, `appSecret`, `applicationId`. */
export type AppKeys = Readonly<Record<string, Secret>>

/** The part of an app's record that is no secret. */
export interface AppHeader {
  readonly marketplace: string
  readonly name: string
  readonly environment: Environment
  /** Whether sellers consent to it on a page of the marketplace. On Amazon a private app has none. */
  readonly isPublic: boolean
  /** When the secret was issued; Amazon's dies 180 days later. Null when nobody said. */
  readonly secretIssuedAt: EpochMs | null
  /** Until when the marketplace takes the secret before this one as well; null where none is kept. */
  readonly previousEndsAt: EpochMs | null
  /**
   * Where tokens were asked for when the keys were entered, scheme and host: of a marketplace that a person's own file
   * describes, which may name another one by now. Absent for all others.
   */
  readonly tokenOrigin?: string | undefined
}

export interface App {
  readonly header: AppHeader
  readonly keys: AppKeys
  /** The keys before these, kept for as long as the marketplace may take them (`previousEndsAt`); null: none. */
  readonly previous: AppKeys | null
}

/** Whether two sets of keys are the same, field by field. */
export function sameKeys(a: AppKeys, b: AppKeys): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every(name => {
    const [x, y] = [a[name], b[name]]
    return x !== undefined && y !== undefined && x.equals(y)
  })
}

/** Until when the keys before the newest are taken; null when there are none, or not any more. */
export function overlapUntil({ previousEndsAt }: AppHeader, now: EpochMs): EpochMs | null {
  return previousEndsAt !== null && now < previousEndsAt ? previousEndsAt : null
}

/** The keys that the marketplace may take at `now`, the newest first. */
export function keysInForce({ header, keys, previous }: App, now: EpochMs): readonly AppKeys[] {
  return previous === null || overlapUntil(header, now) === null ? [keys] : [keys, previous]
}

/** What is known of a new secret. */
export interface NewSecret {
  readonly issuedAt: EpochMs
  /** For how many days from then the marketplace takes the one before it. */
  readonly overlapDays: number
  /** Until when it does, where it said so; absent: those days. */
  readonly oldEndsAt?: EpochMs
}

/** The app with the new keys that the marketplace gave it; those before stay beside them while they are taken. */
export function rotatedApp(
  stored: App,
  keys: AppKeys,
  { issuedAt, overlapDays, oldEndsAt }: NewSecret,
  now: EpochMs,
): App {
  const endsAt = oldEndsAt ?? addDuration(issuedAt, { days: overlapDays })
  const isOver = now >= endsAt
  return {
    header: { ...stored.header, secretIssuedAt: issuedAt, previousEndsAt: isOver ? null : endsAt },
    keys,
    previous: isOver ? null : stored.keys,
  }
}
