/** A program that a person could name for a hook, a notice or a delivery, in a folder of its own. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryHome } from './temporary-home.ts'

/** Its path. It must never be run: it leaves `ran` beside itself. */
export function namedProgram(mode = 0o755, folderMode = 0o755): string {
  const folder = join(temporaryHome(), 'programs')
  mkdirSync(folder, { mode: 0o700 })
  const path = join(folder, 'program')
  writeFileSync(path, `#!/bin/sh\ntouch '${folder}/ran'\n`)
  chmodSync(path, mode)
  chmodSync(folder, folderMode)
  return path
}
