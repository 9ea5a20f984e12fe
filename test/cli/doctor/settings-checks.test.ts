/** The settings file, and what stands in the place of the real marketplaces. */

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CALL_VARIABLES } from '../../../src/cli/notices/program-environment.ts'
import { type Broken, testBrokenWorlds } from '../../support/broken-world.ts'
import { diagnose, fineAccount, setSettings, soundHome } from '../../support/doctor-world.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'settings that are no JSON': {
    spoil: home => writeFileSync(join(home, 'config.json'), '{"store": ', { mode: 0o600 }),
    found: ['settings problem'],
    says: /config\.json is not JSON \(line 1\)/,
    mend: /Mend the file/,
    exit: 3,
  },
  'settings that others may write': {
    spoil: home => chmodSync(join(home, 'config.json'), 0o666),
    found: ['settings warning'],
    says: /Others may write the settings file/,
    mend: /`tokenctl doctor --fix`/,
    exit: 0,
  },
  'a simulator in the place of eBay': {
    home: { accounts: [fineAccount('ebay:main', { environment: 'local' })] },
    spoil: home => setSettings(home, { store: 'file', 'endpoint.ebay': 'http://127.0.0.1:8080' }),
    found: ['overrides warning'],
    says: /ebay is set to http:\/\/127\.0\.0\.1:8080, not to the real marketplace/,
    mend: /`tokenctl config unset endpoint\.ebay`/,
    exit: 0,
  },
  "eBay's sandbox": {
    home: { accounts: [fineAccount('ebay:main', { environment: 'sandbox' })] },
    spoil: home => setSettings(home, { store: 'file', 'environment.ebay': 'sandbox' }),
    found: ['overrides warning'],
    says: /ebay is set to its sandbox/,
    mend: /`tokenctl config unset environment\.ebay`/,
    exit: 0,
  },
  'a record made elsewhere': {
    home: { accounts: [fineAccount('ebay:main', { environment: 'sandbox' })] },
    found: ['overrides warning'],
    says: /ebay:main belongs to eBay's sandbox, which is not what is set now/,
    mend: /environment\.<marketplace>/,
    exit: 0,
  },
  'a variable that people think leads elsewhere': {
    world: { env: { TOKENCTL_ENDPOINT_EBAY: 'https://evil.example' } },
    found: ['overrides warning'],
    says: /TOKENCTL_ENDPOINT_EBAY is set, and tokenctl takes no such variable/,
    mend: /`unset TOKENCTL_ENDPOINT_EBAY`/,
    exit: 0,
  },
}

testBrokenWorlds(WORLDS)

test('what tokenctl itself gives to a program that it runs is nothing strange', async () => {
  const env = Object.fromEntries(CALL_VARIABLES.map(name => [name, 'x']))
  expect((await diagnose(await soundHome(), { env })).wrong).toEqual([])
})
