/** Channels that could not be told, or were not when something was last sent; and nothing is sent for it. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readFailingChannels } from '../../../src/cli/notices/failing-channels.ts'
import { Secret } from '../../../src/tokens/secret.ts'
import { DAY } from '../../../src/tokens/time.ts'
import type { ChannelWay } from '../../../src/vault/channel-header.ts'
import { VaultDoor } from '../../../src/vault/open.ts'
import { keyOf, stateOf, testBrokenWorlds } from '../../support/broken-world.ts'
import { diagnose, doctorWorld, NOW, soundHome } from '../../support/doctor-world.ts'
import { namedProgram } from '../../support/named-program.ts'

const CHAT = { kind: 'webhook', host: 'hooks.example.com', format: 'json' } as const
const ALIVE = { kind: 'heartbeat', host: 'hc.example.com', method: 'GET', signalsFailure: true } as const
const CANARY = 'CNRY-address-6e1f0b'
const ADDRESS = `https://hooks.example.com/${CANARY}`

async function addChannel(
  home: string,
  name: string,
  way: ChannelWay,
  secret: string | null = null,
  addedAt = NOW - 30 * DAY,
) {
  const world = doctorWorld(home)
  const door = new VaultDoor(await world.vaultParts('test', { lockMs: 1000 }))
  const channels = await (await door.write()).channels()
  await channels.save(
    { header: { name, addedAt, way }, secret: secret === null ? null : new Secret(secret) },
    null,
  )
  await door.close()
  await world.close()
}

function setFailing(home: string, name: string, since: string): void {
  const failing = { [name]: { since, at: '2026-11-22T06:00:00Z', code: 'NETWORK_FAILED' } }
  writeFileSync(join(stateOf(home), 'failing-channels.json'), JSON.stringify({ version: 1, failing }), {
    mode: 0o600,
  })
}

function setMarks(home: string, text: string): void {
  writeFileSync(join(stateOf(home), 'notices.json'), text, { mode: 0o600 })
}

testBrokenWorlds({
  'what was told is of a newer version': {
    spoil: async home => {
      await addChannel(home, 'chat', CHAT, ADDRESS)
      setMarks(home, '{"version":2,"told":{}}')
    },
    found: ['channels problem'],
    says: /notices\.json was written by a newer tokenctl \(version 2\)\. Until tokenctl is updated no notice is sent\.$/,
    mend: /^Update tokenctl\. Nothing was changed\.$/,
    exit: 5,
  },
  'what was told is torn': {
    spoil: async home => {
      await addChannel(home, 'chat', CHAT, ADDRESS)
      setMarks(home, '{"version":1,"told":')
    },
    found: ['channels warning'],
    says: /notices\.json is not in shape\. The next run sets it aside; then each notice may come once more\.$/,
    mend: /backup/,
    exit: 0,
  },
  'what was told is open to others: told once, where modes are': {
    spoil: async home => {
      await addChannel(home, 'chat', CHAT, ADDRESS)
      setMarks(home, '{"version":1,"told":{}}')
      chmodSync(join(stateOf(home), 'notices.json'), 0o644)
    },
    found: ['folders problem'],
    says: /notices\.json/,
    mend: /--fix/,
    exit: 5,
  },
  'a program that others can write': {
    spoil: home => addChannel(home, 'pager', { kind: 'command', command: [namedProgram(0o757)] }),
    found: ['channels problem'],
    says: /^The channel pager cannot be run: .*can be written by others/,
    mend: /`tokenctl notices remove pager`/,
    exit: 3,
  },
  'an address that is none': {
    spoil: home => addChannel(home, 'chat', CHAT, `ftp://example.com/${CANARY}`),
    found: ['channels problem'],
    says: /^The channel chat cannot be asked: The address must begin with https/,
    mend: /`tokenctl notices remove chat`, and add it anew/,
    exit: 3,
  },
  'no address at all': {
    spoil: home => addChannel(home, 'chat', CHAT),
    found: ['channels problem'],
    says: /^The channel chat cannot be asked: No address was given/,
    mend: /add it anew/,
    exit: 3,
  },
  'the last sending failed': {
    spoil: async home => {
      await addChannel(home, 'chat', CHAT, ADDRESS)
      setFailing(home, 'chat', '2026-11-20T06:00:00Z')
    },
    found: ['channels warning'],
    says: /^The channel chat did not take what was sent 2026-11-22 \d\d:00 \(NETWORK_FAILED\), as each time since 2026-11-20 \d\d:00\.$/,
    mend: /^`tokenctl notices test chat` /,
    exit: 0,
  },
  'the last heartbeat failed': {
    spoil: async home => {
      await addChannel(home, 'alive', ALIVE, ADDRESS)
      setFailing(home, 'alive', '2026-11-22T06:00:00Z')
    },
    found: ['channels warning'],
    says: /^The heartbeat alive did not take what was sent 2026-11-22 \d\d:00 \(NETWORK_FAILED\)\.$/,
    mend: /monitor/,
    exit: 0,
  },
})

test('what works is told in one line, and nothing is sent or run', async () => {
  const home = await soundHome()
  const path = namedProgram()
  await addChannel(home, 'chat', CHAT, ADDRESS)
  await addChannel(home, 'pager', { kind: 'command', command: [path] })
  await addChannel(home, 'screen', { kind: 'desktop' })
  // Of a channel that was removed since.
  setFailing(home, 'gone', '2026-11-20T06:00:00Z')
  const asked: string[] = []
  const { report, wrong, text } = await diagnose(home, {
    http: async ({ method, url }) => {
      asked.push(`${method} ${url}`)
      return { status: 405, headers: { date: new Date(NOW).toUTCString() }, body: '' }
    },
  })
  expect(wrong).toEqual([])
  expect(report.findings.find(({ id }) => id === 'channels')?.what).toBe(
    '3 channels; none failed when something was last sent.',
  )
  expect(asked.filter(line => line.includes('example.com'))).toEqual([])
  expect(existsSync(join(dirname(path), 'ran'))).toBe(false)
  expect(text).not.toContain(CANARY)
  expect(readFailingChannels(stateOf(home), doctorWorld(home).files).size).toBe(1)
})

test('where the vault does not open, addresses are not looked at and no other problem is made of it', async () => {
  const home = await soundHome()
  await addChannel(home, 'chat', CHAT, 'no address')
  writeFileSync(keyOf(home), 'age-encryption.org/v1\nnot opened here', { mode: 0o600 })
  const { report, wrong } = await diagnose(home)
  expect(wrong.map(({ id }) => id)).toEqual(['key'])
  expect(report.findings.find(({ id }) => id === 'channels')?.what).toMatch(/were not looked at/)
})

test('a channel that was put in the place of one that failed is not blamed for it', async () => {
  const home = await soundHome()
  await addChannel(home, 'chat', CHAT, ADDRESS, NOW)
  setFailing(home, 'chat', '2026-11-20T06:00:00Z')
  expect((await diagnose(home)).wrong).toEqual([])
})

test('a heartbeat alone needs nothing of what was told', async () => {
  const home = await soundHome()
  await addChannel(home, 'alive', ALIVE, ADDRESS)
  setMarks(home, '{"version":2,"told":{}}')
  expect((await diagnose(home)).wrong).toEqual([])
})
