/**
 * A renewal that was cut off, found again by the built program: its journal whole, torn, newer, of another key, open to
 * others, of an account that is no more; with a clock that is wrong, a keychain that locked itself, and a full disk.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
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
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { historyLineSchema } from '../../src/cli/shapes/history-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { openFront } from '../support/front.ts'
import { keyringMissing, startKeyring } from '../support/keyring.ts'
import { journalFolder, journalPath, journals, leaveJournal } from '../support/left-journal.ts'
import { hasProgram } from '../support/needed-program.ts'
import { connect, connectedHome, endpoints, shop, simulated, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, type Run, tokenctl } from '../support/tokenctl.ts'

const SHOP = 'aliexpress:main'
let simulator: Simulator
let home: string
beforeEach(async () => {
  simulator = await simulated([
    shop(SHOP, 5, 60),
    shop('ebay:main', 30, 547),
    shop('amazon:main', 30, 365, { region: 'na' }),
  ])
  home = await connectedHome(simulator)
})

const asked = () => simulator.requests().length
const path = (account = SHOP) => journalPath(home, account)
const run = (...args: readonly string[]): Promise<Run> => tokenctl(args, { home })
const FINISHED = /^aliexpress:main: a renewal that was cut off is finished/m
const CRON = ['renew', '--all', '--due']

async function stateOf(account: string): Promise<string | undefined> {
  const { stdout } = await run('status', '--json')
  return statusSchema.parse(JSON.parse(stdout)).accounts.find(each => each.account === account)?.state
}

/** What the history has of recoveries, from its file: `history` itself is another test's. */
function recoveries(): readonly (readonly [string, string, string | null])[] {
  return readFileSync(join(home, 'state', 'history.1.jsonl'), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => historyLineSchema.parse(JSON.parse(line)))
    .filter(({ action }) => action === 'recover')
    .map(({ subject, outcome, code }) => [subject, outcome, code])
}

/** The bytes of the journal that say something, without the room behind them. */
const written = () => readFileSync(path()).toString('latin1').trimEnd().length
const lines = () =>
  readFileSync(path(), 'latin1')
    .split('\n')
    .filter(line => line !== '')
const rewrite = (text: string) => writeFileSync(path(), text, { encoding: 'latin1', mode: 0o600 })

describe('a journal with its answer', () => {
  test('is stored by the next run, by name or by cron, and nobody is asked', async () => {
    for (const args of [['renew', SHOP], CRON]) {
      await leaveJournal(home, SHOP, 'answered', simulator)
      const before = asked()
      expect(await stateOf(SHOP)).toBe('unconfirmed')
      const { status, stderr } = await run(...args)
      expect(stderr).toMatch(FINISHED)
      expect(status).toBe(0)
      expect(asked()).toBe(before)
      expect(journals(home)).toEqual([])
      expect(await stateOf(SHOP)).toBe('ok')
    }
    expect(recoveries()).toEqual([
      [SHOP, 'renewed', null],
      [SHOP, 'renewed', null],
    ])
    // The token that was stored is the one that lives: the marketplace takes it.
    expect((await run('renew', SHOP)).status).toBe(0)
  })
})

