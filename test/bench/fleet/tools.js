/** The TypeScript of `parts.ts` as JavaScript, and the program itself once more as it can be profiled: bundled when wanted. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A folder beside the packages, so that what is bundled into it finds those that stay outside. */
export function besidePackages() {
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What `parts.ts` exports. */
export async function loadParts(folder) {
  const bundle = await rolldown({
    input: { parts: fileURLToPath(new URL('parts.ts', import.meta.url)) },
    platform: 'node',
    logLevel: 'silent',
    external: ['pg', 'undici', '@napi-rs/keyring', 'fs-native-extensions'],
  })
  await bundle.write({
    dir: join(folder, 'parts'),
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
  })
  return await import(pathToFileURL(join(folder, 'parts', 'parts.mjs')).href)
}

/**
 * The program of this tree in the same chunks as the built one, but with the names of its functions, and with a comment
 * before what came of each module: by both a profile can be read. Returns the path to start it by.
 */
export async function buildReadable(folder) {
  const { default: config } = await import(new URL('../../../src/rolldown.config.js', import.meta.url).href)
  const home = join(folder, 'readable')
  const bundle = await rolldown({ ...config, cwd: ROOT })
  await bundle.write({ ...config.output, dir: join(home, 'dist'), minify: false, cleanDir: false })
  mkdirSync(join(home, 'bin'))
  for (const file of ['bin/tokenctl.js', 'bin/package.json', 'package.json'])
    copyFileSync(join(ROOT, file), join(home, file))
  return join(home, 'bin', 'tokenctl.js')
}
