/**
 * `login` while something fails: no browser, a port that is taken, a person who stops, a terminal that goes, a marketplace
 * or a disk that is out of order. Each time it is said in words, nothing listens afterwards and nothing is stored half.
 */
import { chmodSync, renameSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { statusSchema } from '../../src/cli/shapes/status-shape.ts'
import { DEFAULT_SCOPES, IDENTITY_SCOPE } from '../../src/marketplaces/ebay/scopes.ts'
import { mountSmallDisk } from '../proof/small-disk.ts'
import { homePrint } from '../support/bad-input.ts'
import { fakeOpener, freePort } from '../support/consent-browser.ts'
import {
  acting,
  addressOn,
  answerOf,
  type Consenting,
  consenting,
  enterKeys,
  exchanges,
  flat,
  pasteLine,
  pasting,
} from '../support/consenting.ts'
import { keyringMissing, startKeyring } from '../support/keyring.ts'
import { journals } from '../support/left-journal.ts'
import { endpoints, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { tmuxMissing } from '../support/tmux.ts'
import { tokenctl } from '../support/tokenctl.ts'
import { removeUserLocks } from '../support/user-locks.ts'

const missing = tmuxMissing()
const noKeyring = keyringMissing()
const MARKETPLACES = ['ebay', 'amazon', 'aliexpress'] as const

const expectConnected = async (world: Consenting) =>
  expect(await world.row()).toMatchObject({ account: world.main, state: 'ok' })

async function expectNothing(world: Consenting): Promise<void> {
  expect(await world.row()).toBeUndefined()
  expect(journals(world.home)).toEqual([])
}

/** Whether somebody answers at an address of this machine. */
const answers = (address: string) =>
  fetch(address).then(
    () => true,
    () => false,
  )

/** Goes to an address as a browser does that was sent there, without the marks of a script; its status. */
const arrive = (address: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    get(address, ({ statusCode }) => resolve(statusCode)).on('error', reject)
  })

/** Consents for the login that waits, and pastes. */
async function consentTo(
  world: Consenting,
  { run, address }: Awaited<ReturnType<typeof pasting>>,
): Promise<void> {
  pasteLine(run, await answerOf(address, world.sellers.main))
}

describe.skipIf(missing !== undefined)(`at a terminal (${missing ?? 'tmux'})`, () => {
  describe('without a browser the address is printed, and the answer pasted', () => {
    const opener = (status: number) => {
      const made = fakeOpener(temporaryHome())
      if (status !== 0) {
        const program = join(made.env['PATH']?.split(':')[0] ?? '', 'xdg-open')
        writeFileSync(program, `#!/bin/sh\nexit ${status}\n`)
        chmodSync(program, 0o755)
      }
      return made
    }
    const OPENED = /eBay's consent page opens in your browser\. If it does not, open this address:/
    const PRINTED = /Open this address in the browser where the seller signs in:/
    test.each([
      ['no screen to show one on', () => ({ env: {} }), [], PRINTED],
      ['--no-browser', () => opener(0), ['--no-browser'], PRINTED],
      ['an opener that fails', () => opener(4), [], PRINTED],
      ['an opener that works', () => opener(0), [], OPENED],
    ] as const)('%s', async (_, made, args, says) => {
      const world = await consenting('ebay')
      const opened = made()
      const waiting = await pasting(world, { args, env: opened.env })
      expect(flat(waiting.run.screen())).toMatch(says)
      if ('opened' in opened && says === OPENED) expect(await opened.opened()).toBe(waiting.address)
      await consentTo(world, waiting)
      expect(await waiting.run.ended()).toBe(0)
      await expectConnected(world)
    })

    test('--no-browser keeps listening: the ssh tunnel of a person may lead here', async () => {
      const redirectUri = `http://127.0.0.1:${await freePort()}/callback`
      const world = await consenting('ebay', { redirectUri })
      const run = world.terminal(['login', world.main, '--no-browser'])
      await run.shows('Or paste the address:')
      expect(await arrive(await answerOf(await addressOn(run), world.sellers.main))).toBe(200)
      expect(await run.ended()).toBe(0)
      expect(await answers(redirectUri)).toBe(false)
      await expectConnected(world)
    })

    test('a port that somebody has: it says so, and takes the paste', async () => {
      const server = createServer(socket => socket.destroy())
      const port = await freePort()
      await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
      onTestFinished(() => void server.close())
      const world = await consenting('ebay', { redirectUri: `http://127.0.0.1:${port}/callback` })
      const waiting = await pasting(world)
      expect(flat(waiting.run.screen())).toContain(
        `The answer cannot be caught at 127.0.0.1:${port}: another program has that port. Consent in the browser all the same, and paste the address that it ends at, though no page shows there.`,
      )
      await consentTo(world, waiting)
      expect(await waiting.run.ended()).toBe(0)
    })
  })

  describe('a person who stops', () => {
    test.each([
      ['C-c', 'paste'],
      ['C-d', 'paste'],
      ['C-c', 'listen'],
      ['C-d', 'listen'],
    ] as const)('%s at the %s: 130, nothing is stored, nothing listens', async (key, how) => {
      const listens = `http://127.0.0.1:${await freePort()}/callback`
      const world = await consenting('ebay', how === 'listen' ? { redirectUri: listens } : {})
      const before = homePrint(world.home)
      const run = world.terminal(['login', world.main])
      await run.shows(how === 'listen' ? 'Or paste the address:' : '? Paste the address:')
      run.press(key)
      expect(await run.ended()).toBe(130)
      expect(flat(run.screen())).toMatch(/nothing was changed by it\. \[CANCELLED\]/)
      expect(await answers(listens)).toBe(false)
      expect(homePrint(world.home)).toEqual(before)
    })

    test('the terminal goes away: nothing is stored, nothing listens', async () => {
      const listens = `http://127.0.0.1:${await freePort()}/callback`
      const world = await consenting('ebay', { redirectUri: listens })
      const before = homePrint(world.home)
      const run = world.terminal(['login', world.main])
      await run.shows('Or paste the address:')
      expect(await answers(listens)).toBe(true)
      run.close()
      await expect.poll(() => answers(listens), { timeout: 10_000 }).toBe(false)
      expect(homePrint(world.home)).toEqual(before)
    })

    test.each(MARKETPLACES)('%s: Ctrl-C during the exchange lets it be stored', async marketplace => {
      const world = await consenting(marketplace)
      const waiting = await pasting(world)
      world.simulator.fault(marketplace, 'slow', { delayMs: 1500 })
      await consentTo(world, waiting)
      await expect.poll(() => exchanges(world).length, { timeout: 10_000 }).toBe(1)
      waiting.run.press('C-c')
      await waiting.run.shows('Stopping when the exchange that is open is stored')
      expect(await waiting.run.ended()).toBe(0)
      await expectConnected(world)
    })
  })

  describe('at the exchange', () => {
    test.each([
      ['out of order', '503', /\[MARKETPLACE_DOWN\]/],
      ['with its answer lost', 'lost-reply', /\[(NETWORK_FAILED|MARKETPLACE_DOWN)\]/],
      ['with a page of somebody else’s', 'html', /\[REPLY_MALFORMED\]/],
    ] as const)(
      'the marketplace is %s: 4, nothing is stored, and the next login works',
      async (_, fault, says) => {
        for (const marketplace of MARKETPLACES) {
          const world = await consenting(marketplace)
          const waiting = await pasting(world)
          world.simulator.fault(marketplace, fault, { times: 3 })
          await consentTo(world, waiting)
          expect([marketplace, await waiting.run.ended()]).toEqual([marketplace, 4])
          const screen = flat(waiting.run.screen())
          expect(screen).toMatch(says)
          expect(screen).toMatch(
            /Fix: .* Then `tokenctl login \w+:main` begins anew; nothing that is stored was changed\./,
          )
          expect(screen).not.toContain('next run')
          await expectNothing(world)
          world.simulator.clearFaults(marketplace)
          const next = await pasting(world)
          await consentTo(world, next)
          expect(await next.run.ended()).toBe(0)
        }
      },
    )

    test('the network is gone: 4, nothing is stored', async () => {
      const world = await consenting('aliexpress')
      const waiting = await pasting(world)
      const answer = await answerOf(waiting.address, world.sellers.main)
      await world.simulator.close()
      pasteLine(waiting.run, answer)
      expect(await waiting.run.ended()).toBe(4)
      expect(flat(waiting.run.screen())).toMatch(
        /\[NETWORK_FAILED\] Fix: .*the token was not sent\. Then `tokenctl login aliexpress:main` begins anew/,
      )
      await expectNothing(world)
    })

    test('the key is gone: 5 before anybody is sent to a browser', async () => {
      const world = await consenting('ebay')
      renameSync(join(world.home, 'vault.key'), join(world.home, 'away'))
      const run = world.terminal(['login', world.main])
      expect(await run.ended()).toBe(5)
      expect(run.screen()).not.toContain('http')
    })

    test.skipIf(noKeyring !== undefined)(
      'the keychain has locked itself: 5, the code is not sent',
      async () => {
        const keyring = await startKeyring('unlocked')
        const home = temporaryHome()
        onTestFinished(async () => {
          removeUserLocks(home)
          await keyring.stop()
        })
        const given = await consenting('ebay')
        writeSettings(home, { store: 'keychain', ...endpoints(given.simulator.origin) })
        const env = { DBUS_SESSION_BUS_ADDRESS: keyring.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' }
        const keys = await tokenctl(['app', 'set', 'ebay', '--stdin'], {
          home,
          env,
          input: JSON.stringify(given.keys),
        })
        expect(keys).toMatchObject({ status: 0 })
        const world: Consenting = { ...given, home, ...acting(home) }
        const waiting = await pasting(world, { env })
        await keyring.lockAgain()
        await consentTo(world, waiting)
        expect(await waiting.run.ended()).toBe(5)
        expect(flat(waiting.run.screen())).toMatch(/\[VAULT_LOCKED\]/)
        expect(exchanges(world)).toEqual([])
        expect(journals(home)).toEqual([])
      },
    )

    test('the disk is full: 5, the code is not sent', async context => {
      const disk = mountSmallDisk()
      if (disk === undefined) return context.skip('no small disk may be mounted here')
      onTestFinished(() => disk.unmount())
      const given = await consenting('ebay')
      writeSettings(disk.folder, { store: 'file', ...endpoints(given.simulator.origin) })
      await enterKeys(disk.folder, 'ebay', given.keys)
      const world: Consenting = { ...given, home: disk.folder, ...acting(disk.folder) }
      const waiting = await pasting(world)
      disk.fill()
      await consentTo(world, waiting)
      expect(await waiting.run.ended()).toBe(5)
      expect(flat(waiting.run.screen())).toMatch(/\[WRITE_FAILED\]/)
      expect(exchanges(world)).toEqual([])
      disk.empty()
      await expectNothing(world)
      const next = await pasting(world)
      await consentTo(world, next)
      expect(await next.run.ended()).toBe(0)
      await expectConnected(world)
    })
  })

  describe('eBay’s call that tells whose shop it is', () => {
    test('fails once: it is asked again', async () => {
      const world = await consenting('ebay')
      world.simulator.fault('ebay-identity', '503')
      const waiting = await pasting(world)
      await consentTo(world, waiting)
      expect(await waiting.run.ended()).toBe(0)
      expect(await world.row()).toMatchObject({ seller: expect.stringMatching(/^ebay-main \(/) })
    })

    test('fails for long: the answer waits, status says so, and the next login goes on without a browser', async () => {
      const world = await consenting('ebay')
      world.simulator.fault('ebay-identity', '503', { share: 1 })
      const waiting = await pasting(world)
      await consentTo(world, waiting)
      expect(await waiting.run.ended()).toBe(4)
      expect(flat(waiting.run.screen())).toMatch(
        /eBay took the consent, and its answer is kept; but it does not tell yet whose shop it is: .* Fix: Run `tokenctl login ebay:main` again: it goes on from there, without a new consent\./,
      )
      const report = statusSchema.parse(JSON.parse((await world.run(['status', '--json'])).stdout))
      expect(report.warnings.join(' ')).toMatch(/ebay:main/)
      const still = world.terminal(['login', world.main])
      expect(await still.ended()).toBe(4)
      world.simulator.clearFaults('ebay-identity')
      const last = world.terminal(['login', world.main])
      expect(await last.ended()).toBe(0)
      expect(last.screen()).not.toContain('Paste')
      expect(flat(last.screen())).toContain(
        'ebay:main is connected by a new consent. Its seller is ebay-main (',
      )
      expect(exchanges(world)).toHaveLength(1)
    })

    test('is refused for good: a new shop is connected, and it is said that nobody knows whose', async () => {
      const world = await consenting('ebay')
      world.simulator.fault('ebay-identity', 'consent-ended', { share: 1 })
      const waiting = await pasting(world)
      await consentTo(world, waiting)
      expect(await waiting.run.ended()).toBe(0)
      expect(flat(waiting.run.screen())).toContain(
        'connected by a new consent. eBay did not tell whose shop it is.',
      )
      expect(await world.row()).toMatchObject({ state: 'ok', seller: null })
    })

    test('is refused for a shop whose seller is known: nothing is stored, and what helps is said', async () => {
      const world = await consenting('ebay')
      const first = await pasting(world)
      await consentTo(world, first)
      expect(await first.run.ended()).toBe(0)
      const before = await world.row()
      world.simulator.fault('ebay-identity', 'consent-ended', { share: 1 })
      const second = await pasting(world)
      await consentTo(world, second)
      expect(await second.run.ended()).toBe(3)
      expect(flat(second.run.screen())).toMatch(
        /nothing tells whose consent this is\. Nothing was stored\. .*`--replace-seller`/,
      )
      expect(await world.row()).toEqual({ ...before, daysLeft: expect.anything() })
    })

    test('is not made by an app without the scope', async () => {
      const scopes = DEFAULT_SCOPES.filter(scope => scope !== IDENTITY_SCOPE).join(' ')
      const world = await consenting('ebay', { keys: { scopes } })
      for (const _ of ['new', 'again']) {
        const waiting = await pasting(world)
        await consentTo(world, waiting)
        expect(await waiting.run.ended()).toBe(0)
        expect(flat(waiting.run.screen())).toContain('eBay did not tell whose shop it is.')
      }
      expect(world.simulator.requests().filter(({ path }) => path.includes('identity/v1/user'))).toEqual([])
    })
  })
})
