/** Notice channels as records: what is secret about them is in no header, no listing and no file in the clear. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/tokens/secret.ts'
import type { ChannelWay } from '../../src/vault/channel-header.ts'
import { type Channel, mailServerOf, requestTo } from '../../src/vault/channels.ts'
import { createMemoryStore } from '../../src/vault/memory.ts'
import { Vault } from '../../src/vault/vault.ts'
import { at } from '../support/accounts.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { APP } from './samples.ts'
import { fileStoreIn } from './stores.ts'

const EMAIL: ChannelWay = {
  kind: 'email',
  to: 'owner@example.test',
  from: 'shop@example.test',
  host: 'mail.example.test',
  port: 587,
  user: 'shop',
}
const WAYS: readonly ChannelWay[] = [
  { kind: 'command', command: ['/usr/local/bin/page', '--team', 'shops'] },
  { kind: 'webhook', host: 'hooks.example.test', format: 'slack' },
  EMAIL,
  { kind: 'desktop' },
  { kind: 'heartbeat', host: 'hc.example.test', method: 'GET', signalsFailure: true },
]

function channel(
  way: ChannelWay,
  secret: string | null = 'https://h.test/CNRY-hook',
  name = 'pager',
): Channel {
  return {
    header: { name, addedAt: at('2026-11-22T10:00:00Z'), way },
    secret: secret === null ? null : new Secret(secret),
  }
}

describe.each(['memory', 'file'])('in the %s store', kind => {
  const open = () => new Vault(kind === 'memory' ? createMemoryStore() : fileStoreIn(temporaryHome()))

  test.each(WAYS.map(way => [way.kind, way] as const))('%s comes back as it was saved', async (_, way) => {
    const channels = await open().channels()
    const saved = await channels.save(channel(way), null)
    const found = await channels.get('pager')
    expect(found).toEqual(saved)
    expect(found?.header).toEqual(channel(way).header)
    expect(found?.secret?.reveal()).toBe('https://h.test/CNRY-hook')
    expect(found?.revision).toBe(1)
  })

  test('a listing has them by name, apart from accounts and apps, and without a secret', async () => {
    const vault = open()
    const channels = await vault.channels()
    await vault.saveApp(APP, null)
    for (const name of ['pager', 'mail']) await channels.save(channel(EMAIL, 'CNRY-password', name), null)
    const listing = await vault.listing()
    expect(listing.channels.map(({ name }) => name)).toEqual(['mail', 'pager'])
    expect([listing.accounts, listing.apps.length, listing.unreadable]).toEqual([[], 1, []])
    expect(JSON.stringify(listing)).not.toContain('CNRY')
  })

  test('another run’s change is not written over, and what is removed is gone', async () => {
    const channels = await open().channels()
    await channels.save(channel(EMAIL), null)
    await expect(channels.save(channel(EMAIL), null)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    await channels.save(channel({ kind: 'desktop' }, null), 1)
    await expect(channels.remove('pager', 1)).rejects.toMatchObject({ code: 'LOCK_HELD' })
    await channels.remove('pager', 2)
    expect(await channels.get('pager')).toBeUndefined()
  })
})

test('its file has the header in the clear and not its secret; one that is copied over another is found out', async () => {
  const home = temporaryHome()
  const vault = new Vault(fileStoreIn(home))
  const channels = await vault.channels()
  await channels.save(channel(WAYS[1] ?? EMAIL), null)
  await channels.save(channel({ kind: 'desktop' }, null, 'screen'), null)
  const path = (name: string) => join(home, 'records', `channel.notice.${name}.sealed`)
  const text = readFileSync(path('pager'), 'utf8')
  expect(text).toContain('hooks.example.test')
  expect(text).not.toContain('CNRY')
  writeFileSync(path('screen'), text)
  const fresh = new Vault(fileStoreIn(home))
  expect(await fresh.listing()).toMatchObject({
    channels: [{ name: 'pager' }],
    unreadable: [{ key: 'channel/notice:screen', error: { code: 'RECORD_UNREADABLE' } }],
  })
  await expect((await fresh.channels()).get('screen')).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' })
})

test.each<[what: string, change: (header: Record<string, unknown>) => void, words: RegExp]>([
  ['a newer version', header => Object.assign(header, { record: 99 }), /newer tokenctl/],
  ['another channel', header => Object.assign(header, { name: 'other' }), /channel other/],
  ['a kind that nobody knows', header => Object.assign(header, { way: { kind: 'fax' } }), /not in shape/],
  ['a field too many', header => Object.assign(header, { url: 'x' }), /unknown field url/],
  ['no command', header => Object.assign(header, { way: { kind: 'command', command: [] } }), /not in shape/],
])('a header of %s is not read', async (_, change, words) => {
  const store = createMemoryStore()
  const vault = new Vault(store)
  await (await vault.channels()).save(channel(EMAIL), null)
  const record = await store.get('channel/notice:pager')
  if (record === undefined) throw new Error('no record')
  const header = { ...record.header }
  change(header)
  await store.put('channel/notice:pager', { ...record, header })
  const { channels, unreadable } = await vault.listing()
  expect(channels).toEqual([])
  expect(unreadable[0]?.error).toMatchObject({
    code: 'RECORD_UNREADABLE',
    message: expect.stringMatching(words),
  })
})

describe('the request to an address', () => {
  const POST = { method: 'POST', headers: { a: 'b' }, body: 'x' } as const
  const to = (url: string, below?: string) => requestTo(channel(EMAIL, url), POST, below)

  test.each<[string, string | undefined, string]>([
    ['https://hc.test/uuid', undefined, 'https://hc.test/uuid'],
    ['https://hc.test/uuid', '/fail', 'https://hc.test/uuid/fail'],
    ['https://hc.test/uuid/', '/fail', 'https://hc.test/uuid/fail'],
    ['https://hc.test/uuid?create=1', '/fail', 'https://hc.test/uuid/fail?create=1'],
    ['https://hc.test', '/fail', 'https://hc.test/fail'],
  ])('%s and %s make %s', (url, below, made) => {
    expect(to(url, below)).toEqual({ ...POST, url: made })
  })

  test('needs one', () => {
    expect(() => requestTo(channel(EMAIL, null), POST)).toThrow(/no address/)
  })
})

test('a mail server gets its login where there is one, and no channel of another kind has one', () => {
  expect(mailServerOf(channel(EMAIL, 'CNRY-password'))).toEqual({
    host: 'mail.example.test',
    port: 587,
    login: { user: 'shop', password: 'CNRY-password' },
  })
  expect(mailServerOf(channel({ ...EMAIL, user: null }, null)).login).toBeNull()
  expect(() => mailServerOf(channel({ kind: 'desktop' }, null))).toThrow(/no e-mail/)
})
