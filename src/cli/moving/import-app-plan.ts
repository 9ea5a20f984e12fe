/** What an import would change of an app, decided before anything is stored. */
import { type App, sameKeys } from '../../tokens/app-keys.ts'
import type { StoredApp } from '../../vault/vault.ts'
import { enteredApp } from '../keys/entered-app.ts'
import { appDifferences } from './import-differences.ts'
import type { GivenApp } from './import-document.ts'
import type { Planned } from './import-plan.ts'

/** What becomes of one app. */
export function planApp(
  given: GivenApp,
  stored: StoredApp | undefined,
  adapter: Parameters<typeof enteredApp>[2],
): Planned<App> {
  const next = givenApp(given, stored, adapter)
  if (stored === undefined) return { change: 'added', next, differs: [] }
  const differs = appDifferences(stored, next)
  if (given.header.environment !== stored.header.environment)
    return { change: 'elsewhere', next: stored, differs }
  if (isOlder(given, stored)) return { change: 'older', next: stored, differs }
  const issued = given.header.secretIssuedAt
  const same =
    sameKeys(given.keys, stored.keys) && (issued === null || issued === stored.header.secretIssuedAt)
  return same ? { change: 'same', next, differs: [] } : { change: 'replaced', next, differs }
}

/** The app as it would be stored: of new keys also those before them, where the document has them. */
function givenApp(
  given: GivenApp,
  stored: StoredApp | undefined,
  adapter: Parameters<typeof planApp>[2],
): App {
  const entered = enteredApp(given, stored, adapter)
  // A document says nothing of hosts: that tokens go to another one by now is a person's to agree to (`app set`).
  const tokenOrigin = stored?.header.tokenOrigin
  const app = tokenOrigin === undefined ? entered : { ...entered, header: { ...entered.header, tokenOrigin } }
  if (given.record === null) return app
  const { isPublic, previous } = given.record
  const header = { ...app.header, isPublic }
  if (previous === null || (stored !== undefined && sameKeys(given.keys, stored.keys)))
    return { ...app, header }
  return { ...app, header: { ...header, previousEndsAt: previous.endsAt }, previous: previous.keys }
}

/**
 * Whether the document's secret was issued before the stored one. Where it does not say when, only an export tells: a
 * person who enters the secret of before a rotation takes that back on purpose.
 */
function isOlder({ header, keys, record }: GivenApp, stored: StoredApp): boolean {
  if (sameKeys(keys, stored.keys)) return false
  const [issued, known] = [header.secretIssuedAt, stored.header.secretIssuedAt]
  if (issued !== null && known !== null && issued !== known) return issued < known
  return record !== null && stored.previous !== null && sameKeys(keys, stored.previous)
}
