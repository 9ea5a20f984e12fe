/**
 * Moving house with the built program: out of one home and into another, through the stock `age` in both directions, at a
 * terminal, and watched from the system: no token stands in the clear anywhere on the way.
 */
import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { type AgeKey, age, ageKey, ageTyped } from '../support/age.ts'
import { folderPrint } from '../support/folder-print.ts'
import { hasProgram } from '../support/needed-program.ts'
import { connect, endpoints, openSimulator, shop, writeSettings } from '../support/simulator.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { inTerminal, tmuxMissing } from '../support/tmux.ts'
import { BIN, ended, environmentOf, NODE, type RunOptions, tokenctl } from '../support/tokenctl.ts'

const CANARY = 'canary-0123456789abcdef-canary'
const PASSPHRASE = 'four random words here'
const base = makeHome()
const outside = makeHome()
const at = (name: string) => join(outside.path, name)
let simulator: Simulator
let key: AgeKey
/** An export of everything, sealed for the key. */
let sealed: string

beforeAll(async () => {
  simulator = await openSimulator([
    shop('ebay:main', 120, 547, { refreshToken: `v^1.1#i^1#${CANARY}` }),
    shop('amazon:main', 120, 365, { region: 'eu' }),
    shop('aliexpress:main', 20, 60),
  ])
  simulator.setRotation('aliexpress', { mode: 'strict', reuseRevokes: false })
  await connect(base.path, simulator)
  // An access token of each, and on AliExpress a second refresh token.
  expect(await tokenctl(['renew', '--all'], { home: base.path })).toMatchObject({ status: 0 })
  await tokenctl(['track', 'ebay:platform', '--consented', '2026-08-01'], { home: base.path })
  key = await ageKey(outside.path)
  const run = await tokenctl(['export', '--to', key.recipient], { home: base.path })
  expect(run).toMatchObject({ status: 0, stderr: expect.stringContaining('Exported 4 accounts and 3 apps') })
  sealed = run.stdout
})
afterAll(async () => {
  await simulator.close()
  base.remove()
  outside.remove()
})

/** A home on another machine: the same marketplaces, nothing stored. */
function otherHome(): string {
  const home = temporaryHome()
  writeSettings(home, { store: 'file', ...endpoints(simulator.origin) })
  return home
}

const imported = (home: string, args: readonly string[] = [], more: RunOptions = {}) =>
  tokenctl(['import', '--identity', key.path, ...args], { home, input: sealed, ...more })

/** What a person sees of the accounts; the last attempts are each machine's own. */
async function seen(home: string): Promise<unknown> {
  const { accounts, apps } = JSON.parse((await tokenctl(['status', '--json'], { home })).stdout)
  return { accounts: accounts.map((each: object) => ({ ...each, lastAttempt: null })), apps }
}

describe('another machine', () => {
  test('shows what this one shows, and renews', async () => {
    const home = otherHome()
    expect(await imported(home)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('ebay:platform: added'),
    })
    expect(await seen(home)).toEqual(await seen(base.path))
    const { stdout } = await tokenctl(['renew', 'ebay:main', 'amazon', '--json'], { home })
    expect(JSON.parse(stdout).summary).toMatchObject({ renewed: 1, proved: 1, failed: 0 })
  })

  test('has nothing to do the second time, and shows a plan before the first', async () => {
    const home = otherHome()
    const before = folderPrint(home)
    const plan = await imported(home, ['--dry-run'])
    expect(plan.status).toBe(0)
    expect(plan.stdout).toMatch(/^Account or app +Change +Differs in/)
    expect(plan.stdout).toMatch(/^ebay:platform +added +- +no +2026-08-01/m)
    expect(folderPrint(home)).toEqual(before)
    await imported(home)
    const { stdout } = await imported(home, ['--json'])
    const { results } = JSON.parse(stdout)
    expect(results.map(({ change }: { change: string }) => change)).toEqual(Array(7).fill('same'))
  })

  test('that renewed since takes nothing older back, and shows that beside all else', async () => {
    const home = otherHome()
    await imported(home)
    expect(await tokenctl(['renew', 'aliexpress'], { home })).toMatchObject({ status: 0 })
    const before = await seen(home)
    const plan = await imported(home, ['--dry-run', '--replace'])
    expect(plan.status).toBe(2)
    expect(plan.stdout).toMatch(/^aliexpress:main +older +token, /m)
    expect(plan.stdout).toMatch(/^ebay:main +same /m)
    expect(plan.stderr).toContain(
      'The document holds an older state of aliexpress:main than the one stored here.',
    )
    const run = await imported(home, ['--replace'])
    expect(run).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('Nothing was changed.'),
    })
    expect(await seen(home)).toEqual(before)
    expect(await tokenctl(['renew', 'aliexpress'], { home })).toMatchObject({ status: 0 })
  })
})

describe('what cannot be opened changes nothing', () => {
  test.each<[string, () => string, RegExp]>([
    ['cut short', () => sealed.slice(0, -40), /cut short: its end is missing/],
    [
      'changed',
      () => sealed.replace(/\n(.)/, (_, letter: string) => `\n${letter === 'A' ? 'B' : 'A'}`),
      /cut short or changed/,
    ],
    ['empty', () => '', /No import document came/],
  ])('%s', async (_, input, says) => {
    const home = otherHome()
    const before = folderPrint(home)
    const run = await imported(home, [], { input: input() })
    expect(run).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(says) })
    expect(folderPrint(home)).toEqual(before)
  })
})

