/** Builds one source file to CommonJS, as the shipped bundle is, for tests that run it in a process of its own. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const ROOT = join(import.meta.dirname, '..', '..')
const BUILT = join(ROOT, 'node_modules', '.cache', 'tokenctl-test')

/**
 * Builds `src/…` into a folder and gives the path of the file to run. Chunks and native packages resolve from there,
 * so the folder is inside the repository's `node_modules`, where nothing is checked in.
 */
export async function buildEntry(source: string, name: string): Promise<string> {
  removeOld()
  const dir = join(BUILT, `${name}-${process.pid}`)
  const bundle = await rolldown({
    input: { [name]: join(ROOT, source) },
    platform: 'node',
    external: ['@napi-rs/keyring', 'fs-native-extensions'],
    transform: { target: 'node20' },
    logLevel: 'silent',
  })
  await bundle.write({
    dir,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  })
  await bundle.close()
  return join(dir, `${name}.cjs`)
}

/** Removes what test processes that have ended left: nothing tells a worker that it ends. */
function removeOld(): void {
  for (const name of existsSync(BUILT) ? readdirSync(BUILT) : []) {
    const pid = Number(name.slice(name.lastIndexOf('-') + 1))
    if (!isAlive(pid)) rmSync(join(BUILT, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // There is no such process, or none of ours.
    return false
  }
}

/** The keychain's helper: the shipped one where it is built, else one built now. */
export async function keychainHelper(): Promise<string> {
  const shipped = join(ROOT, 'dist', 'keychain-helper.cjs')
  return process.env['CI'] === 'true' && existsSync(shipped)
    ? shipped
    : await buildEntry('src/vault/keychain-helper.ts', 'keychain-helper')
}
