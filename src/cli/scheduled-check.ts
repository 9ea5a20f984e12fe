/**
 * `scheduled-check.json` in the state folder: what the scheduled run saw of itself, by which user, PATH, Node and
 * tokenctl. Written by `doctor --scheduled` alone, read by `doctor` and `schedule show`. No secret.
 */
import { join } from 'node:path'
import * as z from 'zod/mini'
import { isTokenctlError } from '../errors.ts'
import type { Files } from '../platform/files.ts'
import { parseStored } from '../vault/stored-json.ts'
import { type ScheduledCheck, scheduledCheckSchema } from './shapes/doctor-shape.ts'

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
  try {
    const bytes = files.readPrivate(scheduledCheckPath(stateDir))
    const read = z.safeParse(scheduledCheckSchema, bytes && parseStored(bytes.toString('utf8')))
    return read.success ? read.data : undefined
  } catch (error) {
    // A report that cannot be read is none; what is wrong with the folder's modes is told elsewhere.
    if (!isTokenctlError(error)) throw error
    return undefined
  }
}
