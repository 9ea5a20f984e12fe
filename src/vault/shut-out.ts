/**
 * What a move and the store of many machines say to each other (`shared-gate.ts`): who is shut out, whether what is in that
 * store is this move's own, and what a move that was cut off left standing there. The mark of this machine and the word in
 * the store name one move by the same id; nothing else makes what stands there ours.
 */
import { TokenctlError } from '../errors.ts'
import type { StoreName } from './choices.ts'
import { type Marker, readMarker } from './marker.ts'
import type { VaultDoorOptions } from './open.ts'
import type { SecretStore } from './secret-store.ts'
import type { SharedGate, Standing } from './shared-gate.ts'
import { withStore } from './store-keys.ts'

/** Runs work while no other machine is at work with any of these stores. @throws {LOCK_HELD} */
export async function shutOut<T>(
  stores: readonly Pick<SecretStore, 'gate'>[],
  work: () => Promise<T>,
): Promise<T> {
  const [{ gate } = {}, ...more] = stores
  const inner = more.length === 0 ? work : () => shutOut(more, work)
  return gate === undefined ? await inner() : await gate.alone(inner)
}

/** The id of a move that other machines see: that of the one which was cut off or is to be undone, or a new one. */
export function moveId({ other }: Marker): string {
  return other?.move ?? Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex')
}

/** Whether what stands there comes from a move of this machine. */
function isOwn(standing: Standing, { other }: Marker): boolean {
  return standing.is !== 'in-use' && other?.move === standing.move
}

/**
 * Stops unless the records are in use there, or were taken away by a move of this machine that was cut off.
 *
 * @throws {VAULT_UNAVAILABLE}
 */
export async function refuseAway({ gate }: Pick<SecretStore, 'gate'>, marker: Marker): Promise<void> {
  const standing = await gate?.standing()
  if (standing === undefined || isOwn(standing, marker)) return
  await gate?.refuseAway()
}

/** Stops where a store of many machines holds what no move of this machine put there. @throws {STORE_IN_USE} */
export async function refuseTheirs(gate: SharedGate, to: StoreName, marker: Marker): Promise<void> {
  const standing = await gate.standing()
  if (standing === undefined || isOwn(standing, marker) || !(await gate.holdsAnything())) return
  throw new TokenctlError('STORE_IN_USE', THEIRS[standing.is](to), { fix: FIXES[standing.is] })
}

const THEIRS: Readonly<Record<Standing['is'], (store: StoreName) => string>> = {
  'in-use': store =>
    `The ${store} store has records already that do not come from a move, and nothing is written over them.`,
  filling: store => `Another machine is moving its records to the ${store} store, or was cut off in it.`,
  left: store => `The ${store} store has copies of records that another machine moved away from there.`,
}
const NO_NEED = 'If nothing needs them: `DROP SCHEMA tokenctl CASCADE` in that database. Nothing was changed.'
const FIXES: Readonly<Record<Standing['is'], string>> = {
  'in-use': `To add these records to those: \`tokenctl export\` here, and \`tokenctl import\` over that store. ${NO_NEED}`,
  filling: `There, \`tokenctl migrate --to postgres\` finishes it, and \`tokenctl migrate --remove-old\` takes it back. ${NO_NEED}`,
  left: `There, \`tokenctl migrate --remove-old\` removes them. ${NO_NEED}`,
}

/** Whether the copies that a move left in a store are still this machine's; false where others have taken their place. */
export async function areOwnCopies({ gate }: Pick<SecretStore, 'gate'>, marker: Marker): Promise<boolean> {
  if (gate === undefined) return true
  const standing = await gate.standing()
  return standing !== undefined && isOwn(standing, marker)
}

/**
 * Finishes a move to a store of many machines that was cut off between the mark of this machine and the word there: all
 * records are in it. Inside `alone`.
 *
 * @returns whether there was something to finish
 * @throws {VAULT_UNAVAILABLE} also where another machine moved the records away · {LOCK_HELD} · {WRITE_FAILED}
 */
export async function finishMove(options: VaultDoorOptions): Promise<boolean> {
  const marker = readMarker(options.stateDir, options.files)
  if (marker?.store !== 'postgres') return false
  return await withStore('postgres', marker, options, async ({ gate }) => {
    const standing = await gate?.standing()
    if (gate === undefined || standing?.is !== 'filling' || !isOwn(standing, marker)) return false
    await gate.alone(() => gate.stand({ is: 'in-use' }))
    return true
  })
}
