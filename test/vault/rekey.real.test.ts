/** A new key for the records of a fleet, over a real database: in one step for all machines, or not at all. */
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { Secret } from '../../src/tokens/secret.ts'
import { moveRecords } from '../../src/vault/migrate.ts'
import { VaultDoor } from '../../src/vault/open.ts'
import { removeCopies } from '../../src/vault/remove-copies.ts'
import { postgresForFile } from '../support/postgres.ts'
import { filledHome, wordsOf } from './moving.ts'
import { opened, otherMachine, partsOf, runs, seen } from './moving-fleet.ts'
import { rekeying } from './rekeying.ts'
import { AT, account, MAIN } from './samples.ts'

const postgres = postgresForFile({ fsync: false })
afterEach(() => void vi.restoreAllMocks())

/** A machine whose records are in a database, and whose `key-file` is a setting, as the command changes it. */
async function keyedMachine() {
  const database = await postgres().createDatabase()
  const a = await filledHome('file', partsOf(database))
  await moveRecords('postgres', a.options())
  await removeCopies(a.options())
  const { options, run } = rekeying(a)
  const machine = { ...a, options, door: () => new VaultDoor(options()) }
  const keys = () =>
    database.sql<{ ids: string[] }>(
      `SELECT array_agg(DISTINCT key_id) || (SELECT key_id FROM tokenctl.vault) AS ids FROM tokenctl.record`,
    )
  return { a: machine, b: otherMachine(a, database), database, run, keys }
}

const OTHER_KEY = {
  code: 'RECORD_UNREADABLE',
  message: expect.stringMatching(/sealed with the key [0-9a-f]{8}, and .*vault\.key is the key [0-9a-f]{8}/),
}

it('all records are under the new key at once, and other machines are told which they miss', async () => {
  const { a, b, database, run, keys } = await keyedMachine()
  const before = await seen(a)
  const fingerprints = await database.sql('SELECT key, fingerprint FROM tokenctl.record ORDER BY key')
  const told: string[] = []
  const done = await run({}, { onRecord: (nth, all) => told.push(`${nth}/${all}`) })
  expect(done).toMatchObject({ outcome: 'sealed', store: 'postgres', count: 5, unreadableLinks: [] })
  expect(told).toEqual(['5/5'])
  expect(await keys()).toEqual([{ ids: [done.keyId, done.keyId] }])
  expect(await seen(a)).toEqual(before)
  const anew = await database.sql<{ key: string; fingerprint: string | null; head: string }>(
    'SELECT key, fingerprint, head FROM tokenctl.record ORDER BY key',
  )
  expect(anew.map(({ key, fingerprint }) => ({ key, fingerprint }))).not.toEqual(fingerprints)
  for (const { fingerprint, head } of anew)
    expect((JSON.parse(head) as { header: { fingerprint?: string } }).header.fingerprint ?? null).toBe(
      fingerprint,
    )

  const door = b.door()
  const vault = await opened(door)
  // What is in the clear is seen; nothing is opened.
  expect((await vault.listing()).accounts).toHaveLength(3)
  await expect(vault.account(MAIN)).rejects.toMatchObject(OTHER_KEY)
  await door.close()
  copyFileSync(join(a.home, 'vault.key.2'), join(b.home, 'vault.key'))
  expect(await seen(b)).toEqual(before)
  expect(await run()).toMatchObject({ outcome: 'sealed', before: done.keyId })
  expect(existsSync(join(a.home, 'vault.key.3'))).toBe(true)
})

it.each(['before', 'after'] as const)(
  'killed at any change, %s it: all under one key, and the same again finishes',
  async when => {
    let isWhole = false
    const { a, b, run, keys } = await keyedMachine()
    const before = await seen(a)
    for (let nth = 1; !isWhole; nth += 1) {
      const [{ ids: [old] = [] } = {}] = await keys()
      isWhole = await runs(nth, when, a, killed => run(killed))
      const [{ ids = [] } = {}] = await keys()
      expect([nth, new Set(ids).size]).toEqual([nth, 1])
      // Whoever has the key opens all; who was killed after the end has the new one in a file, and is told so.
      const now = await seen(a)
      if (ids[0] === old) expect([nth, now]).toEqual([nth, before])
      const again = await run()
      expect([nth, again.outcome]).toEqual([nth, isWhole || ids[0] === old ? 'sealed' : 'already'])
      expect([nth, await seen(a)]).toEqual([nth, before])
      expect([nth, await seen(b)]).not.toEqual([nth, before])
      if (isWhole) expect(nth).toBeGreaterThan(4)
    }
  },
)

