/** A private folder of its own for a test, removed after it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new empty folder, mode 0700; call it inside a test or a `beforeEach`. */
export function temporaryHome(): string {
  const { path, remove } = makeHome()
  onTestFinished(remove)
  return path
}

/** The same for a whole file: the caller removes it. */
export function makeHome(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tokenctl-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
