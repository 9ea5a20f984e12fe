/** What `pg` asks its surroundings as it loads is answered in the bundles, and nothing else there asks it (.ci/pg-in-node.js). */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))

const bundles = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
  .filter(path => /\.c?js$/.test(path))
  .map(path => ({ path, text: readFileSync(join(DIST, path), 'utf8') }))

it('is in both bundles', () => {
  const having = bundles.filter(({ text }) => text.includes('Cloudflare-Workers')).map(({ path }) => path)
  expect(having.map(path => path.startsWith('library')).sort()).toEqual([false, true])
})

it.each(['NODE_PG_FORCE_NATIVE', 'typeof navigator', 'navigator.'])('finds no %s', asked => {
  expect(bundles.filter(({ text }) => text.includes(asked)).map(({ path }) => path)).toEqual([])
})
