/** The accounts of a fleet, written and read by a machine of the test's own, past the program. */
import { homedir } from 'node:os'
import { systemClock } from '../../src/platform/clock.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { DAY } from '../../src/tokens/time.ts'
import { NO_SECRETS, newHeader, type TokenSet } from '../../src/tokens/token-set.ts'
import { vaultKey } from '../../src/vault/key-source.ts'
import { addressOf } from '../../src/vault/postgres/address.ts'
import { PostgresStore } from '../../src/vault/postgres/store.ts'
import { type StoredAccount, Vault } from '../../src/vault/vault.ts'
import type { AccountEnd } from './fleet-event.ts'
import { type FleetMarket, readToken, tokenOf } from './fleet-market.ts'

/** The key that every machine has. */
export const FLEET_KEY = Buffer.alloc(32, 7)
/** Accounts that are written at once. */
const AT_ONCE = 500
/** So long ago that any account is due. */
const LONG_AGO_MS = 100 * DAY

export class Records {
  /** How accounts stood that had lost their consent, before they were given a new one. */
  readonly reseeds: AccountEnd[] = []
  readonly #env: Readonly<Record<string, string>>
  readonly #market: Pick<FleetMarket, 'issued' | 'consent'>
  readonly #names: readonly string[]

  constructor(
    env: Readonly<Record<string, string>>,
    count: number,
    market: Pick<FleetMarket, 'issued' | 'consent'>,
  ) {
    this.#env = env
    this.#market = market
    this.#names = Array.from({ length: count }, (_, index) => `ebay:shop-${index + 1}`)
  }

  /** Makes the tables, an app and the accounts, all of them due. */
  async fill(): Promise<void> {
    await this.#withVault(async vault => {
      const keys = {
        clientId: new Secret('Name-App-PRD-0123456789ab'),
        clientSecret: new Secret('PRD-made-up'),
      }
      const app = { marketplace: 'ebay', name: 'default', environment: 'local', isPublic: false } as const
      const header = { ...app, secretIssuedAt: null, previousEndsAt: null }
      await vault.saveApp({ header, keys, previous: null }, null)
      const given = { app: 'default', environment: 'local', holdsToken: true } as const
      const consentAt = Date.now() - LONG_AGO_MS
      await this.#each(async account => {
        const refreshToken = new Secret(tokenOf(account, 1))
        const secrets = { ...NO_SECRETS, refreshToken }
        await vault.saveAccount({ header: newHeader({ ...given, account, consentAt }), secrets }, null)
      })
    })
  }

  /** Makes all accounts due, as if three months passed; whose consent is lost is given a new one. */
  async age(): Promise<void> {
    const past = Date.now() - LONG_AGO_MS
    const dates = { renewedAt: past, acceptedAt: past, accessExpiresAt: past, failing: null }
    await this.#withVault(async vault => {
      await this.#each(async name => {
        const { header, secrets, revision } = await accountIn(vault, name)
        const aged = { header: { ...header, ...dates }, secrets }
        await vault.saveAccount(header.refused === null ? aged : this.#consent(aged), revision)
      })
    })
  }

  /** How each account stands. */
  async ends(): Promise<readonly AccountEnd[]> {
    const ends: AccountEnd[] = []
    await this.#withVault(vault =>
      this.#each(async name => void ends.push(this.#endOf(await accountIn(vault, name)))),
    )
    return ends
  }

  /** What a new consent makes of a record. */
  #consent({ header, secrets }: TokenSet): TokenSet {
    this.reseeds.push(this.#endOf({ header, secrets }))
    const refreshToken = new Secret(tokenOf(header.account, this.#market.consent(header.account)))
    return {
      header: { ...header, refused: null, generation: header.generation + 1 },
      secrets: { ...secrets, refreshToken },
    }
  }

  #endOf({ header, secrets }: TokenSet): AccountEnd {
    const { account, presentedAt, refused } = header
    const says = refused?.code ?? (presentedAt === null ? null : 'awaited')
    const stored = readToken(secrets.refreshToken?.reveal() ?? '').token
    return { account, stored, issued: this.#market.issued(account), says }
  }

  /** Some at once, so that one statement serves many. */
  async #each(work: (name: string) => Promise<void>): Promise<void> {
    for (let from = 0; from < this.#names.length; from += AT_ONCE)
      await Promise.all(this.#names.slice(from, from + AT_ONCE).map(work))
  }

  async #withVault(work: (vault: Vault) => Promise<void>): Promise<void> {
    const key = await vaultKey(FLEET_KEY)
    const given = async () => key
    const source = { place: 'the key of the test', read: given, create: given, isMissing: () => false }
    const where = { settings: {}, platform: process.platform, homeDir: homedir() }
    const store = new PostgresStore({
      by: 'test',
      clock: systemClock,
      keySource: () => source,
      address: async () => addressOf({ env: this.#env, files: createNodeFiles(), ...where }),
    })
    try {
      await store.makeTables()
      await work(new Vault(store))
    } finally {
      await store.close()
    }
  }
}

async function accountIn(vault: Vault, name: string): Promise<StoredAccount> {
  const stored = await vault.account({ marketplace: 'ebay', name: name.slice('ebay:'.length) })
  if (stored === undefined) throw new Error(`${name} is gone`)
  return stored
}
