/** Who has a lock file open, read from /proc: the only way to see from outside that a process waits for a lock. Linux. */
import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

const LOOK_AGAIN_MS = 10

/** What all who hold any lock of a vault share (`src/vault/gate.ts`): it shuts nobody out but who moves the records. */
export const GATE_FILE = '/records.lock'

/** The lock files that a process has open now, whether it holds them or waits for them; none once it has ended. */
export function locksOpenIn(pid: number): readonly string[] {
  return openFiles(pid).filter(path => path.endsWith('.lock') && !path.endsWith(GATE_FILE))
}

/** What the descriptors of a process lead to; nothing once it has ended. */
export function openFiles(pid: number): readonly string[] {
  let names: readonly string[]
  try {
    names = readdirSync(`/proc/${pid}/fd`)
  } catch {
    // It has ended.
    return []
  }
  return names.flatMap(name => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${name}`)]
    } catch {
      // Closed meanwhile.
      return []
    }
  })
}

/** Resolves when it is so. @throws after `limitMs`, saying what never was. */
export async function until(what: string, isSo: () => boolean, limitMs = 60_000): Promise<void> {
  const begun = performance.now()
  while (!isSo()) {
    if (performance.now() - begun > limitMs) throw new Error(`${what}: not within ${limitMs / 1000} s`)
    await wait(LOOK_AGAIN_MS)
  }
}
