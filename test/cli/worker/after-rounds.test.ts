/** What follows a worker's rounds: how often, and what becomes of it where the worker is stopped before its time. */
import { expect, test } from 'vitest'
import { AfterRounds } from '../../../src/cli/worker/after-rounds.ts'
import type { RenewResult } from '../../../src/renewal/ports.ts'
import { DAY, MINUTE } from '../../../src/tokens/time.ts'
import { createMemoryStore } from '../../../src/vault/memory.ts'
import { Vault } from '../../../src/vault/vault.ts'
import { tokenSet } from '../../support/accounts.ts'
import { noticeWorld } from '../../support/notice-world.ts'
import { NOW } from '../../support/world.ts'

const HOOKS = JSON.stringify({
  version: 1,
  next: 2,
  hooks: [{ id: 1, when: 'after', command: ['/bin/true', 'after'], timeoutSeconds: 30 }],
})

async function start() {
  const vault = new Vault(createMemoryStore())
  const stop = new AbortController()
  const { world, clock, told } = noticeWorld(NOW, undefined, {
    hookText: () => HOOKS,
    signal: stop.signal,
  })
  const renewed = async (name: string): Promise<RenewResult> => {
    const set = tokenSet({ account: `ebay:${name}`, consentAt: NOW - 200 * DAY, renewedAt: NOW })
    const { header } = await vault.saveAccount(set, null)
    return {
      account: { marketplace: 'ebay', name },
      outcome: 'renewed',
      error: null,
      header,
      assessment: null,
    }
  }
  const make = (own = world) => new AfterRounds({ tells: true, says: false }, own)
  const hooked = () => told.map(({ env }) => env['TOKENCTL_ACCOUNT'])
  return { vault, world, clock, stop, renewed, make, hooked }
}

test('hooks follow the first round at once, and then a quarter of an hour together', async () => {
  const { vault, clock, renewed, make, hooked } = await start()
  const after = make()
  after.done(await renewed('a'))
  await after.round(vault)
  expect(hooked()).toEqual(['ebay:a'])
  for (const name of ['b', 'c']) {
    after.done(await renewed(name))
    await after.round(vault)
  }
  expect(hooked()).toEqual(['ebay:a'])
  clock.advance(15 * MINUTE)
  await after.round(vault)
  expect(hooked()).toEqual(['ebay:a', 'ebay:b', 'ebay:c'])
})

test('at the end what waits follows, once', async () => {
  const { vault, renewed, make, hooked } = await start()
  const after = make()
  await after.round(vault)
  after.done(await renewed('a'))
  await after.round(vault)
  await after.end()
  await after.end()
  expect(hooked()).toEqual(['ebay:a'])
})

test('of a worker that is stopped, the next run calls the hooks', async () => {
  const { vault, world, stop, renewed, make, hooked } = await start()
  const after = make()
  await after.round(vault)
  after.done(await renewed('a'))
  await after.round(vault)
  stop.abort()
  await after.end()
  expect(hooked()).toEqual([])
  await make({ ...world, signal: new AbortController().signal }).round(vault)
  expect(hooked()).toEqual(['ebay:a'])
})
