/** Where a journal's texts rest: what the journal above leans on, for the files and for the memory of tests. */
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createNodeFiles } from '../../src/platform/files.ts'
import { createJournalFiles, createJournalMemory, type JournalStore } from '../../src/vault/journal-store.ts'
import { temporaryHome } from '../support/temporary-home.ts'

const KEY = 'account/ebay:main'
const nodeFiles = createNodeFiles()
const places: [string, () => JournalStore][] = [
  ['files', () => createJournalFiles(join(temporaryHome(), 'journal'), nodeFiles)],
  ['memory', createJournalMemory],
]
const linesIn = async (store: JournalStore, key = KEY) =>
  (await store.read(key))?.split('\n').filter(line => line !== '')

describe.each(places)('texts in %s', (_, make) => {
  it('are none at first, and none of that is an error', async () => {
    const store = make()
    expect(await store.read(KEY)).toBeUndefined()
    expect(await store.keys()).toEqual([])
    await expect(store.remove(KEY)).resolves.toBeUndefined()
  })

  it('take lines, are replaced whole, and go', async () => {
    const store = make()
    const text = await store.begin(KEY, 'head\ntoken\n')
    await text.addLine('one')
    await text.addLine('two')
    text.close()
    expect(await linesIn(store)).toEqual(['head', 'token', 'one', 'two'])
    ;(await store.begin(KEY, 'other\n')).close()
    expect(await linesIn(store)).toEqual(['other'])
    await store.remove(KEY)
    expect(await store.read(KEY)).toBeUndefined()
  })

  it('stand under their own key, and no other is listed', async () => {
    const store = make()
    for (const key of ['account/ebay:two', KEY]) (await store.begin(key, `${key}\n`)).close()
    expect([...(await store.keys())].sort()).toEqual([KEY, 'account/ebay:two'])
    expect(await linesIn(store, 'account/ebay:two')).toEqual(['account/ebay:two'])
    await store.remove(KEY)
    expect(await store.keys()).toEqual(['account/ebay:two'])
  })

  it('that are no good move out of the way: neither read nor listed any more, and a new one may begin', async () => {
    const store = make()
    ;(await store.begin(KEY, 'bad\n')).close()
    expect(await store.setAside(KEY, 'damaged')).toContain('damaged')
    expect(await store.read(KEY)).toBeUndefined()
    expect(await store.keys()).toEqual([])
    ;(await store.begin(KEY, 'good\n')).close()
    expect(await linesIn(store)).toEqual(['good'])
    await expect(store.setAside('account/ebay:none', 'damaged')).rejects.toMatchObject({
      message: expect.stringContaining('none'),
    })
  })

  it('that are no good are kept as copies, each under its own name, where another takes their place', async () => {
    const store = make()
    ;(await store.begin(KEY, 'bad\n')).close()
    const copies = [await store.copyAside(KEY, 'damaged'), await store.copyAside(KEY, 'damaged')]
    expect(new Set(copies).size).toBe(2)
    expect(await linesIn(store)).toEqual(['bad'])
    expect(await store.keys()).toEqual([KEY])
    await expect(store.copyAside('account/ebay:none', 'damaged')).rejects.toMatchObject({ code: 'BUG' })
  })
})

describe.each(places)('copies in %s', (_, make) => {
  it('leave the text where it is, each under a name of its own', async () => {
    const store = make()
    ;(await store.begin(KEY, 'strange\n')).close()
    const names: string[] = []
    for (let time = 0; time < 3; time += 1) names.push(await store.copyAside(KEY, 'unread'))
    expect(names.map(name => name.slice(-'unread-1'.length))).toEqual(['unread-1', 'unread-2', 'unread-3'])
    expect(await linesIn(store)).toEqual(['strange'])
    expect(await store.keys()).toEqual([KEY])
    await store.remove(KEY)
    await expect(store.copyAside(KEY, 'unread')).rejects.toMatchObject({
      code: 'BUG',
      message: `There is no journal of ${KEY} to set aside.`,
    })
  })
})

describe('a text in a file', () => {
  it('has room for 24 KiB on the disk before anything is added, and its descriptor is let go', async () => {
    const folder = join(temporaryHome(), 'journal')
    const close = vi.spyOn(fs, 'closeSync')
    const text = await createJournalFiles(folder, nodeFiles).begin(KEY, 'head\n')
    const path = join(folder, 'account.ebay.main.journal')
    const { size } = fs.statSync(path)
    expect(size).toBeGreaterThanOrEqual(24 * 1024)
    await text.addLine('x'.repeat(24_000))
    expect(fs.statSync(path).size).toBe(size)
    close.mockClear()
    text.close()
    expect(close).toHaveBeenCalledOnce()
  })

  it('is copied whole and private', async () => {
    const folder = join(temporaryHome(), 'journal')
    const store = createJournalFiles(folder, nodeFiles)
    const text = await store.begin(KEY, 'head\n')
    await text.addLine('one')
    text.close()
    const copy = await store.copyAside(KEY, 'damaged')
    expect(copy).toBe(join(folder, 'account.ebay.main.journal.damaged-1'))
    expect(fs.readFileSync(copy).equals(fs.readFileSync(join(folder, 'account.ebay.main.journal')))).toBe(
      true,
    )
    expect(fs.statSync(copy).mode & 0o777).toBe(0o600)
  })

  it('is private, and other names in its folder are none of its keys', async () => {
    const folder = join(temporaryHome(), 'journal')
    const store = createJournalFiles(folder, nodeFiles)
    ;(await store.begin(KEY, 'head\n')).close()
    expect(fs.statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of ['README', '.account.ebay.x.journal.tmp', 'account.ebay.main.journal.damaged-1'])
      fs.writeFileSync(join(folder, name), '', { mode: 0o600 })
    expect(await store.keys()).toEqual([KEY])
  })
})

it('a copy in a file is the text, byte for byte, and private', async () => {
  const store = createJournalFiles(join(temporaryHome(), 'journal'), nodeFiles)
  const text = await store.begin(KEY, 'head\n')
  await text.addLine('one')
  text.close()
  const copy = await store.copyAside(KEY, 'unread')
  expect(fs.readFileSync(copy, 'utf8')).toBe(await store.read(KEY))
  expect(fs.statSync(copy).mode & 0o777).toBe(0o600)
})

it('a text that was set aside is kept, in memory too', async () => {
  const store = createJournalMemory()
  ;(await store.begin(KEY, 'bad\n')).close()
  expect(await store.read(await store.setAside(KEY, 'damaged'))).toBe('bad\n')
})

it('a text that is not there cannot be set aside: that would be our own fault', async () => {
  await expect(createJournalMemory().setAside(KEY, 'damaged')).rejects.toMatchObject({
    code: 'BUG',
    message: `There is no journal of ${KEY} to set aside.`,
  })
})
