/** What the commands load that renew, that open tokens and hand them on, and that look at what renewals stand on. */
import type { Row } from './groups.ts'
import {
  ALIEXPRESS,
  AMAZON,
  ASKED,
  COMMAND,
  DELIVERED,
  EBAY,
  HELP,
  JUDGING,
  NOTED,
  OPENING,
  PROGRAM_RUN,
  RENEW,
  RENEWING,
  SCHEDULERS,
  STATUS_LINE,
  TELLING,
  UNDICI,
  WRITING,
} from './groups.ts'

const TOKEN = [...COMMAND, ...RENEWING, ...OPENING, 'live-tokens']
const EXEC = [...TOKEN, 'child-command exec node:child_process']
const DELIVER = [...COMMAND, ...RENEWING, ...DELIVERED, 'deliver']
const TOLD = [
  ...TELLING,
  ...PROGRAM_RUN,
  'failing-channels hook-file hooks-and-notices notice-marks notify program-environment',
]
const WORKER = [
  ...RENEW,
  'due-bounds http-pool manifests marketplaces prometheus worker node:stream node:zlib',
]
const DOCTOR = [
  ...COMMAND,
  ...WRITING,
  ...SCHEDULERS,
  'asking channels doctor endpoint-address failing-channels hook-file machine notice-marks program-environment',
]

const ANY_END = { ends: [0, 3, 4, 5] }
/** Judged, and no more. */
const JUDGED = [...COMMAND, ...JUDGING, 'renew scheduled track']

export const RENEWING_ROWS: readonly Row[] = [
  ['renew --all --due', 'one', 358, RENEW],
  ['renew --all --due', 'keychain', 370, [...RENEW, 'keychain']],
  ['renew --all --due', 'shops', 386, [...RENEW, ...ASKED, EBAY]],
  ['renew --all --due', 'told', 424, [...RENEW, ...ASKED, ...TOLD, EBAY]],
  ['renew --all --due --dry-run', 'shops', 338, JUDGED],
  ['renew --all', 'shops', 394, [...RENEW, ...ASKED, ALIEXPRESS, AMAZON, EBAY]],
  ['renew ebay:main', 'shops', 386, [...RENEW, ...ASKED, EBAY]],
  ['renew ebay:main', 'told', 432, [...RENEW, ...ASKED, ...TOLD, ...DELIVERED, EBAY]],
  ['renew amazon:main', 'shops', 386, [...RENEW, ...ASKED, AMAZON]],
  ['renew aliexpress:main', 'shops', 390, [...RENEW, ...ASKED, ALIEXPRESS]],
  ['status --probe', 'shops', 344, [...STATUS_LINE, ...ASKED, ALIEXPRESS, AMAZON, EBAY, 'renewing']],
  ['worker --once', 'one', 398, WORKER],
  ['worker --once', 'shops', 940, [...WORKER, ...ASKED, ...UNDICI, EBAY]],

  ['token ebay:main', 'one', 370, [...TOKEN, 'token']],
  ['token ebay:main', 'shops', 376, [...TOKEN, ...ASKED, EBAY, 'token']],
  ['exec ebay:main -- PROGRAM', 'one', 374, EXEC],
  ['exec ebay:main -- PROGRAM', 'shops', 380, [...EXEC, ...ASKED, EBAY]],
  ['deliver --all', 'one', 356, DELIVER],
  ['deliver --all', 'told', 378, [...DELIVER, ...WRITING]],
  ['deliver ebay:main --again', 'told', 386, [...DELIVER, ...NOTED, ...PROGRAM_RUN]],

  // Which of this machine's own matters it finds decides how it ends.
  ['doctor --offline', 'one', 442, DOCTOR, ANY_END],
  [
    'doctor',
    'shops',
    452,
    [...DOCTOR, ALIEXPRESS, AMAZON, EBAY, 'authorization-code globalThis.fetch'],
    ANY_END,
  ],

  // Its other ways need a person, at a browser.
  ['login --help', 'empty', 100, [...HELP, 'words']],
  [
    'login ebay:new --link',
    'shops',
    396,
    [
      ...COMMAND,
      ...WRITING,
      'asked-consents asking authorization-code cli/commands/login learn-seller marketplaces/ebay/login',
      EBAY,
      'pkce redirect renewing which-account',
    ],
  ],
  [
    'set-amazon --stdin',
    'shops',
    380,
    [...COMMAND, ...ASKED, AMAZON, 'renewing seller-central set-amazon which-account which-region'],
    { input: simulator => simulator.newAmazonToken('amazon:main') },
  ],
  [
    'app rotate amazon --stdin',
    'shops',
    382,
    [...COMMAND, ...ASKED, AMAZON, 'app-keys app-rotate json-input prove-secret renewing'],
    { input: simulator => simulator.rotateSecret().clientSecret },
  ],
]