describe.skipIf(!hasProgram('age'))('the stock age', () => {
  test('opens what export sealed for a key', () => {
    const document = JSON.parse(age(['--decrypt', '-i', key.path], sealed).toString())
    expect(document.accounts).toHaveLength(4)
    expect(JSON.stringify(document)).toContain(CANARY)
  })

  test('opens what export sealed with a passphrase', async () => {
    const output = at('passphrase.age')
    const run = await tokenctl(['export', 'ebay:main', '--passphrase-stdin', '--output', output], {
      home: base.path,
      input: `${PASSPHRASE}\n`,
    })
    expect(run).toMatchObject({ status: 0, stdout: '' })
    expect(statSync(output).mode & 0o777).toBe(0o600)
    ageTyped(['--decrypt', '-o', at('opened.json'), output], [PASSPHRASE])
    expect(readFileSync(at('opened.json'), 'utf8')).toContain(CANARY)
  })

  const document = JSON.stringify({
    version: 1,
    accounts: [{ account: 'ebay:by-hand', refreshToken: 'v^1.1#by-hand', consentAt: '2026-08-01' }],
  })
  test.each([
    ['armoured', ['--armor']],
    ['binary', []],
  ])('seals what import opens: for a key, %s', async (_, how) => {
    const input = age(['--encrypt', ...how, '-r', key.recipient], document)
    const run = await imported(otherHome(), [], { input })
    expect(run).toMatchObject({ status: 0, stdout: 'ebay:by-hand: added\n' })
  })

  test('seals what import opens: with a passphrase', async () => {
    writeFileSync(at('by-hand.json'), document)
    ageTyped(['--encrypt', '-p', '-o', at('by-hand.age'), at('by-hand.json')], [PASSPHRASE, PASSPHRASE])
    const args = ['import', '--file', at('by-hand.age'), '--passphrase-stdin']
    const home = otherHome()
    expect(await tokenctl(args, { home, input: 'another one' })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('The passphrase is not the one'),
    })
    expect(await tokenctl(args, { home, input: PASSPHRASE })).toMatchObject({ status: 0 })
  })
})

const noTerminal = tmuxMissing()
describe.skipIf(noTerminal !== undefined)(`at a terminal (${noTerminal ?? 'tmux'})`, () => {
  test('the passphrase is typed twice to seal, once to open, and never shown', async () => {
    const output = at('typed.age')
    const sealing = inTerminal(['export', 'ebay:main', '--passphrase', '--output', output], {
      home: base.path,
    })
    await sealing.shows('A new passphrase for the export:')
    sealing.press('short', 'Enter')
    await sealing.shows('It needs 12 characters')
    sealing.press(PASSPHRASE, 'Enter')
    await sealing.shows('Once more:')
    sealing.press(PASSPHRASE, 'Enter')
    expect(await sealing.ended()).toBe(0)
    expect(sealing.screen()).not.toContain('random words')
    sealing.close()
    const opening = inTerminal(['import', '--file', output], { home: otherHome() })
    await opening.shows(/Passphrase of .*typed\.age:/)
    opening.press(PASSPHRASE, 'Enter')
    expect(await opening.ended()).toBe(0)
    expect(opening.screen()).toContain('ebay:main: added')
    expect(opening.screen()).not.toContain('random words')
    opening.close()
  })
})

describe.skipIf(!hasProgram('strace'))('seen from the system', () => {
  /** Everything that is written or sent, and every program that is started. */
  async function traced(args: readonly string[], home: string, input: string): Promise<readonly string[]> {
    const log = join(temporaryHome(), 'trace')
    const calls = 'execve,write,writev,pwrite64,pwritev,sendto,sendmsg'
    const strace = ['-f', '-v', '-s', '1000000', '-e', `trace=${calls}`, '-o', log]
    const child = spawn('strace', [...strace, NODE, BIN, ...args], { env: environmentOf({ home }) })
    child.stdin.end(input)
    expect((await ended(child)).status).toBe(0)
    return readFileSync(log, 'utf8').split('\n')
  }

  test.each<[string, () => readonly string[], () => string]>([
    ['export', () => ['export', '--to', key.recipient, '--output', at('traced.age')], () => ''],
    ['import', () => ['import', '--identity', key.path], () => sealed],
  ])('%s writes no token and no key in the clear', async (what, args, input) => {
    const lines = await traced(args(), what === 'export' ? base.path : otherHome(), input())
    const secrets = [
      CANARY,
      simulator.refreshToken('aliexpress:main'),
      simulator.refreshToken('amazon:main'),
      key.identity,
    ]
    const access = [...simulator.market.accounts.values()].flatMap(each =>
      each.access.map(({ text }) => text),
    )
    // The trace sees what it should.
    expect(lines.filter(line => line.includes(what === 'export' ? 'BEGIN AGE' : 'ebay:main'))).not.toEqual([])
    for (const secret of [...secrets, ...access]) {
      for (const form of [secret, Buffer.from(secret).toString('base64').slice(2, 40)])
        expect(lines.filter(line => line.includes(form))).toEqual([])
    }
  })
})
