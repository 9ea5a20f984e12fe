/** What `export` says beside the sealed file: what is in it, what is not, and what to mind from now on. */
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { SealedFor } from '../moving/age-seal.ts'
import type { ExportedRecords } from '../moving/export-document.ts'
import type { MarketplaceRules } from '../rules.ts'
import { refOf } from '../selection.ts'

/** More than these are counted, not named. */
const MOST_NAMED = 5

/** Whole sentences, a line each. */
export function exportNotes(
  { accounts, apps }: ExportedRecords,
  { output, sealedFor }: { readonly output: string | undefined; readonly sealedFor: SealedFor },
  { adapterOf }: Pick<MarketplaceRules, 'adapterOf'>,
): readonly string[] {
  const headers = accounts.map(({ header }) => header)
  const how =
    'passphrase' in sealedFor
      ? 'with the passphrase'
      : `for ${counted(sealedFor.recipients.length, 'recipient')}`
  const where = output === undefined ? '' : ` into ${output}`
  const unsettled = headers.filter(
    ({ presentedAt, awaitsRecovery }) => presentedAt !== null || awaitsRecovery,
  )
  const handed = headers.filter(({ delivery }) => delivery !== null)
  return [
    `Exported ${counted(accounts.length, 'account')} and ${counted(apps.length, 'app')}, sealed ${how}${where}.`,
    ...(unsettled.length === 0
      ? []
      : [
          `Of ${named(unsettled)} nobody knows whether the last refresh arrived, so the token may be spent: renew here, then export again.`,
        ]),
    ...(handed.length === 0
      ? []
      : [
          `Not in it: where the tokens of ${named(handed)} are handed on to. Set that up there with \`tokenctl accounts deliver-to\`.`,
        ]),
    ...oneMachine(headers, adapterOf),
  ]
}

/** What to mind where two machines hold a token that is replaced when it is used; nothing where none is. */
export function oneMachine(
  headers: readonly AccountHeader[],
  adapterOf: MarketplaceRules['adapterOf'],
): readonly string[] {
  const rotating = headers.filter(
    header => header.holdsToken && adapterOf(refOf(header).marketplace).rotation !== 'none',
  )
  if (rotating.length === 0) return []
  return [
    `Renew ${named(rotating)} on one machine only from now on: there a renewal may end the token that the other one holds.`,
  ]
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function named(headers: readonly AccountHeader[]): string {
  const more = headers.length - MOST_NAMED
  const names = headers.slice(0, MOST_NAMED).map(({ account }) => account)
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
