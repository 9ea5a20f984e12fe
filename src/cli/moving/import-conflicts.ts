/** What stops an import: a record that it would spoil. Asked of the whole plan, and of each record again under its lock. */
import { TokenctlError } from '../../errors.ts'
import type { Change } from './import-plan.ts'

/**
 * Stops the whole import where one part of it must not be done.
 *
 * @param storedBefore how many records this import has stored already: a conflict that arose meanwhile stops the rest.
 * @throws {USAGE} when something would be replaced without `--replace`, or a newer token by an older one at all
 *   · {ENVIRONMENT_MISMATCH} when what is stored was made in another environment.
 */
export function refuseConflicts(
  lines: readonly { readonly label: string; readonly change: Change }[],
  { replace }: { readonly replace?: boolean },
  storedBefore = 0,
): void {
  const named = (wanted: Change) => lines.filter(({ change }) => change === wanted).map(({ label }) => label)
  const unchanged =
    storedBefore === 0
      ? 'Nothing was changed.'
      : 'What stands before it in the document, apps first, is imported; the rest is not.'
  const elsewhere = named('elsewhere')
  if (elsewhere.length > 0) {
    throw new TokenctlError(
      'ENVIRONMENT_MISMATCH',
      `Stored here for another environment than the one that is set now: ${elsewhere.join(', ')}.`,
      {
        fix: `Import under other names, or go back with \`tokenctl config unset endpoint.<marketplace>\`. ${unchanged}`,
      },
    )
  }
  const older = named('older')
  if (older.length > 0) {
    throw new TokenctlError(
      'USAGE',
      `The document holds an older state of ${older.join(', ')} than the one stored here.`,
      {
        fix: `A renewal, a consent or a rotation has taken its place, so the stored one stays. If the document's is of a new consent, say when in \`consentAt\` (of an app's secret, in \`secretIssuedAt\`). ${unchanged}`,
      },
    )
  }
  const replaced = named('replaced')
  if (replace === true || replaced.length === 0) return
  throw new TokenctlError('USAGE', `Already there with other content: ${replaced.join(', ')}.`, {
    fix: `Look with \`tokenctl import --dry-run --replace\`, then import with \`--replace\`. ${unchanged}`,
  })
}
