/**
 * The real renewals, vault, journal and stores over a marketplace of the model's, run by run: each run is a process of
 * its own over the same disk. And a look at that disk that changes nothing and meets no trouble.
 */

import { existsSync } from 'node:fs'
import { TokenctlError } from '../../src/errors.ts'
import type { MarketplaceAdapter } from '../../src/marketplaces/adapter.ts'
import { ebay } from '../../src/marketplaces/ebay/index.ts'
import { codeRequest, processCodeResponse } from '../../src/oauth/authorization-code.ts'
import { basicAuth } from '../../src/oauth/client-auth.ts'
import { OAUTH_ERRORS } from '../../src/oauth/oauth-errors.ts'
import { processRefreshResponse, refreshRequest } from '../../src/oauth/refresh-grant.ts'
import type { HttpRequest, HttpResponse } from '../../src/platform/http.ts'
import { type AccountState, assess } from '../../src/renewal/assess.ts'
import type { RenewalPorts } from '../../src/renewal/ports.ts'
import type { Identify } from '../../src/renewal/seller.ts'
import { type AccountRef, parseAccount } from '../../src/tokens/account.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { AccountHeader } from '../../src/tokens/token-set.ts'
import { Journal } from '../../src/vault/journal.ts'
import { createMemoryStore } from '../../src/vault/memory.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import { fakeAdapter, POLICIES } from '../support/accounts.ts'
import { fakeLogin } from '../support/fake-login.ts'
import { makeHome } from '../support/temporary-home.ts'
import { fileStoreIn } from '../vault/stores.ts'
import type { Model } from './model.ts'
import { Outside, type Trouble } from './model-outside.ts'
import { type Fate, ModelServer, presentedIn, type Rule } from './model-server.ts'
import { troubled } from './model-store.ts'

export const MARKETS = ['ebay', 'amazon'] as const
export type Market = (typeof MARKETS)[number]

export interface Setting {
  readonly store: 'file' | 'memory'
  readonly rules: Readonly<Record<Market, Rule>>
}

/** What is to happen to one run. */
export interface Plan {
  readonly trouble: Trouble | undefined
  /** Of its questions to the marketplace, in order; those after them are answered. */
  readonly fates: readonly Fate[]
  /** The marketplace does not tell now whose an access token is. */
  readonly isMute?: boolean
}
export const NO_TROUBLE: Plan = { trouble: undefined, fates: [] }

/** One process. */
export interface Run {
  readonly number: number
  readonly vault: Vault
  readonly ports: RenewalPorts
  readonly told: string[]
  /** Whether this machine's clock jumped while it ran. */
  readonly jumped: boolean
}

/** What lies on the disk, opened. */
export interface Look {
  readonly accounts: ReadonlyMap<
    string,
    {
      readonly header: AccountHeader
      readonly state: AccountState
      readonly current: string | null
      readonly pending: string | null
    }
  >
  readonly journals: ReadonlyMap<
    string,
    { readonly purpose: string; readonly token: string; readonly answers: readonly string[] }
  >
}

const START = Date.UTC(2026, 10, 22, 10)
const TOKENS = { tokenTypes: ['bearer'], accessLifeSeconds: 3600, refreshTokenShape: /^\w/ }
const FORM = 'application/x-www-form-urlencoded'
const WORDS = {
  title: 'The marketplace',
  mediaTypes: ['application/json'],
  requestIdHeaders: [],
  errors: [
    { code: 'invalid_grant', becomes: 'GRANT_REJECTED', failure: 'permanent', words: 'refused' },
    ...OAUTH_ERRORS,
  ],
} as const

/** From an answer that is here to the write that keeps it: that it is here, and the write itself. */
const CALLS_UNTIL_KEPT = 2

export const refOf = (account: string): AccountRef => {
  const { marketplace, name } = parseAccount(account)
  return { marketplace, name: name ?? 'default' }
}
export const marketOf = (account: string): Market => (account.startsWith('ebay') ? 'ebay' : 'amazon')

