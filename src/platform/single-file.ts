/**
 * Whether the program is one executable file that holds Node as well (`.ci/sea.js`), and what it has inside. There is no
 * package around it then: no `bin/`, no `package.json`; what starts Node starts the program.
 */
import { getAsset, isSea } from 'node:sea'

/** The version inside the executable file; undefined where the program is a package on the disk. */
export function versionInside(): string | undefined {
  return isSea() ? getAsset('version', 'utf8') : undefined
}

/** What Node is told to run, where that is the executable file itself: it passes over its own path as the first word. */
export function entryInside(execPath: string): string | undefined {
  return isSea() ? execPath : undefined
}
