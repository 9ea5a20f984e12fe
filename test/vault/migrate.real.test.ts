/**
 * Records on their way to a real database and back, which other machines share: all of them, to the byte, whatever cuts the
 * move off; never two stores in use, and where none is, an error that says which command finishes it.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { LocalStoreName } from '../../src/vault/choices.ts'
import { keysToMove, moveRecords, settleMove, waitingAccounts } from '../../src/vault/migrate.ts'
import { Connection } from '../../src/vault/postgres/connection.ts'
import { removeCopies } from '../../src/vault/remove-copies.ts'
import { postgresForFile, type TestDatabase } from '../support/postgres.ts'
import { filledHome, Killed, leaveOnItsWay, type Moving } from './moving.ts'
import { marked, NOTHING, opened, otherMachine, partsOf, runs, seen } from './moving-fleet.ts'
import { AT, account, MAIN } from './samples.ts'

const BOTH: readonly LocalStoreName[] = ['file', 'keychain']
const postgres = postgresForFile({ fsync: false })
afterEach(() => void vi.restoreAllMocks())

async function machineWith(from: LocalStoreName): Promise<{ a: Moving; database: TestDatabase }> {
  const database = await postgres().createDatabase()
  return { a: await filledHome(from, partsOf(database)), database }
}

describe.each(BOTH)('from the %s store to the database', from => {
  it('every kind of record comes over, other machines see them, and all the way back', async () => {
    const { a, database } = await machineWith(from)
    const before = await seen(a)
    expect(await keysToMove('postgres', a.options())).toHaveLength(5)
    // Looking has made nothing there.
    expect(await database.sql(`SELECT nspname FROM pg_namespace WHERE nspname = 'tokenctl'`)).toEqual([])
    const { keys, unreadableLinks } = await moveRecords('postgres', a.options())
    expect([keys.length, unreadableLinks]).toEqual([5, []])
    expect(marked(a)).toMatchObject({ store: 'postgres', other: { store: from, is: 'left' } })
    expect(await seen(a)).toEqual(before)
    const b = otherMachine(a, database)
    expect(await seen(b)).toEqual(before)
    expect(await removeCopies(a.options())).toEqual({ from, count: 5, left: [] })
    expect(marked(a)).toEqual({ id: expect.any(String), store: 'postgres', createdAt: expect.any(String) })

    await moveRecords(from, a.options())
    expect(await seen(a)).toEqual(before)
    expect(await seen(b)).toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringMatching(/were moved to another store/),
    })
    expect(await removeCopies(a.options())).toEqual({ from: 'postgres', count: 5, left: [] })
    const left = await database.sql(
      'SELECT (SELECT count(*)::int FROM tokenctl.record) AS records, (SELECT count(*)::int FROM tokenctl.journal) AS texts',
    )
    expect(left).toEqual([{ records: 0, texts: 0 }])
    // Empty as it is, a machine that had its records there does not take it for a vault without any.
    expect(isAway(await seen(b))).toBe(true)
    await expect(b.door().write()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      fix: expect.stringMatching(/begin anew/),
    })
    await moveRecords('postgres', a.options())
    expect([await seen(a), await seen(b)]).toEqual([before, before])
  })

  it.each(['before', 'after'] as const)(
    'killed at any change, %s it, there and back: never two stores in use, and the same again finishes',
    { timeout: 300_000 },
    async when => {
      const moves = [
        { to: 'postgres', back: from },
        { to: from, back: 'postgres' },
      ] as const
      const { a, database } = await machineWith(from)
      const b = otherMachine(await withKey(a), database)
      for (const { to, back } of moves) {
        let isWhole = false
        for (let nth = 1; !isWhole; nth += 1) {
          const before = await seen(a)
          isWhole = await runs(nth, when, a, killed => moveRecords(to, a.options(killed)))
          const where = [to, nth]
          expectOneInUse(where, await seen(a), await seen(b), before, marked(a)?.store)
          if (marked(a)?.store !== to) await moveRecords(to, a.options())
          await settleMove(a.options())
          expect([where, await seen(a)]).toEqual([where, before])
          expect([where, isAway(await seen(b))]).toEqual([where, to === from])
          if (!isWhole) await moveRecords(back, a.options())
        }
      }
    },
  )

  it.each(['before', 'after'] as const)('taken back where it was killed, %s a change', async when => {
    const { a, database } = await machineWith(from)
    const b = otherMachine(await withKey(a), database)
    const before = await seen(a)
    let isWhole = false
    for (let nth = 1; !isWhole; nth += 2) {
      isWhole = await runs(nth, when, a, killed => moveRecords('postgres', a.options(killed)))
      const { store } = marked(a) ?? {}
      await removeCopies(a.options())
      expect([nth, await seen(a), marked(a)?.other]).toEqual([nth, before, undefined])
      expect([nth, isAway(await seen(b))]).toEqual([nth, store === from])
      if (store === 'postgres') await moveRecords(from, a.options())
      if (store === 'postgres') await removeCopies(a.options())
    }
  })
})

/** Whatever the other machine sees is what this one uses; where this one uses its own, or cannot say, the other uses nothing. */
function expectOneInUse(
  where: unknown,
  here: unknown,
  there: unknown,
  before: unknown,
  store?: string,
): void {
  if (!isUnfinished(here)) expect([where, here]).toEqual([where, before])
  if (isAway(there)) return
  expect([where, there, store]).toEqual([where, before, 'postgres'])
  expect([where, isUnfinished(here)]).toEqual([where, false])
}

