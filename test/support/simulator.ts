/**
 * Simulated marketplaces for a journey: as a child, the way a person starts them, or in this process, where a test can
 * steer them and read what was asked of them. And a home that is connected to them.
 */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { type SeedAccount, type SeedApp, seedApp } from '../../src/simulator/seed.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { DAY } from '../../src/tokens/time.ts'
import { makeHome, temporaryHome } from './temporary-home.ts'
import { type Run, startTokenctl, tokenctl } from './tokenctl.ts'

export const MARKETPLACES = ['ebay', 'amazon', 'aliexpress'] as const

/** `tokenctl simulate --json` in a child. */
export interface SimulateChild {
  readonly origin: string
  /** What it printed first, read as JSON. */
  readonly first: unknown
  readonly child: ChildProcess
  /** A control address by its name: JSON in, JSON out. */
  ask(name: string, body?: unknown): Promise<Record<string, unknown>>
  /** Ctrl-C, and its exit status. */
  stop(): Promise<number | null>
}

/** Starts it on a free port; resolves when it listens. */
export async function startSimulateChild(args: readonly string[] = []): Promise<SimulateChild> {
  const child = startTokenctl(['simulate', '--json', ...args])
  child.stderr.resume()
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const first = JSON.parse(line) as { readonly origin: string }
  const { origin } = first
  return {
    origin,
    first,
    child,
    ask: async (name, body) => {
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
      const answer = await fetch(`${origin}/_simulator/${name}`, init)
      if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as Record<string, unknown>
    },
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode
      const closed = once(child, 'close')
      child.kill('SIGINT')
      await closed
      return child.exitCode
    },
  }
}

/** A shop whose consent began some days ago and lives for some. */
export function shop(
  account: string,
  ageDays: number,
  lifeDays: number,
  more: Partial<SeedAccount> = {},
): SeedAccount {
  const consentAt = Date.now() - ageDays * DAY
  return { account, consentAt, consentUntil: consentAt + lifeDays * DAY, ...more }
}

/** One app on each marketplace, all of them in order. */
export function threeApps(): readonly SeedApp[] {
  return [seedApp('ebay'), seedApp('amazon', Date.now() - 20 * DAY), seedApp('aliexpress')]
}

/** Three shops of which nothing is due. */
export const THREE_FRESH = () => [
  shop('ebay:main', 30, 547),
  shop('amazon:main', 30, 365, { region: 'na' }),
  shop('aliexpress:main', 5, 60),
]

/** Starts the marketplaces in this process; closed when the test is over. */
export async function simulated(accounts: readonly SeedAccount[], apps = threeApps()): Promise<Simulator> {
  const simulator = await openSimulator(accounts, apps)
  onTestFinished(() => simulator.close())
  return simulator
}

/** The same for a whole file: the caller closes it. */
export function openSimulator(accounts: readonly SeedAccount[], apps = threeApps()): Promise<Simulator> {
  return startSimulator({ clock: { now: Date.now }, seed: { apps, accounts } })
}

/** Marketplaces and a home that is connected to them, for all the tests of a file. */
export function connectedForAll(accounts: readonly SeedAccount[]): {
  readonly home: string
  readonly simulator: () => Simulator
} {
  const base = makeHome()
  let simulator: Simulator | undefined
  beforeAll(async () => {
    simulator = await openSimulator(accounts)
    await connect(base.path, simulator)
  })
  afterAll(async () => {
    await simulator?.close()
    base.remove()
  })
  return {
    home: base.path,
    simulator: () => {
      if (simulator === undefined) throw new Error('The marketplaces are not up yet.')
      return simulator
    },
  }
}

/** Marketplaces that let nobody have the answer to a request under the fault `slow` before `letGo`. */
export async function heldSimulator(
  accounts: readonly SeedAccount[],
): Promise<{ readonly simulator: Simulator; readonly letGo: () => void }> {
  let letGo = () => {}
  const gate = new Promise<void>(resolve => {
    letGo = resolve
  })
  const seed = { apps: threeApps(), accounts }
  const simulator = await startSimulator({ clock: { now: Date.now }, seed, wait: () => gate })
  onTestFinished(async () => {
    letGo()
    await simulator.close()
  })
  return { simulator, letGo }
}

/** The newest access token of an account that its marketplace has given out. @throws where it has given out none */
export function newestToken({ market }: Simulator, account: string): string {
  const token = market.accounts.get(account)?.access.at(-1)?.text
  if (token === undefined) throw new Error(`No access token of ${account} was ever given out.`)
  return token
}

/** Writes the settings file of a home, as `config set` leaves it, without a process for each key. */
export function writeSettings(home: string, settings: Readonly<Record<string, string>>): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  writeFileSync(`${home}/config.json`, JSON.stringify(settings), { mode: 0o600 })
}

/** The settings that lead to a simulator. */
export function endpoints(origin: string): Record<string, string> {
  return Object.fromEntries(MARKETPLACES.map(id => [`endpoint.${id}`, origin]))
}

/** A home with the file store that holds every account of the simulator. */
export async function connectedHome(simulator: Simulator): Promise<string> {
  const home = temporaryHome()
  await connect(home, simulator)
  return home
}

/** Fills a home with every account of the simulator, in the file store. */
export async function connect(home: string, simulator: Simulator): Promise<void> {
  writeSettings(home, { store: 'file', ...endpoints(simulator.origin) })
  const run: Run = await tokenctl(['import'], { home, input: JSON.stringify(simulator.importDocument()) })
  if (run.status !== 0) throw new Error(`import: ${run.status}\n${run.stderr}`)
}

/** A copy of a home, for a test that will spoil it. */
export function copyOf(home: string): string {
  const copy = temporaryHome()
  const { status } = spawnSync('cp', ['-a', `${home}/.`, copy])
  if (status !== 0) throw new Error(`cp: ${status}`)
  return copy
}
