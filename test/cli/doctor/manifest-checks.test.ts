/** Manifests beside the settings, as `doctor` sees them. */
import { expect, test } from 'vitest'
import type { Ground } from '../../../src/cli/doctor/ground.ts'
import { manifestChecks } from '../../../src/cli/doctor/manifest-checks.ts'
import { TokenctlError } from '../../../src/errors.ts'
import { findMarketplace } from '../../../src/marketplaces/registry.ts'

const FOLDER = '/home/anna/.config/tokenctl'
const bad = new TokenctlError('SETTINGS_INVALID', 'The manifest is no good.', { fix: 'Mend it.' })

const found = (ids: readonly string[]) => {
  const own = {
    ids: () => ids,
    has: () => true,
    find: (id: string) => {
      if (id === 'bad') throw bad
      return { ...findMarketplace('etsy'), title: 'Shop' }
    },
  }
  const world = { ownMarketplaces: own, folders: { settings: FOLDER } } as unknown as Ground['world']
  return manifestChecks({ world })
}

test.each([
  ['shop', 'ok', /The manifest of Shop is sound\. It sends tokens to api\.etsy\.com\./, null],
  ['bad', 'problem', /The manifest is no good/, 'SETTINGS_INVALID'],
  ['etsy', 'warning', /etsy\.json is not looked at: `etsy` is built in/, null],
  ['ebay', 'warning', /ebay\.json is not looked at: `ebay` is built in/, null],
])('%s: %s', (id, state, what, code) => {
  expect(found([id])).toMatchObject([
    {
      id: 'settings',
      state,
      code,
      what: expect.stringMatching(what),
      where: `${FOLDER}/marketplaces/${id}.json`,
    },
  ])
})

test('none where there are none', () => {
  expect(found([])).toEqual([])
})
