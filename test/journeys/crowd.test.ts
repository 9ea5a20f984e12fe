/** Fifty processes on one account at once: a key held in two hands would lose a token that rotates. */
import { expect, test } from 'vitest'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import { connectedHome, shop, simulated } from '../support/simulator.ts'
import { tokenctl } from '../support/tokenctl.ts'

const RUNS = 50

test.each([
  ['ebay:main', 'none'],
  ['aliexpress:main', 'strict'],
] as const)(
  `${RUNS} runs of renew %s at once (rotation %s): all end with 0 and the record is whole`,
  async (account, mode) => {
    const simulator = await simulated([shop(account, 20, 547)])
    simulator.setRotation(account === 'ebay:main' ? 'ebay' : 'aliexpress', { mode, reuseRevokes: true })
    const home = await connectedHome(simulator)
    const args = ['renew', account, '--json']
    const runs = await Promise.all(Array.from({ length: RUNS }, () => tokenctl(args, { home })))
    const failed = runs.filter(
      ({ status, signal, stderr }) => status !== 0 || signal !== null || stderr !== '',
    )
    expect(failed).toEqual([])
    const outcomes = runs.map(({ stdout }) => renewSchema.parse(JSON.parse(stdout)).results[0]?.outcome)
    expect(new Set(outcomes)).toEqual(new Set(['renewed', 'fresh']))
    const renewed = outcomes.filter(outcome => outcome === 'renewed').length
    // Each that was renewed was asked, none that was fresh was, and none was asked with a token that was spent.
    expect(simulator.accounts()[0]).toMatchObject({ refreshes: renewed, state: 'alive' })
    expect(simulator.requests().every(each => each.outcome === 'refreshed')).toBe(true)
    expect((await tokenctl(['status', '--verify', '--check'], { home })).status).toBe(0)
    expect((await tokenctl(args, { home })).status).toBe(0)
  },
  120_000,
)
