/**
 * What the journal and the lock add to one renewal: the same renewal of the same account with and without them, in turns,
 * A B A B, against a marketplace on the loopback, in one warm process. A minute.
 *
 *   npm run proof -- journal-cost
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rulesOf } from '../../src/cli/rules.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createLocks } from '../../src/platform/file-lock.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { createHttp } from '../../src/platform/http.ts'
import { startLineProcess } from '../../src/platform/line-process.ts'
import type { RenewalPorts } from '../../src/renewal/ports.ts'
import { renewOne } from '../../src/renewal/renew-one.ts'
import { parseSettings } from '../../src/settings.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { NO_SECRETS, newHeader } from '../../src/tokens/token-set.ts'
import type { Journal } from '../../src/vault/journal.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'
import { keyringMissing, startKeyring } from '../support/keyring.ts'
import { endpoints, shop, threeApps } from '../support/simulator.ts'
import { fileStoreIn, keychainStoreIn } from '../vault/stores.ts'

const PAIRS = Number(process.env['TOKENCTL_PAIRS'] ?? 100)
/** The bar for the file store on a local disk, in milliseconds of wall time. */
const BAR_MS = 15
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

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

async function measure(home: string, storeOf: () => SecretStore): Promise<readonly [number, number, number]> {
  const account = `${ACCOUNT.marketplace}:${ACCOUNT.name}`
  const simulator = await startSimulator({
    clock: systemClock,
    seed: { apps: threeApps(), accounts: [shop(account, 30, 365)] },
  })
  try {
    const settings = parseSettings(JSON.stringify(endpoints(simulator.origin)), 'settings')
    const locks = createLocks(join(home, 'locks'), {
      clock: systemClock,
      ensureFolder: path => createNodeFiles().ensurePrivateFolder(path),
    })
    const common = {
      http: createHttp({}),
      clock: systemClock,
      random: Math.random,
      history: { note: () => {} },
      ...rulesOf(settings),
    }
    const store = storeOf()
    const safe: RenewalPorts = { ...common, vault: new Vault(store), locks }
    const bare: RenewalPorts = {
      ...common,
      vault: new BareVault(store),
      locks: { hold: (_, work) => work() },
    }
    const document = simulator.importDocument()
    const app = document.apps.find(each => each.marketplace === ACCOUNT.marketplace)
    const keys = Object.fromEntries(
      Object.entries(app?.keys ?? {}).map(([name, value]) => [name, new Secret(String(value))]),
    )
    await safe.vault.saveApp(
      {
        header: {
          marketplace: ACCOUNT.marketplace,
          name: 'default',
          environment: 'local',
          secretIssuedAt: null,
        },
        keys,
      },
      null,
    )
    const header = newHeader({ account, app: 'default', environment: 'local', holdsToken: true })
    const refreshToken = new Secret(simulator.refreshToken(account) ?? '')
    await safe.vault.saveAccount({ header, secrets: { ...NO_SECRETS, refreshToken } }, null)
    const once = async (ports: RenewalPorts) => {
      const seen = await ports.vault.account(ACCOUNT)
      if (seen === undefined) throw new Error('the account is gone')
      const begin = performance.now()
      const result = await renewOne(ACCOUNT, seen.header, 'named', ports)
      const took = performance.now() - begin
      expect(result).toMatchObject({ outcome: 'renewed', error: null })
      return took
    }
    // One of each that does not count: modules are loaded and the keychain's proof is made.
    await once(bare)
    await once(safe)
    const rounds: (readonly [number, number])[] = []
    for (let pair = 0; pair < PAIRS; pair++) rounds.push([await once(bare), await once(safe)])
    await safe.vault.close()
    return [
      median(rounds.map(([without]) => without)),
      median(rounds.map(([, withAll]) => withAll)),
      median(rounds.map(([without, withAll]) => withAll - without)),
    ]
  } finally {
    await simulator.close()
  }
}

function report(store: string, [without, withAll, added]: readonly [number, number, number]): void {
  const ms = (value: number) => value.toFixed(1).padStart(6)
  console.log(
    `${store}: ${ms(without)} ms without, ${ms(withAll)} ms with journal and lock, ${ms(added)} ms added (medians of ${PAIRS} pairs)`,
  )
}

describe('what journal and lock add to a renewal', () => {
  it(`with the file store: at most ${BAR_MS} ms`, async () => {
    const home = mkdtempSync(join(tmpdir(), 'tokenctl-cost-'))
    try {
      const figures = await measure(home, () => fileStoreIn(home))
      report('file store', figures)
      expect(figures[2]).toBeLessThanOrEqual(BAR_MS)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  })

  it.skipIf(keyringMissing() !== undefined)('with the keychain store: the figure beside it', async () => {
    const keyring = await startKeyring('unlocked')
    const home = mkdtempSync(join(tmpdir(), 'tokenctl-cost-'))
    const helper = createRequire(import.meta.url).resolve('../../dist/keychain-helper.cjs')
    const startHelper = (env: Readonly<Record<string, string | undefined>>) =>
      startLineProcess({ command: process.execPath, args: [helper], env })
    try {
      const figures = await measure(home, () => keychainStoreIn(home, { startHelper, env: keyring.env }))
      report('keychain store (gnome-keyring)', figures)
      expect(figures[2]).toBeGreaterThan(-BAR_MS)
    } finally {
      await keyring.stop()
      rmSync(home, { recursive: true, force: true })
    }
  })
})
