/**
 * `token` as scripts call it: from the store or by one refresh, however many ask at once; nothing on standard output but
 * the token; and the token nowhere else.
 */
import { readFileSync, statSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { tokenSchema } from '../../src/cli/shapes/token-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { DAY, HOUR } from '../../src/tokens/time.ts'
import { commandLines, environ } from '../support/command-lines.ts'
import { entries } from '../support/folder-print.ts'
import { startReceiver } from '../support/receiver.ts'
import {
  connectedHome,
  endpoints,
  heldSimulator,
  newestToken,
  shop,
  simulated,
  writeSettings,
} from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { inTerminal, tmuxMissing } from '../support/tmux.ts'
import { ended, type Run, type RunOptions, startTokenctl, tokenctl } from '../support/tokenctl.ts'

/** A process is slow to start on a machine that has much to do. */
const POLL = { timeout: 15_000 }

let simulator: Simulator
let home: string
const run = (args: readonly string[], more: RunOptions = {}) => tokenctl(args, { home, ...more })
const token = (more: RunOptions = {}) => run(['token', 'ebay:main'], more)
const refreshes = () => simulator.accounts().find(({ account }) => account === 'ebay:main')?.refreshes

const newest = (account = 'ebay:main') => newestToken(simulator, account)

beforeEach(async () => {
  simulator = await simulated([shop('ebay:main', 20, 547), shop('amazon:main', 20, 365)])
  home = await connectedHome(simulator)
})

describe('one token', () => {
  test('is fetched where there is none, and is the stored one from then on', async () => {
    const first = await token()
    expect(first).toEqual({ status: 0, signal: null, stdout: `${newest()}\n`, stderr: '' })
    expect(await token()).toEqual(first)
    const { stdout } = await run(['token', 'ebay', '--json', '--min-valid', '1h'])
    const { token: again, expiresAt, ...rest } = tokenSchema.parse(JSON.parse(stdout))
    expect(again).toBe(newest())
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + HOUR)
    expect(rest).toEqual({ version: 1, account: 'ebay:main', type: 'bearer' })
    expect(refreshes()).toBe(1)
  })

  test('is fetched anew where the stored one ends too soon, and no longer one is asked for than there are', async () => {
    // eBay's live two hours.
    await token()
    expect((await run(['token', 'ebay', '--min-valid', '119m'])).stdout).toBe(`${newest()}\n`)
    expect(refreshes()).toBe(1)
    const { status, stdout, stderr } = await run(['token', 'ebay', '--min-valid', '121m'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('live 120 minutes')
    expect(refreshes()).toBe(1)
  })

  test.each<[string, RunOptions]>([
    ['standard input closed', { stdin: 'closed' }],
    [
      'an empty environment but for where to look',
      { env: { HOME: undefined, TZ: undefined, PATH: undefined } },
    ],
  ])('with %s', async (_, more) => {
    expect(await token(more)).toEqual({ status: 0, signal: null, stdout: `${newest()}\n`, stderr: '' })
  })

  test('of a dead account there is none: 3, and nothing on standard output', async () => {
    simulator.endConsent('ebay:main')
    const dead = await token()
    expect(dead).toMatchObject({ status: 3, stdout: '' })
    expect(dead.stderr).toContain('[GRANT_REJECTED]')
    const asked = simulator.requests().length
    const { status, stdout, stderr } = await run(['token', 'ebay:main', '--json'])
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, error: { code: 'GRANT_REJECTED' } })
    // The scripts that want one come again and again: the marketplace is not asked again.
    expect(simulator.requests()).toHaveLength(asked)
  })

  test.each<[readonly string[], number, string]>([
    [['aliexpress'], 3, 'NOT_LOGGED_IN'],
    [['ebay:mian'], 2, 'ACCOUNT_UNKNOWN'],
    [['etsi'], 2, 'MARKETPLACE_UNKNOWN'],
    [['ebay', '--min-valid', 'soon'], 2, 'USAGE'],
    [[], 2, 'USAGE'],
  ])('token %j: %i', async (args, status, code) => {
    const refused = await run(['token', ...args])
    expect(refused).toMatchObject({ status, stdout: '' })
    expect(refused.stderr).toContain(`[${code}]`)
  })

  test('where nothing was ever connected: 3', async () => {
    const refused = await tokenctl(['token', 'ebay'], { home: temporaryHome() })
    expect(refused).toMatchObject({ status: 3, stdout: '' })
  })

  test('where the marketplace is down: 4, and the stored one while it lives', async () => {
    await token()
    simulator.fault('ebay', '503', { times: 9 })
    expect((await token()).stdout).toBe(`${newest()}\n`)
    simulator.fault('amazon', '503', { times: 9 })
    expect(await run(['token', 'amazon'])).toMatchObject({ status: 4, stdout: '' })
  })
})

