/**
 * Renewals over the real vault and a memory store, with a marketplace that answers as a test scripts it, and a log of
 * everything that was done, in its order.
 */
import type { Destination, MarketplaceAdapter } from '../../src/marketplaces/adapter.ts'
import type { HttpRequest, HttpResponse } from '../../src/platform/http.ts'
import type { HistoryEvent, RenewalPorts } from '../../src/renewal/ports.ts'
import { type AccountRef, formatAccount, parseAccount } from '../../src/tokens/account.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { HOUR } from '../../src/tokens/time.ts'
import type {
  AccountHeader,
  AccountSecrets,
  Environment,
  Issued,
  TokenSet,
} from '../../src/tokens/token-set.ts'
import { createMemoryStore } from '../../src/vault/memory.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { type StoredAccount, type StoredApp, Vault } from '../../src/vault/vault.ts'
import { type FakeMarketplace, fakeAdapter, issued, POLICIES, tokenSet } from '../support/accounts.ts'
import { type FakeClock, fakeClock } from '../support/clock.ts'
import { fakeLogin } from '../support/fake-login.ts'

/** What the marketplace makes of the token or code that was sent: what it issued, or what is thrown. */
export type Answer = (token: string, request: HttpRequest) => Issued | Error | Promise<Issued | Error>

class LoggedVault extends Vault {
  readonly #log: string[]
  /** Set to make the next saves fail, one each. */
  readonly failures: Error[] = []

  constructor(store: SecretStore, log: string[]) {
    super(store)
    this.#log = log
  }

  override account(ref: AccountRef): Promise<StoredAccount | undefined> {
    this.#log.push(`read ${formatAccount(ref)}`)
    return super.account(ref)
  }

  override app(marketplace: string, name: string): Promise<StoredApp | undefined> {
    this.#log.push(`keys ${marketplace}:${name}`)
    return super.app(marketplace, name)
  }

  override async saveAccount(set: TokenSet, after: number | null): Promise<StoredAccount> {
    const { lastAttempt } = set.header
    const attempt = lastAttempt === null ? 'untried' : (lastAttempt.code ?? lastAttempt.outcome)
    this.#log.push(`save ${set.header.account} ${attempt}`)
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    return super.saveAccount(set, after)
  }
}

/** The store, with what is done to its journal in the log, and failing as often as there are failures. */
function loggedJournal(store: SecretStore, log: string[], failures: Error[]): SecretStore {
  const act = (what: string, key: string) => {
    log.push(`${what} ${key.replace('account/', '')}`)
    const failure = failures.shift()
    if (failure !== undefined) throw failure
  }
  const { journal } = store
  return {
    ...store,
    journal: {
      ...journal,
      begin: async (key, text) => {
        act('mark', key)
        const opened = await journal.begin(key, text)
        return {
          close: () => opened.close(),
          addLine: async line => {
            act('keep', key)
            await opened.addLine(line)
          },
        }
      },
      remove: async key => {
        act('clear', key)
        await journal.remove(key)
      },
    },
  }
}

export interface Script {
  readonly answer: Answer
  readonly clock?: FakeClock
  /** Changes to the adapters, all of them. */
  readonly adapter?: Partial<MarketplaceAdapter>
  readonly environment?: Environment
}

export interface ScriptedRun {
  readonly ports: RenewalPorts
  readonly clock: FakeClock
  readonly vault: LoggedVault
  /** `lock`, `read`, `keys`, `mark`, `send`, `keep`, `save`, `clear` and `unlock`, with their subjects. Cleared by `add`. */
  readonly log: string[]
  /** Makes the next things that are done to the journal fail, one each. */
  readonly journalFailures: Error[]
  /** What was told beside the results. */
  readonly told: string[]
  readonly events: HistoryEvent[]
  /** How many locks are held now, and how many were at most. */
  readonly held: { now: number; most: number }
  /** Stores an account (and its marketplace's default app) and returns its header as stored. */
  add(
    account: string,
    given?: Partial<AccountHeader>,
    secrets?: Partial<AccountSecrets>,
  ): Promise<AccountHeader>
  addApp(marketplace: string, environment?: Environment): Promise<void>
  /** The record as it is stored now, read past the log. */
  stored(account: string): Promise<StoredAccount>
}

