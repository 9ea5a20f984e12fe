/**
 * `tokenctl export`: accounts and their apps as one sealed file, for another machine or a safe. What it holds is an import
 * document; it is never written or shown in the clear, and it is read back as `import` would before it is sealed.
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Exit } from '../exit.ts'
import { refuseRecipients, type SealedFor, sealed } from '../moving/age-seal.ts'
import { LONGEST_DOCUMENT_BYTES } from '../moving/document-source.ts'
import { type ExportedRecords, exportDocument } from '../moving/export-document.ts'
import { readRecords, wantedRecords } from '../moving/export-records.ts'
import { readImportDocument } from '../moving/import-document.ts'
import { passphraseToSeal } from '../moving/typed-passphrase.ts'
import { done } from '../noting/history.ts'
import { exportNotes } from '../render/export.ts'
import { safeText } from '../render/safe-text.ts'
import { type MarketplaceRules, rulesOf } from '../rules.ts'
import { type FilterOptions, isFiltered } from '../selection.ts'
import type { World } from '../world.ts'

export interface ExportOptions extends FilterOptions {
  readonly accounts: readonly string[]
  /** The age recipients that can open it. */
  readonly to?: readonly string[]
  /** Sealed with a passphrase that is asked for. */
  readonly passphrase?: boolean
  /** Sealed with a passphrase that comes on standard input. */
  readonly passphraseStdin?: boolean
  /** The file to be made, in place of standard output. */
  readonly output?: string
}

const LOST = {
  what: 'No copy was made',
  fix: 'What arrived of it opens to nothing: throw it away, mend that, and export again, or make a file with `--output`.',
}

export async function exportRun(options: ExportOptions, world: World): Promise<Exit> {
  const { to = [], output } = options
  const usesPassphrase = options.passphrase === true || options.passphraseStdin === true
  refuseHow(to, usesPassphrase)
  await refuseRecipients(to)
  const files = output === undefined ? undefined : await world.givenFiles()
  if (output !== undefined) files?.refuseTaken(output)
  const rules = rulesOf(world.settings())
  const from = await (await world.openVault('export')).read()
  const wanted = await wantedRecords(options.accounts, from, rules, await narrowBy(options, world))
  const sealedFor: SealedFor = usesPassphrase
    ? { passphrase: await passphraseToSeal(options.passphraseStdin === true, world) }
    : { recipients: to }
  const records = await readRecords(wanted, world)
  const text = await sealed(Buffer.from(checkedDocument(records, rules, world)), sealedFor)
  refuseTooLong(text, records)
  if (output === undefined) await world.terminal.deliver(text, LOST)
  else files?.create(output, text)
  note(records, world)
  for (const line of exportNotes(records, { output, sealedFor }, rules))
    world.terminal.err(`${safeText(line)}\n`)
  return 0
}

/** What leaves out some of the accounts; undefined where no option asks for it. */
async function narrowBy(options: ExportOptions, world: World) {
  if (!isFiltered(options)) return undefined
  const { filterOf, narrowHeaders } = await import('../filter.ts')
  filterOf(options)
  return (headers: readonly AccountHeader[]): readonly AccountHeader[] => {
    const kept = narrowHeaders(headers, options, world)
    if (kept.leftOut !== null && kept.headers.length === 0)
      throw new TokenctlError('ACCOUNT_UNKNOWN', 'Nothing matches, so there is nothing to export.', {
        fix: '`tokenctl status` shows states and dates, `tokenctl accounts list` the tags. Nothing was written.',
      })
    return kept.headers
  }
}

function refuseHow(to: readonly string[], usesPassphrase: boolean): void {
  if (to.length > 0 && usesPassphrase)
    throw new TokenctlError('USAGE', 'A file is sealed for recipients or with a passphrase, not with both.', {
      fix: 'Leave out `--to` or the passphrase.',
    })
  if (to.length === 0 && !usesPassphrase)
    throw new TokenctlError('ANSWER_MISSING', 'For whom it shall be sealed was not said.', {
      fix: 'Give an age recipient (`--to age1…`), or `--passphrase` (`--passphrase-stdin` where nobody can be asked).',
    })
}

/** The document, once it is certain that `import` takes it: a copy that cannot be brought back is none. */
function checkedDocument(records: ExportedRecords, rules: MarketplaceRules, world: World): string {
  const text = exportDocument(records)
  try {
    readImportDocument(text, rules, world.clock.now())
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    throw new TokenctlError('RECORD_UNREADABLE', `A record could not be imported again. ${error.message}`, {
      fix: 'Export the others by name. Nothing was written.',
      cause: error,
    })
  }
  return text
}

function refuseTooLong(text: string, { accounts }: ExportedRecords): void {
  if (text.length <= LONGEST_DOCUMENT_BYTES) return
  throw new TokenctlError('USAGE', `${accounts.length} accounts are more than one export can hold.`, {
    fix: 'Export them in parts, by name. Nothing was written.',
  })
}

function note({ accounts, apps }: ExportedRecords, { history }: World): void {
  for (const { header } of apps) history.note(done('app export', `${header.marketplace}:${header.name}`))
  for (const { header } of accounts) history.note(done('export', header.account))
}
