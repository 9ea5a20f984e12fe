/** What `rekey` says to a person: what became of the records, and where the new key has to go. */
import type { RekeyReport } from '../shapes/rekey-shape.ts'
import type { World } from '../world.ts'
import { folded } from './fold.ts'
import { safeLine, safeText } from './safe-text.ts'

/** The result on standard output; what is to be done next, and notes, on standard error. */
export function presentRekey(report: RekeyReport, { terminal }: Pick<World, 'terminal'>): void {
  terminal.out(`${safeLine(resultOf(report))}\n`)
  for (const note of report.warnings) terminal.err(folded(`Note: ${safeText(note)}`, terminal))
  const next = report.outcome === 'sealed' ? nextOf(report) : undefined
  if (next !== undefined) terminal.err(folded(`Next: ${safeText(next)}`, terminal))
}

function resultOf({ outcome, records, keyFile, keyId, keyBefore }: RekeyReport): string {
  const count =
    records === null ? 'every record' : `${records.toLocaleString('en')} record${records === 1 ? '' : 's'}`
  const key = keyId === null ? '' : ` (${keyId})`
  if (outcome === 'nothing-stored') return 'Nothing is stored yet; there is nothing to seal anew.'
  if (outcome === 'already') return `The records are sealed with the key ${keyFile}${key} already.`
  if (outcome === 'would-seal') return `Would seal ${count} with the key ${keyFile}.`
  const before = keyBefore === null ? '' : `, no longer with ${keyBefore}`
  return `Sealed ${count} with the key ${keyFile}${key}${before}.`
}

function nextOf({ store, keyFile }: RekeyReport): string {
  return store === 'postgres'
    ? `copy ${keyFile} to every other machine, mode 600, and there \`tokenctl config set key-file PATH\`; till then each says which key it misses. Keep the old key as long as a backup of the database needs it.`
    : `\`tokenctl status --verify\` shows that all opens. Keep the old key as long as a backup of the records needs it.`
}
