/** A vault of every kind of record, in a home of its own with a keychain in memory, for the tests of moving it. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createNodeFiles, type Files } from '../../src/platform/files.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { StoreName } from '../../src/vault/choices.ts'
import { VaultDoor, type VaultDoorOptions } from '../../src/vault/open.ts'
import type { Vault } from '../../src/vault/vault.ts'
import { fakeKeychain } from '../support/fake-keychain.ts'
import { temporaryHome } from '../support/temporary-home.ts'
import { APP, AT, account, revealed } from './samples.ts'
import { localLocks } from './stores.ts'

export const OTHER = { file: 'keychain', keychain: 'file' } as const

/** A process is gone: nothing catches it. */
export class Killed extends Error {}

export interface Moving {
  readonly home: string
  readonly stateDir: string
  readonly keychain: ReturnType<typeof fakeKeychain>
  /** What a run is given; `store` is a setting. */
  options(more?: Partial<VaultDoorOptions>, store?: StoreName): VaultDoorOptions
  door(store?: StoreName): VaultDoor
  /** The vault in use, through the door. */
  vault(): Promise<Vault>
}

/** A home without a vault; `fixed` is what all of its runs are given besides. */
export function movingHome(fixed: Partial<VaultDoorOptions> = {}): Moving {
  const home = temporaryHome()
  const stateDir = join(home, 'state')
  const keychain = fakeKeychain()
  const locks = localLocks()
  const userLocks = localLocks()
  const options = (more: Partial<VaultDoorOptions> = {}, store?: StoreName): VaultDoorOptions => ({
    by: 'migrate',
    stateDir,
    defaultKeyFile: join(home, 'vault.key'),
    settings: { store, keySource: undefined, keyFile: undefined },
    env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
    files: createNodeFiles(),
    clock: { now: () => AT },
    locks,
    userLocks: () => userLocks,
    startHelper: keychain.startHelper,
    askPassphrase: async () => new Secret('passphrase'),
    ...fixed,
    ...more,
  })
  const door = (store?: StoreName) => new VaultDoor(options({}, store))
  const vault = async () => {
    const opened = await door().read()
    if (opened.state !== 'open') throw new Error('nothing was stored')
    return opened.vault
  }
  return { home, stateDir, keychain, options, door, vault }
}

/** The same, with every kind of record in this store. */
export async function filledHome(store: StoreName, fixed: Partial<VaultDoorOptions> = {}): Promise<Moving> {
  const moving = movingHome(fixed)
  const vault = await moving.door(store).write()
  const saved = await vault.saveAccount(account(), null)
  await vault.saveAccount(account('v^1.1#newer'), saved.revision)
  const delivery = { url: new Secret('https://shop.example/hook?key=1'), key: new Secret('signing key') }
  const shop = account('50000rotating', { account: 'aliexpress:main', app: null })
  await vault.saveAccount({ ...shop, secrets: { ...shop.secrets, delivery } }, null)
  await vault.saveAccount(
    {
      ...account('x', { account: 'amazon:dates', holdsToken: false }),
      secrets: { ...shop.secrets, refreshToken: null, accessToken: null },
    },
    null,
  )
  await vault.saveApp(APP, null)
  const way = { kind: 'webhook', host: 'chat.example', format: 'slack' } as const
  const channel = {
    header: { name: 'pager', addedAt: AT, way },
    secret: new Secret('https://chat.example/T1'),
  }
  await (await vault.channels()).save(channel, null)
  await (await vault.askedConsents()).keep({
    account: 'ebay:outlet',
    state: new Secret('the state'),
    app: null,
    region: null,
    environment: 'production',
    replacesSeller: false,
    askedAt: AT,
  })
  return moving
}

/** All that a vault says, secrets in the clear, but for what is a store's own: fingerprints. */
export async function wordsOf(vault: Vault): Promise<unknown> {
  const { accounts, apps, channels, unreadable } = await vault.listing()
  const words: unknown[] = []
  for (const { account: name } of accounts) {
    const [marketplace = '', own = ''] = name.split(':')
    const stored = await vault.account({ marketplace, name: own })
    if (stored === undefined) throw new Error(`${name} is listed and not there`)
    const { fingerprint, ...header } = stored.header
    words.push([header, fingerprint === null, stored.revision, revealed(stored.secrets)])
  }
  for (const { marketplace, name } of apps) {
    const stored = await vault.app(marketplace, name)
    const keys = Object.entries(stored?.keys ?? {}).map(([key, secret]) => [key, secret.reveal()])
    words.push([stored?.header, stored?.revision, keys])
  }
  for (const { name } of channels) {
    const stored = await (await vault.channels()).get(name)
    words.push([stored?.header, stored?.revision, stored?.secret?.reveal()])
  }
  const asked = await (await vault.askedConsents()).all(AT)
  return [words, unreadable, asked.map(each => [each, each.state.reveal()])]
}

/** What happens at the nth change that a run makes outside of itself. */
export interface Interference {
  readonly files: Files
  readonly startHelper: VaultDoorOptions['startHelper']
  /** How many changes were made or tried. */
  readonly count: () => number
  /** Makes a change that takes its time, of whatever kind. */
  readonly slowly: <T>(work: () => Promise<T>) => Promise<T>
  /** Whether the run is gone. */
  readonly isDead: () => boolean
}

/** Kills a run at its nth change of a file or an item: before it is made, or when it is. */
export function killedAt(nth: number, when: 'before' | 'after', moving: Moving): Interference {
  let count = 0
  let isDead = false
  const isNext = () => {
    if (isDead) throw new Killed()
    count += 1
    const isIt = count === nth
    isDead = isIt
    if (isIt && when === 'before') throw new Killed()
    return isIt
  }
  const change = <T>(work: () => T): T => {
    const isIt = isNext()
    const done = work()
    if (isIt) throw new Killed()
    return done
  }
  const files = createNodeFiles()
  return {
    count: () => count,
    isDead: () => isDead,
    slowly: async work => {
      const isIt = isNext()
      const done = await work()
      if (isIt || isDead) throw new Killed()
      return done
    },
    files: {
      ...files,
      writeDurably: (...given) => change(() => files.writeDurably(...given)),
      openReserved: (...given) => change(() => files.openReserved(...given)),
      createDurably: (...given) => change(() => files.createDurably(...given)),
      remove: path => change(() => files.remove(path)),
    },
    startHelper: async env => {
      const helper = await moving.keychain.startHelper(env)
      return {
        ask: question =>
          (question as { op: string }).op === 'get'
            ? helper.ask(question)
            : change(() => helper.ask(question)),
        close: () => helper.close(),
      }
    },
  }
}

/** An empty folder that records of nobody's knowledge can be put in. */
export function privateFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return path
}

/** Leaves a rotating token of `aliexpress:main` presented, its answer awaited. Whoever has others beside it holds its lock. */
export async function leaveOnItsWay(vault: Vault): Promise<void> {
  const open = await (await vault.journal()).present({
    account: 'aliexpress:main',
    purpose: 'refresh',
    mayReplace: true,
    generation: 0,
    at: AT,
    wasLost: false,
    token: new Secret('50000rotating'),
    app: null,
    region: null,
    environment: 'production',
  })
  open.close()
}
