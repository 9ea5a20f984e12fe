/** What was told, on the disk: it comes back as it was, and what cannot be read is moved aside and never removed. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { moveNoticeMarks, NoticeMarks, readNoticeMarks } from '../../../src/cli/notices/notice-marks.ts'
import { notify } from '../../../src/cli/notices/notify.ts'
import { TokenctlError } from '../../../src/errors.ts'
import type { Mark } from '../../../src/renewal/notices.ts'
import type { AccountHeader } from '../../../src/tokens/token-set.ts'
import { at, header } from '../../support/accounts.ts'
import { noticeWorld, programChannel, vaultListing } from '../../support/notice-world.ts'

const NOW = '2026-11-22T06:00:00Z'
const MARK: Mark = { event: 'ending', key: '2026-12-06T00:00:00Z', days: 14, at: at(NOW), owed: ['mail'] }

function start() {
  const made = noticeWorld(NOW)
  const state = join(made.home, 'state')
  return { ...made, state, path: join(state, 'notices.json') }
}

/** A run that tells the channel `pager` of these accounts. */
function tellOf(accounts: () => readonly AccountHeader[], world: ReturnType<typeof start>['world']) {
  const vault = vaultListing(() => ({ accounts: accounts() }))
  return notify({ vault, channels: [programChannel('pager')], results: [], words: [] }, world)
}

test('marks come back as they were saved, in a private file', () => {
  const { world, path } = start()
  const marks = new NoticeMarks(world)
  marks.set('account/ebay:main', [MARK])
  marks.set('account/ebay:gone', [MARK])
  marks.set('account/ebay:empty', [])
  const accounts = ['main', 'empty'].map(name => header({ account: `ebay:${name}` }))
  marks.keepOnly({ accounts, apps: [], unreadable: [] })
  marks.save()
  const read = readNoticeMarks(world)
  expect(read.note).toBeNull()
  expect(read.marks.of('account/ebay:main')).toEqual([MARK])
  expect(read.marks.of('account/ebay:gone')).toEqual([])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    version: 1,
    told: { 'account/ebay:main': [{ ...MARK, at: NOW }] },
  })
})

test('without a file nothing was told, and none is made by reading', () => {
  const { world, path } = start()
  expect(readNoticeMarks(world)).toMatchObject({ note: null })
  expect(existsSync(path)).toBe(false)
})

describe('a file that cannot be read', () => {
  test.each<[string, string | Buffer, number]>([
    ['is no JSON', '{"version":1,', 0o600],
    ['is empty', '', 0o600],
    ['is binary', Buffer.alloc(300, 0xfe), 0o600],
    ['is of another shape', '{"version":1,"told":[]}', 0o600],
    ['has a mark too many', '{"version":1,"told":{"account/a:b":[{"event":"fax"}]}}', 0o600],
    ['has a prototype in it', '{"version":1,"told":{"__proto__":[{"x":1}]},"__proto__":{"y":1}}', 0o600],
    ['is open to others', '{"version":1,"told":{}}', 0o644],
  ])('since it %s is moved aside, whole, and said', (_, text, mode) => {
    const { world, path, state } = start()
    mkdirSync(state, { mode: 0o700 })
    writeFileSync(path, text, { mode })
    chmodSync(path, mode)
    const { marks, note } = readNoticeMarks(world)
    expect(marks.of('account/a:b')).toEqual([])
    expect(note).toMatch(
      /notices\.json\.unreadable-1, and notices and hooks of a recovery may come once more, and hooks still owed a call are not called\.$/,
    )
    expect(readFileSync(`${path}.unreadable-1`).equals(Buffer.from(text))).toBe(true)
    expect(existsSync(path)).toBe(false)
    expect(({} as { y?: number }).y).toBeUndefined()
  })

  test('a link is not followed', () => {
    const { world, path, state, home } = start()
    mkdirSync(state, { mode: 0o700 })
    writeFileSync(join(home, 'other'), '{"version":1,"told":{}}', { mode: 0o600 })
    symlinkSync(join(home, 'other'), path)
    expect(readNoticeMarks(world).note).toMatch(/symbolic link/)
    expect(readdirSync(state)).toEqual(['notices.json.unreadable-1'])
  })

  test('costs one repeat of each notice, and no more', async () => {
    const { world, told, path } = start()
    const accounts = [header({ consentAt: at('2026-08-01'), renewedAt: at('2026-08-01') })]
    const run = () => tellOf(() => accounts, world)
    expect([await run(), await run()]).toEqual([[], []])
    expect(told).toHaveLength(1)
    writeFileSync(path, 'damaged')
    expect(await run()).toEqual([expect.stringMatching(/not in shape.*may come once more/)])
    expect([await run(), told.length]).toEqual([[], 2])
  })

  test('one of a newer tokenctl stays where it is, and nothing is sent', async () => {
    const { world, told, path, state } = start()
    mkdirSync(state, { mode: 0o700 })
    writeFileSync(path, '{"version":2,"told":{}}', { mode: 0o600 })
    const accounts = [header({})]
    const notes = await notify(
      {
        vault: vaultListing(() => ({ accounts })),
        channels: [programChannel('pager')],
        results: [],
        words: [],
      },
      world,
    )
    expect(notes).toEqual([
      expect.stringMatching(
        /^No notice was sent: \S+ was written by a newer tokenctl \(version 2\)\. Update tokenctl\. Nothing was changed\.$/,
      ),
    ])
    expect([told, readFileSync(path, 'utf8')]).toEqual([[], '{"version":2,"told":{}}'])
  })
})

