/**
 * What the journal and the lock add to one renewal: the same renewal of the same account with and without them, in turns,
 * A B A B, against a marketplace on the loopback, in one warm process; and to the first that a store sees, which with a
 * keychain also proves that it takes items. A minute. PROOF_PAIRS makes it longer or shorter.
 *
 *   npm run proof -- journal-cost
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rulesOf } from '../../src/cli/rules.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createLocks } from '../../src/platform/file-lock.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { createHttp } from '../../src/platform/http.ts'
import { startLineProcess } from '../../src/platform/line-process.ts'
import type { RenewalPorts } from '../../src/renewal/ports.ts'
import { renewOne } from '../../src/renewal/renew-one.ts'
import { parseSettings } from '../../src/settings.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { NO_SECRETS, newHeader } from '../../src/tokens/token-set.ts'
import type { Journal } from '../../src/vault/journal.ts'
import type { VaultDoorOptions } from '../../src/vault/open.ts'
import { openFileStore, openKeychainStore, STORE_FOLDERS } from '../../src/vault/open-store.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import { keyringMissing, startKeyring } from '../support/keyring.ts'
import { endpoints, shop, threeApps } from '../support/simulator.ts'

const PAIRS = Number(process.env['PROOF_PAIRS'] ?? 100)
/** Of first renewals there are fewer: each begins with a store of its own, and with a keychain that is a process. */
const FIRST_PAIRS = Math.ceil(PAIRS / 5)
/** The most that is added, in milliseconds of wall time. The file store's on a local disk; a keychain's proof is a write to it. */
const BARS = { file: { each: 15, first: 15 }, keychain: { each: 30, first: 60 } } as const
/** The vault's id: any will do in a home and a keychain of its own. */
const VAULT = '0123456789abcdef'
const ACCOUNT = { marketplace: 'aliexpress', name: 'main' }

const nothing = {
  present: async () => ({ keep: async () => {}, close: () => {} }),
  read: async () => undefined,
  clear: async () => {},
} as unknown as Journal

/** The same vault without what the renewal does for safety beside the record. */
class BareVault extends Vault {
  override async journal(): Promise<Journal> {
    return nothing
  }

  override async prove(): Promise<void> {}
}

