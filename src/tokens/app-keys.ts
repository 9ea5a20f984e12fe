/**
 * The developer's keys. They stand apart from tokens: several sellers share one app, and its secret changes on a
 * day of its own. Which fields there are is the marketplace's to say (`marketplaces/adapter.ts`).
 */
import type { Secret } from './secret.ts'
import type { EpochMs } from './time.ts'
import type { Environment } from './token-set.ts'

/** Values by the vendor's own names: `clientId`, `clientSecret`, `ruName`, `appKey`, `appSecret`, `applicationId`. */
export type AppKeys = Readonly<Record<string, Secret>>

/** The part of an app's record that is no secret. */
export interface AppHeader {
  readonly marketplace: string
  readonly name: string
  readonly environment: Environment
  /** When the secret was issued; Amazon's dies 180 days later. Null when nobody said. */
  readonly secretIssuedAt: EpochMs | null
}

export interface App {
  readonly header: AppHeader
  readonly keys: AppKeys
}

/** Whether two sets of keys are the same, field by field. */
export function sameKeys(a: AppKeys, b: AppKeys): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every(name => {
    const [x, y] = [a[name], b[name]]
    return x !== undefined && y !== undefined && x.equals(y)
  })
}
