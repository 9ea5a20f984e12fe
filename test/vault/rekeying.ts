/** A new key for the records of a home whose `key-file` is a setting, as the command changes it. */
import type { VaultDoorOptions } from '../../src/vault/open.ts'
import { type Rekeyed, type RekeyHooks, rekey, rekeyPlan } from '../../src/vault/rekey.ts'
import type { Moving } from './moving.ts'

/** What its runs are given, the setting with it, and the run that seals anew. */
export function rekeying(moving: Pick<Moving, 'options'>) {
  let keyFile: string | undefined
  const options = (more: Partial<VaultDoorOptions> = {}) =>
    moving.options({ settings: { store: undefined, keySource: undefined, keyFile }, ...more })
  const run = async (
    more: Partial<VaultDoorOptions> = {},
    hooks: Partial<RekeyHooks> = {},
    path?: string,
  ): Promise<Rekeyed> => {
    const parts = options(more)
    const { store, ...plan } = rekeyPlan(path, parts)
    if (store === undefined) throw new Error('nothing is stored')
    const whenSealed = async () => {
      keyFile = plan.keyFile
    }
    return await rekey({ ...plan, store }, parts, { whenSealed, ...hooks })
  }
  return { options, run }
}
