/** Asking for a passphrase, of a key file or an export: twice when it is made, once when it is opened. */
import { TokenctlError } from '../errors.ts'
import { Secret } from '../tokens/secret.ts'
import type { World } from './world.ts'

/** Shorter ones fall to guessing within days, however slow the derivation is made. */
const SHORTEST = 12

/** What is wrong with a new passphrase, as a sentence; true when nothing is. */
export function passphraseVerdict(text: string): true | string {
  return text.length >= SHORTEST || `It needs ${SHORTEST} characters at least.`
}

/**
 * A new passphrase, typed twice.
 *
 * @param what it is for, as the question says it; `insteadOf` names what an unattended run gives.
 * @throws {ANSWER_MISSING} where nobody is there to ask · {USAGE} when the two differ.
 */
export async function askNewPassphrase(what: string, insteadOf: string, world: World): Promise<Secret> {
  const prompt = await world.prompt()
  const validate = passphraseVerdict
  const first = await prompt.secret(`A new passphrase for ${what}:`, { insteadOf, validate })
  const second = await prompt.secret('Once more:', { insteadOf })
  if (first === second) return new Secret(first)
  throw new TokenctlError('USAGE', 'The two passphrases differ.', { fix: 'Try again. Nothing was changed.' })
}

/**
 * The passphrase that a person types.
 *
 * @throws {ANSWER_MISSING} where nobody is there to ask.
 */
export async function askPassphrase(
  { path, purpose }: { readonly path: string; readonly purpose: 'open' | 'create' },
  world: World,
): Promise<Secret> {
  const insteadOf = 'another key source: `tokenctl config set key-source file`'
  if (purpose === 'create') return await askNewPassphrase(path, insteadOf, world)
  const prompt = await world.prompt()
  return new Secret(await prompt.secret(`Passphrase of ${path}:`, { insteadOf }))
}
