/**
 * Whether the vault works, found out by doing: a test item is written, sealed, through the store's own seam, read back
 * and removed. It is a part of no record, which no listing shows, so a run that is killed in between leaves nothing that
 * anybody meets. The scheduled run also opens one record. What is read is compared and never shown.
 */
import { randomBytes } from 'node:crypto'
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import { helperEnvironment } from '../../vault/keychain-bus.ts'
import { Forgotten } from '../../vault/lost-state.ts'
import { derivedId, writeLastOpened } from '../../vault/marker.ts'
import { probeKeychain } from '../../vault/open-store.ts'
import type { SecretStore } from '../../vault/secret-store.ts'
import { Vault } from '../../vault/vault.ts'
import { refOf } from '../selection.ts'
import type { Finding } from '../shapes/doctor-shape.ts'
import { ok, problem, skipped, warning } from './findings.ts'
import type { Ground, VaultSight } from './ground.ts'
import type { KeyVerdict } from './key-check.ts'
import { usesKeychain } from './program-checks.ts'

/** A part (`#`) of an app that nobody has: parts are stored as records are and listed nowhere. */
const TEST_ITEM = 'app/ebay:doctor-test-item#0.0'
/** Two at once would take each other's item away. */
const TEST_LOCK = 'doctor-test-item'

/** The findings on keychain and store, and with the scheduled run on one record. */
export async function vaultChecks(
  ground: Ground,
  key: KeyVerdict['key'],
  isLoadable: boolean,
): Promise<readonly Finding[]> {
  const { vault } = ground
  const both = (why: string) => [skipped('keychain', why), skipped('vault', why)]
  if (vault === undefined) return both('Not tried: the settings cannot be read.')
  if (!isLoadable) return both('Not tried: see `native`.')
  if (vault.error !== undefined) return unseen(vault, vault.error)
  const keychain = usesKeychain(vault)
    ? []
    : [skipped('keychain', `The ${nameOf(vault)} store needs no keychain.`)]
  if (vault.store === undefined) return [...keychain, ...(await beforeFirstWrite(vault))]
  if (key === 'no') return [...keychain, skipped('vault', 'Not tried: its key does not open anything.')]
  if (key === 'asks') return [...keychain, skipped('vault', 'Not tried: its key is under a passphrase.')]
  return [...keychain, ...(await tryStore(ground, vault, vault.store, key))]
}

/** The store that needs no keychain. */
function nameOf({ isFleet }: VaultSight): string {
  return isFleet ? 'PostgreSQL' : 'file'
}

/** The vault cannot be seen: by the keychain's doing, or by that of its own folder. */
function unseen(vault: VaultSight, error: TokenctlError): readonly Finding[] {
  if (usesKeychain(vault) && isKeychainFault(error))
    return [keychainProblem(vault, error), skipped('vault', 'Not tried: see `keychain`.')]
  return [problem('vault', error, vault.isFleet ? {} : { where: vault.parts.stateDir })]
}

/** Whether it is the keychain that failed: its faults all name it, and what is wrong with our own files does not. */
function isKeychainFault(error: TokenctlError): boolean {
  return error.code.startsWith('VAULT_') && /keychain/.test(error.message) && !(error instanceof Forgotten)
}

function keychainProblem({ parts }: VaultSight, error: TokenctlError): Finding {
  return problem('keychain', error, { where: busOf(parts) })
}

/** The bus that leads to the keychain, where there are such things. */
function busOf({ env, files }: VaultSight['parts']): string | undefined {
  return files.platform === 'linux' ? helperEnvironment(env, files)?.['DBUS_SESSION_BUS_ADDRESS'] : undefined
}

