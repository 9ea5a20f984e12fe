/**
 * What `DueBounds` mean as conditions over columns, each of which one index answers. They mean the same as `mayBeDue` in
 * `renewal/due-bounds.ts`; a test holds the two beside each other over a real database. Pure.
 */
import { DAY, toIso } from '../../tokens/time.ts'
import type { DueBounds } from '../header-query.ts'

export interface Branch {
  readonly where: string
  /** The order that its index has. */
  readonly order: string
}

/**
 * The ways of being due.
 *
 * @param put takes a value and gives the parameter that stands for it.
 */
export function dueBranches(due: readonly DueBounds[], put: (value: unknown) => string): readonly Branch[] {
  return due.flatMap(({ marketplace, lastBefore, endsBefore, consentBefore, wantsEnd, ahead }) => {
    const of = `marketplace = ${put(marketplace)}`
    const at = (when: number) => `${put(toIso(when))}::timestamptz`
    const noEnd = wantsEnd
      ? `(holds_token OR consent_at <= ${at(consentBefore)})`
      : `consent_at <= ${at(consentBefore)}`
    return [
      { where: `${of} AND is_troubled`, order: 'last_at NULLS FIRST, key' },
      {
        where: `${of} AND key IN (SELECT j.key FROM tokenctl.journal AS j WHERE j.part = 'journal')`,
        order: 'last_at, key',
      },
      { where: `${of} AND last_at <= ${at(lastBefore)}`, order: 'last_at, key' },
      { where: `${of} AND ends_at IS NOT NULL AND ends_at <= ${at(endsBefore)}`, order: 'ends_at, key' },
      { where: `${of} AND ends_at IS NULL AND ${noEnd}`, order: 'consent_at, key' },
      // A consent that is more than a day later than the renewal is among the troubled (`columns.ts`): what is left here lies
      // within a day of the last renewal, whose index then serves.
      {
        where: `${of} AND last_at > ${at(ahead - DAY)} AND (last_at > ${at(ahead)} OR consent_at > ${at(ahead)})`,
        order: 'last_at, key',
      },
    ]
  })
}
