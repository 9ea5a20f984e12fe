import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { ownMarketplaces } from '../../../src/marketplaces/manifest/own.ts'
import { createNodeFiles } from '../../../src/platform/files.ts'
import { temporaryHome } from '../../support/temporary-home.ts'
import { thrownBy } from '../samples.ts'
import { MANIFEST } from './samples.ts'

/** A settings folder with these files in its `marketplaces`. */
function folderWith(files: Readonly<Record<string, unknown>>, mode = 0o600): string {
  const home = temporaryHome()
  mkdirSync(`${home}/marketplaces`, { recursive: true, mode: 0o700 })
  for (const [name, value] of Object.entries(files)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    writeFileSync(`${home}/marketplaces/${name}`, text, { mode })
  }
  return home
}

const ownIn = (folder: string) => ownMarketplaces(folder, createNodeFiles())

describe('a person’s own marketplaces', () => {
  it('are found by the names of their files', () => {
    const own = ownIn(folderWith({ 'shop.json': MANIFEST, 'bad.json': '{', 'x.json': '', 'NOTES.md': '' }))
    expect(own.ids()).toEqual(['bad', 'shop'])
    expect(own.find('shop')?.title).toBe('Shop')
    expect([own.has('shop'), own.has('bad'), own.has('other')]).toEqual([true, true, false])
    expect(own.find('other')).toBeUndefined()
  })

  it('are none where there is no folder, or nothing in it', () => {
    for (const folder of [temporaryHome(), folderWith({})]) {
      const own = ownIn(folder)
      expect([own.ids(), own.find('shop'), own.has('shop')]).toEqual([[], undefined, false])
    }
  })

  it('are read once, and nothing is read before one is wanted', () => {
    const files = createNodeFiles()
    const read: string[] = []
    const counting = {
      ...files,
      readPrivate: (path: string) => {
        read.push(path)
        return files.readPrivate(path)
      },
    }
    const home = folderWith({ 'shop.json': MANIFEST })
    const own = ownMarketplaces(home, counting)
    expect(read).toEqual([])
    expect(own.find('shop')).toBe(own.find('shop'))
    expect(own.has('shop')).toBe(true)
    expect(read).toEqual([`${home}/marketplaces/shop.json`])
  })

  test.each(['../shop', 'shop/../shop', 'Shop', 'sh op', '', 'shop.json', '__proto__'])(
    '%j is none',
    word => {
      expect(ownIn(folderWith({ 'shop.json': MANIFEST })).find(word)).toBeUndefined()
    },
  )

  test.each<[string, (home: string) => void, RegExp]>([
    [
      'that others can write',
      home => chmodSync(`${home}/marketplaces/shop.json`, 0o666),
      /can be read or written by others/,
    ],
    ['in a folder that others can write', home => chmodSync(`${home}/marketplaces`, 0o777), /marketplaces/],
    [
      'behind a link',
      home => {
        writeFileSync(`${home}/elsewhere.json`, JSON.stringify(MANIFEST), { mode: 0o600 })
        symlinkSync(`${home}/elsewhere.json`, `${home}/marketplaces/linked.json`)
      },
      /linked\.json/,
    ],
  ])('one %s is refused as a setting that is wrong', (_, spoil, says) => {
    const home = folderWith({ 'shop.json': MANIFEST })
    spoil(home)
    const own = ownIn(home)
    const id = says.source.includes('linked') ? 'linked' : 'shop'
    const error = thrownBy(() => own.find(id))
    expect([error.code, error.exit]).toEqual(['SETTINGS_INVALID', 2])
    expect(error.message).toMatch(says)
    // The files' own advice is for what holds secrets, or has a record's key.
    expect(error.fix).toMatch(
      /^A manifest is a file of your own and no link, .*look at its addresses first\.$/,
    )
    expect(own.has(id)).toBe(true)
    // The same again, each time it is wanted.
    expect(thrownBy(() => own.find(id))).toBe(error)
  })

  it('one whose id is not its file’s name is refused, and says both', () => {
    const home = folderWith({ 'other.json': MANIFEST })
    const { message, fix } = thrownBy(() => ownIn(home).find('other'))
    expect(message).toBe(
      `The manifest ${home}/marketplaces/other.json has another id than its name says: \`shop\`.`,
    )
    expect(fix).toBe('Set its `id` to `other`, or call the file `shop.json`.')
  })

  test.each(['ebay', 'etsy'])('one with the id %s is not told to take that name, which is built in', id => {
    const { fix } = thrownBy(() => ownIn(folderWith({ 'shop.json': { ...MANIFEST, id } })).find('shop'))
    expect(fix).toBe(`Set its \`id\` to \`shop\`. \`${id}\` is built in, and no manifest takes its place.`)
  })

  it('one that is far too long is refused', () => {
    const own = ownIn(folderWith({ 'shop.json': ' '.repeat(70_000) }))
    const { message, fix } = thrownBy(() => own.find('shop'))
    expect(message).toMatch(/longer than 65536 bytes/)
    expect(fix).toContain('64 KiB at most')
  })
})