/** Nothing is stored yet: what the first write would meet. */
async function beforeFirstWrite(vault: VaultSight): Promise<readonly Finding[]> {
  const { parts, opened } = vault
  if (opened?.state !== 'empty') return [skipped('vault', 'Nothing is stored yet.')]
  const { wouldUse, reason } = opened
  if (wouldUse === 'postgres')
    return [ok('vault', 'Nothing is stored yet; the first write makes the tables in the database.')]
  if (wouldUse === 'file')
    return [ok('vault', 'Nothing is stored yet; the first write begins a file store.', parts.stateDir)]
  if (wouldUse === null)
    return [
      warning(
        'vault',
        `Nothing is stored yet, and nobody chose a store. ${reason?.message ?? ''}`.trimEnd(),
        {
          mend: 'Choose one before the first write: `tokenctl config set store file` for the encrypted folder.',
        },
      ),
    ]
  try {
    await parts.userLocks(await derivedId(parts.stateDir)).hold(TEST_LOCK, async () => {
      await probeKeychain(await derivedId(parts.stateDir), parts)
    })
    return [
      ok('keychain', 'The keychain takes an item, gives it back, and removes it.', busOf(parts)),
      ok('vault', 'Nothing is stored yet; the first write uses the keychain.'),
    ]
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return [keychainProblem(vault, error), skipped('vault', 'Not tried: see `keychain`.')]
  }
}

async function tryStore(
  ground: Ground,
  vault: VaultSight,
  store: SecretStore,
  key: KeyVerdict['key'],
): Promise<readonly Finding[]> {
  const { parts, fleet } = vault
  const where = fleet?.session.place ?? parts.stateDir
  if (store.kind === 'file' && key === 'later') return [await proven(store, where)]
  try {
    await tryItem(store)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    const byKeychain = store.kind === 'keychain' && error.code.startsWith('VAULT_')
    return byKeychain
      ? [keychainProblem(vault, error), skipped('vault', 'Not tried: see `keychain`.')]
      : [problem('vault', error, { where: error.account ?? where })]
  }
  const answers = usesKeychain(vault) ? [ok('keychain', 'The keychain answers.', busOf(parts))] : []
  const works = ok(
    'vault',
    `The ${fleet === undefined ? store.kind : nameOf(vault)} store works: a test item was written, read back and removed.`,
    where,
  )
  return [...answers, works, ...(ground.isScheduled ? [await openOne(ground, vault, store)] : [])]
}

/** A store without a key yet takes no sealed item; that its folder can be written is all there is to see. */
async function proven(store: SecretStore, where: string): Promise<Finding> {
  try {
    await store.prove()
    return ok('vault', 'The file store is empty, and its folder can be written.', where)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return problem('vault', error, { where })
  }
}

/** @throws what a store throws; {VAULT_UNAVAILABLE} when it gives back other than it was given. */
async function tryItem(store: SecretStore): Promise<void> {
  const body = JSON.stringify({ test: randomBytes(16).toString('hex') })
  await store.lock(TEST_LOCK, async () => {
    await store.put(TEST_ITEM, { header: {}, body, perishable: null })
    const back = await store.get(TEST_ITEM)
    const isRemoved = await store.delete(TEST_ITEM)
    if (back?.body === body && isRemoved) return
    throw new TokenctlError(
      'VAULT_UNAVAILABLE',
      `The ${store.kind} store takes items and does not give them back.`,
    )
  })
}

/** Opens the first account that holds a token: what the next renewal will do. */
async function openOne(
  { now }: Ground,
  { listing, parts }: VaultSight,
  store: SecretStore,
): Promise<Finding> {
  const header = listing.accounts.find(({ holdsToken }) => holdsToken)
  if (header === undefined)
    return skipped('opened-record', 'No account holds a token yet, so there is none to open.')
  const note = () => writeLastOpened(parts.stateDir, { at: now, by: 'doctor --scheduled' }, parts.files)
  try {
    await new Vault(store, { onOpen: note }).account(refOf(header))
    return ok('opened-record', 'A record was opened.', header.account)
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return problem('opened-record', error, { where: header.account })
  }
}
