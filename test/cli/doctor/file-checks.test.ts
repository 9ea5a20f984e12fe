/** Modes, owners, links and leftovers, and what `--fix` does about them. */

import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Broken, keyOf, recordOf, stateOf, testBrokenWorlds } from '../../support/broken-world.ts'
import { diagnose, soundHome } from '../../support/doctor-world.ts'
import { folderPrint } from '../../support/folder-print.ts'
import { temporaryHome } from '../../support/temporary-home.ts'

const WORLDS: Readonly<Record<string, Broken>> = {
  'the state folder open to others': {
    spoil: home => chmodSync(stateOf(home), 0o755),
    found: ['folders problem'],
    says: /state is open to others \(mode 0755\)/,
    mend: /`tokenctl doctor --fix`/,
    exit: 5,
  },
  'the folder of the records open to the group': {
    spoil: home => chmodSync(join(stateOf(home), 'records'), 0o750),
    found: ['folders problem'],
    says: /records is open to others \(mode 0750\)/,
    mend: /`tokenctl doctor --fix`/,
    exit: 5,
  },
  'the folder of the settings open to others': {
    spoil: home => chmodSync(home, 0o755),
    found: ['folders problem'],
    says: /is open to others \(mode 0755\)/,
    mend: /`tokenctl doctor --fix`/,
    exit: 5,
  },
  'a record open to others': {
    spoil: home => chmodSync(recordOf(home), 0o644),
    found: ['folders problem'],
    says: /account\.ebay\.main\.sealed can be read or written by others \(mode 0644\)/,
    mend: /`tokenctl doctor --fix`.*have new tokens and keys issued/,
    exit: 5,
  },
  'every file open to others': {
    spoil: home => {
      for (const name of readdirSync(join(stateOf(home), 'records'))) {
        chmodSync(join(stateOf(home), 'records', name), 0o644)
        writeFileSync(join(stateOf(home), 'records', `.copy-of-${name}`), '', { mode: 0o644 })
        chmodSync(join(stateOf(home), 'records', `.copy-of-${name}`), 0o644)
      }
    },
    found: ['folders problem'],
    says: /^6 files in .*records are open to others, among them /,
    mend: /`tokenctl doctor --fix`/,
    exit: 5,
  },
  'a record that is a link': {
    spoil: home => {
      renameSync(recordOf(home), join(home, 'elsewhere'))
      symlinkSync(join(home, 'elsewhere'), recordOf(home))
    },
    found: ['folders problem'],
    says: /symbolic link/,
    mend: /Put the real file there/,
    exit: 5,
  },
  'a state folder that is a link': {
    spoil: home => {
      renameSync(stateOf(home), join(home, 'elsewhere'))
      symlinkSync(join(home, 'elsewhere'), stateOf(home))
    },
    found: ['folders problem'],
    says: /state is a symbolic link/,
    mend: /Links are not followed/,
    exit: 5,
  },
  'a record with a second name': {
    spoil: home => linkSync(recordOf(home), join(home, 'second')),
    found: ['folders problem'],
    says: /2 names/,
    mend: /cp -p/,
    exit: 5,
  },
  "another user's record": {
    spoil: home => chownSync(recordOf(home), 12_345, 12_345),
    found: ['folders problem'],
    says: /belongs to another user \(uid 12345/,
    mend: /Run tokenctl as the user who owns it/,
    exit: 5,
    root: true,
  },
  'a half-written file': {
    spoil: home => {
      const path = join(stateOf(home), 'records', '.account.ebay.main.sealed.0123456789abcdef.tmp')
      writeFileSync(path, 'half', { mode: 0o600 })
      utimesSync(path, 1, 1)
    },
    found: ['leftovers warning'],
    says: /A killed run left a half-written file/,
    mend: /`tokenctl doctor --fix`/,
    exit: 0,
  },
}

testBrokenWorlds(WORLDS)

test('a folder above that everybody may write', async () => {
  const home = await soundHome()
  const inside = join(temporaryHome(), 'open', 'home')
  mkdirSync(join(inside, '..'))
  chmodSync(join(inside, '..'), 0o777)
  renameSync(home, inside)
  onTestFinished(() => mkdirSync(home))
  const { wrong, exit } = await diagnose(inside)
  expect(wrong).toMatchObject([
    { id: 'folders', state: 'warning', mend: expect.stringMatching(/`chmod o-w \S+open`/) },
  ])
  expect(exit).toBe(0)
})

describe('--fix', () => {
  test('closes what is ours, removes leftovers, says each, and then all is well', async () => {
    const home = await soundHome()
    chmodSync(stateOf(home), 0o755)
    chmodSync(recordOf(home), 0o644)
    chmodSync(keyOf(home), 0o640)
    chmodSync(join(home, 'config.json'), 0o666)
    const left = join(stateOf(home), 'records', '.account.ebay.main.sealed.0123456789abcdef.tmp')
    writeFileSync(left, 'half', { mode: 0o600 })
    utimesSync(left, 1, 1)
    const { wrong, report, exit } = await diagnose(home, { fix: true })
    expect(wrong).toEqual([])
    expect(exit).toBe(0)
    expect(report.fixed.map(({ where }) => where).sort()).toEqual(
      [join(home, 'config.json'), keyOf(home), left, recordOf(home), stateOf(home)].sort(),
    )
    expect(report.fixed.find(({ where }) => where === recordOf(home))?.what).toBe(
      'Closed to others (its mode was 0644).',
    )
    expect(folderPrint(home).filter(entry => !/ (700|600)( |$)/.test(entry))).toEqual([])
    expect((await diagnose(home, { fix: true })).report.fixed).toEqual([])
  })

  test('removes nothing that cannot be read, and nothing fresh', async () => {
    const home = await soundHome()
    const fresh = join(stateOf(home), 'records', '.account.ebay.main.sealed.0123456789abcdef.tmp')
    writeFileSync(fresh, 'half', { mode: 0o600 })
    writeFileSync(recordOf(home), 'garbage', { mode: 0o600 })
    mkdirSync(join(stateOf(home), 'journal'), { mode: 0o700 })
    writeFileSync(join(stateOf(home), 'journal', 'account.ebay.main.journal'), 'garbage', { mode: 0o600 })
    const before = folderPrint(home)
    await diagnose(home, { fix: true })
    expect(folderPrint(home).filter(entry => !entry.startsWith('state/locks'))).toEqual(
      before.filter(entry => !entry.startsWith('state/locks')),
    )
  })

  test('follows no link', async () => {
    const home = await soundHome()
    const elsewhere = join(temporaryHome(), 'elsewhere')
    writeFileSync(elsewhere, 'not ours to close')
    chmodSync(elsewhere, 0o644)
    symlinkSync(elsewhere, join(stateOf(home), 'records', 'account.ebay.other.sealed'))
    const { report, exit } = await diagnose(home, { fix: true })
    expect(report.fixed).toEqual([])
    expect(exit).toBe(5)
    expect(folderPrint(join(elsewhere, '..'))).toEqual([expect.stringContaining('644')])
  })
})
