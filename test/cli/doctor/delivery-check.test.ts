/** Deliveries whose program may not be run, that were refused, or that wait for long; and nothing is handed on for it. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { Delivery, DeliveryFailing } from '../../../src/tokens/delivery.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../../src/tokens/time.ts'
import { delivery } from '../../support/accounts.ts'
import { testBrokenWorlds } from '../../support/broken-world.ts'
import { diagnose, fineAccount, NOW, soundHome } from '../../support/doctor-world.ts'
import { namedProgram } from '../../support/named-program.ts'

const failing = (code: string, since: number): DeliveryFailing => ({
  code,
  count: 9,
  since,
  lastAt: NOW - HOUR,
  notBefore: null,
})

/** An account whose first token has arrived, unless the delivery says otherwise. */
function handing(account: string, given: Partial<Delivery> = {}, generation = 1) {
  const set = fineAccount(account, {
    generation,
    acceptedAt: NOW - 10 * DAY,
    accessExpiresAt: NOW + 20 * DAY,
    delivery: delivery({ deliveredGeneration: 1, deliveredAt: NOW - 10 * DAY, ...given }),
  })
  const secrets =
    given.how === 'command'
      ? { command: [given.target ?? ''] }
      : { url: new Secret('https://hooks.example.com/'), key: new Secret('a'.repeat(44)) }
  return { ...set, secrets: { ...set.secrets, delivery: secrets } }
}

const late = (code: string, since: number): Partial<Delivery> => ({
  deliveredGeneration: 0,
  failing: failing(code, since),
})
const crowd = (count: number, given: Partial<Delivery>) =>
  Array.from({ length: count }, (_, index) => handing(`ebay:shop-${index}`, given))

testBrokenWorlds({
  'refused by one receiver': {
    home: { accounts: [handing('ebay:main', late('DELIVERY_FAILED', NOW - HOUR))] },
    found: ['deliveries problem'],
    says: /^hooks\.example\.com refused the tokens of ebay:main 2026-11-22 /,
    mend: /^Mend the receiver, then `tokenctl deliver ebay:main`\.$/,
    exit: 3,
  },
  'refused for seven accounts: told once': {
    home: { accounts: crowd(7, late('DELIVERY_FAILED', NOW - HOUR)) },
    found: ['deliveries problem'],
    says: /^The tokens of 7 accounts were refused .*: ebay:shop-0, .*, ebay:shop-4 and 2 more\.$/,
    mend: /`tokenctl deliver --all`/,
    exit: 3,
  },
  'failing for two days': {
    home: { accounts: [handing('ebay:main', late('NETWORK_FAILED', NOW - 2 * DAY))] },
    found: ['deliveries warning'],
    says: /^The tokens of ebay:main have not arrived at hooks\.example\.com since 2026-11-20 \d\d:00 \(NETWORK_FAILED\)\.$/,
    mend: /^`tokenctl deliver ebay:main` tries now/,
    exit: 0,
  },
  'never tried, for ten days': {
    home: { accounts: [handing('ebay:main', {}, 2)] },
    found: ['deliveries warning'],
    says: /^The tokens of ebay:main have not arrived at hooks\.example\.com since 2026-11-12 \d\d:00\.$/,
    mend: /`tokenctl deliver ebay:main`/,
    exit: 0,
  },
})

test.each([
  ['arrived', handing('ebay:main'), '1 account hands tokens on; all have arrived.'],
  [
    'failing since an hour ago',
    handing('ebay:main', late('NETWORK_FAILED', NOW - HOUR)),
    '1 account hands tokens on; 1 have not arrived yet.',
  ],
  [
    'renewed an hour ago',
    (() => {
      const set = handing('ebay:main', {}, 2)
      return { ...set, header: { ...set.header, acceptedAt: NOW - HOUR } }
    })(),
    '1 account hands tokens on; 1 have not arrived yet.',
  ],
])('%s: nothing is wrong', async (_, account, words) => {
  const { report, wrong } = await diagnose(await soundHome({ accounts: [account] }))
  expect(wrong).toEqual([])
  expect(report.findings.find(({ id }) => id === 'deliveries')?.what).toBe(words)
})

test('a program in a folder that everybody can write', async () => {
  const target = namedProgram(0o755, 0o777)
  const accounts = ['ebay:main', 'ebay:outlet'].map(name => handing(name, { how: 'command', target }))
  const { wrong, exit } = await diagnose(await soundHome({ accounts }))
  expect(wrong).toMatchObject([
    {
      id: 'deliveries',
      state: 'problem',
      where: target,
      what: expect.stringMatching(
        /^The program that ebay:main, ebay:outlet hand tokens to cannot be run: .*everybody can write/,
      ),
      mend: expect.stringMatching(/`tokenctl accounts deliver-to --help`/),
    },
  ])
  expect(exit).toBe(3)
})

test('nothing is handed on for it', async () => {
  const path = namedProgram()
  const account = handing('ebay:main', { how: 'command', target: path, deliveredGeneration: 0 })
  await diagnose(await soundHome({ accounts: [account] }))
  expect(existsSync(join(dirname(path), 'ran'))).toBe(false)
})
