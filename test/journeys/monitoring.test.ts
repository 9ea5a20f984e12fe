/** The built program as a monitor and a calendar call it: files for them, their exit statuses, and what they are told when nothing works. */
import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { STATUS_FORMATS } from '../../src/cli/status/status-format.ts'
import { parseCalendar } from '../support/calendar.ts'
import { parseExposition } from '../support/exposition.ts'
import { elements, parsePage, textOf } from '../support/html.ts'
import { connectedForAll, copyOf, shop } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { type RunOptions, tokenctl } from '../support/tokenctl.ts'

const { home: base, simulator } = connectedForAll([
  shop('ebay:main', 120, 547),
  shop('ebay:outlet', 20, 547),
  shop('amazon:main', 355, 365, { region: 'na' }),
  shop('aliexpress:gadgets', 66, 60),
])

const run = (args: readonly string[], more: RunOptions = {}) =>
  tokenctl(['status', ...args], { home: base, ...more })

/** A home whose vault cannot be opened at all. */
function brokenHome(): string {
  const home = copyOf(base)
  writeFileSync(join(home, 'state', 'vault.json'), '{', { mode: 0o600 })
  return home
}

/** A home of which one account's record is damaged. */
function damagedHome(): string {
  const home = copyOf(base)
  const folder = join(home, 'state', 'records')
  const record = readdirSync(folder).find(name => name.includes('outlet'))
  writeFileSync(join(folder, record ?? expect.unreachable('no record')), 'x', { mode: 0o600 })
  return home
}

/** Makes a link in a folder. */
function linkIn(folder: string): string {
  symlinkSync('kept', join(folder, 'link'))
  return join(folder, 'link')
}

describe('--output', () => {
  test('a file for a collector: whole, readable by others, replaced by the next run', async () => {
    const file = join(temporaryHome(), 'tokenctl.prom')
    for (const _ of [1, 2]) {
      const { status, stdout } = await run(['--format', 'prometheus', '--output', file])
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
      expect(statSync(file).mode & 0o777).toBe(0o644)
      expect(parseExposition(readFileSync(file, 'utf8')).get('tokenctl_account_info')?.series).toHaveLength(4)
      writeFileSync(file, 'old')
    }
    expect(readdirSync(join(file, '..'))).toEqual(['tokenctl.prom'])
  })

  test('notes stay on standard error', async () => {
    const file = join(temporaryHome(), 'a.ics')
    const { stderr } = await run(['--format', 'ics', '--output', file])
    expect(stderr).toContain(`Note: ebay, amazon, aliexpress are set to ${simulator().origin}`)
  })

  test.each<[what: string, make: (folder: string) => string, words: RegExp]>([
    ['a link', linkIn, /symbolic link/],
    ['a folder', folder => folder, /is a folder/],
    ['no folder', folder => join(folder, 'none', 'file'), /there is no folder/],
  ])('%s is refused with words, exit 5', async (_, make, words) => {
    const folder = temporaryHome()
    writeFileSync(join(folder, 'kept'), 'old')
    const { status, stderr, stdout } = await run(['--format', 'ics', '--output', make(folder)])
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' })
    expect(stderr).toMatch(words)
    expect(stderr).toContain('[WRITE_FAILED]')
    expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('old')
  })

  test('a folder that may not be written', async context => {
    context.skip(process.geteuid?.() === 0, 'root may write everywhere')
    const folder = temporaryHome()
    chmodSync(folder, 0o500)
    const { status, stderr } = await run(['--format', 'ics', '--output', join(folder, 'a')])
    expect(stderr).toMatch(/may not write there/)
    expect(status).toBe(5)
  })
})

describe('when the vault fails', () => {
  test('the file of the last run stays as it was, and the exit status is 5', async () => {
    const home = brokenHome()
    const file = join(temporaryHome(), 'tokenctl.prom')
    writeFileSync(file, 'old')
    const before = lstatSync(file)
    for (const format of ['prometheus', 'ics', 'html', 'timeline', 'json', 'table']) {
      const { status } = await run(['--format', format, '--output', file], { home })
      expect(status).toBe(5)
    }
    expect(readFileSync(file, 'utf8')).toBe('old')
    expect(lstatSync(file).mtimeMs).toBe(before.mtimeMs)
  })

  test('a plugin answers UNKNOWN on standard output', async () => {
    const { status, stdout, stderr } = await run(['--format', 'nagios'], { home: brokenHome() })
    expect(status).toBe(3)
    expect(stdout).toMatch(/^TOKENCTL UNKNOWN - .*vault\.json is damaged.*\(VAULT_UNAVAILABLE\)\n$/)
    expect(stderr).toBe('')
  })

  test('one record that cannot be read: the rest is written, and it is counted', async () => {
    const home = damagedHome()
    const { status, stdout, stderr } = await run(['--format', 'prometheus'], { home })
    expect(status).toBe(5)
    expect(stderr).toContain('[RECORD_UNREADABLE]')
    const families = parseExposition(stdout)
    expect(families.get('tokenctl_unreadable_records')?.series[0]?.value).toBe(1)
    expect(families.get('tokenctl_account_info')?.series).toHaveLength(3)

    const calendar = await run(['--format', 'ics'], { home })
    expect(calendar.status).toBe(5)
    const summaries = parseCalendar(calendar.stdout).components.map(
      each => each.properties.get('SUMMARY')?.value,
    )
    expect(summaries).toContainEqual('tokenctl cannot read 1 record: tokenctl status --verify')

    const plugin = await run(['--format', 'nagios'], { home })
    expect({ status: plugin.status, stderr: plugin.stderr }).toEqual({ status: 2, stderr: '' })
    expect(plugin.stdout).toMatch(/^TOKENCTL CRITICAL - .*\(RECORD_UNREADABLE\).* unreadable=1 /)
  })
})

