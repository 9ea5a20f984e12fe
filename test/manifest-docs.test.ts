/** docs/marketplace-manifests.md: its manifest is a good one, and its table has every key there is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkManifest } from '../src/marketplaces/manifest/manifest.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')
const PAGE = read('docs/marketplace-manifests.md')

/** The places of all values in a JSON object: `consent.address`. */
const placesIn = (value: object, above = ''): string[] =>
  Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && !Array.isArray(inner) && !['parameters', 'seller'].includes(key)
      ? placesIn(inner, `${above}${key}.`)
      : [`${above}${key}`],
  )

test('the manifest on the page is taken', () => {
  const json = /```json\n([\s\S]+?)```/.exec(PAGE)?.[1] ?? ''
  expect(checkManifest(JSON.parse(json), 'the page')).toMatchObject({ id: 'shop' })
})

test.each(['etsy', 'allegro', 'mercadolibre'])('every key of %s is in the table', id => {
  const manifest = JSON.parse(read(`src/marketplaces/manifests/${id}.json`)) as object
  const table = PAGE.split('\n').filter(line => line.startsWith('| `'))
  for (const place of placesIn(manifest)) expect(table.join('\n')).toContain(`\`${place}\``)
})
