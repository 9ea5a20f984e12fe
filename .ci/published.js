// The part of the build that makes the manual page and the JSON Schemas: it runs the sources' own definitions, bundled
// for this moment alone, and writes what they say into `dist`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'rolldown'
import { commitDate } from './commit-date.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Writes them into a folder, `dist`. */
export async function writePublished(dist) {
  // Inside the tree, so that nothing outside of it is needed to resolve what is imported.
  mkdirSync(join(ROOT, 'node_modules', '.cache'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.cache', 'tokenctl-published-'))
  try {
    await build({
      input: { published: join(ROOT, 'src', 'cli', 'published', 'published.ts') },
      platform: 'node',
      logLevel: 'silent',
      // What commands do when they run; here they only say what they are.
      external: [/\/commands\//, /\/schedule-proof\.ts$/],
      output: { dir: folder, format: 'esm', entryFileNames: '[name].mjs' },
    })
    const { publishedFiles } = await import(pathToFileURL(join(folder, 'published.mjs')).href)
    for (const [path, text] of await publishedFiles(commitDate().toISOString().slice(0, 10))) {
      mkdirSync(dirname(join(dist, path)), { recursive: true })
      writeFileSync(join(dist, path), text)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
