/** In what two states of one account, or of one app, differ: the names of the fields, never what they hold. Pure. */

import { type App, sameKeys } from '../../tokens/app-keys.ts'
import { sameSecret } from '../../tokens/same-secret.ts'
import type { TokenSet } from '../../tokens/token-set.ts'

/** Of an account's header, what a person may ask about. */
const HEADER_FIELDS = [
  'app',
  'consentAt',
  'renewedAt',
  'endsAt',
  'acceptedAt',
  'environment',
  'region',
  'seller',
  'refused',
  'gap',
  'tags',
] as const

/** A field as the import document calls it. */
export type Difference =
  | 'refreshToken'
  | 'pending'
  | 'accessToken'
  | (typeof HEADER_FIELDS)[number]
  | 'keys'
  | 'secretIssuedAt'
  | 'previous'

/** What would change of an account's record. */
export function differences(stored: TokenSet, next: TokenSet): readonly Difference[] {
  const secret = (name: 'refreshToken' | 'pending' | 'accessToken') =>
    sameSecret(stored.secrets[name], next.secrets[name]) ? [] : [name]
  const fields = HEADER_FIELDS.filter(
    name => JSON.stringify(stored.header[name]) !== JSON.stringify(next.header[name]),
  )
  return [...secret('refreshToken'), ...secret('pending'), ...fields, ...secret('accessToken')]
}

/** What would change of an app's record. */
export function appDifferences(stored: App, next: App): readonly Difference[] {
  const previous = (app: App) => app.previous ?? {}
  return [
    ...(sameKeys(stored.keys, next.keys) ? [] : ['keys' as const]),
    ...(stored.header.secretIssuedAt === next.header.secretIssuedAt ? [] : ['secretIssuedAt' as const]),
    ...(stored.header.environment === next.header.environment ? [] : ['environment' as const]),
    ...(sameKeys(previous(stored), previous(next)) ? [] : ['previous' as const]),
  ]
}
