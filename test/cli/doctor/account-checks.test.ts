/** Records that cannot be read, accounts that need a person, app secrets near their end. */

import { readFileSync, writeFileSync } from 'node:fs'
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
