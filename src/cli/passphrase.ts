/** Asking for the passphrase of a key file: twice when it is made, once when it is opened. */
import { TokenctlError } from '../errors.ts'
import { Secret } from '../tokens/secret.ts'
import type { World } from './world.ts'

/** Shorter ones fall to guessing within days, however slow the derivation is made. */
const SHORTEST = 12

/**
 * The passphrase that a person types.
 *
 * @throws {ANSWER_MISSING} where nobody is there to ask.
 */
export async function askPassphrase(
  { path, purpose }: { readonly path: string; readonly purpose: 'open' | 'create' },
  world: World,
): Promise<Secret> {
  const prompt = await world.prompt()
  const insteadOf = 'another key source: `tokenctl config set key-source file`'
  if (purpose === 'open') return new Secret(await prompt.secret(`Passphrase of ${path}:`, { insteadOf }))
  const validate = (text: string) => text.length >= SHORTEST || `It needs ${SHORTEST} characters at least.`
  const first = await prompt.secret(`A new passphrase for ${path}:`, { insteadOf, validate })
  const second = await prompt.secret('Once more:', { insteadOf })
  if (first === second) return new Secret(first)
  throw new TokenctlError('USAGE', 'The two passphrases differ.', { fix: 'Try again. Nothing was changed.' })
}
