/** Takes one of an app's keys, or says which one is missing. Every request builder begins here. */
import { TokenctlError } from '../errors.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'

/**
 * The app's key of that name.
 *
 * @param fix what mends it where it is missing, whole sentences; absent: to store the keys again.
 * @throws {USAGE} when the app has none, or an empty one.
 */
export function requireAppKey(app: AppKeys, field: string, marketplace: string, fix?: string): Secret {
  const key = Object.hasOwn(app, field) ? app[field] : undefined
  if (key !== undefined && key.reveal() !== '') return key
  throw new TokenctlError('USAGE', `The ${marketplace} app has no \`${field}\`.`, {
    failure: 'configuration',
    fix: fix ?? `Store the app's keys again, all of them: \`tokenctl app set ${marketplace}\`.`,
  })
}