describe('a journal that is no good is moved aside under a name of its own, kept, and reported', () => {
  const CUT: Readonly<Record<string, () => number>> = {
    'to nothing': () => 0,
    'in its first line': () => 40,
    'at the end of its first line': () => lines()[0]?.length ?? 0,
    'in its second line': () => (lines()[0]?.length ?? 0) + 30,
  }
  const spoiled: Readonly<Record<string, readonly [why: string, spoil: () => void]>> = {
    ...Object.fromEntries(
      Object.entries(CUT).map(([where, at]) => [
        `cut ${where}`,
        ['damaged', () => truncateSync(path(), at())],
      ]),
    ),
    'cut in its answer': ['torn', () => truncateSync(path(), written() - 20)],
    'with one letter of its answer changed': [
      'torn',
      () => {
        const [head = '', token = '', answer = ''] = lines()
        rewrite(
          `${head}\n${token}\n${answer.slice(0, 50)}${answer[50] === 'A' ? 'B' : 'A'}${answer.slice(51)}\n`,
        )
      },
    ],
    'of a newer tokenctl': [
      'newer',
      () => rewrite(readFileSync(path(), 'latin1').replace('"version":1', '"version":2')),
    ],
    'sealed with another key': [
      'other-key',
      () => rewrite(readFileSync(path(), 'latin1').replace(/"keyId":"[0-9a-f]{8}"/, '"keyId":"00000000"')),
    ],
    'that is garbage': ['damaged', () => rewrite('\0\x01 garbage \xff\n'.repeat(99))],
    'of another account': [
      'damaged',
      () => rewrite(readFileSync(path(), 'latin1').replace(SHOP, 'ebay:main')),
    ],
  }

  test.each(Object.entries(spoiled))('%s', async (_, [why, spoil]) => {
    await leaveJournal(home, SHOP, 'answered', simulator)
    spoil()
    const bytes = readFileSync(path())
    expect(await stateOf(SHOP)).toBe('unconfirmed')
    const before = asked()
    const { status, stderr, stdout } = await run('renew', SHOP)
    const aside = `${path()}.${why}-1`
    expect(stderr).toContain(`It is kept as ${aside}; do not remove it before the account is renewed.`)
    expect(stderr).toContain('the answer to its last renewal was lost')
    expect(readFileSync(aside).equals(bytes)).toBe(true)
    // The simulator is strict, and the answer is gone with the journal: said as what it is, and once.
    expect(asked()).toBe(before + 1)
    expect(stdout).toContain(`${SHOP}: The answer to a renewal was lost on its way`)
    expect(status).toBe(3)
    expect(recoveries()).toEqual([[SHOP, 'failed', 'RECORD_UNREADABLE']])
    expect(journals(home)).toEqual([aside.slice(journalFolder(home).length + 1)])
  })

  test('by cron too, which then waits while an access token lives; the second one gets the next number', async () => {
    for (const number of [1, 2]) {
      await run('renew', SHOP)
      await leaveJournal(home, SHOP, 'presented', simulator)
      rewrite('garbage\n')
      const before = asked()
      const { stderr } = await run(...CRON)
      expect(stderr).toContain(`damaged-${number}`)
      expect(asked()).toBe(before)
      expect(await stateOf(SHOP)).toBe('unconfirmed')
    }
    expect(journals(home)).toEqual([
      'account.aliexpress.main.journal',
      'account.aliexpress.main.journal.damaged-1',
      'account.aliexpress.main.journal.damaged-2',
    ])
  })

  test('where tokens stay what they are, that is all there is to it', async () => {
    await leaveJournal(home, 'ebay:main', 'answered', simulator)
    truncateSync(path('ebay:main'), 30)
    const { status, stderr, stdout } = await run('renew', 'ebay:main')
    expect(stderr).toMatch(/^ebay:main: .* is damaged\. It is kept as .*damaged-1;/m)
    expect(stdout).toMatch(/^ebay:main: Renewed/)
    expect(status).toBe(0)
    expect(journals(home)).toEqual(['account.ebay.main.journal.damaged-1'])
  })
})

describe('a journal that is not private is neither read nor moved', () => {
  const open: Readonly<Record<string, readonly [says: RegExp, spoil: () => void, mend: () => void]>> = {
    'that others can read': [
      /can be read or written by others \(mode 0644\)/,
      () => chmodSync(path(), 0o644),
      () => chmodSync(path(), 0o600),
    ],
    'that is a link': [
      /symbolic link/,
      () => {
        renameSync(path(), join(home, 'elsewhere'))
        symlinkSync(join(home, 'elsewhere'), path())
      },
      () => renameSync(join(home, 'elsewhere'), path()),
    ],
    'with a second name': [
      /2 names/,
      () => linkSync(path(), join(home, 'second')),
      () => rmSync(join(home, 'second')),
    ],
    'that is a folder': [
      /folder/,
      () => {
        renameSync(path(), join(home, 'elsewhere'))
        mkdirSync(path(), 0o700)
      },
      () => {
        rmSync(path(), { recursive: true })
        renameSync(join(home, 'elsewhere'), path())
      },
    ],
  }

  test.each(Object.entries(open))(
    '%s: 5, nobody is asked, and mended it is stored',
    async (_, [says, spoil, mend]) => {
      await leaveJournal(home, SHOP, 'answered', simulator)
      const before = asked()
      spoil()
      expect((await run('status')).stderr).toMatch(says)
      expect(await stateOf(SHOP)).toBe('unconfirmed')
      for (const args of [['renew', SHOP], CRON]) {
        const { status, stdout, stderr } = await run(...args)
        expect(stdout + stderr).toMatch(says)
        expect(status).toBe(5)
      }
      expect((await run('renew', SHOP, '--json')).stdout).toContain('"RECORD_UNREADABLE"')
      // The others are none the worse for it.
      expect((await run('renew', 'ebay:main')).status).toBe(0)
      mend()
      expect((await run('renew', SHOP)).status).toBe(0)
      expect(asked()).toBe(before + 1)
      expect(journals(home)).toEqual([])
    },
  )
})

