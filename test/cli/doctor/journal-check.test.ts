/** What killed runs left on its way, and what is said of each. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOUR } from '../../../src/tokens/time.ts'
import { type Broken, stateOf, testBrokenWorlds } from '../../support/broken-world.ts'
import { NOW } from '../../support/doctor-world.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'a journal that nobody can read': {
    spoil: home => journal(home, 'account.ebay.main.journal', '{"format":"tok\n'),
    found: ['journal warning'],
    says: /A renewal of ebay:main was cut off, and what it left cannot be read/,
    mend: /`tokenctl renew ebay:main` moves it aside/,
    exit: 0,
  },
  'an answer that waits': {
    spoil: home => journal(home, 'account.ebay.main.journal', `${head('ebay:main')}\nsealed\n200 sealed\n`),
    found: ['journal warning'],
    says: /An answer for ebay:main of .* waits to be stored/,
    mend: /`tokenctl renew ebay:main` stores it without asking again/,
    exit: 0,
  },
  'an answer that never came': {
    spoil: home => journal(home, 'account.aliexpress.main.journal', `${head('aliexpress:main')}\nsealed\n`),
    found: ['journal warning'],
    says: /A renewal of aliexpress:main was sent .*, and its answer was never stored/,
    mend: /`tokenctl renew aliexpress:main` finds out/,
    exit: 0,
  },
  'a consent that waits': {
    spoil: home =>
      journal(home, 'account.ebay.main.journal', `${head('ebay:main', 'consent')}\nsealed\n200 sealed\n`),
    found: ['journal warning'],
    says: /waits to be stored/,
    mend: /`tokenctl login ebay:main`/,
    exit: 0,
  },
  'a journal that was moved aside': {
    spoil: home => journal(home, 'account.ebay.main.journal.damaged-1', 'whatever'),
    found: ['journal warning'],
    says: /moved aside: .*damaged-1/,
    mend: /may hold the only copy of a token/,
    exit: 0,
  },
}

function journal(home: string, name: string, text: string): void {
  mkdirSync(join(stateOf(home), 'journal'), { recursive: true, mode: 0o700 })
  writeFileSync(join(stateOf(home), 'journal', name), text, { mode: 0o600 })
}

function head(account: string, purpose = 'refresh'): string {
  const header = {
    purpose,
    mayReplace: account.startsWith('aliexpress'),
    generation: 1,
    fingerprint: '0123456789abcdef',
    wasLost: false,
    at: new Date(NOW - HOUR).toISOString(),
  }
  return JSON.stringify({
    format: 'tokenctl-journal',
    version: 1,
    key: `account/${account}`,
    keyId: 'ab',
    header,
  })
}

testBrokenWorlds(WORLDS)
