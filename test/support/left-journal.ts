/**
 * A journal as a run leaves it that was killed, made with the program's own parts in a home with the file store; and what
 * a test looks at in such a home.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { findMarketplace } from '../../src/marketplaces/registry.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { createHttp } from '../../src/platform/http.ts'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { parseAccount } from '../../src/tokens/account.ts'
import { createFileStore } from '../../src/vault/file.ts'
import type { Undertaking } from '../../src/vault/journal.ts'
import { chooseKeySource } from '../../src/vault/key-source.ts'
import type { SecretStore } from '../../src/vault/secret-store.ts'
import { Vault } from '../../src/vault/vault.ts'

/** The folder of a home's journals. */
export const journalFolder = (home: string) => join(home, 'state', 'journal')

/** The journal of an account. */
export const journalPath = (home: string, account: string) =>
  join(journalFolder(home), `account.${account.replace(':', '.')}.journal`)

/** What is in the journals' folder, half-made files left out. */
export function journals(home: string): readonly string[] {
  try {
    return readdirSync(journalFolder(home)).filter(name => !name.startsWith('.'))
  } catch {
    // Nothing was ever presented there.
    return []
  }
}

/** The file store of a home, past the program. */
export function storeOf(home: string): SecretStore {
  const files = createNodeFiles()
  return createFileStore({
    folder: join(home, 'state', 'records'),
    journalFolder: journalFolder(home),
    files,
    lock: (_name, work) => work(),
    keySource: () =>
      chooseKeySource({
        kind: 'file',
        keyFile: join(home, 'vault.key'),
        env: {},
        files,
        askPassphrase: async () => {
          throw new Error('no passphrase in this test')
        },
        keyItem: async () => {
          throw new Error('no keychain in this test')
        },
      }),
  })
}

/** How far the run got: `presented`, its question never sent · `answered`, the marketplace's real answer kept. */
export type Reached = 'presented' | 'answered'

/** Leaves the journal of a renewal that was killed. @param change what it says other than the truth. */
export async function leaveJournal(
  home: string,
  account: string,
  reached: Reached,
  simulator: Simulator,
  change: Partial<Undertaking> = {},
): Promise<void> {
  const { marketplace, name = 'default' } = parseAccount(account)
  const vault = new Vault(storeOf(home))
  const stored = await vault.account({ marketplace, name })
  const app = await vault.app(marketplace, stored?.header.app ?? 'default')
  const token = stored?.secrets.refreshToken ?? change.token
  if (token == null || app === undefined) throw new Error(`${account} is not in this home`)
  const adapter = findMarketplace(marketplace)
  const sentAt = Date.now()
  const undertaking: Undertaking = {
    account,
    purpose: 'refresh',
    mayReplace: adapter.rotation !== 'none',
    generation: stored?.header.generation ?? 0,
    at: sentAt,
    wasLost: false,
    token,
    app: 'default',
    region: stored?.header.region ?? null,
    environment: 'local',
    ...change,
  }
  const open = await (await vault.journal()).present(undertaking)
  if (reached === 'answered') {
    const exchange = await adapter.refresh()
    const question = { app: app.keys, refreshToken: token, now: sentAt, origin: simulator.origin }
    const { status, headers, body } = await createHttp({}).send(exchange.request(question))
    await open.keep({ sentAt, response: { status, headers, body }, isCut: false })
  }
  open.close()
}
