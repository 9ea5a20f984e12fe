/**
 * Renewals through a torn wire, without a process for each: the real world of the program with its real client, store
 * and locks in a home of its own, and a clock that moves only when something waits. Each run opens everything anew, as
 * a process would.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importRun } from '../../src/cli/commands/import.ts'
import { renewSelected } from '../../src/cli/renewing/renewing.ts'
import { createWorld, type World } from '../../src/cli/world.ts'
import { createHttp } from '../../src/platform/http.ts'
import type { RenewResult } from '../../src/renewal/ports.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import type { Vendor } from '../../src/simulator/vendors.ts'
import { parseAccount } from '../../src/tokens/account.ts'
import type { StoredAccount } from '../../src/vault/vault.ts'
import { screen } from '../cli/render/screen.ts'
import { pass } from '../support/chaos-faults.ts'
import { type ChaosProxy, type Fault, startChaosProxy } from '../support/chaos-proxy.ts'
import { type FakeClock, fakeClock } from '../support/clock.ts'
import { endpoints, shop, threeApps, writeSettings } from '../support/simulator.ts'
import type { Mode } from './modes.ts'

export interface BenchOptions extends Mode {
  readonly marketplace: Vendor
  /** The deadline of one exchange in real milliseconds; for faults in which nothing ever comes. */
  readonly timeoutMs?: number
}

export interface Bench {
  readonly account: string
  readonly simulator: Simulator
  readonly proxy: ChaosProxy
  readonly clock: FakeClock
  /** What happens to the next exchanges, one each; then nothing goes wrong. */
  readonly faults: Fault[]
  /** `tokenctl renew <account>`, or with `--due`. Undefined when the account was left out. */
  renew(mode?: 'named' | 'due'): Promise<RenewResult | undefined>
  /** The record as it is stored. */
  stored(): Promise<StoredAccount>
  /** Whether the stored token is the one that the marketplace holds to be in force. */
  holdsCurrent(): Promise<boolean>
  /** A new consent of the seller, brought in as a person would, after the old one was lost. */
  reseed(): Promise<void>
  close(): Promise<void>
}

/** A connected account behind a proxy. */
export async function openBench({ marketplace, belief, server, timeoutMs }: BenchOptions): Promise<Bench> {
  const account = `${marketplace}:main`
  const clock = fakeClock(Date.now())
  const simulator = await startSimulator({
    clock,
    seed: { apps: threeApps(), accounts: [shop(account, 30, 365)] },
  })
  simulator.setRotation(marketplace, { mode: server, reuseRevokes: true })
  const faults: Fault[] = []
  const proxy = await startChaosProxy({ to: simulator.origin, fault: () => faults.shift() ?? pass })
  const home = mkdtempSync(join(tmpdir(), 'tokenctl-chaos-'))
  writeSettings(home, { store: 'file', ...endpoints(proxy.origin), [`rotation.${marketplace}`]: belief })
  const { marketplace: id, name = 'default' } = parseAccount(account)
  const ref = { marketplace: id, name }

  async function inRun<T>(work: (world: World) => Promise<T>): Promise<T> {
    const world = worldOf(home, clock, timeoutMs)
    try {
      return await work(world)
    } finally {
      await world.close()
    }
  }

  const connect = (replace: boolean) =>
    inRun(world => {
      const terminal = {
        ...screen('pipe'),
        readStdinBytes: async () => Buffer.from(JSON.stringify(simulator.importDocument())),
      }
      return importRun({ replace }, Object.create(world, { terminal: { value: terminal } }) as World)
    })
  const stored = () =>
    inRun(async world => {
      const opened = await (await world.openVault('renew')).read()
      const found = opened.state === 'open' ? await opened.vault.account(ref) : undefined
      if (found === undefined) throw new Error(`${account} is gone`)
      return found
    })
  await connect(false)
  return {
    account,
    simulator,
    proxy,
    clock,
    faults,
    stored,
    renew: (mode = 'named') =>
      inRun(async world => (await renewSelected({ accounts: [account], mode, concurrency: 1 }, world))[0]),
    holdsCurrent: async () => {
      const { secrets } = await stored()
      return secrets.refreshToken?.reveal() === simulator.refreshToken(account)
    },
    reseed: async () => {
      const found = simulator.market.accounts.get(account)
      if (found === undefined) throw new Error(`no ${account}`)
      // An import takes a token for newer when its consent is.
      clock.advance(1000)
      simulator.market.consentAgain(found, clock.now())
      await connect(true)
    },
    close: async () => {
      await proxy.close()
      await simulator.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** The program's own world for one run in this home, with a clock that nobody waits for. */
function worldOf(home: string, clock: FakeClock, timeoutMs: number | undefined): World {
  const env = { TOKENCTL_HOME: home }
  const never = () => Promise.reject(new Error('no line is run in a run'))
  const real = createWorld({ env } as unknown as NodeJS.Process, screen('pipe'), never, home)
  const limits = timeoutMs === undefined ? {} : { timeoutMs }
  return Object.defineProperties(Object.create(real) as World, {
    clock: { value: clock },
    random: { value: () => 0 },
    http: { value: async () => createHttp(env, limits) },
    signal: { value: new AbortController().signal },
  })
}