describe('a journal of an account that is no more', () => {
  const again = (token: string) =>
    JSON.stringify({
      version: 1,
      accounts: [{ account: 'aliexpress:gone', refreshToken: token, consentAt: '2026-09-01T00:00:00Z' }],
    })

  test.each([
    ['with an answer is moved aside when the name is used again', 'answered', true],
    ['without one is removed then', 'presented', false],
  ] as const)('%s', async (_, reached, isKept) => {
    // A removal that was killed between the record and the journal leaves this.
    await leaveJournal(home, SHOP, reached, simulator, { account: 'aliexpress:gone' })
    expect((await run('status')).status).toBe(0)
    expect((await run(...CRON)).status).toBe(0)
    const { status, stderr } = await tokenctl(['import'], { home, input: again('50000-of-another-consent') })
    expect(status).toBe(0)
    expect(stderr.includes('It is kept as')).toBe(isKept)
    expect(journals(home)).toEqual(isKept ? ['account.aliexpress.gone.journal.past-1'] : [])
    expect(recoveries()).toEqual(isKept ? [['aliexpress:gone', 'failed', 'RECORD_UNREADABLE']] : [])
  })

  test('a token that was brought for a name that is not there yet is told of, and stored by the same command', async () => {
    const token = new Secret(simulator.newAmazonToken('amazon:main'))
    await leaveJournal(home, 'amazon:new', 'answered', simulator, { purpose: 'brought', token, region: 'na' })
    expect((await run('status')).stderr).toContain(
      'A token that was brought for amazon:new waits to be stored: run `tokenctl set-amazon new` again.',
    )
    const set = await tokenctl(['set-amazon', 'new', '--stdin'], { home, input: token.reveal() })
    expect(set.stderr).toContain('amazon:new: a renewal that was cut off is finished')
    expect(await stateOf('amazon:new')).toBe('ok')
    expect(journals(home)).toEqual([])
  })
})

const hasFaketime = hasProgram('faketime')

describe.skipIf(!hasFaketime)(
  `a clock that is wrong (${hasFaketime ? 'faketime' : 'faketime is not installed'})`,
  () => {
    /** The program under another clock. */
    function at(shift: string, ...args: readonly string[]): Promise<Run> {
      const child = spawn('faketime', ['-f', shift, NODE, BIN, ...args], { env: environmentOf({ home }) })
      child.stdin.end()
      return ended(child)
    }

    test.each(['-10y', '-1d', '+1d'])(
      '%s: what the journal holds is stored with its own time, and nobody is asked',
      async shift => {
        await leaveJournal(home, SHOP, 'answered', simulator)
        const before = asked()
        const { status, stderr } = await at(shift, 'renew', SHOP)
        expect(stderr).toMatch(FINISHED)
        expect(status).toBe(0)
        expect(asked()).toBe(before)
        expect(await stateOf(SHOP)).toBe('ok')
      },
    )

    test('+10y: it is stored too; the access token in it looks ended, so the marketplace is asked, which knows the time', async () => {
      await leaveJournal(home, SHOP, 'answered', simulator)
      const { status, stdout, stderr } = await at('+10y', 'renew', SHOP)
      expect(stderr).toMatch(FINISHED)
      expect(stdout).toMatch(/Fix: Set the clock of this machine/)
      expect(status).toBe(3)
      expect(await stateOf(SHOP)).toBe('ok')
      expect((await run('renew', SHOP)).status).toBe(0)
    })

    test.each(['-10y', '+10y'])('%s: a mark stays one, and the right clock settles it', async shift => {
      await leaveJournal(home, SHOP, 'presented', simulator)
      expect((await at(shift, 'status')).stdout).toMatch(/^AliExpress +main +(unconfirmed|expired)/m)
      expect(await stateOf(SHOP)).toBe('unconfirmed')
      // It was never sent, so the marketplace takes it.
      expect((await run('renew', SHOP)).status).toBe(0)
      expect(await stateOf(SHOP)).toBe('ok')
      expect(journals(home)).toEqual([])
    })

    test.each(['-10y', '+10y'])(
      '%s while it renews: under the right clock the account is never fine for it',
      async shift => {
        expect((await at(shift, 'renew', 'ebay:main')).status).toBe(0)
        expect(await stateOf('ebay:main')).not.toBe('ok')
        expect((await run('renew', 'ebay:main')).status).toBe(0)
        expect(await stateOf('ebay:main')).toBe('ok')
      },
    )
  },
)

const missing = keyringMissing()

