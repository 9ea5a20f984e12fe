/**
 * The word that a person types, once npm has put it on the path: found there, run by its own first line with the Node that is
 * found there too, and nothing said that tokenctl did not say, whatever a newer Node warns of. CI runs this on the packed
 * tarball with each Node (TOKENCTL_NODE, TOKENCTL_BIN).
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import type { Simulator } from '../../src/simulator/simulator.ts'
import { type Keyring, keyringMissing, startKeyring } from '../support/keyring.ts'
import { endpoints, newestToken, openSimulator, THREE_FRESH, writeSettings } from '../support/simulator.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { BIN, ended, environmentOf, NODE, type Run, type RunOptions } from '../support/tokenctl.ts'
import { removeUserLocks } from '../support/user-locks.ts'

const missing = keyringMissing()
const onPath = makeHome()
let simulator: Simulator

/** Types `tokenctl` where the path leads to the program and to the Node under test. */
function type(words: readonly string[], { env, input, ...options }: RunOptions = {}): Promise<Run> {
  const path = `${onPath.path}:${process.env['PATH']}`
  const child = spawn('tokenctl', words, { env: environmentOf({ ...options, env: { ...env, PATH: path } }) })
  child.stdin.end(input)
  return ended(child)
}

/** npm makes the file one that can be run, a checkout does not. */
function canBeRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

beforeAll(async () => {
  symlinkSync(NODE, `${onPath.path}/node`)
  const word = `${onPath.path}/tokenctl`
  if (canBeRun(BIN)) symlinkSync(BIN, word)
  else writeFileSync(word, `#!/bin/sh\nexec node '${BIN}' "$@"\n`, { mode: 0o755 })
  simulator = await openSimulator(THREE_FRESH())
})
afterAll(async () => {
  await simulator.close()
  onPath.remove()
})

test('--version and --help', async () => {
  expect(await type(['--version'])).toEqual({
    status: 0,
    signal: null,
    stdout: `${packageJson.version}\n`,
    stderr: '',
  })
  const help = await type(['--help'])
  expect(help).toMatchObject({ status: 0, stderr: '' })
  expect(help.stdout).toMatch(/^Usage: tokenctl /)
})

test('status where there is nothing yet', async () => {
  const { status, stdout, stderr } = await type(['status'], { home: temporaryHome() })
  expect(status).toBe(0)
  expect(stdout).toMatch(/^eBay +not connected +tokenctl login ebay$/m)
  expect(stderr).toMatch(/^Nothing is connected yet\./m)
  expect(stderr).not.toMatch(WARNING)
})

/** As Node begins what it warns of. */
const WARNING = /^\(node:\d+\)|Warning:/m

/** Connects three accounts, renews one, and hands its token out. */
async function day(home: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const run = (words: readonly string[], input?: string) =>
    type(words, { home, env, ...(input !== undefined && { input }) })
  const imported = await run(['import'], JSON.stringify(simulator.importDocument()))
  expect(imported.status).toBe(0)
  expect(imported.stderr).not.toMatch(WARNING)
  const before = await run(['status', '--json'])
  expect(before).toMatchObject({ status: 0, stderr: '' })
  expect(JSON.parse(before.stdout).accounts).toHaveLength(3)
  expect(await run(['renew', 'ebay:main'])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^ebay:main: Renewed; /),
    stderr: '',
  })
  expect(await run(['token', 'ebay:main'])).toEqual({
    status: 0,
    signal: null,
    stdout: `${newestToken(simulator, 'ebay:main')}\n`,
    stderr: '',
  })
  const after = await run(['status'])
  expect(after.status).toBe(0)
  expect(after.stdout).toMatch(/^eBay +main +ok /m)
  expect(after.stderr).not.toMatch(WARNING)
}

test('connect, renew, hand a token out: the file store', async () => {
  const home = temporaryHome()
  writeSettings(home, { store: 'file', ...endpoints(simulator.origin) })
  await day(home)
})

describe.skipIf(missing !== undefined)(`the keychain (${missing ?? 'gnome-keyring'})`, () => {
  let keyring: Keyring
  beforeAll(async () => {
    keyring = await startKeyring('unlocked')
  })
  afterAll(() => keyring.stop())

  test('connect, renew, hand a token out', async () => {
    const home = temporaryHome()
    onTestFinished(() => removeUserLocks(home))
    writeSettings(home, endpoints(simulator.origin))
    await day(home, { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' })
  })
})