/** The key of the fleet, before there is one: the keychain's store has its own. */
async function withKey(moving: Moving): Promise<Moving> {
  await moving.door().prepareKeyFile(join(moving.home, 'vault.key'))
  return moving
}

const isAway = (words: unknown) =>
  words instanceof TokenctlError
    ? /were moved to another store|are being moved to|There are no tables/.test(words.message)
    : words === NOTHING || (words as readonly (readonly unknown[])[])[0]?.length === 0
const isUnfinished = (words: unknown) => words instanceof TokenctlError && words.fix.includes('finishes it')

describe('beside other machines', () => {
  it('whoever has taken a lock is not moved under; whoever comes later finds the records gone', async () => {
    const { a, database } = await machineWith('file')
    await moveRecords('postgres', a.options())
    const b = otherMachine(a, database)
    const doors = [b.door(), b.door()]
    const [worker, late] = [await opened(doors[0] as never), await opened(doors[1] as never)]
    await worker.locks.hold('ebay:main', async () => {})
    // It holds no lock now, and will again.
    await expect(moveRecords('file', a.options())).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringMatching(/^Other programs are at work with .*: tokenctl migrate\.$/),
      fix: expect.stringMatching(/Stop the workers/),
    })
    expect(marked(a)?.store).toBe('postgres')
    await late.account(MAIN)
    await doors[0]?.close()
    await moveRecords('file', a.options())
    let isDone = false
    const work = async () => {
      isDone = true
    }
    const gone = { code: 'VAULT_UNAVAILABLE', message: expect.stringMatching(/were moved to another store/) }
    await expect(late.locks.hold('ebay:main', work)).rejects.toMatchObject(gone)
    const stored = account('v^1.1#late')
    await expect(late.saveAccount(stored, 2)).rejects.toMatchObject(gone)
    expect(isDone).toBe(false)
    // It keeps nobody out by having tried.
    await moveRecords('postgres', a.options())
    await expect(late.locks.hold('ebay:main', async () => 'in')).resolves.toBe('in')
    await doors[1]?.close()
  })

  it('while the move is under way nobody gets in, nor writes over a connection of before', async () => {
    const { a, database } = await machineWith('file')
    await moveRecords('postgres', a.options())
    const b = otherMachine(a, database)
    const door = b.door()
    const vault = await opened(door)
    const main = await vault.account(MAIN)
    const errors: unknown[] = []
    const beforeSwitch = async () => {
      for (const work of [
        () => vault.locks.hold('ebay:main', async () => {}),
        () => vault.saveAccount(account('v^1.1#late'), main?.revision ?? 0),
      ])
        errors.push(await work().catch((error: unknown) => error))
    }
    await moveRecords('file', a.options(), { beforeSwitch })
    const shut = { code: 'LOCK_HELD', message: expect.stringMatching(/being moved or sealed anew/) }
    expect(errors).toMatchObject([shut, shut])
    await door.close()
  })

  it('a cut of the connection that keeps others out ends the move; the same again finishes it', async () => {
    const { a, database } = await machineWith('file')
    const before = await seen(a)
    for (const [to, where] of [
      ['postgres', 'file'],
      ['file', 'postgres'],
    ] as const) {
      const beforeSwitch = async () =>
        void (await database.sql(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        ))
      const cut = moveRecords(to, a.options(), { beforeSwitch })
      if (to === 'postgres') {
        // The word there is the last step: this machine has the mark, and the others wait for the word.
        await expect(cut).rejects.toBeInstanceOf(TokenctlError)
        expect([marked(a)?.store, await seen(a)]).toMatchObject(['postgres', { code: 'VAULT_UNAVAILABLE' }])
        expect(await settleMove(a.options())).toBe(true)
      } else {
        await expect(cut).rejects.toBeInstanceOf(TokenctlError)
        expect([marked(a)?.store, await seen(a)]).toEqual([where, before])
        await moveRecords(to, a.options())
      }
      expect(await seen(a)).toEqual(before)
    }
  })

  it('records of another machine’s are never written over, nor what its move is at', async () => {
    const { a, database } = await machineWith('file')
    const theirs = await filledHome('keychain', partsOf(database))
    const stopped = { beforeSwitch: async () => Promise.reject(new Killed()) }
    await expect(moveRecords('postgres', theirs.options(), stopped)).rejects.toThrow(Killed)
    const refused = async (message: RegExp) => {
      for (const work of [
        () => keysToMove('postgres', a.options()),
        () => moveRecords('postgres', a.options()),
      ])
        await expect(work()).rejects.toMatchObject({
          code: 'STORE_IN_USE',
          message: expect.stringMatching(message),
        })
      expect(marked(a)).not.toHaveProperty('other')
    }
    await refused(/Another machine is moving its records/)
    await moveRecords('postgres', theirs.options())
    await refused(/has records already that do not come from a move/)
    await moveRecords('keychain', theirs.options())
    await refused(/copies of records that another machine moved away/)
    await removeCopies(theirs.options())
    await moveRecords('postgres', a.options())
    // What is there now is not what the first one left.
    await expect(moveRecords('postgres', theirs.options())).rejects.toMatchObject({ code: 'STORE_IN_USE' })
  })

  it('another machine’s mark does not move what was moved away', async () => {
    const { a, database } = await machineWith('file')
    await moveRecords('postgres', a.options())
    const b = otherMachine(a, database)
    const door = b.door()
    await (await door.write()).locks.hold('ebay:main', async () => {})
    await door.close()
    expect(marked(b)?.store).toBe('postgres')
    await moveRecords('file', a.options())
    const away = { code: 'VAULT_UNAVAILABLE', message: expect.stringMatching(/moved to another store/) }
    await expect(keysToMove('file', b.options())).rejects.toMatchObject(away)
    await expect(moveRecords('file', b.options())).rejects.toMatchObject(away)
    await expect(settleMove(b.options())).rejects.toMatchObject(away)
    await expect(b.vault().then(vault => vault.listing())).rejects.toMatchObject(away)
    // It is not held fast either.
    expect(await b.door().otherStoreInUse('file')).toBeUndefined()
  })
})

