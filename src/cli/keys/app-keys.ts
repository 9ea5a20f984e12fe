/** The keys of an app, from a JSON object or one by one from a person, checked against what the marketplace has. */
import { TokenctlError } from '../../errors.ts'
import type { AppField, MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import { Secret } from '../../tokens/secret.ts'
import type { World } from '../world.ts'

/** Longer than any vendor's key, and short enough to be no pasted document. */
const LONGEST = 4096

/**
 * Checked keys from an object such as `{ "clientId": "…", "clientSecret": "…" }`.
 *
 * @param where names the object in an error: `keys` or `apps[0].keys`.
 * @throws {USAGE} naming the key that is missing, unknown or misshapen; its value is never shown.
 */
export function keysFromObject(given: unknown, adapter: MarketplaceAdapter, where: string): AppKeys {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TokenctlError('USAGE', `${where} must be a JSON object.`, { fix: shapeOf(adapter) })
  }
  const values = new Map(Object.entries(given))
  const unknown = [...values.keys()].find(key => !adapter.appFields.some(field => field.key === key))
  if (unknown !== undefined) {
    throw new TokenctlError(
      'USAGE',
      `${where} has a key \`${showKeyName(unknown)}\` that ${adapter.title} does not know.`,
      {
        fix: shapeOf(adapter),
      },
    )
  }
  const keys: Record<string, Secret> = {}
  for (const field of adapter.appFields) {
    const text = checkedKey(values.get(field.key), field, where, adapter)
    if (text !== undefined) keys[field.key] = new Secret(text)
  }
  return keys
}

/** A field's name as it was written, unless it may be a value in its place: no key or token is as short as a name. */
export function showKeyName(name: string | undefined): string {
  return name !== undefined && /^[A-Za-z][A-Za-z0-9_-]{0,23}$/.test(name) ? name : '…'
}

function checkedKey(
  value: unknown,
  field: AppField,
  where: string,
  adapter: MarketplaceAdapter,
): string | undefined {
  if (value === undefined || value === null || value === '') {
    if (field.optional === true) return undefined
    throw new TokenctlError('USAGE', `${where} lacks \`${field.key}\`.`, { fix: shapeOf(adapter) })
  }
  const problem = typeof value === 'string' ? fieldProblem(value, field) : 'must be a text'
  if (problem === undefined && typeof value === 'string') return asStored(value, field)
  throw new TokenctlError('USAGE', `${where}: \`${field.key}\` ${problem ?? 'is wrong'}.`, {
    fix: 'Copy it again from the developer console. Nothing was changed.',
  })
}

/** A key without what copying adds; a list with one space between its words, whatever stood there. */
function asStored(text: string, { isList }: AppField): string {
  const words = isList === true ? text.split(/[\s,]+/).filter(word => word !== '') : [text.trim()]
  return words.join(' ')
}

/** What is wrong with a key as it was typed for that field; undefined when nothing is. */
export function fieldProblem(text: string, field: AppField): string | undefined {
  const stored = asStored(text, field)
  return keyProblem(field.isList === true ? stored.replaceAll(' ', '') : stored) ?? field.problem?.(stored)
}

/** What is wrong with a key of any kind as it was typed; undefined when nothing is. */
export function keyProblem(text: string): string | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return 'is empty'
  if (trimmed.length > LONGEST) return `is longer than ${LONGEST} characters`
  return /^[\x21-\x7e]+$/.test(trimmed)
    ? undefined
    : 'holds spaces, line breaks or characters that no key has'
}

function shapeOf(adapter: MarketplaceAdapter): string {
  const names = adapter.appFields.map(({ key, optional }) =>
    optional === true ? `${key} (if there is one)` : key,
  )
  return `${adapter.title}'s keys are: ${names.join(', ')}.`
}

/**
 * The keys, asked one by one at a terminal.
 *
 * @throws {ANSWER_MISSING} naming `--stdin` where there is no terminal.
 */
export async function keysFromPerson(adapter: MarketplaceAdapter, world: World): Promise<AppKeys> {
  const prompt = await world.prompt()
  const keys: Record<string, Secret> = {}
  for (const field of adapter.appFields) {
    const optional = field.optional === true
    const label = optional ? `${field.label} (Enter to leave out):` : `${field.label}:`
    const validate = (text: string) =>
      (optional && text.trim() === '') || asSentence(fieldProblem(text, field))
    const options = { validate, insteadOf: '--stdin' }
    const text = field.secret ? await prompt.secret(label, options) : await prompt.text(label, options)
    if (text.trim() !== '') keys[field.key] = new Secret(asStored(text, field))
  }
  return keys
}

/** True, or the sentence that a prompt shows before it asks again. */
function asSentence(problem: string | undefined): true | string {
  return problem === undefined ? true : `It ${problem}.`
}
