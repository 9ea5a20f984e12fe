import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dueBounds, mayBeDue } from '../../../src/renewal/due-bounds.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { accountKey, writeAccountHeader } from '../../../src/vault/records.ts'
import { accountsOf, MARKETPLACES, nows, policies } from '../../renewal/due-cases.ts'
import { header } from '../../support/accounts.ts'
import { postgresForFile } from '../../support/postgres.ts'
import { fleetStore } from './stores.ts'

/** What stands in the journal is no part of a header; it has a branch, and a test, of its own. */
const withoutJournal = (header: AccountHeader, index: number): AccountHeader => ({
  ...header,
  account: `${header.account.split(':')[0]}:shop-${String(index).padStart(4, '0')}`,
  presentedAt: null,
  awaitsRecovery: false,
})

describe('what is due, as a query', () => {
  const postgres = postgresForFile({ fsync: false })

  test('finds what the rule finds, and nothing but accounts whose dates contradict each other beside', async () => {
    const { env } = await postgres().createDatabase()
    const store = await fleetStore(env)
    const rules = fc.sample(
      fc.record({ adapter: fc.constantFrom(...MARKETPLACES), policy: policies, now: nows }),
      24,
    )
    for (const { adapter, policy, now } of rules) {
      const headers = fc.sample(accountsOf(adapter, policy, now), 60).map(withoutJournal)
      await Promise.all(
        headers.map(header =>
          store.put(accountKey(header.account), {
            header: writeAccountHeader(header, 1),
            body: '{}',
            perishable: null,
          }),
        ),
      )
      const bounds = dueBounds(adapter, policy, now)
      const wanted = headers.filter(header => mayBeDue(header, bounds)).map(each => accountKey(each.account))
      const paged: string[] = []
      for await (const page of store.pages({ due: [bounds] })) paged.push(...page.map(({ key }) => key))
      expect(new Set(paged).size).toBe(paged.length)
      expect(wanted.filter(key => !paged.includes(key))).toEqual([])
      const beside = headers
        .filter(({ account }) => paged.includes(accountKey(account)))
        .filter(header => !mayBeDue(header, bounds))
      for (const { consentAt, renewedAt } of beside)
        expect(consentAt ?? 0).toBeGreaterThan((renewedAt ?? 0) + DAY)
      const claimed = await store.fleet.claim([bounds], 1000)
      expect([...claimed].sort()).toEqual([...paged].sort())
      await store.fleet.defer(claimed, null)
    }
  })

  test('a consent that lies more than a day ahead, and a renewal that does not, are found', async () => {
    const { env } = await postgres().createDatabase()
    const store = await fleetStore(env)
    const [adapter, now] = [MARKETPLACES[0], Date.parse('2026-11-22T10:00:00Z')]
    if (adapter === undefined) throw new Error('there is one')
    const policy = {
      window: { months: 3 },
      warning: { days: 30 },
      lead: { days: 14 },
      lifetime: { years: 1 },
    }
    const bounds = dueBounds(adapter, policy, now)
    const dates = { consentAt: now + 1.25 * DAY, renewedAt: now + 0.5 * DAY, endsAt: now + 500 * DAY }
    const ahead = header({ account: `${adapter.id}:ahead`, ...dates })
    const near = header({ ...ahead, account: `${adapter.id}:near`, consentAt: now + 0.75 * DAY })
    expect([ahead, near].map(each => mayBeDue(each, bounds))).toEqual([true, false])
    for (const each of [ahead, near])
      await store.put(accountKey(each.account), {
        header: writeAccountHeader(each, 1),
        body: '{}',
        perishable: null,
      })
    expect(await store.fleet.claim([bounds], 10)).toEqual([accountKey(ahead.account)])
  })

  test('an account whose journal waits is due whatever its dates say', async () => {
    const { env } = await postgres().createDatabase()
    const store = await fleetStore(env)
    const [adapter, now] = [MARKETPLACES[0], Date.parse('2026-11-22T10:00:00Z')]
    if (adapter === undefined) throw new Error('there is one')
    const bounds = dueBounds(
      adapter,
      { window: { months: 3 }, warning: { days: 30 }, lead: { days: 14 }, lifetime: { years: 1 } },
      now,
    )
    const dates = { consentAt: now - DAY, renewedAt: now - DAY, endsAt: now + 500 * DAY }
    const [fine] = fc.sample(accountsOf(adapter, { window: {}, warning: {}, lead: {}, lifetime: {} }, now), 1)
    if (fine === undefined) throw new Error('there is one')
    const header = {
      ...withoutJournal(fine, 1),
      ...dates,
      refused: null,
      failing: null,
      pendingAt: null,
      delivery: null,
      holdsToken: true,
    }
    await store.put(accountKey(header.account), {
      header: writeAccountHeader(header, 1),
      body: '{}',
      perishable: null,
    })
    expect(await store.fleet.claim([bounds], 10)).toEqual([])
    ;(await store.journal.begin(accountKey(header.account), 'a mark\n')).close()
    expect(await store.fleet.claim([bounds], 10)).toEqual([accountKey(header.account)])
  })
})
