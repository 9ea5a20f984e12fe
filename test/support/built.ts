/** Builds one source file to CommonJS, as the shipped bundle is, for tests that run it in a process of its own. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const ROOT = join(import.meta.dirname, '..', '..')

/**
 * Builds `src/…` into a folder and gives the path of the file to run. Chunks and native packages resolve from there,
 * so the folder is inside the repository's `node_modules`, where nothing is checked in.
 */
export async function buildEntry(source: string, name: string): Promise<string> {
  const dir = join(ROOT, 'node_modules', '.cache', 'tokenctl-test', `${name}-${process.pid}`)
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
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  return join(dir, `${name}.cjs`)
}

/** The keychain's helper: the shipped one where it is built, else one built now. */
export async function keychainHelper(): Promise<string> {
  const shipped = join(ROOT, 'dist', 'keychain-helper.cjs')
  return process.env['CI'] === 'true' && existsSync(shipped)
    ? shipped
    : await buildEntry('src/vault/keychain-helper.ts', 'keychain-helper')
}
