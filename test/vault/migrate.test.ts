/** Moving the records: all of them, to the byte, with one mark, whatever cuts it off; and never to where others' are. */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { LocalStoreName } from '../../src/vault/choices.ts'
import { readMarker } from '../../src/vault/marker.ts'
import { keysToMove, moveRecords, waitingAccounts } from '../../src/vault/migrate.ts'
import type { VaultDoor } from '../../src/vault/open.ts'
import { removeCopies } from '../../src/vault/remove-copies.ts'
import type { Vault } from '../../src/vault/vault.ts'
import {
  filledHome,
  Killed,
  killedAt,
  leaveOnItsWay,
  type Moving,
  movingHome,
  OTHER,
  wordsOf,
} from './moving.ts'
import { AT, account, anyHeader, anySecrets, MAIN } from './samples.ts'

const BOTH: readonly LocalStoreName[] = ['file', 'keychain']
const KEYS = [
  'account/aliexpress:main',
  'account/amazon:dates',
  'account/ebay:main',
  'app/ebay:default',
  'channel/notice:pager',
]

/** What stays in a keychain that was left. */
const ONLY_KEY = [expect.stringMatching(/^[0-9a-f]{16}\/key$/)]

/** A mark without a word on a second store. */
const plainMark = (store: LocalStoreName) => ({
  id: expect.any(String),
  store,
  createdAt: expect.any(String),
})

const marked = ({ stateDir }: Moving) => readMarker(stateDir, createNodeFiles())
const recordFiles = ({ stateDir }: Moving, store: LocalStoreName) => {
  const folder = join(stateDir, store === 'file' ? 'records' : 'headers')
  return existsSync(folder) ? readdirSync(folder) : []
}

