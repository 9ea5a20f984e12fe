/**
 * The built program in a minute's worth of a person's day: quick enough to run on every supported Node, and on the
 * installed tarball (TOKENCTL_NODE, TOKENCTL_BIN).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import { startProxy } from '../support/proxy.ts'
import { MARKETPLACES, type SimulateChild, startSimulateChild } from '../support/simulator.ts'
import { makeHome, temporaryHome } from '../support/temporary-home.ts'
import { type RunOptions, tokenctl } from '../support/tokenctl.ts'

test('--version', async () => {
  expect(await tokenctl(['--version'])).toEqual({
    status: 0,
    signal: null,
    stdout: `${packageJson.version}\n`,
    stderr: '',
  })
})

test('--help names the commands that matter', async () => {
  const { status, stdout, stderr } = await tokenctl(['--help'])
  expect(status).toBe(0)
  expect(stderr).toBe('')
  for (const word of ['status', 'renew', 'set-amazon', 'demo'])
    expect(stdout).toMatch(new RegExp(`^  ${word} `, 'm'))
})

test('status, the first time: three marketplaces, none connected, and what to type', async () => {
  const { status, stdout } = await tokenctl(['status'], { home: temporaryHome() })
  expect(status).toBe(0)
  expect(stdout).toBe(
    [
      'eBay        not connected   tokenctl login ebay',
      'Amazon      not connected   tokenctl set-amazon',
      'AliExpress  not connected   tokenctl login aliexpress',
      '',
    ].join('\n'),
  )
})

test('demo: the whole story, with every state that time can bring', async () => {
  const { status, stdout, stderr } = await tokenctl(['demo'])
  expect(stderr).toBe('')
  expect(status).toBe(0)
  for (const state of ['due', 'expiring', 'expired', 'ok']) expect(stdout).toMatch(new RegExp(` ${state}  `))
  expect(stdout).toMatch(/ebay:main: Renewed; renew by /)
  expect(stdout).toMatch(/amazon:main: Amazon accepts the new token; it is stored\./)
})

describe('from nothing to three marketplaces, against `tokenctl simulate`', () => {
  const { path: home, remove } = makeHome()
  let simulator: SimulateChild
  const run = (args: readonly string[], more: RunOptions = {}) => tokenctl(args, { home, ...more })

  beforeAll(async () => {
    simulator = await startSimulateChild()
  })
  afterAll(async () => {
    await simulator.stop()
    remove()
  })

  test('connect', async () => {
    expect((await run(['config', 'set', 'store', 'file'])).status).toBe(0)
    for (const id of MARKETPLACES) {
      expect((await run(['config', 'set', `endpoint.${id}`, simulator.origin])).status).toBe(0)
    }
    const imported = await run(['import'], { input: JSON.stringify(await simulator.ask('import')) })
    expect(imported.status).toBe(0)
    expect(imported.stdout.match(/: added$/gm)).toHaveLength(9)
  })

  test('renew --all --due renews what a program can, and says that a person must act', async () => {
    const { status, stdout } = await run(['renew', '--all', '--due', '--json'])
    const { results } = renewSchema.parse(JSON.parse(stdout))
    expect(results.map(({ account, outcome }) => `${account} ${outcome}`).sort()).toEqual([
      'aliexpress:gadgets needs-person',
      'amazon:main needs-person',
      'ebay:main renewed',
    ])
    expect(status).toBe(3)
  })

  test('status --json', async () => {
    const { status, stdout } = await run(['status', '--json'])
    expect(status).toBe(0)
    const report = statusSchema.parse(JSON.parse(stdout))
    expect(report.store).toBe('file')
    expect(report.accounts.map(({ account, state }) => `${account} ${state}`)).toEqual([
      'amazon:main expiring',
      'aliexpress:gadgets expiring',
      'ebay:main ok',
      'ebay:outlet ok',
      'amazon:europe ok',
      'aliexpress:main ok',
    ])
  })

  test('one renewal through a proxy, by CONNECT', async () => {
    const proxy = await startProxy()
    try {
      const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }
      const { status, stdout } = await run(['renew', 'ebay:main'], { env })
      expect(status).toBe(0)
      expect(stdout).toMatch(/^ebay:main: Renewed; /)
      expect(proxy.log).toEqual([`CONNECT ${new URL(simulator.origin).host} 200`])
    } finally {
      await proxy.close()
    }
  })

  test('set-amazon --stdin takes the pasted token, and status --check counts what is left', async () => {
    const { refreshToken } = await simulator.ask('amazon-token', { account: 'amazon:main' })
    const set = await run(['set-amazon', 'main', '--stdin'], { input: `${String(refreshToken)}\n` })
    expect(set.status).toBe(0)
    expect(set.stdout).toMatch(/^amazon:main: Amazon accepts the new token; it is stored\.\nRenew by /)
    expect((await run(['status', '--check', 'amazon', 'ebay'])).status).toBe(0)
    expect((await run(['status', '--check'])).status).toBe(3)
  })

  test('Ctrl-C ends the simulator with 130', async () => {
    expect(await simulator.stop()).toBe(130)
  })
})
