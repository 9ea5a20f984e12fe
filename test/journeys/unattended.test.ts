/**
 * `env -i PATH HOME tokenctl renew --all --due`, as cron runs it: no terminal, no bus, nobody to ask. What each kind of
 * day comes to, by exit status, on the file store. (The keychain's days are in keyring.test.ts.)
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { renewSchema } from '../../src/cli/shapes/renew-shape.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { folderPrint } from '../support/folder-print.ts'
import {
  connectedHome,
  endpoints,
  shop,
  simulated,
  THREE_FRESH,
  writeSettings,
} from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { type RunOptions, tokenctl } from '../support/tokenctl.ts'

const CRON = ['renew', '--all', '--due']

describe('with the file store', () => {
  let simulator: Simulator
  let home: string
  const cron = (more: RunOptions = {}, args: readonly string[] = CRON) => tokenctl(args, { home, ...more })
  const asked = () => simulator.requests().length

  async function connect(accounts: Parameters<typeof simulated>[0]): Promise<void> {
    simulator = await simulated(accounts)
    home = await connectedHome(simulator)
  }

  describe('nothing is due', () => {
    beforeEach(() => connect(THREE_FRESH()))

    test('0, and nobody is asked', async () => {
      expect(await cron()).toEqual({ status: 0, signal: null, stdout: '', stderr: 'Nothing is due.\n' })
      expect(asked()).toBe(0)
    })

    test('--json: no results, and the sums', async () => {
      const { status, stdout, stderr } = await cron({}, [...CRON, '--json'])
      expect(status).toBe(0)
      expect(stderr).toBe('')
      const summary = { renewed: 0, proved: 0, fresh: 0, needsPerson: 0, failed: 0 }
      expect(renewSchema.parse(JSON.parse(stdout))).toEqual({ version: 1, results: [], summary })
    })
  })

  describe('eBay is due', () => {
    beforeEach(() => connect([shop('ebay:main', 120, 547), shop('amazon:main', 30, 365)]))

    test('0: it is renewed, once, and the next run finds nothing due', async () => {
      const { status, stdout, stderr } = await cron()
      expect(stdout).toMatch(/^ebay:main: Renewed; renew by \d{4}-\d\d-\d\d\.\n$/)
      expect(stderr).toBe('')
      expect(status).toBe(0)
      expect((await cron()).stderr).toBe('Nothing is due.\n')
      expect(asked()).toBe(1)
      expect(simulator.accounts().map(each => each.refreshes)).toEqual([1, 0])
    })

    test('standard input shut makes no difference', async () => {
      expect(await cron({ stdin: 'closed' })).toMatchObject({ status: 0, stderr: '' })
    })

    test('no HOME makes no difference where TOKENCTL_HOME is set', async () => {
      expect(await cron({ env: { HOME: undefined } })).toMatchObject({ status: 0, stderr: '' })
    })

    test('4 while the marketplace is down, and nothing of the account is lost', async () => {
      simulator.fault('ebay', '503', { times: 3 })
      const down = await cron({}, [...CRON, '--json'])
      expect(down.status).toBe(4)
      const [result] = renewSchema.parse(JSON.parse(down.stdout)).results
      expect(result).toMatchObject({ account: 'ebay:main', outcome: 'failed', code: 'MARKETPLACE_DOWN' })
      expect(await cron()).toMatchObject({ status: 0, stdout: expect.stringContaining('ebay:main: Renewed') })
    })

    test('4 where nothing listens', async () => {
      await simulator.close()
      const { status, stdout, stderr } = await cron()
      expect(stdout).toMatch(/^ebay:main: .*\n {2}Fix: /)
      expect(stderr).toBe('')
      expect(status).toBe(4)
    })

    test('5 when the key is missing: it says which file, and nobody is asked', async () => {
      rmSync(join(home, 'vault.key'))
      const { status, stdout, stderr } = await cron()
      expect(stdout + stderr).toContain(join(home, 'vault.key'))
      expect(stdout + stderr).toContain('Fix: ')
      expect(status).toBe(5)
      expect(asked()).toBe(0)
      // A listing needs no key, and says that it is gone.
      const listed = await tokenctl(['status'], { home })
      expect(listed.status).toBe(0)
      expect(listed.stderr).toContain('vault.key')
      expect((await tokenctl(['status', '--verify'], { home })).status).toBe(5)
      expect(readdirSync(home)).not.toContain('vault.key')
    })
  })

  describe('a person is needed', () => {
    beforeEach(() =>
      connect([
        shop('amazon:main', 355, 365, { region: 'eu' }),
        shop('ebay:main', 120, 547),
        shop('aliexpress:main', 5, 60),
      ]),
    )

    test('3, with what to type; the others are renewed; Amazon is asked once and not again', async () => {
      const first = await cron()
      expect(first.stdout).toMatch(
        /^amazon:main: A person must act: .*\n {2}Next: tokenctl login amazon:main\n/m,
      )
      expect(first.stdout).toMatch(/^ebay:main: Renewed; /m)
      expect(first.stdout).not.toContain('aliexpress')
      expect(first.status).toBe(3)
      const again = await cron()
      expect(again.stdout).toMatch(/^amazon:main: A person must act: /)
      expect(again.stdout).not.toContain('ebay')
      expect(again.status).toBe(3)
      expect(
        simulator
          .requests()
          .map(each => each.marketplace)
          .sort(),
      ).toEqual(['amazon', 'ebay'])
    })

    test('3 for a consent that the seller took back, and from then on nobody is asked', async () => {
      simulator.endConsent('ebay:main')
      expect((await cron()).status).toBe(3)
      const before = asked()
      const again = await cron({}, [...CRON, '--json'])
      expect(again.status).toBe(3)
      expect(renewSchema.parse(JSON.parse(again.stdout)).results).toContainEqual(
        expect.objectContaining({ account: 'ebay:main', outcome: 'needs-person', code: 'GRANT_REJECTED' }),
      )
      expect(asked()).toBe(before)
    })

    test('the gravest counts: 3 before 4', async () => {
      simulator.fault('ebay', '503', { times: 3 })
      expect((await cron()).status).toBe(3)
    })
  })

  test('a secret of the app that ended is 3, and not the account’s fault', async () => {
    await connect([shop('ebay:main', 120, 547)])
    simulator.fault('ebay', 'secret-expired')
    const { status, stdout } = await cron({}, [...CRON, '--json'])
    expect(renewSchema.parse(JSON.parse(stdout)).results[0]).toMatchObject({ code: 'CLIENT_REJECTED' })
    expect(status).toBe(3)
    const listed = JSON.parse((await tokenctl(['status', '--json'], { home })).stdout)
    expect(listed.accounts[0]).toMatchObject({ state: 'due', lastAttempt: { code: 'CLIENT_REJECTED' } })
  })

  test('a production record is not sent to the simulator', async () => {
    simulator = await simulated(THREE_FRESH())
    home = temporaryHome()
    writeSettings(home, { store: 'file' })
    const input = JSON.stringify(simulator.importDocument())
    expect((await tokenctl(['import'], { home, input })).status).toBe(0)
    writeSettings(home, { store: 'file', ...endpoints(simulator.origin) })
    const { status, stdout } = await cron({}, ['renew', 'ebay:main', '--json'])
    expect(renewSchema.parse(JSON.parse(stdout)).results[0]).toMatchObject({
      outcome: 'failed',
      code: 'ENVIRONMENT_MISMATCH',
    })
    expect(status).toBe(2)
    expect(asked()).toBe(0)
  })

  test('a lost answer to a rotating token is won back, or waits; it never costs the account', async () => {
    simulator = await simulated([shop('aliexpress:main', 20, 60, { endReported: false })])
    simulator.setRotation('aliexpress', { mode: 'grace', graceSeconds: 30 })
    home = await connectedHome(simulator)
    simulator.fault('aliexpress', 'lost-reply')
    expect(await cron()).toMatchObject({ status: 0, stdout: expect.stringContaining('Renewed') })
    expect(simulator.accounts()[0]).toMatchObject({ refreshes: 2 })
  })
})

describe('with nothing stored', () => {
  test('there is nothing due: 0, on a machine without a keychain too', async () => {
    const { status, stdout, stderr } = await tokenctl(CRON, { home: temporaryHome() })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).toMatch(/No account is connected; nothing to renew\./)
  })

  test('a marketplace by name is 3: it is not connected', async () => {
    const { status, stderr } = await tokenctl(['renew', 'ebay'], { home: temporaryHome() })
    expect(stderr).toMatch(/\[NOT_LOGGED_IN\]\nFix: Connect one: `tokenctl login ebay`/)
    expect(status).toBe(3)
  })

  test('the first write where no keychain answers and nobody chose is 5, with the choices, and leaves nothing', async () => {
    const home = temporaryHome()
    const simulator = await simulated([shop('ebay:main', 1, 547)])
    const input = JSON.stringify(simulator.importDocument())
    const { status, stderr } = await tokenctl(['import'], { home, input })
    expect(stderr).toMatch(/No store was chosen/)
    expect(stderr).toMatch(/tokenctl config set store file/)
    expect(status).toBe(5)
    const { storeNote, accounts } = JSON.parse((await tokenctl(['status', '--json'], { home })).stdout)
    expect({ storeNote, accounts }).toEqual({ storeNote: undefined, accounts: [] })
  })
})

describe('without TOKENCTL_HOME', () => {
  test('everything goes to the platform’s own folders under HOME, closed to others', async () => {
    const home = temporaryHome()
    const env = { HOME: home }
    const simulator = await simulated([shop('ebay:main', 120, 547)])
    expect((await tokenctl(['config', 'set', 'store', 'file'], { env })).status).toBe(0)
    expect((await tokenctl(['config', 'set', 'endpoint.ebay', simulator.origin], { env })).status).toBe(0)
    const input = JSON.stringify({
      ...simulator.importDocument(),
      apps: simulator.importDocument().apps.slice(0, 1),
    })
    expect((await tokenctl(['import'], { env, input })).status).toBe(0)
    expect((await tokenctl(CRON, { env })).stdout).toMatch(/^ebay:main: Renewed/)
    const { stdout } = await tokenctl(['config', 'path'], { env })
    expect(stdout).toMatch(new RegExp(`^${home}/.*/config\\.json\n$`))
    const open = folderPrint(home).filter(entry => !/ (700|600)( |$)/.test(entry))
    // What is above our own folders is the person's.
    expect(open.map(entry => entry.split(' ')[0])).toEqual([])
  })

  test('no HOME: the folder is the one of the user’s entry in the system', async () => {
    const { status, stdout } = await tokenctl(['config', 'path'], { env: { HOME: undefined } })
    expect(stdout).toMatch(/^\/.*config\.json\n$/)
    expect(status).toBe(0)
  })
})
