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
import { homedir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/platform/clock.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import { NO_SECRETS, newHeader, type TokenSet } from '../../src/tokens/token-set.ts'
import { vaultKey } from '../../src/vault/key-source.ts'
import { addressOf } from '../../src/vault/postgres/address.ts'
import { PostgresStore } from '../../src/vault/postgres/store.ts'
import { type StoredAccount, Vault } from '../../src/vault/vault.ts'
import type { PostgresServer } from '../support/postgres/cluster.ts'
import { type PostgresFront, startPostgresFront } from '../support/postgres/front.ts'
import type { Standby } from '../support/postgres/standby.ts'
import { type Postgres, startPostgres } from '../support/postgres/start.ts'
import { writeSettings } from '../support/simulator.ts'
import { makeHome } from '../support/temporary-home.ts'
import { sampleOf, seeded } from './chance.ts'
import type { AccountEnd, FleetHistory, RowChange } from './fleet-event.ts'
import { type Planned, planRound } from './fleet-faults.ts'
import { Life } from './fleet-life.ts'
import { type FleetMarket, fleetMarket, readToken, tokenOf, type WireFaults } from './fleet-market.ts'

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

/** Accounts that are written by this process at once. */
const AT_ONCE = 500
/** A worker that gave the store up, or was killed, is started anew so often in a round. */
const LIVES_A_ROUND = 12

/** Runs it to its end. */
export async function runFleet(options: FleetOptions): Promise<FleetHistory> {
  const postgres = await startPostgres({ settings: { max_connections: 60 } })
  const homes = Array.from({ length: options.workers }, () => makeHome())
  const front = await startPostgresFront(postgres.port)
  try {
    return await new Fleet(
      options,
      postgres,
      front,
      homes.map(({ path }) => path),
    ).run()
  } finally {
    await front.close()
    await postgres.remove()
    for (const { remove } of homes) remove()
  }
}

class Fleet {
  readonly #options: FleetOptions
  readonly #postgres: Postgres
  readonly #front: PostgresFront
  readonly #homes: readonly string[]
  readonly #market: FleetMarket
  readonly #key = Buffer.alloc(32, 7)
  readonly #names: readonly string[]
  readonly #living = new Map<number, Life>()
  readonly #kills = new Map<number, number>()
  readonly #outages: { readonly from: number; to: number }[] = []
  readonly #reseeds: AccountEnd[] = []
  readonly #codes: Record<string, number> = {}
  #env: Readonly<Record<string, string>> = {}
  #database = ''
  #server: PostgresServer
  #standby: Standby | undefined
  #lives = 0
  /** Presentations before this round. */
  #before = 0
  #planned: Planned[] = []
  /** Faults that are under way. */
  readonly #befalling = new Set<Promise<void>>()
  readonly #problems: unknown[] = []
  #restarting: Promise<void> = Promise.resolve()

  constructor(options: FleetOptions, postgres: Postgres, front: PostgresFront, homes: readonly string[]) {
    this.#options = options
    this.#postgres = postgres
    this.#server = postgres
    this.#front = front
    this.#homes = homes
    this.#names = Array.from({ length: options.accounts }, (_, index) => `ebay:shop-${index + 1}`)
    this.#market = fleetMarket({
      random: seeded(options.seed),
      faults: options.wire,
      latestMs: options.latestMs,
      onPresented: count => this.#onPresented(count),
    })
  }

  async run(): Promise<FleetHistory> {
    const { rounds, tell, seed, accounts } = this.#options
    try {
      const database = await this.#postgres.createDatabase()
      this.#database = database.database
      this.#env = this.#front.accessOf(database).env
      await this.#fill()
      await this.#watchRows()
      if (rounds.some(({ restart }) => restart === 'promote'))
        this.#standby = await this.#postgres.startStandby({ synchronous: true })
      for (const [index, round] of rounds.entries()) {
        this.#planned = [...planRound({ seed: seed + index, accounts, ...round })]
        await this.#round(`round ${index + 1}`)
        await this.#passTime()
      }
      this.#market.behave()
      this.#planned = []
      for (const name of ['recovery', 'last round']) {
        await this.#round(name)
        await this.#passTime()
      }
      const history = await this.#history()
      tell(`codes: ${JSON.stringify(this.#codes)}`)
      if (this.#problems.length > 0) throw new AggregateError(this.#problems, String(this.#problems[0]))
      return history
    } finally {
      for (const life of this.#living.values()) life.kill()
      await this.#market.close()
    }
  }

  /** Runs one round: every worker until nothing is left for it to do. */
  async #round(name: string): Promise<void> {
    const begun = performance.now()
    this.#before = this.#market.presentations.length
    const ends = await Promise.allSettled(this.#homes.map(home => this.#work(home)))
    while (this.#befalling.size > 0) await Promise.all(this.#befalling)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    const seconds = Math.round((performance.now() - begun) / 100) / 10
    const presented = this.#market.presentations.length - this.#before
    const left = this.#planned.length === 0 ? '' : `, ${this.#planned.length} faults did not come`
    this.#options.tell(
      `${name}: ${presented} presentations, ${this.#kills.size} kills so far, ${seconds} s${left}`,
    )
  }

  async #work(home: string): Promise<void> {
    for (let turn = 0; turn < LIVES_A_ROUND; turn += 1) {
      this.#lives += 1
      const number = this.#lives
      const origin = await this.#market.open(number)
      writeSettings(home, { store: 'postgres', 'endpoint.ebay': origin, 'rotation.ebay': 'strict' })
      const onFailure = (code: string) => {
        this.#codes[code] = (this.#codes[code] ?? 0) + 1
      }
      const { concurrency } = this.#options
      const life = new Life({ number, home, env: this.#env, concurrency, onFailure })
      this.#living.set(number, life)
      const end = await life.end()
      this.#living.delete(number)
      if (life.killedAt !== null) this.#kills.set(number, life.killedAt)
      if (end === 'done') return
    }
    throw new Error(`a worker came to no end in ${LIVES_A_ROUND} lives`)
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
      return await this.#freeClaims()
    }
    const outage = { from: performance.now(), to: Number.POSITIVE_INFINITY }
    this.#outages.push(outage)
    await this.#breakStore(fault)
    outage.to = performance.now()
  }

  async #breakStore(fault: Exclude<Planned, { readonly what: 'kill' }>): Promise<void> {
    switch (fault.what) {
      case 'terminate':
        return await this.#terminateSome(fault.lot)
      case 'reset':
        this.#front.cut()
        return
      case 'restart':
        return await this.#oneByOne(() => this.#server.restart(fault.mode))
      case 'promote':
        return await this.#oneByOne(() => this.#failOver())
    }
  }

  /** A server that is down cannot be taken down. */
  async #oneByOne(work: () => Promise<void>): Promise<void> {
    this.#restarting = this.#restarting.then(work)
    await this.#restarting
  }

  /** Of whoever was killed, for whoever comes: a claim lapses after a minute, and nothing rests on it. */
  async #freeClaims(): Promise<void> {
    try {
      await this.#sql('TRUNCATE tokenctl.claim')
    } catch {
      // The server is being restarted.
    }
  }

  async #terminateSome(lot: number): Promise<void> {
    try {
      const sessions = await this.#sql<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'tokenctl worker'`,
      )
      const some = sampleOf(sessions, Math.ceil(sessions.length / 2), seeded(Math.floor(lot * 2 ** 32)))
      await this.#sql('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
        some.map(({ pid }) => pid),
      ])
    } catch {
      // The server is being restarted: that is cut enough.
    }
  }

  async #failOver(): Promise<void> {
    const standby = this.#standby
    if (standby === undefined) throw new Error('there is no standby')
    await this.#server.kill9()
    await standby.promote()
    this.#server = standby
    this.#front.lead(standby.port)
    this.#front.cut()
  }

  #sql<Row extends Record<string, unknown>>(text: string, params: readonly unknown[] = []): Promise<Row[]> {
    return this.#server.sql<Row>(text, params, this.#database)
  }

  /** As if three months passed: nobody works, so no exchange is open. */
  async #passTime(): Promise<void> {
    await this.#sql(`UPDATE tokenctl.journal SET busy_until = now() - interval '1 hour'`)
    await this.#sql('TRUNCATE tokenctl.claim, tokenctl.sent')
    await this.#withVault(async vault => {
      const past = Date.now() - 100 * DAY
      await inParts(this.#names, async name => {
        const { header, secrets, revision } = await accountIn(vault, name)
        const dates = { renewedAt: past, acceptedAt: past, accessExpiresAt: past, failing: null }
        const aged = { header: { ...header, ...dates }, secrets }
        await vault.saveAccount(header.refused === null ? aged : this.#consent(aged), revision)
      })
    })
  }

  /** What a new consent makes of a record. */
  #consent({ header, secrets }: TokenSet): TokenSet {
    const { account, generation } = header
    this.#reseeds.push(this.#endOf({ header, secrets }))
    const refreshToken = new Secret(tokenOf(account, this.#market.consent(account)))
    return {
      header: { ...header, refused: null, generation: generation + 1 },
      secrets: { ...secrets, refreshToken },
    }
  }

  #endOf({ header, secrets }: TokenSet): AccountEnd {
    const { account, presentedAt, refused } = header
    const says = refused?.code ?? (presentedAt === null ? null : 'awaited')
    const stored = readToken(secrets.refreshToken?.reveal() ?? '').token
    return { account, stored, issued: this.#market.issued(account), says }
  }

  async #fill(): Promise<void> {
    for (const home of this.#homes) {
      mkdirSync(home, { recursive: true, mode: 0o700 })
      writeFileSync(join(home, 'vault.key'), this.#key, { mode: 0o600 })
    }
    await this.#withVault(async vault => {
      const keys = {
        clientId: new Secret('Name-App-PRD-0123456789ab'),
        clientSecret: new Secret('PRD-made-up'),
      }
      const app = { marketplace: 'ebay', name: 'default', environment: 'local', isPublic: false } as const
      await vault.saveApp(
        { header: { ...app, secretIssuedAt: null, previousEndsAt: null }, keys, previous: null },
        null,
      )
      const consentAt = Date.now() - 100 * DAY
      await inParts(this.#names, async account => {
        const header = newHeader({
          account,
          app: 'default',
          environment: 'local',
          holdsToken: true,
          consentAt,
        })
        const refreshToken = new Secret(tokenOf(account, 1))
        await vault.saveAccount({ header, secrets: { ...NO_SECRETS, refreshToken } }, null)
      })
    })
  }

  /** Every change of a row of an account, written down by the database itself in the same transaction. */
  async #watchRows(): Promise<void> {
    await this.#sql(`
      CREATE TABLE public.change (n bigserial, key text, was bigint, became bigint, revision bigint, next bigint);
      CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        INSERT INTO public.change (key, was, became, revision, next)
          VALUES (OLD.key, OLD.generation, CASE TG_OP WHEN 'UPDATE' THEN NEW.generation END, OLD.revision,
            CASE TG_OP WHEN 'UPDATE' THEN NEW.revision END);
        RETURN NULL; END $$;
      CREATE TRIGGER note AFTER UPDATE OR DELETE ON tokenctl.record FOR EACH ROW
        EXECUTE FUNCTION public.note()`)
  }

  async #withVault(work: (vault: Vault) => Promise<void>): Promise<void> {
    const key = await vaultKey(this.#key)
    const source = {
      place: 'the key of the test',
      read: async () => key,
      create: async () => key,
      isMissing: () => false,
    }
    const store = new PostgresStore({
      by: 'test',
      clock: systemClock,
      keySource: () => source,
      address: async () =>
        addressOf({
          env: this.#env,
          settings: {},
          files: createNodeFiles(),
          platform: process.platform,
          homeDir: homedir(),
        }),
    })
    try {
      await store.makeTables()
      await work(new Vault(store))
    } finally {
      await store.close()
    }
  }

  async #history(): Promise<FleetHistory> {
    const ends: AccountEnd[] = []
    await this.#withVault(async vault => {
      await inParts(this.#names, async account => {
        ends.push(this.#endOf(await accountIn(vault, account)))
      })
    })
    const texts = async (text: string) => (await this.#sql<{ text: string }>(text)).map(row => row.text)
    const [locks] = await this.#sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory'`,
    )
    const rows = await this.#sql<Record<'key' | 'was' | 'became' | 'revision' | 'next', string | null>>(
      `SELECT key, was, became, revision, next FROM public.change WHERE key LIKE 'account/%' ORDER BY n`,
    )
    return {
      presentations: this.#market.presentations,
      kills: this.#kills,
      outages: this.#outages,
      changes: rows.map(changeOf),
      ends,
      reseeds: this.#reseeds,
      left: {
        journals: await texts('SELECT key AS text FROM tokenctl.journal'),
        aside: await texts('SELECT name AS text FROM tokenctl.journal_aside'),
        locks: locks?.count ?? 0,
      },
      codes: this.#codes,
    }
  }
}

function changeOf(row: Record<'key' | 'was' | 'became' | 'revision' | 'next', string | null>): RowChange {
  const number = (text: string | null) => (text === null ? null : Number(text))
  return {
    account: (row.key ?? '').slice('account/'.length),
    generation: { from: Number(row.was), to: number(row.became) },
    revision: { from: Number(row.revision), to: number(row.next) },
  }
}

async function accountIn(vault: Vault, name: string): Promise<StoredAccount> {
  const stored = await vault.account({ marketplace: 'ebay', name: name.slice('ebay:'.length) })
  if (stored === undefined) throw new Error(`${name} is gone`)
  return stored
}

/** Some at once, so that one statement serves many. */
async function inParts(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  for (let from = 0; from < names.length; from += AT_ONCE)
    await Promise.all(names.slice(from, from + AT_ONCE).map(work))
}

function later(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
