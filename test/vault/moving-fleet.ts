/** Machines over one database, each with a home of its own, for the tests of moving records there and sealing them anew. */
import { copyFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { TokenctlError } from '../../src/errors.ts'
import { createNodeFiles } from '../../src/platform/files.ts'
import { type Marker, readMarker } from '../../src/vault/marker.ts'
import type { PostgresParts, VaultDoorOptions } from '../../src/vault/open.ts'
import { addressOf } from '../../src/vault/postgres/address.ts'
import { Connection } from '../../src/vault/postgres/connection.ts'
import type { Vault } from '../../src/vault/vault.ts'
import type { TestDatabase } from '../support/postgres.ts'
import { Killed, killedAt, type Moving, movingHome, wordsOf } from './moving.ts'

/** What leads a machine to a database, whose clock it has. Nobody waits for real. */
export const partsOf = ({
  env,
}: Pick<TestDatabase, 'env'>): Pick<VaultDoorOptions, 'clock'> & { readonly postgres: PostgresParts } => ({
  clock: { now: () => Date.now() },
  postgres: {
    address: async () =>
      addressOf({ env, settings: {}, files: createNodeFiles(), platform: 'linux', homeDir: homedir() }),
    sleep: async () => {},
  },
})

/** The mark of a machine. */
export const marked = ({ stateDir }: Moving): Marker | undefined => readMarker(stateDir, createNodeFiles())

/** Another machine over the same database, with a copy of the first one's key. */
export function otherMachine(first: Moving, database: TestDatabase): Moving {
  const other = movingHome(partsOf(database))
  copyFileSync(join(first.home, 'vault.key'), join(other.home, 'vault.key'))
  const door = () => other.door('postgres')
  return { ...other, door, vault: async () => await opened(door()) }
}

/** The vault of a door, and never nothing. */
export async function opened(door: ReturnType<Moving['door']>): Promise<Vault> {
  const found = await door.read()
  if (found.state !== 'open') throw new Error('nothing was stored')
  return found.vault
}

/** What `seen` gives where there is nothing. */
export const NOTHING = 'nothing was stored'

/** All that a machine sees, with its connections let go of; or the error that it gets. */
export async function seen(moving: Pick<Moving, 'door'>): Promise<unknown> {
  const door = moving.door()
  try {
    const found = await door.read()
    return found.state === 'open' ? await wordsOf(found.vault) : NOTHING
  } catch (error) {
    if (!(error instanceof TokenctlError)) throw error
    return error
  } finally {
    await door.close()
  }
}

/** Runs work that is killed at its nth change of a file, an item or a row; false when it was. */
export async function runs(
  nth: number,
  when: 'before' | 'after',
  moving: Moving,
  work: (options: Pick<VaultDoorOptions, 'files' | 'startHelper'>) => Promise<unknown>,
): Promise<boolean> {
  const { files, startHelper, slowly, isDead } = killedAt(nth, when, moving)
  const rows = Connection.prototype.rows
  const spy = vi.spyOn(Connection.prototype, 'rows').mockImplementation(async function (
    this: Connection,
    statement,
    values,
  ) {
    if (isDead()) throw new Killed()
    const run = () => rows.call(this, statement, values)
    return /INSERT|UPDATE|DELETE|CREATE|ALTER|COMMIT/.test(statement.text) ? await slowly(run) : await run()
  } as typeof rows)
  try {
    await work({ files, startHelper })
    return true
  } catch (error) {
    if (error instanceof Killed) return false
    throw error
  } finally {
    spy.mockRestore()
  }
}
