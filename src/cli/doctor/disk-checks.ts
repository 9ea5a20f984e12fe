/** The disk under the state folder: room, room for new files, and whether it is one of a network; and the locks on it. */
import { asTokenctlError, isTokenctlError } from '../../errors.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground } from './ground.ts'

const MIB = 1024 * 1024
/** A renewal takes 24 KiB for its journal and as much again for the record; a run renews several at once. */
const TOO_FULL_BYTES = MIB
/** Our choice: a log that runs wild fills that in a day or two, which is when the next run comes. */
const NEARLY_FULL_BYTES = 100 * MIB
const TOO_FEW_FILES = 16
const FEW_FILES = 1000

/** The findings on room and kind of the file system. */
export function diskChecks({ world, machine }: Ground): readonly Finding[] {
  const facts = machine.fileSystemOf(world.folders.state)
  if (facts === undefined) return [skipped('disk', 'The file system does not say how much room it has.')]
  const { at, freeBytes, freeFiles, network } = facts
  return [roomFinding(at, freeBytes, freeFiles), kindFinding(world.folders.state, network)]
}

function roomFinding(where: string, freeBytes: number, freeFiles: number | null): Finding {
  const mend = 'Free some space there, or move the folder with TOKENCTL_HOME.'
  const room = `${shown(freeBytes)} free`
  const files = freeFiles === null ? '' : `, ${freeFiles.toLocaleString('en')} files can still be made`
  const full = (what: string) => problem('disk', what, { where, mend, code: 'WRITE_FAILED' })
  if (freeBytes < TOO_FULL_BYTES)
    return full(`The disk is full (${room}): no renewal begins that could not be stored.`)
  if (freeFiles !== null && freeFiles < TOO_FEW_FILES)
    return full(`The disk takes no new files (${freeFiles} can still be made), though it has ${room}.`)
  if (freeBytes < NEARLY_FULL_BYTES || (freeFiles !== null && freeFiles < FEW_FILES))
    return warning('disk', `The disk is nearly full: ${room}${files}.`, { where, mend })
  return ok('disk', `${room}${files}.`, where)
}

function shown(bytes: number): string {
  if (bytes < MIB) return `${Math.floor(bytes / 1024)} KiB`
  return bytes < 1024 * MIB ? `${Math.floor(bytes / MIB)} MiB` : `${Math.floor(bytes / MIB / 1024)} GiB`
}

function kindFinding(where: string, network: string | null): Finding {
  if (network === null) return ok('file-system', 'It is no network file system.', where)
  return warning(
    'file-system',
    `The state folder is on a network file system (${network}), where locks may hold on this machine alone.`,
    {
      where,
      mend: 'Move it to a local disk with TOKENCTL_HOME, or see to it that no other machine runs tokenctl on it.',
    },
  )
}

/** Takes the locks that a renewal takes, and lets them go. */
export async function lockChecks({ world, vault }: Ground, isLoadable: boolean): Promise<readonly Finding[]> {
  if (vault === undefined) return [skipped('locks', 'Not tried: the settings cannot be read.')]
  if (!isLoadable) return [skipped('locks', 'Not tried: see `native`.')]
  const { parts, marker } = vault
  try {
    if (!parts.files.checkPrivateFolder(parts.stateDir))
      return [skipped('locks', 'Nothing was stored yet, so nothing is locked.')]
    await parts.locks.hold('doctor', async () => {})
    if (marker?.store === 'keychain') await parts.userLocks(marker.id).hold('doctor', async () => {})
  } catch (error) {
    return [problem('locks', isTokenctlError(error) ? error : asTokenctlError(error))]
  }
  return [ok('locks', 'Locks can be taken.', world.folders.state)]
}