describe('a plugin’s exit status', () => {
  test.each([
    [['ebay:outlet'], 0],
    [['ebay:main'], 1],
    [['aliexpress'], 2],
    [['ebay:outlet', '--fail-within', '600d'], 2],
    [['ebay:nobody'], 3],
    [['--bogus'], 3],
    [['--json'], 3],
    [['--fail-within', 'soon'], 3],
    [['--fail-within'], 3],
  ] as const)('%j: %i', async (args, status) => {
    for (const format of [['--format', 'nagios'], ['--format=nagios']]) {
      const result = await run([...format, ...args])
      expect(result).toMatchObject({ status, stderr: '' })
      expect(result.stdout).toMatch(/^TOKENCTL (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+( \| [^|\n]+)?\n$/)
    }
  })

  test('settings that are none', async () => {
    const home = temporaryHome()
    writeFileSync(join(home, 'config.json'), '{"window":"soon"}', { mode: 0o600 })
    const { status, stdout } = await run(['--format', 'nagios'], { home })
    expect(stdout).toMatch(/^TOKENCTL UNKNOWN - .*\(SETTINGS_INVALID\)\n$/)
    expect(status).toBe(3)
  })
})

test('--format json: an error is one object on standard output, as with --json', async () => {
  const { status, stdout, stderr } = await run(['--format', 'json', 'ebay:nobody'])
  expect(JSON.parse(stdout)).toMatchObject({ version: 1, error: { code: 'ACCOUNT_UNKNOWN' } })
  expect({ status, stderr }).toEqual({ status: 2, stderr: '' })
})

test('nothing of a token or key is in any form', async () => {
  const { accounts, apps } = simulator().importDocument()
  const secrets = [
    ...accounts.flatMap(each => each.refreshToken ?? []),
    ...apps.flatMap(({ keys }) => Object.values(keys)),
  ].filter(secret => secret.length > 8)
  expect(secrets.length).toBeGreaterThan(5)
  for (const format of STATUS_FORMATS) {
    const { stdout, stderr } = await run(['--format', format])
    // A calendar's lines are folded.
    const text = (stdout + stderr).replaceAll('\r\n ', '')
    expect(text.length).toBeGreaterThan(100)
    expect(secrets.filter(secret => text.includes(secret))).toEqual([])
  }
})

test('a page for a browser: whole, with every account, and what to type', async () => {
  const file = join(temporaryHome(), 'status.html')
  const { status, stdout } = await run(['--format', 'html', '--output', file])
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  const page = parsePage(readFileSync(file, 'utf8'))
  const rows = elements(page, 'tr').map(textOf)
  for (const account of ['ebay:main', 'ebay:outlet', 'amazon:main', 'aliexpress:gadgets'])
    expect(rows.filter(row => row.startsWith(account))).toHaveLength(1)
  expect(elements(page, 'code').map(textOf)).toContain('tokenctl login aliexpress:gadgets')
  // The addresses that the tests set are named in a note, and lead nowhere.
  expect(textOf(page)).toContain(simulator().origin)
})

test('a year in the terminal: ASCII where nothing says that the screen shows more', async () => {
  const typed = await run(['--timeline'], { env: { LANG: 'C' } })
  expect(typed.stdout).toMatch(/^[\n\x20-\x7e]+$/)
  const drawn = await run(['--timeline'], { env: { LANG: 'C.UTF-8', TERM: 'xterm' } })
  expect(drawn.stdout).toContain('◆ Renew by')
  expect(drawn.stdout.split('\n')).toHaveLength(typed.stdout.split('\n').length)
})

test('the first time: an empty calendar, figures of nothing, and a plugin that knows nothing', async () => {
  const home = temporaryHome()
  expect(parseCalendar((await run(['--format', 'ics'], { home })).stdout).components[0]?.name).toBe(
    'VTIMEZONE',
  )
  const { stdout, status } = await run(['--format', 'prometheus'], { home })
  expect(
    parseExposition(stdout)
      .get('tokenctl_accounts')
      ?.series.map(each => each.value),
  ).toEqual([0, 0, 0])
  expect(status).toBe(0)
  expect((await run(['--format', 'nagios'], { home })).status).toBe(3)
})
