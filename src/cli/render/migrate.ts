/** What `migrate` says to a person: what was moved, from where to where, and what is left there. */
import type { StoreName } from '../../vault/choices.ts'
import type { MigrateReport } from '../shapes/migrate-shape.ts'
import type { World } from '../world.ts'
import { folded } from './fold.ts'
import { safeLine, safeText } from './safe-text.ts'

/** A store as a sentence names it. */
export const STORE_WORDS: Readonly<Record<StoreName, string>> = {
  keychain: 'the keychain',
  file: 'the encrypted folder (the file store)',
  postgres: 'the PostgreSQL database',
}

type Moving = Omit<MigrateReport, 'copies'>

/** Says what became of the records: before anybody is asked about the copies. */
export function presentMoved(report: Moving, { terminal }: Pick<World, 'terminal'>): void {
  for (const line of resultOf(report)) terminal.out(`${safeLine(line)}\n`)
  if (report.outcome === 'would-move') for (const line of names(report)) terminal.out(`  ${safeLine(line)}\n`)
  presentNotes(report.warnings, { terminal })
}

/** Says what became of the copies that the other store has, and what comes next while they are there. */
export function presentCopies(
  { copies, outcome }: Pick<MigrateReport, 'copies' | 'outcome'>,
  notes: readonly string[],
  { terminal }: Pick<World, 'terminal'>,
): void {
  for (const line of copiesOf(copies, outcome)) terminal.out(`${safeLine(line)}\n`)
  presentNotes(notes, { terminal })
  if (copies?.outcome === 'left')
    terminal.err(
      folded(
        `Next: \`tokenctl status --verify\` shows that all is there; \`tokenctl migrate --remove-old\` then removes the copies in ${STORE_WORDS[copies.store]}, which nothing uses any more.`,
        terminal,
      ),
    )
}

function presentNotes(notes: readonly string[], { terminal }: Pick<World, 'terminal'>): void {
  for (const note of notes) terminal.err(folded(`Note: ${safeText(note)}`, terminal))
}

function resultOf(report: Moving): readonly string[] {
  const { outcome, from, to } = report
  if (outcome === 'not-asked' || to === null) return []
  const target = STORE_WORDS[to]
  if (outcome === 'in-use') return [`The records rest in ${target} already; there is nothing to move.`]
  if (outcome === 'nothing-stored') return [`Nothing is stored yet; the first record will rest in ${target}.`]
  const source = from === null ? '' : ` from ${STORE_WORDS[from]}`
  const what = sums(report)
  return outcome === 'moved'
    ? [`Moved ${what}${source} to ${target}; each was read back and is the same.`]
    : [`Would move ${what}${source} to ${target}:`]
}

function copiesOf(copies: MigrateReport['copies'], outcome: MigrateReport['outcome']): readonly string[] {
  if (copies === null) return outcome === 'not-asked' ? ['There are no old copies; nothing to remove.'] : []
  const where = STORE_WORDS[copies.store]
  if (copies.outcome === 'removed') return [`The copies in ${where} are removed.`]
  if (copies.outcome === 'partly-removed')
    return [`Of the copies in ${where}, some could not be read and stay.`]
  return copies.outcome === 'would-be-removed' ? [`Would remove the copies in ${where}.`] : []
}

function sums({ accounts, apps, channels }: Moving): string {
  const count = (number: number, one: string) =>
    number === 0 ? [] : [`${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`]
  const parts = [
    ...count(accounts.length, 'account'),
    ...count(apps.length, 'app'),
    ...count(channels.length, 'notice channel'),
  ]
  return parts.length === 0 ? 'no record' : parts.join(', ')
}

function names({ accounts, apps, channels }: Moving): readonly string[] {
  return [
    ...accounts.map(name => `account ${name}`),
    ...apps.map(name => `app ${name}`),
    ...channels.map(name => `notice channel ${name}`),
  ]
}