describe('what a refresh leaves to be handed on', () => {
  test.each([
    [204, /^$/],
    [503, /^Note: ebay:main: not delivered\. .*\n$/],
  ])('is handed on, and said on standard error alone where that fails (%i)', async (status, said) => {
    const receiver = await startReceiver(response => response.writeHead(status).end())
    const words = ['accounts', 'deliver-to', 'ebay:main', '--url', '--stdin', '--tokens', 'access']
    expect((await run(words, { input: receiver.origin })).status).toBe(0)
    const first = await token()
    expect(first).toMatchObject({ status: 0, stdout: `${newest()}\n` })
    expect(first.stderr).toMatch(said)
    expect(receiver.received.map(({ body }) => body)).toEqual([expect.stringContaining(newest())])
    // From the store: nothing new is there to be handed on.
    expect((await token()).stderr).toBe('')
    expect(receiver.received).toHaveLength(1)
  })
})

/** Neither what was presented nor what comes back stands where other processes can read it, while the exchange runs. */
function expectHidden(pid: number | undefined): void {
  const lines = commandLines()
  expect(lines).toContain('token\0ebay:main')
  expect(environ(pid)).toContain(home)
  const { accounts, apps } = simulator.importDocument()
  const keys = apps.flatMap(app => app.keys['clientSecret'] ?? [])
  const secrets = [newest(), ...accounts.flatMap(({ refreshToken }) => refreshToken ?? []), ...keys]
  expect(secrets.length).toBeGreaterThan(2)
  for (const secret of secrets) expect(lines + environ(pid)).not.toContain(secret)
}

test('a stop in the middle of the exchange: what was issued is stored, and no token is printed', async () => {
  const held = await heldSimulator([shop('ebay:main', 20, 547)])
  simulator = held.simulator
  home = await connectedHome(simulator)
  simulator.fault('ebay', 'slow')
  const child = startTokenctl(['token', 'ebay:main'], { home })
  const end = ended(child)
  await expect.poll(refreshes, POLL).toBe(1)
  if (process.platform === 'linux') expectHidden(child.pid)
  child.kill('SIGINT')
  await new Promise(resolve => child.stderr.once('data', resolve))
  held.letGo()
  const { status, stdout, stderr } = await end
  expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
  expect(stderr).toMatch(/^Stopping when .*\nError: Stopped before a token was printed\. \[CANCELLED\]\n/)
  expect((await token()).stdout).toBe(`${newest()}\n`)
  expect(refreshes()).toBe(1)
})

const RUNS = 50

test(`${RUNS} calls at once for a token that has ended make one request, and all print the same`, async () => {
  simulator.setRotation('ebay', { mode: 'strict', reuseRevokes: true })
  const document = simulator.importDocument()
  const accounts = document.accounts.map(account => ({
    ...account,
    accessToken: 'ended',
    accessExpiresAt: new Date(Date.now() - DAY).toISOString(),
  }))
  home = temporaryHome()
  writeSettings(home, { store: 'file', ...endpoints(simulator.origin) })
  expect((await run(['import'], { input: JSON.stringify({ ...document, accounts }) })).status).toBe(0)
  const runs = await Promise.all(Array.from({ length: RUNS }, () => token()))
  expect(new Set(runs.map(each => JSON.stringify(each)))).toEqual(
    new Set([JSON.stringify({ status: 0, signal: null, stdout: `${newest()}\n`, stderr: '' })]),
  )
  expect(refreshes()).toBe(1)
  expect(simulator.requests()).toHaveLength(1)
}, 120_000)

test('on a terminal it is refused, and shown by --reveal', async context => {
  context.skip(tmuxMissing() !== undefined, 'tmux is not installed')
  await token()
  const refused = inTerminal(['token', 'ebay:main'], { home, columns: 200 })
  const shown = inTerminal(['token', 'ebay:main', '--reveal'], { home, columns: 200 })
  try {
    expect(await refused.ended()).toBe(2)
    expect(refused.screen()).toContain('To see it here: `--reveal`.')
    expect(refused.screen()).not.toContain(newest())
    expect(await shown.ended()).toBe(0)
    expect(shown.screen()).toContain(newest())
  } finally {
    refused.close()
    shown.close()
  }
})

test('it stands nowhere but on standard output', async () => {
  const runs: Run[] = []
  for (const args of [
    ['token', 'ebay:main'],
    ['token', 'amazon', '--json'],
    ['history', '--json'],
    ['status', '--json'],
    ['doctor', '--offline', '--json'],
  ])
    runs.push(await run(args))
  const secrets = [newest(), newest('amazon:main')]
  for (const [index, secret] of secrets.entries())
    expect(runs[index]).toMatchObject({ status: 0, stdout: expect.stringContaining(secret) })
  for (const { stderr } of runs) for (const secret of secrets) expect(stderr).not.toContain(secret)
  for (const { stdout } of runs.slice(2)) for (const secret of secrets) expect(stdout).not.toContain(secret)
  for (const path of entries(home).filter(each => statSync(each).isFile()))
    for (const secret of secrets) {
      const bytes = readFileSync(path)
      for (const form of [
        secret,
        Buffer.from(secret).toString('base64').slice(0, 60),
        Buffer.from(secret).toString('hex'),
      ])
        expect({ path, found: bytes.includes(form) }).toEqual({ path, found: false })
    }
})
