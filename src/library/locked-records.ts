/**
 * The records as a program gets them: every change is made under the lock that the commands take, with what a killed run
 * left finished before, so that no renewal beside it loses an answer, and nothing is written into a store that the records
 * were moved out of.
 */

import { refOf } from '../cli/selection.ts'
import { underLock } from '../cli/under-lock.ts'
import type { World } from '../cli/world.ts'
import { TokenctlError } from '../errors.ts'
import { type AccountRef, isName } from '../tokens/account.ts'
import { appLock } from '../vault/records.ts'
import type { Vault } from '../vault/vault.ts'
import { throughDoor } from './door-of.ts'
import type { Records } from './records.ts'

/** The records of a world. The first call chooses the store, as a command's first write would. */
export async function lockedRecords(world: World): Promise<Records> {
  const opened = () => throughDoor(world, door => door.write())
  const { kind } = await opened()
  const onAccount = async <T>(account: AccountRef, work: (vault: Vault) => Promise<T>) => {
    refuseNames(account?.marketplace, account?.name)
    const vault = await opened()
    return await underLock(account, vault, world, () => work(vault))
  }
  const onApp = async <T>(marketplace: string, name: string, work: (vault: Vault) => Promise<T>) => {
    refuseNames(marketplace, name)
    const vault = await opened()
    return await vault.locks.hold(appLock(marketplace, name), () => work(vault))
  }
  return {
    kind,
    listing: async () => (await opened()).listing(),
    account: async account => (await opened()).account(account),
    app: async (marketplace, name) => (await opened()).app(marketplace, name),
    saveAccount: async (set, after) => {
      if (typeof set?.header?.account !== 'string') throw noRecord('header.account')
      return await onAccount(refOf(set.header), vault => vault.saveAccount(set, after))
    },
    removeAccount: async (account, after) => onAccount(account, vault => vault.removeAccount(account, after)),
    saveApp: async (app, after) => {
      if (typeof app?.header !== 'object' || app.header === null) throw noRecord('header')
      return await onApp(app.header.marketplace, app.header.name, vault => vault.saveApp(app, after))
    },
    removeApp: async (marketplace, name, after) =>
      onApp(marketplace, name, vault => vault.removeApp(marketplace, name, after)),
  }
}

/** A name becomes that of a lock, before anything looks whether there is such a record. @throws {USAGE} */
function refuseNames(marketplace: unknown, name: unknown): void {
  const isGood = [marketplace, name].every(word => typeof word === 'string' && isName(word))
  if (!isGood)
    throw new TokenctlError(
      'USAGE',
      'A record is named by `marketplace` and `name`, such as `ebay` and `main`.',
    )
}

function noRecord(lacks: string): TokenctlError {
  return new TokenctlError('USAGE', `What is to be stored has no \`${lacks}\`.`, {
    fix: 'See docs/library.md.',
  })
}
