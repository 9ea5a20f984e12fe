/** `tokenctl help`: the whole of a command's own help, and the page on exit statuses. */
import { expect, test } from 'vitest'
import packageJson from '../../../package.json' with { type: 'json' }
import { helpRun } from '../../../src/cli/commands/help.ts'
import { exitCodesPage } from '../../../src/cli/exit.ts'
import { buildProgram } from '../../../src/cli/program.ts'
import { SHIPPED_IDS } from '../../../src/marketplaces/ids.ts'
import { shippedMarketplace } from '../../../src/marketplaces/manifest/shipped.ts'
import { marketplaces } from '../../../src/marketplaces/registry.ts'
import { COMFORTABLE_RECORDS } from '../../../src/vault/choices.ts'
import { testWorld } from '../../support/world.ts'

async function help(...topic: string[]): Promise<string> {
  const world = await testWorld()
  const program = await buildProgram(async () => {})
  for (const command of [program, ...program.commands.flatMap(child => [child, ...child.commands])])
    command.configureOutput({ writeOut: text => world.terminal.out(text) })
  expect(await helpRun({ topic, program }, world)).toBe(0)
  return world.terminal.shown.out
}

test.each([
  [['renew'], 'tokenctl renew [options] [account...]', '$ tokenctl renew ebay'],
  [['app', 'set'], 'tokenctl app set [options] <marketplace> [app]', '$ tokenctl app set ebay'],
  [[], 'tokenctl [options] [command]', '$ tokenctl status'],
])('help %j: usage and examples', async (topic, usage, example) => {
  const text = await help(...topic)
  expect(text).toContain(`Usage: ${usage}`)
  expect(text).toContain(example)
})

test('help exit-codes is the page', async () => {
  expect(await help('exit-codes')).toBe(exitCodesPage())
})

test.each([[['renewal']], [['app', 'forget']]])('help %j names what it does not know', async topic => {
  await expect(help(...topic)).rejects.toMatchObject({
    code: 'USAGE',
    message: `There is no help on "${topic.join(' ')}".`,
  })
})

test('what it is for names every marketplace that it knows of itself', async () => {
  const titles = [...marketplaces, ...SHIPPED_IDS.map(shippedMarketplace)].map(each => each?.title ?? '')
  expect(titles).toHaveLength(6)
  for (const text of [await help(), await help('simulate'), packageJson.description])
    for (const title of titles) expect(text.replace(/\s+/g, ' ')).toContain(title)
})

test('help migrate says past how many records nobody is asked with --yes', async () => {
  const text = (await help('migrate')).replace(/\s+/g, ' ')
  expect(text).toContain(`--yes move more than ${COMFORTABLE_RECORDS} records to a keychain without asking`)
})
