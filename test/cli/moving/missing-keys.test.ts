/** Accounts that come without the keys of their app: said at once, with the command that mends it. */
import { describe, expect, test } from 'vitest'
import { importRun } from '../../../src/cli/commands/import.ts'
import type { GivenAccount, GivenDocument } from '../../../src/cli/moving/import-document.ts'
import { missingKeys } from '../../../src/cli/moving/missing-keys.ts'
import { findMarketplace } from '../../../src/marketplaces/registry.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { testWorld } from '../../support/world.ts'

const account = (name: string, app = 'default'): GivenAccount => ({
  account: name,
  app,
  environment: 'production',
  refreshToken: new Secret(name),
  consentAt: null,
  renewedAt: null,
  endsAt: null,
  accessToken: null,
  accessExpiresAt: null,
  region: null,
  record: null,
})
const ebayApp: GivenDocument['apps'] = [
  {
    header: { marketplace: 'ebay', name: 'default', environment: 'production', secretIssuedAt: null },
    keys: {},
    record: null,
  },
]

describe('missingKeys', () => {
  test.each<[string, GivenDocument, readonly string[], readonly string[]]>([
    ['in the document', { apps: ebayApp, accounts: [account('ebay:main')] }, [], []],
    ['here', { apps: [], accounts: [account('ebay:main')] }, ['app/ebay:default'], []],
    [
      'of another marketplace, and of another name',
      { apps: ebayApp, accounts: [account('aliexpress:main'), account('ebay:main', 'second')] },
      ['app/amazon:default'],
      [
        'aliexpress:main cannot be renewed yet: the keys of AliExpress app default are not here. Enter them: `tokenctl app set aliexpress`.',
        'ebay:main cannot be renewed yet: the keys of eBay app second are not here. Enter them: `tokenctl app set ebay second`.',
      ],
    ],
    [
      'of many accounts',
      { apps: [], accounts: ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => account(`ebay:${name}`)) },
      [],
      [expect.stringMatching(/^ebay:a, ebay:b, ebay:c, ebay:d, ebay:e and 2 more cannot be renewed yet: /)],
    ],
  ])('keys %s', (_, document, known, warnings) => {
    expect(missingKeys(document, known, findMarketplace)).toEqual(warnings)
  })
})

describe('import', () => {
  const stdin = JSON.stringify({
    version: 1,
    accounts: [{ account: 'ebay:main', refreshToken: 'v^1.1#made-up' }],
  })

  test.each([{}, { dryRun: true }, { json: true }])('%j: warns on stderr, and is done', async options => {
    const world = await testWorld({ stdin })
    expect(await importRun(options, world)).toBe(0)
    expect(world.terminal.shown.err).toContain('ebay:main cannot be renewed yet')
    expect(world.terminal.shown.out).not.toContain('cannot be renewed')
  })
})
