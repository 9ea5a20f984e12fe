import { describe, expect, test } from 'vitest'
import { renewRun } from '../../../src/cli/commands/renew.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import { tokenSet } from '../../support/accounts.ts'
import { fakeClock } from '../../support/clock.ts'
import { fakeFleet } from '../../support/fake-fleet.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { testWorld } from '../../support/world.ts'

/** A fleet with accounts that were renewed so many days ago. */
async function fleetOf(days: readonly number[]) {
  const clock = fakeClock(Date.parse('2026-11-22T10:00:00Z'))
  const fleet = fakeFleet(clock)
  for (const [index, ago] of days.entries()) {
    const renewedAt = clock.now() - ago * DAY
    const dates = { consentAt: renewedAt, renewedAt, endsAt: clock.now() + 400 * DAY }
    const account = `ebay:a${index}`
    await fleet
      .vault()
      .saveAccount(tokenSet({ account, ...dates }, { refreshToken: new Secret(`t${index}`) }), null)
  }
  return await testWorld({ store: fleet.store, clock, home: temporaryHome() })
}

const dryRun = { accounts: [], due: true, dryRun: true, concurrency: '4' }

describe('renew --due --dry-run over a store that is asked by pages', () => {
  test('says of each account that is due what would be done, and nothing of the others', async () => {
    const world = await fleetOf([100, 1, 200])
    expect(await renewRun(dryRun, world)).toBe(0)
    const lines = world.terminal.shown.out.trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    for (const name of ['ebay:a0', 'ebay:a2'])
      expect(world.terminal.shown.out).toMatch(
        new RegExp(`^${name} {2}would be asked of the marketplace: `, 'm'),
      )
  })

  test('says so where nothing is due', async () => {
    const world = await fleetOf([1])
    expect(await renewRun(dryRun, world)).toBe(0)
    expect(world.terminal.shown).toMatchObject({ out: '', err: expect.stringContaining('Nothing is due.') })
  })

  test('the same in one document for programs', async () => {
    const world = await fleetOf([100, 1])
    expect(await renewRun({ ...dryRun, json: true }, world)).toBe(0)
    const { planned } = JSON.parse(world.terminal.shown.out)
    expect(planned).toEqual([expect.objectContaining({ account: 'ebay:a0', plan: 'ask' })])
  })
})
