/**
 * What a person's entering of an app's keys (`app set`, `import`) makes of its record. It says what the keys are, and no
 * more: that the marketplace made a new secret and still takes the old one is `app rotate`'s to say.
 */
import type { AppField, MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { App, AppHeader, AppKeys } from '../../tokens/app-keys.ts'
import { addDuration, type EpochMs } from '../../tokens/time.ts'
import type { Environment } from '../../tokens/token-set.ts'

/** Keys as they were entered, for the environment that is set. */
export interface EnteredApp {
  /** `secretIssuedAt` is null where nobody said. */
  readonly header: Omit<AppHeader, 'previousEndsAt' | 'isPublic' | 'tokenOrigin'>
  readonly keys: AppKeys
}

type Facts = Pick<MarketplaceAdapter, 'appFields' | 'appSecretOverlapDays' | 'isPublic' | 'origins' | 'isOwn'>

/**
 * The record with these keys. The keys before a rotation stay beside them for their days, so that a new secret that was
 * mistyped can be put right, unless it is they that are entered, or those of another client.
 */
export function enteredApp({ header, keys }: EnteredApp, stored: App | undefined, facts: Facts): App {
  // A new secret begins a new life; the same secret keeps the day that is known of it.
  const isSame =
    stored !== undefined && requiredOf(facts).every(({ key }) => sameField(key, keys, stored.keys))
  const known = isSame ? stored.header.secretIssuedAt : null
  const secretIssuedAt = header.secretIssuedAt ?? known
  const previousEndsAt = stored === undefined ? null : endOfPrevious({ header, keys }, stored, facts)
  return {
    header: {
      ...header,
      isPublic: facts.isPublic?.(keys) ?? true,
      secretIssuedAt,
      previousEndsAt,
      ...hostOf(header.environment, facts),
    },
    keys,
    previous: previousEndsAt === null ? null : (stored?.previous ?? null),
  }
}

/** The token host that the keys are entered for, where a file may name another one later. */
function hostOf(environment: Environment, { origins, isOwn }: Facts): Pick<AppHeader, 'tokenOrigin'> {
  const tokenOrigin = environment === 'local' ? undefined : origins[environment]
  return isOwn === undefined || tokenOrigin === undefined ? {} : { tokenOrigin }
}

/** When the stored keys before the newest end, beside the entered ones; null where they go. */
function endOfPrevious(entered: EnteredApp, { header, previous }: App, facts: Facts): EpochMs | null {
  if (previous === null || header.environment !== entered.header.environment) return null
  const { appSecretOverlapDays = 0 } = facts
  const changed = requiredOf(facts).filter(({ key }) => !sameField(key, entered.keys, previous))
  // The same client's, and another secret.
  if (changed.length === 0 || changed.some(field => !field.secret)) return null
  const { secretIssuedAt } = entered.header
  const ends = header.previousEndsAt
  // A day of issue that is put right moves the end with it, but no later: what it was counted from is not known here.
  return secretIssuedAt === null || ends === null
    ? ends
    : Math.min(ends, addDuration(secretIssuedAt, { days: appSecretOverlapDays }))
}

/** What makes two sets of keys the same client with the same secret. */
function requiredOf({ appFields }: Facts): readonly AppField[] {
  return appFields.filter(({ optional }) => optional !== true)
}

function sameField(name: string, a: AppKeys, b: AppKeys): boolean {
  const [one, other] = [a[name], b[name]]
  return one !== undefined && other !== undefined && one.equals(other)
}
