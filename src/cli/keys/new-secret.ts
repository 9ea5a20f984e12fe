/**
 * The one key of an app that its marketplace replaced: asked masked or read from standard input, never taken from argv,
 * and held against the keys that are stored, which it must be of and must not be.
 */
import { TokenctlError } from '../../errors.ts'
import type { AppField, MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { App, AppKeys } from '../../tokens/app-keys.ts'
import { Secret } from '../../tokens/secret.ts'
import type { World } from '../world.ts'
import { keyProblem, showKeyName } from './app-keys.ts'
import { appWords } from './app-words.ts'
import { parseJsonInput } from './json-input.ts'

/**
 * The text with the new secret, from a person or from standard input, where it stands alone or in a JSON object.
 *
 * @throws {ANSWER_MISSING} naming `--stdin` where there is no terminal.
 */
export async function takeNewSecret(
  { stdin, name }: { readonly stdin?: boolean; readonly name: string },
  adapter: MarketplaceAdapter,
  world: World,
): Promise<string> {
  const { label } = secretFieldOf(adapter)
  if (stdin === true) return await world.terminal.readStdin('the new secret')
  world.terminal.err(
    `Rotate the secret in ${adapter.title}'s developer console, then paste the new one here.\n`,
  )
  const prompt = await world.prompt()
  const validate = (text: string) => {
    const problem = keyProblem(text)
    return problem === undefined ? true : `It ${problem}.`
  }
  const question = `New ${label} for ${adapter.title} app ${name}:`
  return await prompt.secret(question, { validate, insteadOf: '--stdin' })
}

/**
 * The app's keys with the secret that was given in the place of the stored one.
 *
 * @throws {USAGE} when it is one that is stored already, another of the app's keys, of another client, or none at all
 *   · {ANSWER_MISSING} when nothing was given. No value is ever shown.
 */
export function withNewSecret(stored: App, given: string, adapter: MarketplaceAdapter): AppKeys {
  const field = secretFieldOf(adapter)
  const text = secretIn(given.replace(/^\uFEFF/, ''), stored, field).trim()
  if (text === '')
    throw new TokenctlError('ANSWER_MISSING', 'No secret was given.', {
      fix: 'Copy the new one from the developer console, whole and alone. Nothing was changed.',
    })
  const problem = keyProblem(text)
  if (problem !== undefined) throw unfit(`The new secret ${problem}.`)
  const secret = new Secret(text)
  const words = appWords(stored.header)
  const twin = Object.entries(stored.keys).find(([, key]) => key.equals(secret))?.[0]
  if (twin === field.key)
    throw unfit(
      'This is the secret that is stored already.',
      'Make a new one in the developer console first.',
    )
  if (twin !== undefined) throw unfit(`This is the app's \`${twin}\`, not its \`${field.key}\`.`)
  if (stored.previous?.[field.key]?.equals(secret) === true)
    throw unfit(
      'This is the secret that was stored before the last rotation.',
      `To go back to it: \`tokenctl app set ${words}\`.`,
    )
  return { ...stored.keys, [field.key]: secret }
}

/** The key that a rotation replaces: the one that every app has and that is typed masked. */
function secretFieldOf({ appFields, id }: MarketplaceAdapter): AppField {
  const field = appFields.find(({ secret, optional }) => secret && optional !== true)
  if (field !== undefined) return field
  throw new TokenctlError('BUG', `The apps of ${id} have no secret.`)
}

/** What was given is the secret itself, or an object with it. */
function secretIn(given: string, stored: App, field: AppField): string {
  if (!given.trimStart().startsWith('{')) return given
  const values = Object.entries(parseJsonInput(given, 'key document') as object)
  // The rest of a whole set of keys does no harm as long as it is the stored app's.
  const strange = values.find(([key, value]) => key !== field.key && !isStored(stored, key, value))
  if (strange !== undefined)
    throw unfit(
      `The key document has a \`${showKeyName(strange[0])}\` that is not the stored app's.`,
      `Only the secret changes by a rotation: give \`{"${field.key}": "…"}\`. Other keys: \`tokenctl app set ${appWords(stored.header)}\`.`,
    )
  const text: unknown = values.find(([key]) => key === field.key)?.[1] ?? ''
  if (typeof text === 'string') return text
  throw unfit(`The key document's \`${field.key}\` must be a text.`)
}

function isStored({ keys }: App, key: string, value: unknown): boolean {
  const known = Object.hasOwn(keys, key) ? keys[key] : undefined
  if (value === null || value === '') return known === undefined
  return typeof value === 'string' && known?.equals(new Secret(value.trim())) === true
}

function unfit(
  message: string,
  fix = 'Copy the new one from the developer console, whole and alone.',
): TokenctlError {
  return new TokenctlError('USAGE', message, { fix: `${fix} Nothing was changed.` })
}