describe.each(BOTH)('from the %s store', from => {
  const to = OTHER[from]

  it('every kind of record comes over, to the byte, and the old ones stay until they are removed', async () => {
    const moving = await filledHome(from)
    const before = await wordsOf(await moving.vault())
    const fingerprints = (await (await moving.vault()).listing()).accounts.map(each => each.fingerprint)
    expect(await keysToMove(to, moving.options())).toEqual(KEYS)
    const told: string[] = []
    const { keys, unreadableLinks } = await moveRecords(to, moving.options(), {
      onRecord: (done, all) => told.push(`${done}/${all}`),
      beforeSwitch: async () => {
        expect(marked(moving)).toMatchObject({ store: from, other: { store: to, is: 'filling' } })
        expect(await wordsOf(await moving.vault())).toEqual(before)
      },
    })
    expect([keys, unreadableLinks]).toEqual([KEYS, []])
    expect(told).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5'])
    const vault = await moving.vault()
    expect(vault.kind).toBe(to)
    expect(await wordsOf(vault)).toEqual(before)
    // Keyed by the store: the same token has another one here.
    for (const { fingerprint } of (await vault.listing()).accounts)
      expect(fingerprint === null || !fingerprints.includes(fingerprint)).toBe(true)
    expect(marked(moving)).toMatchObject({ store: to, other: { store: from, is: 'left' } })
    expect(recordFiles(moving, from)).not.toEqual([])
    const door = moving.door()
    await door.read()
    expect(door.warnings()).toEqual([expect.stringMatching(/old copies.*migrate --remove-old/)])

    expect(await removeCopies(moving.options())).toEqual({ from, count: KEYS.length, left: [] })
    expect(await removeCopies(moving.options())).toBeUndefined()
    expect(recordFiles(moving, from)).toEqual([])
    if (from === 'keychain') expect([...moving.keychain.items.keys()]).toEqual(ONLY_KEY)
    expect(await wordsOf(await moving.vault())).toEqual(before)
    expect(JSON.parse(readFileSync(join(moving.stateDir, 'vault.json'), 'utf8'))).toMatchObject({
      version: 1,
      store: to,
    })
    expect((await moving.door().read()).state).toBe('open')
  })

  it('and back again, over what was left; what was removed or renamed since does not come up again', async () => {
    const moving = await filledHome(from)
    await moveRecords(to, moving.options())
    const vault = await moving.vault()
    const main = await vault.account(MAIN)
    await vault.saveAccount({ ...account('v^1.1#third') }, main?.revision ?? 0)
    await vault.renameAccount(
      { marketplace: 'aliexpress', name: 'main' },
      { marketplace: 'aliexpress', name: 'outlet' },
    )
    const before = await wordsOf(vault)
    await moveRecords(from, moving.options())
    const back = await moving.vault()
    expect(back.kind).toBe(from)
    expect(await wordsOf(back)).toEqual(before)
    expect((await back.listing()).accounts.map(each => each.account)).toContain('aliexpress:outlet')
    expect((await back.listing()).accounts.map(each => each.account)).not.toContain('aliexpress:main')
  })

  it.each(['before', 'after'] as const)(
    'killed at any change, %s it: the store in use has all of them, and the same again finishes',
    async when => {
      let nth = 0
      let isWhole = false
      while (!isWhole) {
        nth += 1
        const moving = await filledHome(from)
        const before = await wordsOf(await moving.vault())
        const killed = killedAt(nth, when, moving)
        const { files, startHelper } = killed
        isWhole = await runs(() => moveRecords(to, moving.options({ files, startHelper })))
        // What another run finds now, whichever store it is.
        const vault = await moving.vault()
        expect([nth, await wordsOf(vault)]).toEqual([nth, before])
        if (vault.kind === to) {
          await expect(moveRecords(to, moving.options())).rejects.toMatchObject({ code: 'LOCK_HELD' })
        } else {
          // The token moves on before anybody comes back to it.
          const stored = await vault.account(MAIN)
          await vault.saveAccount(account(`newer ${nth}`), stored?.revision ?? 0)
          const moved = await wordsOf(await moving.vault())
          await moveRecords(to, moving.options())
          expect([nth, await wordsOf(await moving.vault())]).toEqual([nth, moved])
        }
        expect(marked(moving)).toMatchObject({ store: to, other: { store: from, is: 'left' } })
      }
      expect(nth).toBeGreaterThan(8)
    },
  )

  it.each(['before', 'after'] as const)(
    'killed at any change of the removal, %s it: it goes on',
    async when => {
      let nth = 0
      let isWhole = false
      while (!isWhole) {
        nth += 1
        const moving = await filledHome(from)
        const before = await wordsOf(await moving.vault())
        await moveRecords(to, moving.options())
        const { files, startHelper } = killedAt(nth, when, moving)
        isWhole = await runs(() => removeCopies(moving.options({ files, startHelper })))
        expect([nth, await wordsOf(await moving.vault())]).toEqual([nth, before])
        await removeCopies(moving.options())
        expect(recordFiles(moving, from)).toEqual([])
        if (from === 'keychain') expect([nth, [...moving.keychain.items.keys()]]).toEqual([nth, ONLY_KEY])
        expect(marked(moving)).not.toHaveProperty('other')
        expect([nth, await wordsOf(await moving.vault())]).toEqual([nth, before])
      }
      expect(nth).toBeGreaterThan(4)
    },
  )

  it('what a move that was cut off had copied is taken back', async () => {
    const moving = await filledHome(from)
    const before = await wordsOf(await moving.vault())
    const isStopped = () => recordFiles(moving, to).length >= 2
    await expect(moveRecords(to, moving.options(), { isStopped })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    const door = moving.door()
    await door.read()
    expect(door.warnings()).toEqual([
      expect.stringMatching(/is under way or was cut off; .*If no .* runs.*migrate --to.*takes it back/),
    ])
    expect(await removeCopies(moving.options())).toMatchObject({ from: to, left: [] })
    expect(recordFiles(moving, to)).toEqual([])
    expect(marked(moving)).toEqual(plainMark(from))
    expect(await wordsOf(await moving.vault())).toEqual(before)
    await moveRecords(to, moving.options())
    expect(await wordsOf(await moving.vault())).toEqual(before)
  })

  it('a run that opened the old store before finds no lock there any more; nothing is done', async () => {
    const moving = await filledHome(from)
    const early = await moving.vault()
    await moveRecords(to, moving.options())
    let isDone = false
    const work = async () => {
      isDone = true
    }
    await expect(early.locks.hold('ebay:main', work)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringMatching(/were moved/),
    })
    const asked = await early.askedConsents()
    await expect(
      asked.keep({
        account: 'ebay:late',
        state: new Secret('late'),
        app: null,
        region: null,
        environment: 'production',
        replacesSeller: false,
        askedAt: AT,
      }),
    ).rejects.toMatchObject({ code: 'LOCK_HELD' })
    expect(isDone).toBe(false)
  })

  it.each([true, false])(
    'nor one that opened it before it was left and come back to (copies removed: %s)',
    async isRemoved => {
      const moving = await filledHome(from)
      const early = moving.door()
      const vault = await opened(early)
      // The key is in the hand of the run from here on.
      await vault.account(MAIN)
      for (const next of [to, from]) {
        await moveRecords(next, moving.options())
        if (isRemoved) await removeCopies(moving.options())
      }
      const before = await wordsOf(await moving.vault())
      const presented: string[] = []
      const renewing = (run: Vault) =>
        renewal(run, moving, token => {
          presented.push(token)
        })
      await expect(renewing(vault)).rejects.toMatchObject({
        code: 'LOCK_HELD',
        message: `The records were moved away from the ${from} store and back while this ran.`,
      })
      expect(presented).toEqual([])
      expect(await wordsOf(await moving.vault())).toEqual(before)
      // The same door, asked again, leads to where they are; what it writes others can read.
      const again = await opened(early)
      expect(again).not.toBe(vault)
      await renewing(again)
      expect(presented).toEqual(['v^1.1#newer'])
      expect((await (await moving.vault()).account(MAIN))?.secrets.refreshToken?.reveal()).toBe('rotated')
      await early.close()
    },
  )

  it('a move that was cut off or whose copies were removed leaves a run as it was', async () => {
    const moving = await filledHome(from)
    const early = moving.door()
    const vault = await opened(early)
    const isStopped = () => recordFiles(moving, to).length >= 2
    await expect(moveRecords(to, moving.options(), { isStopped })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    await expect(vault.locks.hold('ebay:main', async () => 'in')).resolves.toBe('in')
    expect(await opened(early)).toBe(vault)
    expect(early.warnings()).toEqual([expect.stringMatching(/cut off/)])
    await removeCopies(moving.options())
    await expect(vault.locks.hold('ebay:main', async () => 'in')).resolves.toBe('in')
    expect(await opened(early)).toBe(vault)
    expect(early.warnings()).toEqual([])
  })

  it('a run inside a lock is waited for, and what it stored comes over', async () => {
    const moving = await filledHome(from)
    const early = await moving.vault()
    let goOn = () => {}
    const stopped = new Promise<void>(resolve => {
      goOn = resolve
    })
    const renewing = early.locks.hold('ebay:main', async () => {
      const stored = await early.account(MAIN)
      await stopped
      await early.saveAccount(account('v^1.1#rotated'), stored?.revision ?? 0)
    })
    const move = moveRecords(to, moving.options())
    await new Promise(resolve => setImmediate(resolve))
    expect(marked(moving)).toEqual(plainMark(from))
    goOn()
    await Promise.all([renewing, move])
    const main = await (await moving.vault()).account(MAIN)
    expect(main?.secrets.refreshToken?.reveal()).toBe('v^1.1#rotated')
  })

  it('a token on its way stops it, and names its account', async () => {
    const moving = await filledHome(from)
    await leaveOnItsWay(await moving.vault())
    expect(await waitingAccounts(moving.options())).toEqual(['aliexpress:main'])
    await expect(moveRecords(to, moving.options())).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: expect.stringMatching(/aliexpress:main/),
      fix: expect.stringMatching(/tokenctl renew aliexpress:main/),
    })
    expect(marked(moving)).toEqual(plainMark(from))
    expect(recordFiles(moving, to)).toEqual([])
  })

  it('records of the target’s own are never written over, and nothing is changed', async () => {
    const moving = await filledHome(from)
    const elsewhere = await filledHome(to)
    if (to === 'file') {
      const { options, stateDir } = moving
      options().files.ensurePrivateFolder(join(stateDir, 'records'))
      const name = 'account.ebay.main.sealed'
      copyFileSync(join(elsewhere.stateDir, 'records', name), join(stateDir, 'records', name))
    } else {
      const id = marked(moving)?.id ?? ''
      for (const [name, value] of elsewhere.keychain.items)
        moving.keychain.items.set(name.replace(/^[0-9a-f]{16}/, id), value)
    }
    const items = new Map(moving.keychain.items)
    for (const work of [() => keysToMove(to, moving.options()), () => moveRecords(to, moving.options())])
      await expect(work()).rejects.toMatchObject({
        code: 'STORE_IN_USE',
        message: expect.stringMatching(/already/),
      })
    expect(marked(moving)).toEqual(plainMark(from))
    expect(new Map(moving.keychain.items)).toEqual(items)
  })

  it('while copies are left, no other store is chosen, and none of them counts as a record', async () => {
    const moving = await filledHome(from)
    await moveRecords(to, moving.options())
    const vault = await moving.vault()
    for (const { account: name } of (await vault.listing()).accounts) {
      const [marketplace = '', own = ''] = name.split(':')
      const stored = await vault.account({ marketplace, name: own })
      await vault.removeAccount({ marketplace, name: own }, stored?.revision ?? 0)
    }
    const app = await vault.app('ebay', 'default')
    await vault.removeApp('ebay', 'default', app?.revision ?? 0)
    await (await vault.channels()).remove('pager', 1)
    expect(await moving.door().otherStoreInUse(from)).toBe(to)
    await expect(moving.door(from).read()).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    await expect(moving.door(from).write()).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    expect((await (await moving.vault()).listing()).accounts).toEqual([])
    await removeCopies(moving.options())
    expect(await moving.door().otherStoreInUse(from)).toBeUndefined()
    expect((await moving.door(from).write()).kind).toBe(from)
  })

  it('a mark that is lost while both have records is not made up', async () => {
    const moving = await filledHome(from)
    await moveRecords(to, moving.options())
    rmSync(join(moving.stateDir, 'vault.json'))
    for (const work of [
      () => moving.door().read(),
      () => moving.door().write(),
      () => moving.door().rebuild(),
      () => moving.door(from).rebuild(),
    ])
      await expect(work()).rejects.toMatchObject({
        code: 'VAULT_UNAVAILABLE',
        message: expect.stringMatching(/both stores/),
      })
  })

  it('copies stay when a record in use cannot be read: they may be all there is', async () => {
    const moving = await filledHome(from)
    await moveRecords(to, moving.options())
    if (to === 'file')
      writeFileSync(join(moving.stateDir, 'records', 'account.ebay.main.sealed'), 'damaged\n')
    else
      for (const name of [...moving.keychain.items.keys()])
        if (name.endsWith('account/ebay:main')) moving.keychain.items.delete(name)
    const files = recordFiles(moving, from)
    await expect(removeCopies(moving.options())).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
    expect(recordFiles(moving, from)).toEqual(files)
    expect(marked(moving)).toHaveProperty('other')
  })
})

