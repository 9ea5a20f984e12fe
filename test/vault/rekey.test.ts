/** A new key for the records of the file store: whatever cuts it off, every record opens, and the same again finishes. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createNodeFiles } from '../../src/platform/files.ts'
import { readMarker } from '../../src/vault/marker.ts'
import { moveRecords } from '../../src/vault/migrate.ts'
import { rekeyPlan } from '../../src/vault/rekey.ts'
import { filledHome, Killed, killedAt, type Moving, movingHome, wordsOf } from './moving.ts'
import { rekeying } from './rekeying.ts'
import { account, MAIN } from './samples.ts'

/** A home whose `key-file` is a setting, as the command changes it. */
async function keyedHome() {
  const moving = await filledHome('file')
  const { options, run } = rekeying(moving)
  const vault = async () => {
    const { VaultDoor } = await import('../../src/vault/open.ts')
    const opened = await new VaultDoor(options()).read()
    if (opened.state !== 'open') throw new Error('nothing was stored')
    return opened.vault
  }
  return { moving, options, run, vault }
}

const marked = ({ stateDir }: Moving) => readMarker(stateDir, createNodeFiles())
const keyIds = ({ stateDir }: Moving) =>
  new Set(
    readdirSync(join(stateDir, 'records')).map(
      name => JSON.parse(readFileSync(join(stateDir, 'records', name), 'utf8').split('\n')[0] ?? '').keyId,
    ),
  )

describe('the file store', () => {
  it('all records are under the new key, and under no other; the old key is where it was', async () => {
    const { moving, run, vault, options } = await keyedHome()
    const before = await wordsOf(await vault())
    const fingerprints = (await (await vault()).listing()).accounts.map(each => each.fingerprint)
    const [old] = keyIds(moving)
    const key = readFileSync(join(moving.home, 'vault.key'))
    expect(rekeyPlan(undefined, options())).toEqual({
      store: 'file',
      place: join(moving.home, 'vault.key'),
      keyFile: join(moving.home, 'vault.key.2'),
      isToBeMade: true,
    })
    const told: string[] = []
    const done = await run({}, { onRecord: (nth, all) => told.push(`${nth}/${all}`) })
    expect(done).toMatchObject({
      outcome: 'sealed',
      store: 'file',
      before: old,
      count: 5,
      unreadableLinks: [],
    })
    expect(told.at(-1)).toBe('5/5')
    expect([...keyIds(moving)]).toEqual([done.keyId])
    expect(done.keyId).not.toBe(old)
    expect(await wordsOf(await vault())).toEqual(before)
    for (const { fingerprint } of (await (await vault()).listing()).accounts)
      expect(fingerprint === null || !fingerprints.includes(fingerprint)).toBe(true)
    expect(readFileSync(join(moving.home, 'vault.key'))).toEqual(key)
    expect(marked(moving)).not.toHaveProperty('sealing')
    const link = readFileSync(join(moving.stateDir, 'asked', 'account.ebay.outlet.asked'), 'utf8')
    expect([link.includes(done.keyId), link.includes(String(old))]).toEqual([true, false])
    // Typed again it is the next key; with a file that holds the key already, nothing to do.
    expect(await run({}, {}, join(moving.home, 'vault.key.2'))).toMatchObject({
      outcome: 'already',
      count: 0,
    })
    expect(await run()).toMatchObject({ outcome: 'sealed', before: done.keyId })
    expect(existsSync(join(moving.home, 'vault.key.3'))).toBe(true)
    expect(await wordsOf(await vault())).toEqual(before)
  })

  it.each(['before', 'after'] as const)(
    'killed at any change, %s it: all opens, nothing is written, and the same again finishes',
    async when => {
      let isWhole = false
      for (let nth = 1; !isWhole; nth += 1) {
        const { moving, run, vault } = await keyedHome()
        const before = await wordsOf(await vault())
        const { files } = killedAt(nth, when, moving)
        isWhole = await run({ files }).then(
          () => true,
          error => {
            if (error instanceof Killed) return false
            throw error
          },
        )
        const found = await vault()
        expect([nth, await wordsOf(found)]).toEqual([nth, before])
        if (marked(moving)?.sealing !== undefined) {
          await expect(found.locks.hold('ebay:main', async () => {})).rejects.toMatchObject({
            code: 'LOCK_HELD',
            fix: expect.stringMatching(/tokenctl rekey/),
          })
          await expect(moveRecords('keychain', moving.options())).rejects.toMatchObject({
            code: 'STORE_IN_USE',
          })
        }
        if (!isWhole) await run()
        expect([nth, keyIds(moving).size, marked(moving)?.sealing]).toEqual([nth, 1, undefined])
        const after = await vault()
        expect([nth, await wordsOf(after)]).toEqual([nth, before])
        await expect(after.locks.hold('ebay:main', async () => 'in')).resolves.toBe('in')
        if (isWhole) expect(nth).toBeGreaterThan(8)
      }
    },
  )

  it('a run that has the old key in its hand writes nothing with it any more', async () => {
    const { run, vault } = await keyedHome()
    const early = await vault()
    const stored = await early.account(MAIN)
    await run()
    const save = () => early.saveAccount(account('v^1.1#late'), stored?.revision ?? 0)
    await expect(early.locks.hold('ebay:main', save)).rejects.toMatchObject({ code: 'LOCK_HELD' })
  })

  it('a record that cannot be read ends it before anything is marked', async () => {
    const { moving, run } = await keyedHome()
    writeFileSync(join(moving.stateDir, 'records', 'account.ebay.main.sealed'), 'damaged\n')
    await expect(run()).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
    expect(marked(moving)).not.toHaveProperty('sealing')
  })

  it('one that was begun with a key is not gone on with by another', async () => {
    const { moving, run } = await keyedHome()
    const isStopped = () => keyIds(moving).size > 1
    await expect(run({}, { isStopped })).rejects.toMatchObject({ code: 'CANCELLED' })
    const other = join(moving.home, 'other.key')
    await expect(run({}, {}, other)).rejects.toMatchObject({ code: 'USAGE' })
    expect(existsSync(other)).toBe(false)
    expect(await run()).toMatchObject({ outcome: 'sealed' })
  })

  it('what is no key file is no key, and nothing is changed', async () => {
    const { moving, run, vault } = await keyedHome()
    const path = join(moving.home, 'short.key')
    writeFileSync(path, 'too short', { mode: 0o600 })
    await expect(run({}, {}, path)).rejects.toMatchObject({ code: 'VAULT_UNAVAILABLE' })
    expect(marked(moving)).not.toHaveProperty('sealing')
    await vault()
  })
})

it('the keychain has no key of ours to change', async () => {
  const moving = await filledHome('keychain')
  expect(() => rekeyPlan(undefined, moving.options())).toThrow(/keychain/)
})

it('where nothing is stored there is nothing to seal', () => {
  expect(rekeyPlan(undefined, movingHome().options()).store).toBeUndefined()
})
