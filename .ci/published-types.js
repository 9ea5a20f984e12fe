// The part of the build that keeps of the types what a program can reach from the package's two entries: `tsc` writes one
// file for every source, and a seller's disk needs none of the rest.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TYPES = fileURLToPath(new URL('../dist/types', import.meta.url))
const ENTRIES = ['src/index.d.ts', 'test/contracts/index.d.ts'].map(path => join(TYPES, path))
/** `from './x.ts'`, `import('./x.ts')`: what another file is named by. */
const NAMED = /(?:from|import\()\s*["'](\.[^"']+)\.ts["']/g

const wanted = new Set()
const waiting = [...ENTRIES]
for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
  if (wanted.has(path)) continue
  if (!existsSync(path)) throw new Error(`The types name a file that is not there: ${path}`)
  wanted.add(path)
  for (const [, name] of readFileSync(path, 'utf8').matchAll(NAMED))
    waiting.push(join(dirname(path), `${name}.d.ts`))
}
for (const entry of readdirSync(TYPES, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name)
  if (entry.isFile() && !wanted.has(path)) rmSync(path)
}
removeEmpty(TYPES)

function removeEmpty(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmpty(join(folder, entry.name))
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true })
}
