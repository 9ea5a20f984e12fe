/**
 * Sixteen lanes that run the built program over and over on a few accounts, under strict rotation whose server revokes
 * a consent at the first token that comes twice; runs are stopped and killed among them. Everything is recorded.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { VENDORS } from '../../src/simulator/vendors.ts'
import { connect, endpoints, openSimulator, shop, writeSettings } from '../support/simulator.ts'
import { makeHome } from '../support/temporary-home.ts'
import { tokenctl } from '../support/tokenctl.ts'
import { seeded } from './chance.ts'
import { drawFate } from './race-chance.ts'
import type { RaceEvent } from './race-event.ts'
import { type Observer, startObserver } from './race-observer.ts'
import { RaceRun } from './race-run.ts'

export interface RaceOptions {
  /** The race is over when the marketplaces have accepted so many renewals. */
  readonly renewals: number
  readonly lanes: number
  readonly seed: number
  /** Told now and then how many renewals were accepted. */
  readonly tell?: (accepted: number) => void
}

/** So many renewals lie between two words on how far it is. */
const TOLD_EVERY = 500

export interface Race {
  readonly history: readonly RaceEvent[]
  readonly problems: readonly unknown[]
  /** How each account ended: the outcome of one last renewal that nothing befell. */
  readonly last: ReadonlyMap<string, string>
}

const ACCOUNTS = VENDORS.flatMap(vendor => ['one', 'two', 'three'].map(name => `${vendor}:${name}`))

/** Runs one race to its end. */
export async function race({ renewals, lanes, seed, tell = () => undefined }: RaceOptions): Promise<Race> {
  const simulator = await openSimulator(ACCOUNTS.map(account => shop(account, 20, 365)))
  for (const vendor of VENDORS) simulator.setRotation(vendor, { mode: 'strict', reuseRevokes: true })
  const { path: home, remove } = makeHome()
  const living = new Map<number, RaceRun>()
  const observer = await startObserver({
    to: simulator.origin,
    living: () => [...living].map(([number, run]) => [number, run.pid] as const),
    onMoment: (moment, run) => living.get(run)?.at(moment),
  })
  try {
    for (const account of ACCOUNTS) observer.learn(account, simulator.refreshToken(account))
    await connect(home, simulator)
    writeSettings(home, {
      store: 'file',
      ...endpoints(observer.proxy.origin),
      // AliExpress' stays unknown, as it is.
      'rotation.ebay': 'strict',
      'rotation.amazon': 'strict',
    })
    const track = new Track({ home, simulator, observer, living, random: seeded(seed), tell })
    const ends = await Promise.allSettled(Array.from({ length: lanes }, () => track.lane(renewals)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return { history: observer.history, problems: observer.problems, last: await track.finish() }
  } finally {
    await observer.proxy.close()
    await simulator.close()
    remove()
  }
}

interface TrackParts {
  readonly home: string
  readonly simulator: Simulator
  readonly observer: Observer
  readonly living: Map<number, RaceRun>
  readonly random: () => number
  readonly tell: (accepted: number) => void
}

class Track {
  readonly #parts: TrackParts
  /** Accounts that are being brought in anew; no run is begun for them meanwhile. */
  readonly #reseeding = new Map<string, Promise<void>>()
  #runs = 0
  #told = 0

  constructor(parts: TrackParts) {
    this.#parts = parts
  }

  /** Runs one after the other until there were enough renewals. */
  async lane(renewals: number): Promise<void> {
    while (this.#parts.observer.accepted() < renewals && this.#parts.observer.problems.length === 0)
      await this.#run(this.#words(), drawFate(this.#parts.random))
  }

  /** One renewal of each account that nothing befalls, after which all must be well. */
  async finish(): Promise<ReadonlyMap<string, string>> {
    const last = new Map<string, string>()
    for (const account of ACCOUNTS) {
      let codes = await this.#run([account], undefined)
      // The one before it may have been the last to be killed.
      if (isDead(codes.get(account))) codes = await this.#run([account], undefined)
      last.set(account, codes.get(account) ?? 'renewed')
    }
    return last
  }

  /** One account, a marketplace, or all. */
  #words(): readonly string[] {
    const among = <Each>(all: readonly Each[]) => all[Math.floor(this.#parts.random() * all.length)]
    const drawn = this.#parts.random()
    const one = [among(ACCOUNTS.filter(each => !this.#reseeding.has(each))) ?? '--all']
    // Whoever names a dead account asks again, and again; the seller's new consent would hardly get the lock.
    if (drawn > 0.4 || this.#reseeding.size > 0) return one
    return drawn < 0.2 ? ['--all'] : [among(VENDORS) ?? '--all']
  }

  async #run(words: readonly string[], fate: ReturnType<typeof drawFate>) {
    this.#runs += 1
    const { note } = this.#parts.observer
    const run = new RaceRun(this.#runs, ['renew', ...words], { home: this.#parts.home, fate, note })
    this.#parts.living.set(run.number, run)
    const codes = await run.end()
    this.#parts.living.delete(run.number)
    this.#look()
    const accepted = this.#parts.observer.accepted()
    if (accepted - this.#told >= TOLD_EVERY) {
      this.#told = accepted
      this.#parts.tell(accepted)
    }
    for (const [account, code] of codes) if (isDead(code)) await this.#reseed(account)
    return codes
  }

  /** What the first lines of the records say now, as anybody may read them at any time. */
  #look(): void {
    for (const account of ACCOUNTS) {
      const file = join(this.#parts.home, 'state', 'records', `account.${account.replace(':', '.')}.sealed`)
      this.#parts.observer.note({ type: 'stored', account, generation: generationIn(file) })
    }
  }

  /** The seller consents again, and the new token is brought in by the program. */
  #reseed(account: string): Promise<void> {
    const under = this.#reseeding.get(account) ?? this.#bringIn(account)
    this.#reseeding.set(account, under)
    return under
  }

  async #bringIn(account: string): Promise<void> {
    const found = this.#parts.simulator.market.accounts.get(account)
    if (found === undefined) throw new Error(`no ${account}`)
    this.#parts.simulator.market.consentAgain(found, Date.now())
    const number = this.#parts.observer.learn(account, this.#parts.simulator.refreshToken(account))
    this.#parts.observer.note({ type: 'consent', account, token: number })
    const { accounts, ...document } = this.#parts.simulator.importDocument()
    const input = JSON.stringify({ ...document, accounts: accounts.filter(each => each.account === account) })
    // A run that was under way may write the record in between, and the import then says so.
    for (let tried = 1; ; tried += 1) {
      const { status, stderr } = await tokenctl(['import', '--replace'], { home: this.#parts.home, input })
      if (status === 0) break
      if (tried === 20) throw new Error(`import: ${status}\n${stderr}`)
    }
    this.#parts.observer.note({ type: 'reseed', account, token: number })
    this.#reseeding.delete(account)
  }
}

function isDead(code: string | null | undefined): boolean {
  return code === 'ANSWER_LOST' || code === 'GRANT_REJECTED'
}

function generationIn(file: string): number | null {
  const [line = ''] = readFileSync(file, 'utf8').split('\n')
  const { header } = JSON.parse(line) as { header?: { generation?: unknown } }
  return typeof header?.generation === 'number' ? header.generation : null
}
