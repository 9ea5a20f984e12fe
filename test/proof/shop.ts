/**
 * One shop for one trial: a marketplace of its own that remembers what was presented to it, a home that was copied from
 * a template, and a keyring of its own where the store is one. Trials share nothing, so that none can spoil another.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SeedApp, seedApp } from '../../src/simulator/seed.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { makeRefreshToken } from '../../src/simulator/token-shapes.ts'
import { DAY } from '../../src/tokens/time.ts'
import { startKeyring } from '../support/keyring.ts'
import { writeSettings } from '../support/simulator.ts'
import { environmentOf, type Run, tokenctl } from '../support/tokenctl.ts'
import type { Scenario } from './scenarios.ts'
import { type Traced, type TraceOptions, traced } from './traced.ts'

/** A seller with one account and one app. */
interface Seller {
  readonly app: SeedApp
  readonly refreshToken: string
  readonly consentAt: number
}

/** A home that holds the seller's account, ready to be copied: with it, trials cost no import. */
export interface Template extends Seller {
  readonly home: string
  /** The keyring's files; undefined with the file store. */
  readonly keyrings: string | undefined
}

/** One refresh token, or code, at the marketplace's door. */
export interface Presentation {
  readonly token: string
  /** The token that is good after it; null where this one was refused. */
  readonly next: string | null
}

export interface Shop {
  readonly simulator: Simulator
  /** Holds everything that the program may write. */
  readonly scratch: string
  readonly home: string
  /** Every token that came, in order. */
  readonly presented: readonly Presentation[]
  /** Every token and key there is, in the clear, to be looked for. */
  secrets(): readonly string[]
  run(args: readonly string[], input?: string): Promise<Run>
  trace(args: readonly string[], options?: TraceOptions): Promise<Traced>
  /** Resolves when the marketplace has dealt with what was sent to it so far. */
  settled(): Promise<void>
  close(): Promise<void>
}

type Kind = Pick<Scenario, 'marketplace' | 'store'>
type Opening = Kind & Pick<Scenario, 'mode'>

/** Makes a template in a new folder under `under`. */
export async function makeTemplate(kind: Kind, under: string): Promise<Template> {
  const { marketplace, store } = kind
  const folder = mkdtempSync(join(under, 'template-'))
  const now = Date.now()
  const seller: Seller = {
    app: seedApp(marketplace, marketplace === 'amazon' ? now - 20 * DAY : null),
    refreshToken: makeRefreshToken(marketplace),
    consentAt: now - 5 * DAY,
  }
  const template: Template = {
    ...seller,
    home: join(folder, 'home'),
    keyrings: store === 'keychain' ? join(folder, 'keyrings') : undefined,
  }
  mkdirSync(template.home, { mode: 0o700 })
  if (template.keyrings !== undefined) mkdirSync(template.keyrings)
  const shop = await open({ ...kind, mode: { belief: 'none', server: 'none' } }, template, under)
  try {
    const run = await shop.run(['import'], JSON.stringify(shop.simulator.importDocument()))
    if (run.status !== 0) throw new Error(`import: ${run.status}\n${run.stderr}`)
    copy(shop.home, template.home)
    if (template.keyrings !== undefined) copy(shop.keyrings, template.keyrings)
  } finally {
    await shop.close()
  }
  return template
}

/** Opens a shop over a copy of a template. */
export function openShop(opening: Opening, template: Template, under: string): Promise<Shop> {
  return open(opening, template, under)
}

async function open(
  { marketplace, store, mode }: Opening,
  template: Template,
  under: string,
): Promise<Shop & { readonly keyrings: string }> {
  const scratch = mkdtempSync(join(under, 'shop-'))
  // Not where the home is: that disk may be full.
  const logs = mkdtempSync(join(tmpdir(), 'tokenctl-trace-'))
  const home = join(scratch, 'home')
  copy(template.home, home)
  const simulator = await simulatorFor(marketplace, template)
  simulator.setRotation(marketplace, { mode: mode.server })
  const presented = watch(simulator)
  writeSettings(home, {
    store,
    [`endpoint.${marketplace}`]: simulator.origin,
    [`rotation.${marketplace}`]: mode.belief,
  })
  const { keyrings } = template
  const keyring = keyrings === undefined ? undefined : await startKeyring('unlocked', { keyrings })
  const address = keyring?.env['DBUS_SESSION_BUS_ADDRESS']
  const env = address === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS: address }
  return {
    simulator,
    scratch,
    home,
    presented,
    keyrings: join(keyring?.home ?? '', 'data'),
    secrets: () => [
      ...Object.values(template.app.keys).filter(value => value.length >= 32),
      ...presented.flatMap(({ token, next }) => [token, ...(next === null ? [] : [next])]),
      ...accessTokens(simulator),
    ],
    run: (args, input) => tokenctl(args, { home, env, ...(input === undefined ? {} : { input }) }),
    trace: (args, options) => traced(args, environmentOf({ home, env }), join(logs, 'trace'), options),
    settled: async () => {
      // What comes later is answered later; the second asking waits for what the first found half read.
      for (let turn = 0; turn < 2; turn++) await ask(`${simulator.origin}/_simulator/accounts`)
    },
    close: async () => {
      await simulator.close()
      await keyring?.stop()
      for (const folder of [scratch, logs]) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function copy(from: string, to: string): void {
  cpSync(from, to, { recursive: true })
}

function simulatorFor(marketplace: Scenario['marketplace'], seller: Seller): Promise<Simulator> {
  const { app, consentAt, refreshToken } = seller
  const region = marketplace === 'amazon' ? { region: 'na' as const } : {}
  const account = {
    account: `${marketplace}:main`,
    consentAt,
    consentUntil: consentAt + 60 * DAY,
    refreshToken,
    ...region,
  }
  return startSimulator({ clock: { now: Date.now }, seed: { apps: [app], accounts: [account] } })
}

/** Writes down, beside what the simulator's log has, which token came: the log never holds one. */
function watch({ market }: Simulator): readonly Presentation[] {
  const presented: Presentation[] = []
  const refresh = market.refresh.bind(market)
  market.refresh = (app, token, now) => {
    const result = refresh(app, token, now)
    presented.push({ token, next: 'refused' in result ? null : result.refreshToken })
    return result
  }
  const redeem = market.redeem.bind(market)
  market.redeem = (app, code, redirectUri, now) => {
    const result = redeem(app, code, redirectUri, now)
    presented.push({ token: code, next: 'refused' in result ? null : result.refreshToken })
    return result
  }
  return presented
}

function accessTokens({ market }: Simulator): readonly string[] {
  return [...market.accounts.values()].flatMap(account => account.access.map(token => token.text))
}

/** A request on a connection of its own, so that it stands behind what was sent before. */
function ask(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, response => {
      response.resume()
      response.on('end', resolve)
    }).on('error', reject)
  })
}