/** The vault of a door, and never another. */
async function opened(door: VaultDoor): Promise<Vault> {
  const found = await door.read()
  if (found.state !== 'open') throw new Error('nothing was stored')
  return found.vault
}

/** What a renewal does to a vault: the token is on its way before it is sent, and what it got for it is stored. */
async function renewal(vault: Vault, moving: Moving, present: (token: string) => void): Promise<void> {
  await vault.locks.hold('ebay:main', async () => {
    const stored = await vault.account(MAIN)
    const token = stored?.secrets.refreshToken
    if (stored === undefined || token == null) throw new Error('it has a token')
    const journal = await vault.journal()
    const open = await journal.present({
      account: 'ebay:main',
      purpose: 'refresh',
      mayReplace: true,
      generation: stored.header.generation,
      at: AT,
      wasLost: false,
      token,
      app: null,
      region: null,
      environment: 'production',
    })
    present(token.reveal())
    // A run that is killed here leaves this to the next one.
    expect(await (await (await moving.vault()).journal()).read('ebay:main')).toMatchObject({
      state: 'readable',
    })
    open.close()
    await vault.saveAccount(account('rotated'), stored.revision)
    await journal.clear('ebay:main')
  })
}

/** False when the run was killed. */
async function runs(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof Killed) return false
    throw error
  }
}

