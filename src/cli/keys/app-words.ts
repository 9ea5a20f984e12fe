/** The words by which a command names an app: `amazon`, or `amazon second`. */
import { DEFAULT_NAME } from '../../tokens/account.ts'
import type { AppHeader } from '../../tokens/app-keys.ts'

/** What follows `tokenctl app set`, such as `amazon`; the name is left out where it is the default. */
export function appWords({ marketplace, name }: Pick<AppHeader, 'marketplace' | 'name'>): string {
  return name === DEFAULT_NAME ? marketplace : `${marketplace} ${name}`
}
