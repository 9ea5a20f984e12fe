/** What the commands load that change what is kept: accounts, apps, settings, hooks, channels, schedules. */
import { REVOCATION } from '../marketplaces/notification-samples.ts'
import type { Row } from './groups.ts'
import {
  AGE,
  COMMAND,
  HELP,
  LOCKS,
  NOTED,
  NOTICES,
  OPENING,
  PROGRAM_RUN,
  SCHEDULERS,
  SETTINGS_WRITTEN,
  SHAPES,
  WRITING,
} from './groups.ts'

const APPS = ['app app-keys entered-app json-input removing']
const HOOKS = [...COMMAND, ...WRITING, 'hook-file hooks named-program']
const SCHEDULE = [...COMMAND, ...SHAPES, ...SCHEDULERS, 'cli schedule schedule-proof']
const EXPORT = [
  ...COMMAND,
  ...NOTED,
  ...AGE,
  'app-keys cli/commands/export cli/passphrase cli/render/export json-input renewing',
]
// Of a home that has none such, `unset` writes nothing.
const SETTINGS = [...COMMAND, ...SHAPES, ...OPENING, ...LOCKS, 'cli config rolldown-runtime settings-file']
const ALL_RECORDS = ['all-records asked-consents cli rolldown-runtime settings-file']
const KEYS = '{"clientId":"a-b-c","clientSecret":"PRD-made-up"}'
// The one in age's own README: what is sealed for it here is thrown away.
const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'

/** Of this moment: one from before the last renewal would change nothing. */
function revokedNow(): string {
  const told = structuredClone(REVOCATION)
  told.notification.data.revocationDate = new Date(Date.now()).toISOString()
  return JSON.stringify(told)
}

export const CHANGING: readonly Row[] = [
  [
    'accounts rename ebay:main outlet',
    'one',
    360,
    [...COMMAND, ...NOTED, 'accounts asked-consents notice-marks removing renewing'],
  ],
  ['accounts remove ebay:main --yes', 'one', 320, [...COMMAND, ...NOTED, 'accounts asked-consents removing']],
  ['accounts ack ebay:main', 'one', 228, [...COMMAND, 'accounts-ack cli one-by-one']],
  ['accounts tag ebay:main team=a', 'one', 350, [...COMMAND, ...NOTED, 'accounts-tag one-by-one renewing']],
  [
    'accounts deliver-to ebay:main --tokens access --command -- PROGRAM',
    'one',
    364,
    [
      ...COMMAND,
      ...NOTED,
      ...PROGRAM_RUN,
      'accounts-deliver-to delivery-rhythm endpoint-address job json-input named-program renewing',
    ],
  ],
  ['track ebay:other --consented 2026-08-01', 'one', 348, [...COMMAND, ...NOTED, 'renewing track']],
  ['renewed ebay:followed', 'shops', 348, [...COMMAND, ...NOTED, 'renewing track']],
  [
    'mark --stdin --account ebay:main',
    'one',
    364,
    [
      ...COMMAND,
      ...NOTED,
      'json-input mark marketplaces/ebay/notification marketplaces/notification one-by-one prove-secret renewing',
    ],
    { input: revokedNow },
  ],
  [
    'app set ebay --stdin',
    'empty',
    334,
    [...COMMAND, ...NOTED, ...APPS, 'keychain', 'globalThis.crypto'],
    { input: KEYS },
  ],
  ['app remove ebay spare --yes', 'one', 322, [...COMMAND, ...NOTED, ...APPS]],
  [
    'import',
    'empty',
    390,
    [
      ...COMMAND,
      ...NOTED,
      'app-keys cli/passphrase cli/render/export entered-app import json-input keychain renewing',
      'globalThis.crypto',
    ],
    { input: simulator => JSON.stringify(simulator.importDocument()) },
  ],
  [`export --to ${RECIPIENT}`, 'one', 508, EXPORT],
  [
    'export --passphrase-stdin',
    'one',
    508,
    [...EXPORT, 'vault/passphrase'],
    { input: 'four random words here\n' },
  ],
  ['migrate --to file --dry-run', 'one', 316, [...COMMAND, ...SHAPES, ...OPENING, ...ALL_RECORDS, 'migrate']],
  ['rekey --dry-run', 'one', 314, [...COMMAND, ...SHAPES, ...OPENING, ...ALL_RECORDS, 'rekey']],
  [
    'rekey',
    'one',
    526,
    [
      ...COMMAND,
      ...WRITING,
      ...SETTINGS_WRITTEN,
      ...ALL_RECORDS,
      'header-under rekey rekey-file',
      'globalThis.crypto',
    ],
  ],

  ['notices add ops --command -- PROGRAM', 'one', 352, [...NOTICES, ...WRITING, ...PROGRAM_RUN, 'channels']],
  ['notices remove ops', 'told', 346, [...NOTICES, ...WRITING, 'channels']],
  ['notices test ops', 'told', 308, [...NOTICES, ...PROGRAM_RUN]],
  ['hooks add after -- PROGRAM', 'one', 324, [...HOOKS, ...PROGRAM_RUN]],
  ['hooks remove 1', 'told', 320, HOOKS],
  ['config set window 2d', 'one', 490, [...SETTINGS, ...SETTINGS_WRITTEN]],
  ['config unset window', 'one', 298, SETTINGS],
  ['schedule install --dry-run', 'one', 320, SCHEDULE],
  ['schedule remove --dry-run', 'one', 320, SCHEDULE],

  // It serves until it is stopped.
  ['simulate --help', 'empty', 100, [...HELP, 'words']],
  // It runs the commands above, one after the other.
  ['demo --help', 'empty', 100, [...HELP, 'words']],
]