it('a record of the source that cannot be read stops the move before anything is marked', async () => {
  const moving = await filledHome('file')
  writeFileSync(join(moving.stateDir, 'records', 'account.ebay.main.sealed'), 'damaged\n')
  await expect(moveRecords('keychain', moving.options())).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
  expect(marked(moving)).toEqual(plainMark('file'))
  const locked = await filledHome('keychain')
  for (const name of [...locked.keychain.items.keys()])
    if (name.endsWith('account/ebay:main')) locked.keychain.items.delete(name)
  await expect(moveRecords('file', locked.options())).rejects.toMatchObject({
    code: 'RECORD_UNREADABLE',
    message: expect.stringMatching(/ebay:main/),
  })
  expect(marked(locked)).toEqual(plainMark('keychain'))
})

it('a record that only the keychain’s own list knows comes over', async () => {
  const moving = await filledHome('keychain')
  const before = await wordsOf(await moving.vault())
  rmSync(join(moving.stateDir, 'headers', 'account.aliexpress.main.header'))
  await moveRecords('file', moving.options())
  const words = JSON.stringify(await wordsOf(await moving.vault()))
  expect(words).toContain('50000rotating')
  // Its access token stood beside the header that was lost, and can be had again.
  expect(words).not.toBe(JSON.stringify(before))
})