export class World {
  readonly outside = new Outside()
  readonly servers: Readonly<Record<Market, ModelServer>>
  readonly folder: string
  /** Files that were moved out of the way. */
  readonly aside: string[] = []
  /** The true time; this machine's clock is `outside.skewMs` from it. */
  trueNow = START
  isRunning = false
  readonly #adapters: Readonly<Record<Market, MarketplaceAdapter>>
  readonly #memory: SecretStore | undefined
  readonly #remove: () => void
  #runs = 0
  /** How far the run had come when an answer arrived. */
  #arrived = { calls: 0, refused: 0 }

  constructor({ store, rules }: Setting) {
    const { path, remove } = makeHome()
    this.folder = path
    this.#remove = remove
    this.#memory = store === 'memory' ? createMemoryStore() : undefined
    const now = () => this.trueNow
    this.servers = {
      ebay: new ModelServer('ebay', rules.ebay, now),
      amazon: new ModelServer('amazon', rules.amazon, now),
    }
    this.#adapters = { ebay: adapterOf('ebay', rules.ebay), amazon: adapterOf('amazon', rules.amazon) }
  }

  get now(): number {
    return this.trueNow + this.outside.skewMs
  }

  adapter(account: string): MarketplaceAdapter {
    return this.#adapters[marketOf(account)]
  }

  server(account: string): ModelServer {
    return this.servers[marketOf(account)]
  }