const refOf = (account: string): AccountRef => {
  const { marketplace, name } = parseAccount(account)
  return { marketplace, name: name ?? 'default' }
}

const isMarketplace = (id: string): id is FakeMarketplace => id in POLICIES

/** A run in which nothing is stored yet. */
export function scriptedRun({
  answer,
  clock = fakeClock(),
  adapter = {},
  environment = 'production',
}: Script): ScriptedRun {
  const log: string[] = []
  const held = { now: 0, most: 0 }
  const failures: Error[] = []
  const store = loggedJournal(createMemoryStore(), log, failures)
  const vault = new LoggedVault(store, log)
  const aside = new Vault(store)
  const answers = new Map<string, Issued>()
  const adapterOf = (id: string): MarketplaceAdapter => {
    if (!isMarketplace(id)) throw new Error(`there is no marketplace ${id} in this test`)
    const read = (body: string) => answers.get(body) ?? issued({ accessExpiresAt: clock.now() + HOUR })
    return fakeAdapter(id, read, { login: async () => fakeLogin(read), ...adapter })
  }
  const http = {
    async send(request: HttpRequest): Promise<HttpResponse> {
      log.push(`send ${request.body}`)
      const said = await answer(request.body, request)
      if (said instanceof Error) throw said
      const body = `answer ${answers.size}`
      answers.set(body, said)
      return { status: 200, headers: {}, body }
    },
  }
  const locks = {
    async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
      log.push(`lock ${name}`)
      held.now += 1
      held.most = Math.max(held.most, held.now)
      try {
        return await work()
      } finally {
        held.now -= 1
        log.push(`unlock ${name}`)
      }
    },
  }
  const destinationOf = ({ origins }: MarketplaceAdapter): Destination => ({
    environment,
    origin: origins.production,
  })
  const policyOf = ({ id }: MarketplaceAdapter) => POLICIES[isMarketplace(id) ? id : 'ebay']
  const told: string[] = []
  const events: HistoryEvent[] = []
  const ports: RenewalPorts = {
    vault,
    locks,
    http,
    clock,
    history: { note: event => events.push(event) },
    tell: text => told.push(text),
    random: () => 0,
    identify: async () => undefined,
    adapterOf,
    policyOf,
    destinationOf,
  }

  const addApp = async (marketplace: string, made: Environment = environment) => {
    const keys = { clientId: new Secret('client-id'), clientSecret: new Secret('client-secret') }
    const known = { isPublic: true, secretIssuedAt: null, previousEndsAt: null }
    const header = { marketplace, name: 'default', environment: made, ...known }
    if ((await aside.app(marketplace, 'default')) === undefined)
      await aside.saveApp({ header, keys, previous: null }, null)
  }
  /** A mark of an earlier run, whose answer never came. */
  const present = async ({ header, secrets }: StoredAccount, presentedAt: number) => {
    const opened = await (await aside.journal()).present({
      account: header.account,
      purpose: 'refresh',
      mayReplace: true,
      generation: header.generation,
      at: presentedAt,
      wasLost: false,
      token: secrets.refreshToken ?? new Secret(''),
      app: header.app,
      region: header.region,
      environment,
    })
    opened.close()
  }
  return {
    ports,
    clock,
    vault,
    log,
    journalFailures: failures,
    told,
    events,
    held,
    addApp,
    async add(account, given = {}, secrets = {}) {
      await addApp(refOf(account).marketplace)
      const set = tokenSet({ account, environment, ...given }, secrets)
      const saved = await aside.saveAccount(set, null)
      if (set.header.presentedAt !== null) await present(saved, set.header.presentedAt)
      const { header } = await this.stored(account)
      log.length = 0
      return header
    },
    async stored(account) {
      const found = await aside.account(refOf(account))
      if (found === undefined) throw new Error(`${account} is not stored`)
      return found
    },
  }
}
