/** What an import does, or would do, as a table for `--dry-run`, lines for people and JSON for programs. */
import { deliveryState } from '../../renewal/delivery-state.ts'
import type { EpochMs } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import type { Difference } from '../moving/import-differences.ts'
import type { Change } from '../moving/import-plan.ts'
import type { ImportResult } from '../shapes/import-result-shape.ts'
import { showDay } from './dates.ts'
import { safeLine } from './safe-text.ts'
import type { Table } from './table.ts'

/** What became of one record, or would. */
export interface ImportLine {
  readonly label: string
  readonly change: Change
  /** In what the document and the stored record differ. */
  readonly differs: readonly Difference[]
  /** The account as it is stored now, or would be; null for an app. */
  readonly header: AccountHeader | null
  /** The other account that has the token already, where the change is `shared`. */
  readonly sharedWith?: string | null
}

const WORDS: Readonly<Record<Change, string>> = {
  added: 'added',
  same: 'the same, nothing to do',
  replaced: 'replaced',
  older: 'older',
  elsewhere: 'elsewhere',
  shared: 'shared',
}

/** What stops the whole import, whatever was asked for. */
const REFUSED: readonly string[] = ['older', 'elsewhere', 'shared'] satisfies readonly Change[]

/** One line on a record that was imported. */
export function importLine(line: ImportLine): string {
  return `${line.label}: ${WORDS[line.change]}${goesWhere(line)}\n`
}

function goesWhere(line: ImportLine): string {
  const target = targetOf(line)
  if (target === null || line.header === null) return ''
  return deliveryState(line.header) === 'failed'
    ? `; its tokens stay here, since ${safeLine(target)} refused the last: \`tokenctl deliver ${line.label}\` tries again`
    : `; its tokens go to ${safeLine(target)}, as before`
}

/** The results as `--json` has them. */
export function importResults(lines: readonly ImportLine[]): readonly ImportResult[] {
  return lines.map(line => ({
    name: line.label,
    change: line.change,
    deliversTo: targetOf(line),
    differs: [...line.differs],
  }))
}

const GOES_TO = 'Tokens go to'
const COLUMNS = ['Account or app', 'Change', 'Differs in', 'Token', 'Consent', 'Renewed', 'Ends'] as const

/** The plan: what each record would become, and in what the document differs from what is stored. */
export function importTable(lines: readonly ImportLine[]): Table {
  const goes = lines.some(line => targetOf(line) !== null)
  return {
    columns: [...COLUMNS, ...(goes ? [GOES_TO] : [])],
    rows: lines.map(line => [...cells(line), ...(goes ? [targetOf(line) ?? '-'] : [])]),
    expendable: ['Renewed', 'Consent', 'Ends', 'Token'],
    paint: (paint, cell, column) =>
      column === 'Change' && REFUSED.includes(cell) ? paint(cell, 'expired') : cell,
  }
}

function cells({ label, change, differs, header }: ImportLine): readonly string[] {
  const differing = differs.map(field => DIFFERENCES[field]).join(', ') || '-'
  if (header === null) return [label, change, differing, '-', '-', '-', '-']
  const { consentAt, renewedAt, endsAt } = header
  return [label, change, differing, tokenCell(header), day(consentAt), day(renewedAt), day(endsAt)]
}

function tokenCell({ holdsToken, refused }: AccountHeader): string {
  if (!holdsToken) return 'no'
  return refused === null ? 'yes' : 'refused'
}

const day = (at: EpochMs | null) => (at === null ? '-' : showDay(at))

const DIFFERENCES: Readonly<Record<Difference, string>> = {
  refreshToken: 'token',
  pending: 'unproven token',
  accessToken: 'access token',
  app: 'app',
  consentAt: 'consent',
  renewedAt: 'renewed',
  endsAt: 'end',
  acceptedAt: 'last use',
  environment: 'environment',
  region: 'region',
  seller: 'seller',
  refused: 'refusal',
  gap: 'gap',
  tags: 'tags',
  keys: 'keys',
  secretIssuedAt: 'day of issue',
  previous: 'older secret',
}

/** Where a token that the import brings is handed on to; null where that is nowhere, or nothing is brought. */
function targetOf({ change, header }: ImportLine): string | null {
  return change === 'same' ? null : (header?.delivery?.target ?? null)
}
