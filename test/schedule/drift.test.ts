/** What is wrong with a schedule, each with its mend. */
import { expect, test } from 'vitest'
import { driftOf, FINDINGS, inHome, isSameHome } from '../../src/schedule/drift.ts'
import type { Job } from '../../src/schedule/job.ts'
import { PLAIN } from './sample-job.ts'

const SOUND = { job: PLAIN, isAsMade: true, isActive: true }
const SHOP: Job = { ...PLAIN, env: { TOKENCTL_HOME: '/srv/shop' } }
const OTHER_NODE: Job = { ...PLAIN, node: '/opt/node/bin/node' }

const CASES: [string, Parameters<typeof driftOf>, string[]][] = [
  ['as it would be installed now', [SOUND, PLAIN, () => true], []],
  ['another time is no fault', [SOUND, { ...PLAIN, at: '07:00', spread: 3 }, () => true], []],
  ['whether it runs is not known', [{ ...SOUND, isActive: null }, PLAIN, () => true], []],
  ['changed by hand', [{ ...SOUND, isAsMade: false }, PLAIN, () => true], ['changed-by-hand!']],
  [
    'its mark gone',
    [{ job: undefined, isAsMade: false, isActive: true }, PLAIN, () => true],
    ['changed-by-hand!'],
  ],
  ['not active', [{ ...SOUND, isActive: false }, PLAIN, () => true], ['not-active!']],
  ['another Node', [SOUND, OTHER_NODE, () => true], ['other-node']],
  ['Node gone', [SOUND, OTHER_NODE, path => path !== PLAIN.node], ['node-gone!']],
  ['another program', [SOUND, { ...PLAIN, entry: '/x.js' }, () => true], ['other-program']],
  ['the program gone', [SOUND, PLAIN, path => path !== PLAIN.entry], ['program-gone!']],
  ['another home', [SOUND, SHOP, () => true], ['other-home!']],
  [
    'other variables',
    [SOUND, { ...PLAIN, env: { https_proxy: 'http://p:1', TOKENCTL_KEY_FILE: '/k' } }, () => true],
    ['other-variables'],
  ],
  [
    'many at once, the grave ones first',
    [{ ...SOUND, isActive: false }, { ...SHOP, node: '/n', entry: '/e' }, path => path === PLAIN.node],
    ['not-active!', 'program-gone!', 'other-home!', 'other-node'],
  ],
]

test.each(CASES)('%s', (_, args, expected) => {
  const found = driftOf(...args)
  expect(found.map(({ what, isGrave }) => `${what}${isGrave ? '!' : ''}`)).toEqual(expected)
  for (const { message, fix } of found) {
    expect(message).toMatch(/^(?:[A-Z]|tokenctl ).*\.$/)
    expect(fix).toMatch(/`tokenctl schedule install`|tokenctl schedule remove`/)
  }
})

test('there is a case for each finding', () => {
  const seen = new Set(CASES.flatMap(([, args]) => driftOf(...args).map(({ what }) => what)))
  expect([...seen].sort()).toEqual([...FINDINGS].sort())
})

test('a command for another home can be typed in any', () => {
  expect(inHome(PLAIN, 'tokenctl x')).toBe(
    'env -u TOKENCTL_HOME -u XDG_CONFIG_HOME -u XDG_DATA_HOME tokenctl x',
  )
  expect(inHome({ env: { TOKENCTL_HOME: '/a b' } }, 'tokenctl x')).toBe(
    "env -u XDG_CONFIG_HOME -u XDG_DATA_HOME 'TOKENCTL_HOME=/a b' tokenctl x",
  )
  expect(isSameHome(PLAIN, SHOP)).toBe(false)
  expect(isSameHome(SHOP, { ...SHOP, env: { ...SHOP.env, https_proxy: 'x' } })).toBe(true)
})
