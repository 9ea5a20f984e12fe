/**
 * A fleet under faults: workers of the built program, each on a machine (a home) of its own, over one PostgreSQL and a token
 * server under strict rotation; killed, cut off and started anew while they work. Everything is recorded.
 *
 * Nobody waits here for what only time mends: between two rounds, when no worker lives, `busy_until` of all marks is set
 * back by SQL (an hour of the clock in its place), the claims and the counts of the day are removed, and the records are
 * made as old as if three months had passed, which makes all accounts due once more. The seller of an account that says
 * that its consent is lost gives a new one then, so that the next round is of as many accounts as the first.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeSettings } from '../support/simulator.ts'
import { makeHome } from '../support/temporary-home.ts'
import { seeded } from './chance.ts'
import type { FleetHistory } from './fleet-event.ts'
import { type Planned, planRound } from './fleet-faults.ts'
import { Ground } from './fleet-ground.ts'
import { Life } from './fleet-life.ts'
import { type FleetMarket, fleetMarket, type WireFaults } from './fleet-market.ts'
import { FLEET_KEY, Records } from './fleet-records.ts'

export interface FleetOptions {
  readonly seed: number
  readonly accounts: number
  readonly workers: number
  readonly concurrency: number
  /** The rounds with faults: each how often what befalls it. Two without any follow. */
  readonly rounds: readonly {
    readonly kills: number
    readonly cuts: number
    readonly restart?: 'fast' | 'immediate' | 'promote'
  }[]
  readonly wire: WireFaults
  readonly latestMs: number
  readonly tell: (text: string) => void
}

/** A worker that was killed, or gave the store up, is started anew so often in a round; at once, so often within seconds. */
const LIVES_A_ROUND = 60

/** Runs it to its end. */
export async function runFleet(options: FleetOptions): Promise<FleetHistory> {
  const ground = await Ground.start()
  const homes = Array.from({ length: options.workers }, () => makeHome())
  const paths = homes.map(({ path }) => path)
  try {
    return await new Fleet(options, ground, paths).run()
  } finally {
    await ground.remove()
    for (const { remove } of homes) remove()
  }
}

class Fleet {
  readonly #options: FleetOptions
  readonly #ground: Ground
  readonly #homes: readonly string[]
  readonly #market: FleetMarket
  readonly #records: Records
  readonly #living = new Map<number, Life>()
  readonly #kills = new Map<number, number>()
  readonly #outages: { readonly from: number; to: number }[] = []
  readonly #codes: Record<string, number> = {}
  #lives = 0
  /** Presentations before this round. */
  #before = 0
  #planned: Planned[] = []
  /** Faults that are under way. */
  readonly #befalling = new Set<Promise<void>>()
  readonly #problems: unknown[] = []

  constructor(options: FleetOptions, ground: Ground, homes: readonly string[]) {
    this.#options = options
    this.#ground = ground
    this.#homes = homes
    this.#market = fleetMarket({
      random: seeded(options.seed),
      faults: options.wire,
      latestMs: options.latestMs,
      onPresented: count => this.#onPresented(count),
    })
    this.#records = new Records(ground.env, options.accounts, this.#market)
  }

  async run(): Promise<FleetHistory> {
    const { rounds, seed, accounts } = this.#options
    try {
      await this.#records.fill()
      await this.#ground.watchRecords()
      for (const home of this.#homes) {
        mkdirSync(home, { recursive: true, mode: 0o700 })
        writeFileSync(join(home, 'vault.key'), FLEET_KEY, { mode: 0o600 })
      }
      if (rounds.some(({ restart }) => restart === 'promote')) await this.#ground.follow()
      for (const [index, round] of rounds.entries()) {
        this.#planned = [...planRound({ seed: seed + index, accounts, ...round })]
        await this.#round(`round ${index + 1}`)
      }
      this.#market.behave()
      this.#planned = []
      for (const name of ['recovery', 'last round']) await this.#round(name)
      const history = await this.#history()
      if (this.#problems.length > 0) throw new AggregateError(this.#problems, String(this.#problems[0]))
      return history
    } finally {
      for (const life of this.#living.values()) life.kill()
      await this.#market.close()
    }
  }

  /** One round: every worker until nothing is left for it to do; then the time that nobody waits for. */
  async #round(name: string): Promise<void> {
    const begun = performance.now()
    this.#before = this.#market.presentations.length
    const ends = await Promise.allSettled(this.#homes.map(home => this.#work(home)))
    while (this.#befalling.size > 0) await Promise.all(this.#befalling)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    const seconds = Math.round((performance.now() - begun) / 100) / 10
    const presented = this.#market.presentations.length - this.#before
    const left = this.#planned.length === 0 ? '' : `, ${this.#planned.length} faults did not come`
    const kills = `${this.#kills.size} kills so far`
    this.#options.tell(`${name}: ${presented} presentations, ${kills}, ${seconds} s${left}`)
    await this.#ground.passTime()
    await this.#records.age()
  }

  async #work(home: string): Promise<void> {
    let said = ''
    for (let turn = 0; turn < LIVES_A_ROUND; turn += 1) {
      this.#lives += 1
      const number = this.#lives
      const origin = await this.#market.open(number)
      writeSettings(home, { store: 'postgres', 'endpoint.ebay': origin, 'rotation.ebay': 'strict' })
      const onFailure = (code: string) => {
        this.#codes[code] = (this.#codes[code] ?? 0) + 1
      }
      const { concurrency } = this.#options
      const life = new Life({ number, home, env: this.#ground.env, concurrency, onFailure })
      this.#living.set(number, life)
      const end = await life.end()
      this.#living.delete(number)
      if (life.killedAt !== null) this.#kills.set(number, life.killedAt)
      if (end === 'done') return
      said = life.said
    }
    throw new Error(`a worker came to no end in ${LIVES_A_ROUND} lives; the last said: ${said}`)
  }

  #onPresented(count: number): void {
    while (this.#planned[0] !== undefined && count - this.#before >= this.#planned[0].at) {
      const fault = this.#planned.shift() as Planned
      const under: Promise<void> = later(fault.afterMs)
        .then(() => this.#befall(fault))
        .catch(error => void this.#problems.push(error))
        .finally(() => this.#befalling.delete(under))
      this.#befalling.add(under)
    }
  }

  async #befall(fault: Planned): Promise<void> {
    if (fault.what === 'kill') {
      const all = [...this.#living.values()]
      all[Math.floor(fault.lot * all.length)]?.kill()
      return await this.#ground.freeClaims()
    }
    const outage = { from: performance.now(), to: Number.POSITIVE_INFINITY }
    this.#outages.push(outage)
    await this.#breakStore(fault)
    outage.to = performance.now()
  }

  async #breakStore(fault: Exclude<Planned, { readonly what: 'kill' }>): Promise<void> {
    switch (fault.what) {
      case 'terminate':
        return await this.#ground.terminateSome(fault.lot)
      case 'reset':
        return this.#ground.cut()
      case 'restart':
        return await this.#ground.restart(fault.mode)
      case 'promote':
        return await this.#ground.failOver()
    }
  }

  async #history(): Promise<FleetHistory> {
    return {
      presentations: this.#market.presentations,
      kills: this.#kills,
      outages: this.#outages,
      changes: await this.#ground.changes(),
      ends: await this.#records.ends(),
      reseeds: this.#records.reseeds,
      left: await this.#ground.left(),
      codes: this.#codes,
    }
  }
}

function later(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
