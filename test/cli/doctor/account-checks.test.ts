/** Records that cannot be read, accounts that need a person, app secrets near their end. */

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { accountChecks } from '../../../src/cli/doctor/account-checks.ts'
import type { Ground } from '../../../src/cli/doctor/ground.ts'
import { Settings } from '../../../src/settings.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { type Broken, recordOf, testBrokenWorlds } from '../../support/broken-world.ts'
import { fineAccount, NOW } from '../../support/doctor-world.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'a record of a newer tokenctl': {
    spoil: home =>
      writeFileSync(
        recordOf(home),
        readFileSync(recordOf(home), 'latin1').replace('"version":1', '"version":9'),
      ),
    found: ['records problem'],
    says: /newer tokenctl/,
    mend: /Update tokenctl/,
    exit: 5,
  },
  'an account that was refused': {
    home: { accounts: [fineAccount('ebay:main', { refused: { at: NOW - DAY, code: 'GRANT_REJECTED' } })] },
    found: ['accounts warning'],
    says: /1 account needs a person: ebay:main/,
    mend: /`tokenctl status`/,
    exit: 0,
  },
  'an app secret near its end': {
    home: { secretIssuedAt: NOW - 160 * DAY },
    found: ['apps warning'],
    says: /The secret of Amazon's app default ends 2026-12-12/,
    mend: /`tokenctl app rotate amazon`/,
    exit: 0,
  },
  'an app secret that is over': {
    home: { secretIssuedAt: NOW - 181 * DAY },
    found: ['apps problem'],
    says: /ended 2026-11-21/,
    mend: /`tokenctl app rotate amazon`/,
    exit: 3,
  },
}

testBrokenWorlds(WORLDS)

describe('an app whose keys were entered for a token endpoint', () => {
  const looked = (tokenOrigin: string | undefined) => {
    const app = {
      marketplace: 'ebay',
      name: 'default',
      environment: 'production',
      isPublic: false,
      secretIssuedAt: null,
      previousEndsAt: null,
      ...(tokenOrigin === undefined ? {} : { tokenOrigin }),
    }
    const listing = { accounts: [], apps: [app], channels: [], unreadable: [] }
    const vault = { opened: {}, listing, marker: { store: 'file' } }
    const ground = { vault, settings: new Settings({}), now: NOW } as unknown as Ground
    return accountChecks(ground).filter(({ id, state }) => id === 'apps' && state === 'problem')
  }

  test.each([undefined, 'https://api.ebay.com'])('%s: nothing is wrong', origin => {
    expect(looked(origin)).toEqual([])
  })

  test('of another host: told before anything would be sent there', () => {
    expect(looked('https://api.before.example')).toMatchObject([
      {
        where: 'ebay:default',
        code: 'ENVIRONMENT_MISMATCH',
        what: expect.stringContaining('api.before.example'),
      },
    ])
  })
})