  /** The apps' keys, stored before anything else is. */
  async connect(): Promise<void> {
    const vault = new Vault(this.#store())
    for (const marketplace of MARKETS) {
      const keys = { clientId: new Secret('client-id'), clientSecret: new Secret('client-secret') }
      const header = {
        marketplace,
        name: 'default',
        environment: 'production' as const,
        secretIssuedAt: null,
        isPublic: true,
        previousEndsAt: null,
      }
      await vault.saveApp({ header, keys, previous: null }, null)
    }
  }

  /** One process, to its end or its death; undefined when it died. What it throws is given back. */
  async run<T>(
    model: Model,
    account: string,
    { trouble, fates, isMute = false }: Plan,
    work: (run: Run) => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly error: unknown } | undefined> {
    this.#runs += 1
    const vault = new Vault(troubled(this.#store(), this.outside, this.#memory !== undefined, this.aside))
    const told: string[] = []
    const waiting = [...fates]
    const send = (request: HttpRequest) =>
      this.#send(request, waiting.shift() ?? 'answered', account, run, model)
    const ports = { ...this.#ports(vault, told, send), identify: this.#identify(isMute) }
    const run: Run = { number: this.#runs, vault, ports, told, jumped: trouble?.what === 'clock jumps' }
    this.outside.begin(trouble)
    this.outside.onDurable = () => model.durable()
    this.isRunning = true
    try {
      const value = await work(run)
      return this.outside.isDead ? undefined : { value }
    } catch (error) {
      return this.outside.isDead ? undefined : { error }
    } finally {
      this.isRunning = false
      model.mayHaveLost = this.#isExcused()
      this.outside.end()
    }
  }

  /** What is on the disk now. Throws where a listing or a reading does. */
  async look(): Promise<Look> {
    const store = this.#store()
    const [vault, journal] = [new Vault(store), new Journal(store)]
    const { accounts, unreadable } = await vault.listing()
    if (unreadable[0] !== undefined) throw unreadable[0].error
    const looked: [string, Look['accounts'] extends ReadonlyMap<string, infer V> ? V : never][] = []
    for (const header of accounts) {
      const stored = await vault.account(refOf(header.account))
      const adapter = this.adapter(header.account)
      const { state } = assess(header, adapter, POLICIES[marketOf(header.account)], this.now)
      const text = (secret: Secret | null | undefined) => secret?.reveal() ?? null
      const { refreshToken, pending } = stored?.secrets ?? {}
      looked.push([header.account, { header, state, current: text(refreshToken), pending: text(pending) }])
    }
    const journals: [string, Look['journals'] extends ReadonlyMap<string, infer V> ? V : never][] = []
    for (const key of await store.journal.keys()) {
      const account = key.replace('account/', '')
      const found = await journal.read(account)
      if (found?.state !== 'readable') throw new Error(`the journal of ${account} is ${found?.state}`)
      const { purpose, token } = found.undertaking
      const answers = found.replies.map(({ response }) => response.body)
      journals.push([account, { purpose, token: token.reveal(), answers }])
    }
    return { accounts: new Map(looked), journals: new Map(journals) }
  }

  /** What was moved out of the way and is no more. */
  async asideAndGone(): Promise<readonly string[]> {
    const { journal } = this.#store()
    const isThere = async (name: string) =>
      this.#memory === undefined ? existsSync(name) : (await journal.read(name)) !== undefined
    const there = await Promise.all(this.aside.map(isThere))
    return this.aside.filter((_, index) => there[index] !== true)
  }

  close(): void {
    this.#remove()
  }

  #store(): SecretStore {
    return this.#memory ?? fileStoreIn(this.folder)
  }

  /** Whether what arrived last could not be kept: killed before its first write was made, or that was refused. */
  #isExcused(): boolean {
    const { calls, refused, isDead } = this.outside
    return refused > this.#arrived.refused || (isDead && calls - this.#arrived.calls <= CALLS_UNTIL_KEPT)
  }

  async #send(
    request: HttpRequest,
    fate: Fate,
    account: string,
    run: Run,
    model: Model,
  ): Promise<HttpResponse> {
    this.outside.call()
    const token = presentedIn(request)
    model.presentations.begin(token, account, model, run, this)
    const { taken, answer } = this.server(account).answer(request, fate)
    model.presentations.sent(taken, run, this.now)
    // Between these two the answer is on its way.
    this.outside.call()
    model.arrived(taken, account)
    this.#arrived = { calls: this.outside.calls, refused: this.outside.refused }
    this.outside.call()
    if (answer instanceof Error) throw answer
    return answer
  }

  #identify(isMute: boolean): Identify {
    return async () => {
      this.outside.call()
      if (!isMute) return 'the seller'
      throw new TokenctlError('MARKETPLACE_DOWN', 'Nobody tells.', { failure: 'transient' })
    }
  }

  #ports(
    vault: Vault,
    told: string[],
    send: (request: HttpRequest) => Promise<HttpResponse>,
  ): Omit<RenewalPorts, 'identify'> {
    return {
      vault,
      locks: vault.locks,
      http: { send },
      clock: {
        now: () => this.now,
        sleep: async ms => {
          this.outside.call()
          this.trueNow += ms
        },
      },
      random: () => 0.5,
      history: { note: () => {} },
      tell: text => told.push(text),
      adapterOf: id => this.adapter(id),
      policyOf: ({ id }) => POLICIES[marketOf(id)],
      destinationOf: ({ origins }) => ({ environment: 'production', origin: origins.production }),
    }
  }
}

/** A marketplace that speaks plain OAuth and does with a token what this rule says. */
function adapterOf(id: Market, { told }: Rule): MarketplaceAdapter {
  const auth = basicAuth(new Secret('client-id'), new Secret('client-secret'))
  const never = () => {
    throw new Error('never read')
  }
  return fakeAdapter(id, never, {
    rotation: told,
    renewBeforeSeconds: ebay.renewBeforeSeconds,
    refresh: async () => ({
      request: ({ refreshToken, origin }) => {
        return refreshRequest(`${origin}/token`, refreshToken, auth, FORM)
      },
      read: (response, { refreshToken, now }) =>
        processRefreshResponse({ response, rules: WORDS, now, sent: [refreshToken] }, TOKENS),
    }),
    login: async () =>
      fakeLogin(never, {
        redeem: {
          request: ({ code, origin }) =>
            codeRequest(`${origin}/token`, { code, redirectUri: null }, auth, FORM),
          read: (response, { code, now }) =>
            processCodeResponse({ response, rules: WORDS, now, sent: [code] }, TOKENS),
        },
      }),
  })
}
