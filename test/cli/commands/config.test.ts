/** `tokenctl config list` and `get`: what holds, set or not, and what it does. */
import { expect, test } from 'vitest'
import { configGetRun, configListRun } from '../../../src/cli/commands/config.ts'
import { SETTING_KEYS, settingFacts } from '../../../src/settings.ts'
import { testWorld } from '../../support/world.ts'

async function listed(settings: Readonly<Record<string, string>>): Promise<string> {
  const world = await testWorld({ settings })
  expect(await configListRun({}, world)).toBe(0)
  return world.terminal.shown.out
}

test('every setting is listed with its value, under what it does', async () => {
  const lines = (await listed({})).split('\n')
  for (const key of SETTING_KEYS) {
    const place = lines.findIndex(line => line.startsWith(`  ${key} `))
    const above = lines.slice(0, place).findLast(line => !line.startsWith(' '))
    expect(above?.toLowerCase()).toBe(`${settingFacts(key).help.toLowerCase()}:`)
  }
})

test.each([
  [{}, /^ {2}store +-$/m],
  [{}, /^ {2}window +3 months$/m],
  [{ window: '2 months' }, /^ {2}window +2 months {2}\(set\)\n {2}window.ebay +2 months$/m],
  [{ 'lifetime.ebay': '18 months' }, /^ {2}lifetime.ebay +18 months {2}\(set\)$/m],
])('%j: %s', async (settings, line) => {
  expect(await listed(settings)).toMatch(line)
})

test.each([
  ['ebay', '1 year'],
  ['amazon', '1 year'],
  ['aliexpress', '6 months'],
])('the life of a consent at %s is %s unless it is set', async (marketplace, length) => {
  const world = await testWorld()
  expect(await configGetRun({ key: `lifetime.${marketplace}` }, world)).toBe(0)
  expect(world.terminal.shown.out).toBe(`${length}\n`)
})
