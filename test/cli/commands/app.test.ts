/** `tokenctl app list`: which apps there are, and the keys of none. */
import { describe, expect, test } from 'vitest'
import { appListRun, appSetRun } from '../../../src/cli/commands/app.ts'
import { testWorld } from '../../support/world.ts'

async function worldWithApps() {
  const world = await testWorld({ stdin: JSON.stringify({ appKey: '500102', appSecret: 'canary' }) })
  await appSetRun({ marketplace: 'aliexpress', stdin: true }, world)
  await appSetRun({ marketplace: 'aliexpress', name: 'second', stdin: true }, world)
  world.terminal.shown.out = ''
  world.terminal.shown.err = ''
  return world
}

describe('app list', () => {
  test.each([undefined, 'aliexpress'])('of %s', async marketplace => {
    const world = await worldWithApps()
    expect(await appListRun({ marketplace }, world)).toBe(0)
    expect(world.terminal.shown.out).toBe('AliExpress app default: ok\nAliExpress app second: ok\n')
  })

  test('of a marketplace without one: what enters it', async () => {
    const world = await worldWithApps()
    expect(await appListRun({ marketplace: 'amazon' }, world)).toBe(0)
    expect(world.terminal.shown).toMatchObject({
      out: '',
      err: 'There is no Amazon app. `tokenctl app set amazon` enters the keys of one.\n',
    })
  })

  test('for programs, of one marketplace', async () => {
    const world = await worldWithApps()
    await appListRun({ marketplace: 'ebay', json: true }, world)
    expect(JSON.parse(world.terminal.shown.out)).toEqual({ version: 1, apps: [] })
  })

  test('of a marketplace that there is not', async () => {
    const world = await worldWithApps()
    await expect(appListRun({ marketplace: 'shopify' }, world)).rejects.toMatchObject({
      code: 'MARKETPLACE_UNKNOWN',
    })
  })
})
