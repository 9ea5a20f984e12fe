/** Opening the vault to write, where the first write chooses the store (docs/architecture.md, "What rests where"). */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Vault } from '../vault/vault.ts'
import type { World } from './world.ts'

/**
 * The vault, made at its first write. Where nobody chose a store and no keychain answers, a person at a terminal is
 * offered the file store; an unattended run ends with the choices (exit 5).
 *
 * @throws {VAULT_UNAVAILABLE} · {VAULT_LOCKED} · {STORE_IN_USE} · {CANCELLED}
 */
export async function vaultForWriting(by: string, world: World): Promise<Vault> {
  const door = await world.openVault(by)
  try {
    return await door.write()
  } catch (error) {
    const choosable = isTokenctlError(error) && error.code === 'VAULT_UNAVAILABLE' && door.isUnchosen()
    if (!choosable || !world.terminal.isInteractive) throw error
    return await offerFileStore(error.message, by, world)
  }
}

async function offerFileStore(why: string, by: string, world: World): Promise<Vault> {
  world.terminal.err(`${why}\n`)
  const prompt = await world.prompt()
  const question = 'Keep secrets in an encrypted folder on this machine instead?'
  if (!(await prompt.confirm(question, true, { insteadOf: '`tokenctl config set store file`' }))) {
    throw new TokenctlError('CANCELLED', 'No store was chosen.')
  }
  const { setSetting } = await import('./settings-file.ts')
  await setSetting('store', 'file', world)
  return (await world.openVault(by)).write()
}