it('beside others it waits, and says who they are; a cut of its connection changes nothing', async () => {
  const { a, b, database, run, keys } = await keyedMachine()
  const before = [await seen(a), await keys()]
  const door = b.door()
  const vault = await opened(door)
  await vault.locks.hold('ebay:main', async () => {})
  await expect(run()).rejects.toMatchObject({
    code: 'LOCK_HELD',
    message: expect.stringMatching(/tokenctl migrate/),
  })
  await door.close()
  const cut = async () => {
    await database.sql(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
  }
  // Once: two that cut all others would cut each other.
  let cutting: Promise<void> | undefined
  const onRecord = () => {
    cutting ??= cut()
  }
  const sealAll = run({}, { onRecord, isStopped: () => false })
  await sealAll.catch(() => undefined)
  await cutting
  const [{ ids = [] } = {}] = await keys()
  expect(new Set(ids).size).toBe(1)
  await run()
  expect(await seen(a)).toEqual(before[0])
})

it('stopped, or at a record that does not open, nothing is changed', async () => {
  const { a, database, run, keys } = await keyedMachine()
  const before = [await seen(a), await keys()]
  let isStopped = false
  const onRecord = () => {
    isStopped = true
  }
  await expect(run({}, { onRecord, isStopped: () => isStopped })).rejects.toMatchObject({ code: 'CANCELLED' })
  expect([await seen(a), await keys()]).toEqual(before)
  await database.sql(`UPDATE tokenctl.record SET sealed = 'AAAA' WHERE key = 'app/ebay:default'`)
  await expect(run()).rejects.toMatchObject({
    code: 'RECORD_UNREADABLE',
    message: expect.stringMatching(/app\/ebay:default .*was changed/),
  })
  expect(await keys()).toEqual(before[1])
})

it('a run with the old key in its hand writes nothing with it, however its connection fares', async () => {
  const { b, database, run } = await keyedMachine()
  const door = b.door()
  const vault = await opened(door)
  const stored = await vault.account(MAIN)
  await run()
  const anew = {
    code: 'RECORD_UNREADABLE',
    message: expect.stringMatching(/were sealed anew while this ran/),
  }
  const save = () => vault.saveAccount(account('v^1.1#late'), stored?.revision ?? 0)
  await expect(save()).rejects.toMatchObject(anew)
  await expect(vault.locks.hold('ebay:main', async () => {})).rejects.toMatchObject(anew)
  await database.sql(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
  await expect(save()).rejects.toMatchObject(anew)
  await door.close()
})

it('a token on its way stops it, and names its account', async () => {
  const { b, run } = await keyedMachine()
  const door = b.door()
  const vault = await opened(door)
  await vault.locks.hold('ebay:main', async () => {
    const open = await (await vault.journal()).present({
      account: 'ebay:main',
      purpose: 'refresh',
      mayReplace: true,
      generation: 0,
      at: AT,
      wasLost: false,
      token: new Secret('v^1.1#newer'),
      app: null,
      region: null,
      environment: 'production',
    })
    open.close()
  })
  await door.close()
  await expect(run()).rejects.toMatchObject({
    code: 'STORE_IN_USE',
    message: expect.stringMatching(/ebay:main/),
  })
})

it('copies that a move left under the old key are removed first', async () => {
  const { a, run } = await keyedMachine()
  await moveRecords('file', a.options())
  await removeCopies(a.options())
  await moveRecords('postgres', a.options())
  await expect(run()).rejects.toMatchObject({
    code: 'STORE_IN_USE',
    fix: expect.stringMatching(/migrate --remove-old/),
  })
})

it('without the key of the records no new one is made', async () => {
  const { a, run } = await keyedMachine()
  const path = join(a.home, 'not-there.key')
  const settings = { store: undefined, keySource: undefined, keyFile: path }
  await expect(run({ settings })).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
  expect([existsSync(path), existsSync(`${path}.2`)]).toEqual([false, false])
})

it('of many records no more than a page is read at a time', async () => {
  const { a, run } = await keyedMachine()
  const door = a.door()
  const vault = await opened(door)
  const names = Array.from({ length: 1200 }, (_, nth) => `ebay:shop-${nth}`)
  await Promise.all(names.map(name => vault.saveAccount(account(`v^1.1#${name}`, { account: name }), null)))
  const before = await wordsOf(vault)
  await door.close()
  const told: number[] = []
  await run({}, { onRecord: nth => told.push(nth) })
  expect(told).toEqual([500, 1000, 1205])
  expect(await seen(a)).toEqual(before)
})
