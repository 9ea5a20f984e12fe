/** A worker's accounts from a store of many machines: those that it claimed, as they are, and nobody else's. */
import { expect, test } from 'vitest'
import { fleetSource } from '../../../src/cli/worker/fleet-source.ts'
import { findMarketplace } from '../../../src/marketplaces/registry.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY, HOUR } from '../../../src/tokens/time.ts'
import { policy, tokenSet } from '../../support/accounts.ts'
import { fakeClock } from '../../support/clock.ts'
import { fakeFleet } from '../../support/fake-fleet.ts'
import { leaveAnswer } from '../../support/left-answer.ts'
import { NOW } from '../../support/world.ts'

const DUE = { consentAt: NOW - 100 * DAY, renewedAt: NOW - 95 * DAY, endsAt: NOW + 20 * DAY }

async function source() {
  const clock = fakeClock(NOW)
  const fleet = fakeFleet(clock)
  const vault = fleet.vault()
  const keys = { appKey: new Secret('key'), appSecret: new Secret('secret') }
  const known = { isPublic: false, secretIssuedAt: null, previousEndsAt: null }
  const header = { marketplace: 'aliexpress', name: 'default', environment: 'production' as const, ...known }
  await vault.saveApp({ header, keys, previous: null }, null)
  for (const name of ['a', 'b', 'c'])
    await vault.saveAccount(tokenSet({ account: `aliexpress:${name}`, ...DUE }), null)
  const adapter = findMarketplace('aliexpress')
  const marketplaces = [{ adapter, policy: policy({ months: 6 }) }]
  const machine = vault.fleet
  if (machine === undefined) throw new Error('This store has no fleet.')
  return { clock, fleet, vault, made: fleetSource(vault, machine, marketplaces, clock.now) }
}

test('gives what was claimed, with what its own journal and its app say', async () => {
  const { vault, made } = await source()
  await leaveAnswer(vault, 'aliexpress:b', 'old-token')
  const { candidates, unreadable } = await made.take(2)
  expect(unreadable).toEqual([])
  expect(
    candidates.map(({ account, header }) => [account.name, header.awaitsRecovery, header.isAppPublic]),
  ).toEqual([
    ['a', false, false],
    ['b', true, false],
  ])
})

test('puts back by the names of accounts: for good, or for a while', async () => {
  const { clock, made } = await source()
  const names = async () => (await made.take(9)).candidates.map(({ account }) => account.name)
  expect(await names()).toEqual(['a', 'b', 'c'])
  expect(await names()).toEqual([])
  await made.putBack(['aliexpress:a'], null)
  await made.putBack(['aliexpress:b'], NOW + HOUR)
  expect(await names()).toEqual(['a'])
  clock.advance(HOUR)
  expect(await names()).toEqual(['a', 'b', 'c'])
})

test('a claimed record that cannot be read is told as such', async () => {
  const { fleet } = await source()
  const pages = fleet.store.pages?.bind(fleet.store)
  const torn = 'account/aliexpress:a'
  fleet.store.pages = async function* (query) {
    for await (const page of pages?.(query) ?? [])
      yield page.map(entry => (entry.key === torn ? { key: torn, header: { version: 99 } } : entry))
  }
  const vault = fleet.vault()
  if (vault.fleet === undefined) throw new Error('This store has no fleet.')
  const machine = { ...vault.fleet, claim: async () => [torn, 'account/aliexpress:b'] }
  const { candidates, unreadable } = await fleetSource(vault, machine, [], () => NOW).take(9)
  expect(candidates.map(({ account }) => account.name)).toEqual(['b'])
  expect(unreadable).toMatchObject([{ name: 'aliexpress:a', error: { code: 'RECORD_UNREADABLE' } }])
})
