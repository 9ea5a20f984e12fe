/**
 * A person who connects a shop by pasting: one app whose redirect address is no page of this machine, two sellers, a home
 * that knows the keys and no account. What the browser would do, `test/simulator/browser.ts` does.
 */
import { onTestFinished } from 'vitest'
import type { SeedApp } from '../../src/simulator/seed.ts'
import { type SeedAppOptions, seedApp } from '../../src/simulator/seed.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import type { Vendor } from '../../src/simulator/vendors.ts'
import { Browser } from '../simulator/browser.ts'
import { endpoints, shop, writeSettings } from './simulator.ts'
import { temporaryHome } from './temporary-home.ts'
import { inTerminal, type TerminalOptions, type TerminalRun } from './tmux.ts'
import { type Run, type RunOptions, tokenctl } from './tokenctl.ts'

/** A page that nobody here serves: what comes back to it is copied from the address bar. */
export const SHOP_PAGE = 'https://shop.example/back?from=consent'

export interface Consenting {
  readonly marketplace: Vendor
  /** `ebay:main` */
  readonly main: string
  /** The sellers by the names that the marketplace shows. */
  readonly sellers: { readonly main: string; readonly outlet: string }
  readonly simulator: Simulator
  readonly home: string
  /** The app's. */
  readonly keys: Readonly<Record<string, string>>
  /** What `login` has to be told beside the account: Amazon's region. */
  readonly more: readonly string[]
  run(args: readonly string[], options?: Omit<RunOptions, 'home'>): Promise<Run>
  terminal(args: readonly string[], options?: Omit<TerminalOptions, 'home'>): TerminalRun
  /** The account's row of `status --json`; undefined where it is not connected. */
  row(account?: string): Promise<Record<string, unknown> | undefined>
}

export interface ConsentingOptions extends SeedAppOptions {
  /** Keys of the app beside the usual ones, or in their place. */
  readonly keys?: Readonly<Record<string, string>>
  readonly app?: Partial<SeedApp>
  /** The marketplace's time of day; the real one when left out. */
  readonly clock?: { now(): number }
}

/** Starts the marketplace and fills the home with the app's keys; both are gone when the test is over. */
export async function consenting(marketplace: Vendor, options: ConsentingOptions = {}): Promise<Consenting> {
  const { keys = {}, app: more = {}, clock = { now: Date.now }, ...seed } = options
  const made = seedApp(marketplace, null, { redirectUri: SHOP_PAGE, ...seed })
  const app: SeedApp = { ...made, ...more, keys: { ...made.keys, ...keys } }
  const [main, outlet] = [`${marketplace}:main`, `${marketplace}:outlet`]
  const sellers = { main: `${marketplace}-main`, outlet: `${marketplace}-outlet` }
  const accounts = [
    shop(main, 30, 60, { seller: sellers.main }),
    shop(outlet, 30, 60, { seller: sellers.outlet }),
  ]
  const simulator = await startSimulator({ clock, seed: { apps: [app], accounts } })
  onTestFinished(() => simulator.close())
  const home = temporaryHome()
  const own = { [`endpoint.${marketplace}`]: simulator.origin }
  writeSettings(home, { store: 'file', ...endpoints(simulator.origin), ...own })
  await enterKeys(home, marketplace, app.keys)
  return {
    marketplace,
    main,
    sellers,
    simulator,
    home,
    keys: app.keys,
    more: marketplace === 'amazon' ? ['--region', 'na'] : [],
    ...acting(home),
  }
}

/** Stores an app's keys in a home. */
export async function enterKeys(home: string, marketplace: Vendor, keys: object): Promise<void> {
  const args = ['app', 'set', marketplace, '--stdin']
  const { status, stderr } = await tokenctl(args, { home, input: JSON.stringify(keys) })
  if (status !== 0) throw new Error(`app set: ${status}\n${stderr}`)
}

/** The program in one home. */
export function acting(home: string): Pick<Consenting, 'run' | 'terminal' | 'row'> {
  return {
    run: (args, options) => tokenctl(args, { home, ...options }),
    terminal: (args, options) => {
      const run = inTerminal(args, { home, ...options })
      onTestFinished(() => run.close())
      return run
    },
    row: async (account?: string) => {
      const { stdout } = await tokenctl(['status', '--json'], { home })
      const rows = JSON.parse(stdout).accounts as Record<string, unknown>[]
      return account === undefined ? rows[0] : rows.find(row => row['account'] === account)
    },
  }
}

const TOKEN_PATHS =
  /^\/(identity\/v1\/oauth2\/token|auth\/o2\/token|rest\/auth\/token\/create|(v3\/public\/|auth\/)?oauth\/token)$/

/** The questions to the marketplace's token endpoint, each for a code. */
export const exchanges = ({ simulator }: Pick<Consenting, 'simulator'>) =>
  simulator.requests().filter(({ path }) => TOKEN_PATHS.test(path))

export interface PastingOptions extends Omit<TerminalOptions, 'home'> {
  /** What is typed behind the account. */
  readonly args?: readonly string[]
}

/** A login that waits for its paste, beside the address of the consent page. */
export async function pasting(
  world: Consenting,
  { args = [], ...options }: PastingOptions = {},
): Promise<{ readonly run: TerminalRun; readonly address: string }> {
  const run = world.terminal(['login', world.main, ...world.more, ...args], options)
  await run.shows('? Paste the address:')
  return { run, address: await addressOn(run) }
}

/** The newest address that stands alone on a line of a screen. */
export async function addressOn(run: TerminalRun): Promise<string> {
  const shown = await run.shows(/^https?:\/\/\S+$/m)
  return [...shown.matchAll(/^https?:\/\/\S+$/gm)].at(-1)?.[0] ?? ''
}

/** A seller goes to an address and decides; where the browser is sent then. */
export async function answerOf(
  address: string,
  seller: string,
  decision: 'agree' | 'decline' = 'agree',
): Promise<string> {
  const { location, body } = await new Browser().consent(address, seller, decision)
  if (location === null) throw new Error(`No redirect: ${body.slice(0, 2000)}`)
  return location.href
}

/** Pastes and presses Enter. */
export function pasteLine(run: TerminalRun, text: string, how: 'plain' | 'bracketed' = 'bracketed'): void {
  run.paste(text, how)
  run.press('Enter')
}

/** A screen as one line, for sentences that are folded on it. */
export const flat = (screen: string): string => screen.replace(/\s+/g, ' ')
