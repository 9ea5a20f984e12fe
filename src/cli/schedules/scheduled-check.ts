/**
 * `scheduled-check.json` in the state folder: what the scheduled run saw of itself, by which user, PATH, Node and
 * tokenctl. Written by `doctor --scheduled` alone, read by `doctor` and `schedule show`. No secret.
 */
import { join } from 'node:path'
import type { Files } from '../../platform/files.ts'
import { type ScheduledCheck, scheduledCheckSchema } from '../shapes/doctor-shape.ts'
import { readNote } from '../state-note.ts'

/** All that doctor can find, several times over. */
const LONGEST_BYTES = 1024 * 1024

/** Where it is. */
export function scheduledCheckPath(stateDir: string): string {
  return join(stateDir, 'scheduled-check.json')
}

/**
 * Writes it durably; the state folder is made where it is missing, since a schedule may be there before the first shop.
 *
 * @throws {WRITE_FAILED} · {VAULT_UNAVAILABLE} where the folder is not private
 */
export function writeScheduledCheck(
  stateDir: string,
  check: ScheduledCheck,
  files: Pick<Files, 'ensurePrivateFolder' | 'writeDurably'>,
): void {
  files.ensurePrivateFolder(stateDir)
  files.writeDurably(scheduledCheckPath(stateDir), `${JSON.stringify(check, null, 2)}\n`)
}

/**
 * How far a look in which nothing failed shows that the vault opens there: by a record that was opened, by a test item
 * that was written and read, or not at all, since nothing is stored yet. `record` is the account.
 */
export function openedIn({ findings }: Pick<ScheduledCheck, 'findings'>): {
  readonly record: string | null
  readonly item: boolean
} {
  // It is looked at once the test item came back, and skipped where no account holds a token.
  const look = findings.find(({ id }) => id === 'opened-record')
  return { record: look?.state === 'ok' ? (look.where ?? 'an account') : null, item: look !== undefined }
}

/** What the last one wrote; undefined where none did, or it cannot be read, or another version's is there. */
export function readScheduledCheck(
  stateDir: string,
  files: Pick<Files, 'readPrivate'>,
): ScheduledCheck | undefined {
  return readNote(scheduledCheckPath(stateDir), scheduledCheckSchema, files, LONGEST_BYTES)
}
