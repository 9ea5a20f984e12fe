/** What a schedule needs of the machine it is made on: who and where we are, programs to run, files to write. */
import fs from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { createPlainFiles, type PlainFiles } from './plain-files.ts'
import { entryInside } from './single-file.ts'
import { type RunSystemProgram, systemPrograms } from './system-program.ts'

export interface ScheduleHost {
  readonly platform: NodeJS.Platform
  /** The user's number; undefined where there are none (Windows). */
  readonly uid: number | undefined
  /** The home folder by the system's user list, which is what a scheduler sets. */
  readonly home: string
  /** The same for this machine and user at every start, and different on others. Not to be shown. */
  readonly seed: string
  /** The Node that runs this, by the path that the system gives. */
  readonly node: string
  /** The program's file: where it really is, and as it was started. */
  readonly entry: { readonly real: string; readonly typed: string | undefined }
  readonly run: RunSystemProgram
  readonly files: PlainFiles
}

/**
 * @param env the whole environment of the programs that it runs
 * @param bundleFolder where the bundle is; the program's file is in `bin/` beside it
 */
export function createScheduleHost(
  proc: NodeJS.Process,
  env: Readonly<Record<string, string | undefined>>,
  bundleFolder: string,
): ScheduleHost {
  const uid = proc.getuid?.()
  return {
    platform: proc.platform,
    uid,
    home: homeOfUser(),
    seed: [machineId(), hostname(), String(uid)].join('\0'),
    node: proc.execPath,
    entry: {
      real: entryInside(proc.execPath) ?? join(bundleFolder, '..', 'bin', 'tokenctl.js'),
      typed: proc.argv[1],
    },
    run: systemPrograms(env),
    files: createPlainFiles(proc.platform),
  }
}

function homeOfUser(): string {
  try {
    return userInfo().homedir
  } catch {
    // A container's user that is in no list: its scheduler, if there is one, has nothing but the variable either.
    return homedir()
  }
}

/** The machine's own number, where it has one in a file. */
function machineId(): string {
  try {
    return fs.readFileSync('/etc/machine-id', 'utf8').trim()
  } catch {
    // macOS, Windows and small containers have none; the name of the machine is in the seed as well.
    return ''
  }
}