describe('an account that is renamed', () => {
  const [main, outlet] = ['account/ebay:main', 'account/ebay:outlet']

  test('takes along what was told of it, and the hooks that it is owed: nothing is told twice', async () => {
    const { world, told } = start()
    let name = 'ebay:main'
    const run = () =>
      notify(
        {
          vault: vaultListing(() => ({ accounts: [header({ account: name })] })),
          channels: [programChannel('pager')],
          results: [],
          words: [],
        },
        world,
      )
    await run()
    const { marks } = readNoticeMarks(world)
    const owed: Mark = { event: 'after-hook', key: 'renewed x', days: null, at: at(NOW), owed: ['1'] }
    marks.set(main, [...marks.of(main), owed])
    marks.save()
    expect(await moveNoticeMarks(main, outlet, world)).toBeNull()
    name = 'ebay:outlet'
    expect([await run(), await run(), told.length]).toEqual([[], [], 1])
    const after = readNoticeMarks(world).marks
    expect(after.of(main)).toEqual([])
    expect(after.of(outlet)).toContainEqual(owed)
  })

  test('takes nothing over from one that had its new name before', async () => {
    const { world } = start()
    const marks = new NoticeMarks(world)
    marks.set(outlet, [MARK])
    marks.save()
    await moveNoticeMarks(main, outlet, world)
    expect(readNoticeMarks(world).marks.of(outlet)).toEqual([])
  })

  test('of which nothing was told leaves no file', async () => {
    const { world, path } = start()
    expect([await moveNoticeMarks(main, outlet, world), existsSync(path)]).toEqual([null, false])
  })

  test('while another run is telling: it is said that it may be told again', async () => {
    const { world } = start()
    const held = new TokenctlError('LOCK_HELD', 'Another run holds it.')
    const locks = { hold: () => Promise.reject(held) }
    expect(await moveNoticeMarks(main, outlet, { ...world, locks })).toBe(
      'What was told of it before may be told again under its new name. Another run holds it.',
    )
  })
})

test('what is removed is forgotten, and told anew when it comes back', async () => {
  const { world, told, path } = start()
  let accounts = [header({ account: 'ebay:a' }), header({ account: 'ebay:b' })]
  const run = () => tellOf(() => accounts, world)
  await run()
  accounts = [header({ account: 'ebay:c' })]
  await run()
  expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')).told)).toEqual(['account/ebay:c'])
  expect(told).toHaveLength(3)
})

test('what was told and cannot be written down is said, and told again', async () => {
  const full = new TokenctlError('WRITE_FAILED', 'notices.json could not be written: the disk is full.')
  const { world, told } = start()
  const files = {
    ...world.files,
    writeDurably: () => {
      throw full
    },
  }
  const accounts = [header({})]
  const run = () =>
    notify(
      {
        vault: vaultListing(() => ({ accounts })),
        channels: [programChannel('pager')],
        results: [],
        words: [],
      },
      { ...world, files },
    )
  expect(await run()).toEqual([
    expect.stringMatching(/^What was told could not be written down, so it comes again\. .*disk is full/),
  ])
  await run()
  expect(told).toHaveLength(2)
})
