/**
 * A seller's consent from the first key to the stored token, in a real browser: the consent page of each marketplace,
 * caught on a loopback address; the wrong seller; a refusal; and the browser's session that is somebody else's.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { seedApp } from '../../src/simulator/seed.ts'
import type { Vendor } from '../../src/simulator/vendors.ts'
import {
  chromiumMissing,
  decide,
  type FakeOpener,
  fakeOpener,
  freePort,
  startChromium,
} from '../support/consent-browser.ts'
import { endpoints, shop, simulated, writeSettings } from '../support/simulator.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { inTerminal, type TerminalRun, tmuxMissing } from '../support/tmux.ts'
import { tokenctl } from '../support/tokenctl.ts'

const missing = tmuxMissing() ?? chromiumMissing()

describe.skipIf(missing !== undefined)(`in a browser (${missing ?? 'chromium'})`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser.close())

  /** One app with a loopback redirect, two sellers of it, a home that knows the keys and no account, and a browser. */
  async function start(marketplace: Vendor) {
    const redirectUri = `http://127.0.0.1:${await freePort()}/callback`
    const app = seedApp(marketplace, null, { redirectUri })
    const [main, outlet] = [`${marketplace}:main`, `${marketplace}:outlet`]
    const accounts = [main, outlet].map(account =>
      shop(account, 30, 60, { seller: account.replace(':', '-') }),
    )
    const simulator = await simulated(accounts, [app])
    const home = temporaryHome()
    writeSettings(home, { store: 'file', ...endpoints(simulator.origin) })
    const keys = await tokenctl(['app', 'set', marketplace, '--stdin'], {
      home,
      input: JSON.stringify(app.keys),
    })
    expect(keys).toMatchObject({ status: 0 })
    const opener = fakeOpener(temporaryHome())
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    return { simulator, home, opener, page: await context.newPage(), redirectUri, main }
  }

  function login(
    args: readonly string[],
    { home, opener }: { home: string; opener: FakeOpener },
  ): TerminalRun {
    const run = inTerminal(['login', ...args], { home, env: opener.env })
    onTestFinished(() => run.close())
    return run
  }

  async function account(home: string): Promise<Record<string, unknown>> {
    const { stdout } = await tokenctl(['status', '--json'], { home })
    return JSON.parse(stdout).accounts[0] ?? {}
  }

  const refusesConnections = async (address: string) =>
    await fetch(address).then(
      () => 'answers',
      () => 'nobody listens',
    )

  test.each(['ebay', 'amazon', 'aliexpress'] as const)(
    '%s: a new shop, then its next consent',
    async marketplace => {
      const world = await start(marketplace)
      const { home, opener, page, redirectUri, main } = world
      const region = marketplace === 'amazon' ? ['--region', 'na'] : []
      for (const round of ['new', 'again']) {
        const run = login([main, ...region], world)
        await run.shows('consent page opens in your browser')
        const seller = round === 'again' && marketplace === 'amazon' ? undefined : main.replace(':', '-')
        await decide(page, await opener.opened(), seller === undefined ? {} : { seller })
        expect(await page.textContent('body')).toMatch(/terminal/)
        expect(await run.ended()).toBe(0)
        const screen = run.screen()
        expect(screen).toContain(`${main} is connected by a new consent.`)
        expect(screen).toMatch(/Its seller is \S+/)
        // The question beside the browser is wiped away, and nothing of the answer stands on the screen.
        expect(screen).not.toMatch(/Or paste|code=/)
        expect(await refusesConnections(redirectUri)).toBe('nobody listens')
      }
      const stored = await account(home)
      expect(stored).toMatchObject({ account: main, state: 'ok', seller: expect.stringMatching(/\S/) })
      expect(stored['ends']).toMatchObject({ basis: marketplace === 'amazon' ? 'estimated' : 'reported' })
      expect(await tokenctl(['renew', main], { home })).toMatchObject({ status: 0 })
    },
  )

  test.each(['ebay', 'amazon', 'aliexpress'] as const)(
    '%s: another seller is refused, until it is wanted',
    async marketplace => {
      const world = await start(marketplace)
      const { home, opener, main } = world
      const region = marketplace === 'amazon' ? ['--region', 'na'] : []
      const [name, other] = [main.replace(':', '-'), `${marketplace}-outlet`]
      const signedIn = async (args: readonly string[], seller: string) => {
        const run = login([main, ...region, ...args], world)
        // Another person's browser each time: it remembers nobody.
        const context = await browser.newContext()
        await decide(await context.newPage(), await opener.opened(), { seller })
        await context.close()
        const status = await run.ended()
        return { status, screen: run.screen().replaceAll('\n', ' ') }
      }
      expect(await signedIn([], name)).toMatchObject({ status: 0 })
      const before = await account(home)
      const refused = await signedIn([], other)
      expect(refused.status).toBe(3)
      expect(refused.screen).toContain('Nothing was stored')
      expect(refused.screen).toContain(String(before['seller']))
      expect(await account(home)).toEqual({ ...before, next: expect.anything(), daysLeft: expect.anything() })
      expect(await signedIn(['--replace-seller'], other)).toMatchObject({ status: 0 })
      expect((await account(home))['seller']).not.toBe(before['seller'])
    },
  )

  test('a new name for a seller that is connected already is refused', async () => {
    const world = await start('aliexpress')
    const first = login(['aliexpress:main'], world)
    await decide(world.page, await world.opener.opened(), { seller: 'aliexpress-main' })
    expect(await first.ended()).toBe(0)
    const second = login(['aliexpress:outlet'], world)
    await decide(world.page, await world.opener.opened(), { seller: 'aliexpress-main' })
    expect(await second.ended()).toBe(3)
    expect(second.screen()).toContain('is connected already, as aliexpress:main')
  })

  test.each(['amazon', 'aliexpress'] as const)('%s: a seller who declines', async marketplace => {
    const world = await start(marketplace)
    const run = login([world.main, ...(marketplace === 'amazon' ? ['--region', 'na'] : [])], world)
    await decide(world.page, await world.opener.opened(), {
      seller: `${marketplace}-main`,
      decision: 'decline',
    })
    expect(await run.ended()).toBe(3)
    expect(run.screen()).toContain('did not agree')
    expect(await account(world.home)).toEqual({})
    expect(await refusesConnections(world.redirectUri)).toBe('nobody listens')
  })

  test('renew, where only a person can help, opens the consent page and goes on when it is answered', async () => {
    const world = await start('ebay')
    const { simulator, home, opener, page, redirectUri, main } = world
    const first = login([main], world)
    await decide(page, await opener.opened(), { seller: 'ebay-main' })
    expect(await first.ended()).toBe(0)
    simulator.endConsent(main)
    const run = inTerminal(['renew', main], { home, env: opener.env })
    onTestFinished(() => run.close())
    await run.shows('Give it in the browser now?')
    run.press('Enter')
    await decide(page, await opener.opened(), { seller: 'ebay-main' })
    expect(await run.ended()).toBe(0)
    expect(run.screen()).toContain(`${main} is connected by a new consent.`)
    expect(await account(home)).toMatchObject({ account: main, state: 'ok' })
    expect(await refusesConnections(redirectUri)).toBe('nobody listens')
  })

  test('what is no answer is turned away, and the login goes on', async () => {
    const world = await start('ebay')
    const run = login(['ebay:main'], world)
    const address = await world.opener.opened()
    const state = new URL(address).searchParams.get('state') ?? ''
    expect(state).toMatch(/^[\w-]{43}$/)
    for (const query of [
      '',
      '?code=v%5E1.1',
      '?code=v%5E1.1&state=wrong',
      `?code=a&state=${state}&state=${state}`,
    ])
      expect((await fetch(`${world.redirectUri}${query}`)).status).toBe(400)
    await decide(world.page, address, { seller: 'ebay-main' })
    expect(await run.ended()).toBe(0)
  })

  test('Ctrl-C while the browser is open stores nothing and leaves nothing listening', async () => {
    const world = await start('ebay')
    const run = login(['ebay:main'], world)
    await world.opener.opened()
    await run.shows('Or paste')
    run.press('C-c')
    expect(await run.ended()).toBe(130)
    expect(await account(world.home)).toEqual({})
    expect(await refusesConnections(world.redirectUri)).toBe('nobody listens')
  })
})