it.each([
  ['a keychain that locks itself in the middle', 'VAULT_LOCKED', { error: 'locked' } as const],
  ['one that hangs', 'VAULT_UNAVAILABLE', { failed: 'hung' } as const],
])('%s: the old store is in use, and the same again finishes', async (_, code, answer) => {
  for (const from of BOTH) {
    const moving = await filledHome(from)
    const before = await wordsOf(await moving.vault())
    moving.keychain.interfere = () => (recordFiles(moving, OTHER[from]).length > 1 ? answer : undefined)
    await expect(moveRecords(OTHER[from], moving.options())).rejects.toMatchObject({ code })
    moving.keychain.interfere = () => undefined
    expect((await moving.vault()).kind).toBe(from)
    await moveRecords(OTHER[from], moving.options())
    expect(await wordsOf(await moving.vault())).toEqual(before)
  }
})

it('a full disk: the old store is in use, and the same again finishes', async () => {
  const moving = await filledHome('keychain')
  const before = await wordsOf(await moving.vault())
  const files = createNodeFiles()
  let left = 4
  const full = {
    ...files,
    writeDurably: (path: string, data: string | Uint8Array) => {
      left -= 1
      if (left < 0) throw new TokenctlError('WRITE_FAILED', 'no space')
      files.writeDurably(path, data)
    },
  }
  await expect(moveRecords('file', moving.options({ files: full }))).rejects.toMatchObject({
    code: 'WRITE_FAILED',
  })
  expect(await wordsOf(await moving.vault())).toEqual(before)
  await moveRecords('file', moving.options())
  expect(await wordsOf(await moving.vault())).toEqual(before)
})

it('the file store’s key in the keychain stays when the records leave it', async () => {
  const moving = await filledHome('keychain')
  const settings = { store: undefined, keySource: 'keychain', keyFile: undefined }
  await moveRecords('file', moving.options({ settings }))
  await removeCopies(moving.options({ settings }))
  expect([...moving.keychain.items.keys()].sort()).toEqual([
    expect.stringMatching(/\/file-key$/),
    ...ONLY_KEY,
  ])
})

it('the keychain’s key that is left alone is used again, and is no record: a lost mark begins anew', async () => {
  const moving = await filledHome('keychain')
  const keyOf = () => [...moving.keychain.items].find(([name]) => name.endsWith('/key'))?.[1]
  const key = keyOf()
  await moveRecords('file', moving.options())
  await removeCopies(moving.options())
  await moveRecords('keychain', moving.options())
  expect([keyOf(), key]).toEqual([key, expect.anything()])
  await moveRecords('file', moving.options())
  await removeCopies(moving.options())
  expect([...moving.keychain.items.keys()]).toEqual(ONLY_KEY)
  rmSync(moving.stateDir, { recursive: true })
  expect(await moving.door('keychain').read()).toEqual({ state: 'empty', wouldUse: 'keychain' })
  expect(await moving.door().otherStoreInUse('file')).toBeUndefined()
  expect((await moving.door('keychain').write()).kind).toBe('keychain')
})

it('any account, there and back', async () => {
  await fc.assert(
    fc.asyncProperty(anyHeader, anySecrets(40), fc.constantFrom(...BOTH), async (header, secrets, from) => {
      const moving = movingHome()
      await (await moving.door(from).write()).saveAccount({ header, secrets }, null)
      const before = await wordsOf(await moving.vault())
      await moveRecords(OTHER[from], moving.options())
      expect(await wordsOf(await moving.vault())).toEqual(before)
      await removeCopies(moving.options())
      await moveRecords(from, moving.options())
      expect(await wordsOf(await moving.vault())).toEqual(before)
    }),
    { numRuns: 25 },
  )
})
