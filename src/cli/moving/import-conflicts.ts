/** What stops an import: a record that it would spoil. Asked of the whole plan, and of each record again under its lock. */
import { TokenctlError } from '../../errors.ts'
import type { Change } from './import-plan.ts'

interface Conflict {
  readonly label: string
  readonly change: Change
  /** The other account that has the token already, where the change is `shared`. */
  readonly sharedWith?: string | null
}

/**
 * Stops the whole import where one part of it must not be done.
 *
 * @param storedBefore how many records this import has stored already: a conflict that arose meanwhile stops the rest.
 * @throws {USAGE} when something would be replaced without `--replace`, or a newer token by an older one at all, or
 *   one token would come to stand under two names
 *   · {ENVIRONMENT_MISMATCH} when what is stored was made in another environment.
 */
export function refuseConflicts(
  lines: readonly Conflict[],
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
  refuseShared(lines, unchanged)
  const replaced = named('replaced')
  if (replace === true || replaced.length === 0) return
  throw new TokenctlError('USAGE', `Already there with other content: ${replaced.join(', ')}.`, {
    fix: `Look with \`tokenctl import --dry-run --replace\`, then import with \`--replace\`. ${unchanged}`,
  })
}

/** As many pairs as a message has room for. */
const SHOWN = 5

/** One token is one shop: the name that it has here is changed by a person or not at all. */
function refuseShared(lines: readonly Conflict[], unchanged: string): void {
  const pairs = lines.flatMap(({ label, sharedWith }) => (sharedWith == null ? [] : [{ label, sharedWith }]))
  const [first, ...others] = pairs
  if (first === undefined) return
  const more = others.slice(0, SHOWN).map(({ label, sharedWith }) => `${sharedWith} that of ${label}`)
  const left = others.length - more.length
  const also = [...more, ...(left > 0 ? [`${left} more such`] : [])].map(words => `; ${words}`).join('')
  throw new TokenctlError(
    'USAGE',
    `${first.sharedWith} has this token already: that of ${first.label} in the document${also}. One token under two names would be presented twice.`,
    {
      fix: `If it shall have the document's name: \`tokenctl accounts rename ${first.sharedWith} ${first.label}\`, then import again; else leave ${first.label} out of the document. ${unchanged}`,
    },
  )
}
