/** A vault that is damaged, newer, or open to others, on the built program: never empty, never written over (I5). */
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Bad, cases, connected, homePrint } from '../support/bad-input.ts'
import { tokenctl } from '../support/tokenctl.ts'

const four = connected()

describe('the vault', () => {
  const record = (home: string, name = 'account.ebay.main') =>
    join(home, 'state', 'records', `${name}.sealed`)
  const edit = (path: string, from: string, to: string) => {
    const text = readFileSync(path, 'latin1')
    if (!text.includes(from)) throw new Error(`${path} has no ${from}`)
    writeFileSync(path, text.replace(from, to), { encoding: 'latin1', mode: 0o600 })
  }
  const key = (home: string) => join(home, 'vault.key')
  const folder = (home: string) => join(home, 'state', 'records')

  /** What stands in the way of a whole vault: every command says so. */
  const whole: Readonly<Record<string, Bad>> = {
    'the mark of a newer tokenctl': {
      args: ['status'],
      spoil: home => edit(join(home, 'state', 'vault.json'), '"version":1', '"version":99'),
      code: 'VAULT_UNAVAILABLE',
      says: /newer tokenctl .*vault\.json, version 99/,
      fix: /[Uu]pdate/,
    },
    'a mark that is no JSON': {
      args: ['status'],
      spoil: home => writeFileSync(join(home, 'state', 'vault.json'), '{', { mode: 0o600 }),
      code: 'VAULT_UNAVAILABLE',
      says: /vault\.json/,
      fix: /./,
    },
    'no mark beside records': {
      args: ['status'],
      spoil: home => rmSync(join(home, 'state', 'vault.json')),
      code: 'VAULT_UNAVAILABLE',
      says: /vault\.json is missing, and \d+ files/,
      fix: /status --verify/,
    },
    'a folder of records open to others': {
      args: ['status'],
      spoil: home => chmodSync(folder(home), 0o755),
      code: 'VAULT_UNAVAILABLE',
      says: /records is open to others \(mode 0755\)/,
      fix: /chmod 700 /,
    },
    'a folder of records that is a link': {
      args: ['status'],
      spoil: home => {
        renameSync(folder(home), `${folder(home)}.real`)
        symlinkSync(`${folder(home)}.real`, folder(home))
      },
      code: 'VAULT_UNAVAILABLE',
      says: /records is a symbolic link/,
      fix: /not followed/,
    },
    'a folder of records that is gone': {
      args: ['status'],
      spoil: home => rmSync(folder(home), { recursive: true }),
      code: 'VAULT_UNAVAILABLE',
      says: /records/,
      fix: /./,
    },
  }
  test.each(cases(whole))('%s: no command takes it for empty', async (_, row) => {
    await four.check(row)
    await four.check({ ...row, args: ['renew', '--all', '--due'] })
    await four.check({ ...row, args: ['accounts', 'list'] })
    const more = JSON.stringify({
      version: 1,
      accounts: [{ account: 'ebay:third', refreshToken: 'v^1.1#abcdefgh' }],
    })
    for (const [args, input] of [
      [['import'], more],
      [['set-amazon', 'main', '--stdin'], 'Atzr|IwEBIabcdefgh'],
      [['track', 'ebay:third', '--consented', '2026-08-01'], ''],
    ] as const) {
      const home = four.copy()
      row.spoil?.(home)
      const before = homePrint(home)
      const run = await tokenctl(args, { home, input })
      expect(run.stderr).toMatch(/Error: .*(vault\.json|records).*\nFix: /)
      expect(run).toMatchObject({ status: 5, stdout: '' })
      expect(homePrint(home)).toEqual(before)
    }
  })

  test('the state folder gone and the key left: 5 with both ways on, and cron is not told that all is well', async () => {
    const home = four.copy()
    rmSync(join(home, 'state'), { recursive: true })
    for (const args of [
      ['status'],
      ['renew', '--all', '--due'],
      ['accounts', 'list'],
      ['status', '--verify'],
    ]) {
      const { stdout, stderr, status } = await tokenctl(args, { home })
      expect(stderr).toMatch(
        /the records are gone: .*state has none\. .*\nFix: Restore that folder from a backup\./,
      )
      expect({ args, status, stdout }).toEqual({ args, status: 5, stdout: '' })
    }
    const before = readFileSync(key(home))
    expect((await tokenctl(['config', 'set', 'key-file', key(home)], { home })).status).toBe(0)
    expect((await tokenctl(['status'], { home })).stdout).toMatch(/not connected/)
    expect((await tokenctl(['import'], { home, input: four.document })).status).toBe(0)
    expect(readFileSync(key(home)).equals(before)).toBe(true)
  })

  test('another key than that of the records: nothing is sealed with it, and no setting takes it', async () => {
    const home = four.copy()
    const other = join(home, 'other.key')
    writeFileSync(other, Buffer.alloc(32, 7), { mode: 0o600 })
    const before = homePrint(home)
    const input = JSON.stringify({
      version: 1,
      accounts: [{ account: 'ebay:third', refreshToken: 'v^1.1#abcdefgh' }],
    })
    const env = { TOKENCTL_KEY_FILE: other }
    for (const [args, more, code, exit] of [
      [['import'], { env, input }, 'RECORD_UNREADABLE', 5],
      [['track', 'ebay:third', '--consented', '2026-08-01'], { env }, 'RECORD_UNREADABLE', 5],
      [['config', 'set', 'key-file', other], {}, 'RECORD_UNREADABLE', 5],
      [['config', 'set', 'key-file', join(home, 'new.key')], {}, 'VAULT_UNAVAILABLE', 5],
      [['config', 'set', 'key-source', 'systemd'], {}, 'STORE_IN_USE', 2],
      [['config', 'set', 'key-source', 'passphrase'], {}, 'VAULT_UNAVAILABLE', 5],
    ] as const) {
      const { stderr, status } = await tokenctl(args, { home, ...more })
      expect(stderr).toMatch(new RegExp(`\\[${code}\\]\nFix: \\S`))
      expect({ args, status }).toEqual({ args, status: exit })
    }
    expect(homePrint(home)).toEqual(before)
    expect((await tokenctl(['config', 'set', 'key-source', 'file'], { home })).status).toBe(0)
    // Moved by a copy, then the setting, the records stay readable; the way back is checked too.
    writeFileSync(other, readFileSync(key(home)), { mode: 0o600 })
    expect((await tokenctl(['config', 'set', 'key-file', other], { home })).status).toBe(0)
    rmSync(key(home))
    expect((await tokenctl(['status', '--verify'], { home })).status).toBe(0)
    expect((await tokenctl(['config', 'unset', 'key-file'], { home })).status).toBe(2)
    expect((await tokenctl(['status', '--verify'], { home })).status).toBe(0)
  })

  const one: Readonly<Record<string, Pick<Bad, 'spoil' | 'code' | 'says'>>> = {
    'a record of a newer tokenctl': {
      spoil: home => edit(record(home), '"version":1', '"version":9'),
      code: 'RECORD_UNREADABLE',
      says: /newer tokenctl/,
    },
    'a record open to others': {
      spoil: home => chmodSync(record(home), 0o644),
      code: 'RECORD_UNREADABLE',
      says: /account\.ebay\.main\.sealed can be read or written by others \(mode 0644\)/,
    },
    'a record that is a link': {
      spoil: home => {
        renameSync(record(home), join(home, 'elsewhere'))
        symlinkSync(join(home, 'elsewhere'), record(home))
      },
      code: 'RECORD_UNREADABLE',
      says: /symbolic link/,
    },
    'a record with a second name': {
      spoil: home => linkSync(record(home), join(home, 'second')),
      code: 'RECORD_UNREADABLE',
      says: /2 names/,
    },
    'a record cut short': {
      spoil: home => truncateSync(record(home), 40),
      code: 'RECORD_UNREADABLE',
      says: /account\.ebay\.main\.sealed|ebay:main/,
    },
    'an empty record': {
      spoil: home => truncateSync(record(home), 0),
      code: 'RECORD_UNREADABLE',
      says: /account\.ebay\.main\.sealed|ebay:main/,
    },
    'a record that is a folder': {
      spoil: home => {
        rmSync(record(home))
        mkdirSync(record(home), 0o700)
      },
      code: 'RECORD_UNREADABLE',
      says: /folder/,
    },
  }
  test.each(Object.entries(one))(
    '%s: that account fails alone, and is not unknown',
    async (_, { spoil, code, says }) => {
      const home = four.copy()
      spoil?.(home)
      const before = homePrint(home)
      const listed = await tokenctl(['status'], { home })
      expect(listed.stderr).toMatch(says)
      expect(listed.stdout).toMatch(/outlet/)
      expect(listed.stdout).not.toMatch(/not connected/)
      expect(listed.status).toBe(5)
      const named = await tokenctl(['renew', 'ebay:main', '--json'], { home })
      expect(JSON.parse(named.stdout).results).toMatchObject([
        { account: 'ebay:main', outcome: 'failed', code },
      ])
      expect(named.status).toBe(5)
      expect((await tokenctl(['accounts', 'remove', 'ebay:main', '--yes'], { home })).status).toBe(5)
      expect((await tokenctl(['accounts', 'rename', 'ebay:main', 'old'], { home })).status).toBe(5)
      expect((await tokenctl(['track', 'ebay:main', '--consented', '2026-08-01'], { home })).status).toBe(5)
      expect((await tokenctl(['import', '--replace'], { home, input: four.document })).status).toBe(5)
      expect(homePrint(home)).toEqual(before)
      // The others are renewed all the same.
      const others = await tokenctl(['renew', 'ebay'], { home })
      expect(others.stdout).toMatch(/^ebay:outlet: Renewed/m)
      expect(others.status).toBe(5)
    },
  )

  const sealed: Readonly<Record<string, Pick<Bad, 'spoil' | 'code' | 'says'>>> = {
    'a header edited by hand': {
      spoil: home => edit(record(home), '"consentAt":"2', '"consentAt":"1'),
      code: 'RECORD_UNREADABLE',
      says: /ebay:main|account\.ebay\.main/,
    },
    'the body of another account': {
      spoil: home => {
        const body = readFileSync(record(home, 'account.ebay.outlet'), 'latin1').split('\n')[1]
        const head = readFileSync(record(home), 'latin1').split('\n')[0]
        writeFileSync(record(home), `${head}\n${body}\n`, { mode: 0o600 })
      },
      code: 'RECORD_UNREADABLE',
      says: /ebay:main|account\.ebay\.main/,
    },
    'no key': { spoil: home => rmSync(key(home)), code: 'VAULT_UNAVAILABLE', says: /vault\.key/ },
    'another key': {
      spoil: home => writeFileSync(key(home), Buffer.alloc(32, 7), { mode: 0o600 }),
      code: 'RECORD_UNREADABLE',
      says: /vault\.key|key/,
    },
    'a key of 31 bytes': {
      spoil: home => truncateSync(key(home), 31),
      code: 'VAULT_UNAVAILABLE',
      says: /vault\.key has 31 bytes; it must be 32 raw bytes/,
    },
    'an empty key': {
      spoil: home => truncateSync(key(home), 0),
      code: 'VAULT_UNAVAILABLE',
      says: /vault\.key is empty/,
    },
    'a key in hex': {
      spoil: home => writeFileSync(key(home), `${'ab'.repeat(32)}\n`, { mode: 0o600 }),
      code: 'VAULT_UNAVAILABLE',
      says: /vault\.key holds a key written as hex digits/,
    },
    'a key open to others': {
      spoil: home => chmodSync(key(home), 0o640),
      code: 'VAULT_UNAVAILABLE',
      says: /vault\.key can be read or written by others \(mode 0640\)/,
    },
    'a key that is a link': {
      spoil: home => {
        renameSync(key(home), `${key(home)}.real`)
        symlinkSync(`${key(home)}.real`, key(home))
      },
      code: 'VAULT_UNAVAILABLE',
      says: /vault\.key is a symbolic link/,
    },
  }
  test.each(Object.entries(sealed))(
    '%s: status needs no key, and what opens a body ends with 5',
    async (_, { spoil, code, says }) => {
      const home = four.copy()
      spoil?.(home)
      const before = homePrint(home)
      const asked = four.simulator.requests().length
      expect((await tokenctl(['status'], { home })).status).toBe(0)
      const verified = await tokenctl(['status', '--verify'], { home })
      expect(verified.stderr).toMatch(says)
      expect(verified.status).toBe(5)
      const renewed = await tokenctl(['renew', 'ebay:main', '--json'], { home })
      expect(JSON.parse(renewed.stdout).results).toMatchObject([{ outcome: 'failed', code }])
      expect(renewed.status).toBe(5)
      expect((await tokenctl(['renew', 'ebay:main'], { home })).stdout).toMatch(/\n {2}Fix: \S/)
      expect(four.simulator.requests().length).toBe(asked)
      expect(homePrint(home)).toEqual(before)
    },
  )

  test('an app whose record is damaged is neither missing nor removed, and its accounts fail with 5', async () => {
    const home = four.copy()
    chmodSync(record(home, 'app.ebay.default'), 0o644)
    const before = homePrint(home)
    for (const args of [
      ['app', 'list'],
      ['app', 'list', 'ebay'],
      ['app', 'list', '--json'],
      ['app', 'remove', 'ebay', '--yes'],
      ['accounts', 'list'],
      ['status'],
      ['renew', 'ebay:main'],
    ]) {
      const { stdout, stderr, status } = await tokenctl(args, { home })
      expect(stdout + stderr).toMatch(/app\.ebay\.default\.sealed can be read or written by others/)
      expect(stdout + stderr).not.toMatch(/There (is|are) no/)
      expect({ args, status }).toEqual({ args, status: 5 })
    }
    const input = JSON.stringify({ clientId: 'a', clientSecret: 'b' })
    expect((await tokenctl(['app', 'set', 'ebay', '--stdin'], { home, input })).status).toBe(5)
    expect(homePrint(home)).toEqual(before)
  })
})