test.skipIf(missing !== undefined)(
  `a keychain that locks itself in the midst (${missing ?? 'gnome-keyring'}): the answer waits in the journal, and the next run asks nobody`,
  async () => {
    const keyring = await startKeyring('unlocked')
    onTestFinished(() => keyring.stop())
    const env = { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] }
    const front = await openFront(simulator.origin)
    home = temporaryHome()
    writeSettings(home, { store: 'keychain', ...endpoints(front.origin) })
    const input = JSON.stringify(simulator.importDocument())
    expect((await tokenctl(['import'], { home, env, input })).status).toBe(0)

    front.meanwhile = () => keyring.lockAgain()
    const cut = await tokenctl(['renew', SHOP], { home, env })
    expect(cut.stdout).toMatch(/its answer is safe/)
    expect(cut.status).toBe(5)
    expect(await stateOf(SHOP)).toBe('unconfirmed')
    expect(journals(home)).toEqual(['account.aliexpress.main.journal'])
    const before = asked()
    // Still locked: 5, and the journal is as it was.
    expect((await tokenctl(CRON, { home, env })).status).toBe(5)
    expect(journals(home)).toEqual(['account.aliexpress.main.journal'])

    const unlocked = await startKeyring('unlocked', { keyrings: join(keyring.home, 'data') })
    onTestFinished(() => unlocked.stop())
    const next = { home, env: { DBUS_SESSION_BUS_ADDRESS: unlocked.env['DBUS_SESSION_BUS_ADDRESS'] } }
    const stored = await tokenctl(CRON, next)
    expect(stored.stderr).toMatch(FINISHED)
    expect(stored.status).toBe(0)
    expect(asked()).toBe(before)
    expect(await stateOf(SHOP)).toBe('ok')
    front.meanwhile = () => {}
    expect((await tokenctl(['renew', SHOP], next)).status).toBe(0)
  },
)

describe('a full disk', () => {
  /** A home on a disk of its own; undefined, and the test skipped, where none may be mounted. */
  function smallDisk(skip: (why: string) => void): string | undefined {
    const folder = temporaryHome()
    const mounted =
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'tmpfs', folder]).status === 0
    if (mounted) onTestFinished(() => void spawnSync('umount', ['-l', folder]))
    else skip('mounting a tmpfs is not permitted here')
    return mounted ? folder : undefined
  }
  const fill = (folder: string) => {
    for (const size of [65_536, 4096])
      for (let number = 0; ; number += 1) {
        try {
          writeFileSync(join(folder, `ballast-${size}-${number}`), Buffer.alloc(size))
        } catch {
          // Full: that was the aim.
          break
        }
      }
  }
  const free = (folder: string) => spawnSync('sh', ['-c', 'rm "$0"/ballast-*', folder])

  test('before a renewal: nothing is sent, and 5', async context => {
    const disk = smallDisk(why => context.skip(why))
    if (disk === undefined) return
    home = disk
    await connect(home, simulator)
    const before = asked()
    fill(home)
    const { status, stdout } = await run('renew', SHOP)
    expect(stdout).toMatch(/the disk is full/)
    expect(status).toBe(5)
    expect(asked()).toBe(before)
    free(home)
    expect((await run('renew', SHOP)).status).toBe(0)
  })

  test('in the midst: the answer goes into the room that was kept for it, and the next run stores it', async context => {
    const disk = smallDisk(why => context.skip(why))
    if (disk === undefined) return
    home = disk
    const front = await openFront(simulator.origin)
    await connect(home, simulator)
    writeSettings(home, { store: 'file', ...endpoints(front.origin) })
    front.meanwhile = () => fill(home)
    const cut = await run('renew', SHOP)
    expect(cut.stdout).toMatch(/its answer is safe .*the disk is full/)
    expect(cut.status).toBe(5)
    const before = asked()
    free(home)
    expect(await stateOf(SHOP)).toBe('unconfirmed')
    expect((await run(...CRON)).status).toBe(0)
    expect(asked()).toBe(before)
    expect(await stateOf(SHOP)).toBe('ok')
    front.meanwhile = () => {}
    expect((await run('renew', SHOP)).status).toBe(0)
  })

  test('a limit on the size of files does the same: nothing is sent', async () => {
    const before = asked()
    // 8 blocks of 1024 bytes: a record fits, a journal with its room does not.
    const script = 'ulimit -f 8; trap "" XFSZ; exec "$0" "$@"'
    const child = spawn('bash', ['-c', script, NODE, BIN, 'renew', SHOP], { env: environmentOf({ home }) })
    child.stdin.end()
    const { status, stdout } = await ended(child)
    expect(stdout).toMatch(/could not be written: .*\n {2}Fix: \S/)
    expect(status).toBe(5)
    expect(asked()).toBe(before)
    expect(existsSync(path())).toBe(false)
    expect((await run('renew', SHOP)).status).toBe(0)
  })
})