/** What was measured: medians, in milliseconds. */
interface Figures {
  readonly without: number
  readonly withAll: number
  /** The median of the differences, pair by pair. */
  readonly added: number
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

function figuresOf(pairs: readonly (readonly [without: number, withAll: number])[]): Figures {
  return {
    without: median(pairs.map(([without]) => without)),
    withAll: median(pairs.map(([, withAll]) => withAll)),
    added: median(pairs.map(([without, withAll]) => withAll - without)),
  }
}

/** How long one renewal takes, from its decision to its end. */
async function once(ports: RenewalPorts): Promise<number> {
  const seen = await ports.vault.account(ACCOUNT)
  if (seen === undefined) throw new Error('the account is gone')
  const begin = performance.now()
  const result = await renewOne(ACCOUNT, seen.header, 'named', ports)
  const took = performance.now() - begin
  expect(result).toMatchObject({ outcome: 'renewed', error: null })
  return took
}

/** Stores an app and the account, whose token the marketplace knows. */
async function connect(vault: Vault, simulator: Simulator): Promise<void> {
  const { marketplace } = ACCOUNT
  const app = simulator.importDocument().apps.find(each => each.marketplace === marketplace)
  const keys = Object.fromEntries(
    Object.entries(app?.keys ?? {}).map(([name, value]) => [name, new Secret(String(value))]),
  )
  const appHeader = {
    marketplace,
    name: 'default',
    environment: 'local',
    secretIssuedAt: null,
    isPublic: true,
    previousEndsAt: null,
  } as const
  await vault.saveApp({ header: appHeader, keys, previous: null }, null)
  const account = `${marketplace}:${ACCOUNT.name}`
  const header = newHeader({ account, app: 'default', environment: 'local', holdsToken: true })
  const refreshToken = new Secret(simulator.refreshToken(account) ?? '')
  await vault.saveAccount({ header, secrets: { ...NO_SECRETS, refreshToken } }, null)
}

/** Renews in pairs, one without and one with all: over one store, and over two new ones for each pair. */
async function measure(openStore: () => Promise<SecretStore>) {
  const account = `${ACCOUNT.marketplace}:${ACCOUNT.name}`
  const simulator = await startSimulator({
    clock: systemClock,
    seed: { apps: threeApps(), accounts: [shop(account, 30, 365)] },
  })
  const opened: SecretStore[] = []
  const store = async () => {
    const next = await openStore()
    opened.push(next)
    return next
  }
  const settings = parseSettings(JSON.stringify(endpoints(simulator.origin)), 'settings')
  const common = {
    http: createHttp({}),
    clock: systemClock,
    random: Math.random,
    identify: async () => undefined,
    history: { note: () => {} },
    ...rulesOf(settings),
  }
  const safe = (vault: Vault): RenewalPorts => ({ ...common, vault, locks: vault.locks })
  const bare = (vault: Vault): RenewalPorts => ({ ...common, vault, locks: { hold: (_, work) => work() } })
  try {
    const kept = await store()
    const [without, withAll] = [bare(new BareVault(kept)), safe(new Vault(kept))]
    await connect(withAll.vault, simulator)
    // One of each that does not count: modules are loaded and the keychain's proof is made.
    await once(without)
    await once(withAll)
    const each: (readonly [number, number])[] = []
    for (let pair = 0; pair < PAIRS; pair++) each.push([await once(without), await once(withAll)])
    const first: (readonly [number, number])[] = []
    for (let pair = 0; pair < FIRST_PAIRS; pair++)
      first.push([await once(bare(new BareVault(await store()))), await once(safe(new Vault(await store())))])
    return { each: figuresOf(each), first: figuresOf(first) }
  } finally {
    for (const each of opened) await each.close()
    await simulator.close()
  }
}

function report(what: string, { without, withAll, added }: Figures, pairs: number): void {
  const ms = (value: number) => value.toFixed(1).padStart(6)
  console.log(
    `${what}: ${ms(without)} ms without, ${ms(withAll)} ms with journal and lock, ${ms(added)} ms added (medians of ${pairs} pairs)`,
  )
}

/** Says the figures of a store and holds them against its bars. */
async function hold(name: keyof typeof BARS, openStore: () => Promise<SecretStore>): Promise<void> {
  const { each, first } = await measure(openStore)
  report(`${name} store`, each, PAIRS)
  report(`${name} store, the first of a process`, first, FIRST_PAIRS)
  expect(each.added).toBeLessThanOrEqual(BARS[name].each)
  expect(first.added).toBeLessThanOrEqual(BARS[name].first)
}

/** What the door opens stores with. The user's locks rest in the home too, so that nothing is left behind. */
function optionsIn(home: string, env: VaultDoorOptions['env'] = {}): VaultDoorOptions {
  const files = createNodeFiles()
  const ensureFolder = (path: string) => files.ensurePrivateFolder(path)
  const locks = createLocks(join(home, 'locks'), { clock: systemClock, ensureFolder })
  const helper = createRequire(import.meta.url).resolve('../../dist/keychain-helper.cjs')
  for (const folder of Object.values(STORE_FOLDERS)) ensureFolder(join(home, folder))
  return {
    by: 'proof',
    stateDir: home,
    defaultKeyFile: join(home, 'vault.key'),
    settings: { store: undefined, keySource: undefined, keyFile: undefined },
    env,
    files,
    clock: systemClock,
    locks,
    userLocks: () => locks,
    startHelper: helperEnv => startLineProcess({ command: process.execPath, args: [helper], env: helperEnv }),
    askPassphrase: () => Promise.reject(new Error('nobody is asked')),
  }
}

describe('what journal and lock add to a renewal', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'tokenctl-cost-'))
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  it(`with the file store: at most ${BARS.file.each} ms`, () =>
    hold('file', () => openFileStore(VAULT, optionsIn(home))))

  it.skipIf(keyringMissing() !== undefined)(
    `with the keychain store (gnome-keyring): at most ${BARS.keychain.each} ms, and ${BARS.keychain.first} ms the first time`,
    async () => {
      const keyring = await startKeyring('unlocked')
      try {
        await hold('keychain', () => openKeychainStore(VAULT, optionsIn(home, keyring.env)))
      } finally {
        await keyring.stop()
      }
    },
  )
})
