/**
 * The program's own files are taken away, or replaced by its next version's, while it waits for a marketplace. What the
 * marketplace gives then is stored all the same, once, in whichever store and whoever the marketplace is.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Vendor } from '../../src/simulator/vendors.ts'
import { answerOf, consenting, pasteLine, pasting } from '../support/consenting.ts'
import { disturbed, expectKept, HOWS, inFiles, SHOPS } from '../support/disturbed-home.ts'
import { fleetHomes, importAll } from '../support/fleet-homes.ts'
import { type Keyring, keyringMissing, startKeyring } from '../support/keyring.ts'
import { hasPostgres, postgresForFile } from '../support/postgres.ts'
import { installedProgram } from '../support/replaced-program.ts'
import { endpoints, simulated, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { tmuxMissing } from '../support/tmux.ts'
import { tokenctl } from '../support/tokenctl.ts'
import { removeUserLocks } from '../support/user-locks.ts'

const ROTATING_AND_NOT = ['ebay:main', 'aliexpress:main', 'amazon:main']

describe.each(HOWS)('%s', how => {
  test.each(ROTATING_AND_NOT)('the file store, %s', async account => {
    const world = await inFiles(how)
    expect(await world.run(['renew', account])).toMatchObject({ status: 0, stderr: '' })
    await expectKept(world, account)
    // Both: that of the run whose files went, and the next.
    const { stdout } = await world.after(['history', account, '--json'])
    expect(stdout.match(/"action": *"renew"/g)).toHaveLength(2)
  })
})

describe('the other stores and marketplaces', () => {
  const how = 'remove'
  describe.skipIf(keyringMissing() !== undefined)('a keychain', () => {
    let keyring: Keyring
    beforeAll(async () => {
      keyring = await startKeyring('unlocked')
    })
    afterAll(() => keyring.stop())

    test.each(ROTATING_AND_NOT)('%s', async account => {
      const simulator = await simulated(SHOPS())
      const env = { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] }
      const home = temporaryHome()
      writeSettings(home, { store: 'keychain', ...endpoints(simulator.origin) })
      const input = JSON.stringify(simulator.importDocument())
      expect(await tokenctl(['import'], { home, env, input })).toMatchObject({ status: 0 })
      onTestFinished(() => removeUserLocks(home))
      const world = await disturbed(simulator, { home, store: 'keychain', env }, how)
      expect(await world.run(['renew', account])).toMatchObject({ status: 0, stderr: '' })
      await expectKept(world, account)
    })
  })

  describe.skipIf(!hasPostgres())('a database', () => {
    const server = postgresForFile({ fsync: false })

    test.each(ROTATING_AND_NOT)('%s', async account => {
      const simulator = await simulated(SHOPS())
      const fleet = await fleetHomes(server(), simulator)
      const machine = fleet.machine()
      await importAll(fleet, machine)
      const { env } = fleet.database
      const world = await disturbed(simulator, { home: machine.home, store: 'postgres', env }, how)
      expect(await world.run(['renew', account])).toMatchObject({ status: 0, stderr: '' })
      await expectKept(world, account)
      expect(await fleet.leftBehind()).toEqual([])
    })
  })

  test.each<Vendor>(['etsy', 'allegro', 'mercadolibre', 'ebay', 'amazon', 'aliexpress'])(
    'a consent at %s, and its renewal',
    async vendor => {
      const { home, simulator, run, main, more, sellers } = await consenting(vendor)
      const link = (await run(['login', main, ...more, '--link'])).stdout.trim()
      const input = await answerOf(link, sellers.main)
      const world = await disturbed(simulator, { home, store: 'file' }, how)
      const login = await world.run(['login', '--resume', '--stdin'], { input })
      expect(login).toMatchObject({ status: 0, stderr: '' })
      expect(login.stdout).toMatch('is connected by a new consent. Its seller is ')
      await expectKept(world, main)
      const again = await disturbed(simulator, { home, store: 'file' }, how)
      expect(await again.run(['renew', main])).toMatchObject({ status: 0, stderr: '' })
      await expectKept(again, main)
    },
  )
})

describe('a seller who is at the consent page meanwhile', () => {
  const missing = tmuxMissing()

  test.skipIf(missing !== undefined)(`need not consent again (${missing ?? 'tmux'})`, async () => {
    const world = await consenting('aliexpress')
    const program = installedProgram()
    const { run, address } = await pasting(world, { bin: program.bin })
    program.remove()
    pasteLine(run, await answerOf(address, world.sellers.main))
    expect(await run.ended()).toBe(0)
    expect(run.screen()).toMatch('is connected by a new consent')
    expect(await world.row()).toMatchObject({ account: world.main, state: 'ok' })
  })
})