it('a token on its way stops it on the way to the database and away from it', async () => {
  const { a, database } = await machineWith('file')
  await moveRecords('postgres', a.options())
  const b = otherMachine(a, database)
  const door = b.door()
  const vault = await opened(door)
  await vault.locks.hold('aliexpress:main', async () => {
    await leaveOnItsWay(vault)
  })
  await door.close()
  expect(await waitingAccounts(a.options())).toEqual(['aliexpress:main'])
  await expect(moveRecords('file', a.options())).rejects.toMatchObject({
    code: 'STORE_IN_USE',
    message: expect.stringMatching(/aliexpress:main/),
  })
  expect(marked(a)?.other).toMatchObject({ store: 'file', is: 'left' })
})

it('copies of an earlier move stand in the way of a third store', async () => {
  const { a } = await machineWith('file')
  await moveRecords('postgres', a.options())
  for (const work of [() => keysToMove('keychain', a.options()), () => moveRecords('keychain', a.options())])
    await expect(work()).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      fix: expect.stringMatching(/--remove-old.*--to file/),
    })
  await removeCopies(a.options())
  await moveRecords('keychain', a.options())
  expect(marked(a)).toMatchObject({ store: 'keychain', other: { store: 'postgres', is: 'left' } })
})

it('a link that was answered over there does not come up again here', async () => {
  const { a } = await machineWith('file')
  await moveRecords('postgres', a.options())
  const door = a.door()
  const asked = await (await opened(door)).askedConsents()
  const [link] = await asked.all(AT)
  expect(await asked.take({ account: 'ebay:outlet', state: link?.state ?? new Secret('') }, AT)).toBe(true)
  await door.close()
  await moveRecords('file', a.options())
  expect(await (await (await a.vault()).askedConsents()).all(AT)).toEqual([])
})

it('a database without our tables is not one without records', async () => {
  const { a } = await machineWith('file')
  await moveRecords('postgres', a.options())
  const wrong = partsOf(await postgres().createDatabase())
  const none = { code: 'VAULT_UNAVAILABLE', message: expect.stringMatching(/no tables/) }
  await expect(keysToMove('file', a.options(wrong))).rejects.toMatchObject(none)
  await expect(moveRecords('file', a.options(wrong))).rejects.toMatchObject(none)
  expect(marked(a)?.store).toBe('postgres')
})

it('a lost mark beside old copies is not made up, where the setting names the database', async () => {
  const { a } = await machineWith('file')
  await moveRecords('postgres', a.options())
  rmSync(join(a.stateDir, 'vault.json'))
  for (const work of [() => a.door('postgres').read(), () => a.door('postgres').rebuild()])
    await expect(work()).rejects.toMatchObject({
      code: 'VAULT_UNAVAILABLE',
      message: expect.stringMatching(/nobody can say which/),
    })
})

it('many records take few statements', async () => {
  const { a } = await machineWith('file')
  const vault = await a.vault()
  for (let nth = 0; nth < 300; nth += 1)
    await vault.saveAccount(account(`v^1.1#${nth}`, { account: `ebay:shop-${nth}` }), null)
  const spy = vi.spyOn(Connection.prototype, 'rows')
  await moveRecords('postgres', a.options())
  expect(spy.mock.calls.length).toBeLessThan(120)
  spy.mockClear()
  await moveRecords('file', a.options())
  expect(spy.mock.calls.length).toBeLessThan(80)
})
