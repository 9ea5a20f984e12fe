/**
 * Where tokens shall go, as a person says it: a program by its words, or an address with the key that signs, which are
 * secrets and come masked or on standard input, never as arguments. Checked here, before anything is stored.
 */
import { randomBytes } from 'node:crypto'
import { TokenctlError } from '../../errors.ts'
import {
  DELIVERED_TOKENS,
  type DeliveredToken,
  type Delivery,
  type DeliverySecrets,
} from '../../tokens/delivery.ts'
import { Secret } from '../../tokens/secret.ts'
import { durationMs, MINUTE, parseDuration } from '../../tokens/time.ts'
import { parseJsonInput } from '../keys/json-input.ts'
import { addressProblem } from '../notices/endpoint-address.ts'
import { namedProgram } from '../notices/named-program.ts'
import type { World } from '../world.ts'

/** Where tokens go, in its two parts, and the key where it was made just now and nobody has seen it yet. */
export interface DeliveryWay extends Pick<Delivery, 'how' | 'target'> {
  readonly secrets: DeliverySecrets
  /** Base64. */
  readonly newKey: string | null
}

/** As long as the digest that it keys (RFC 2104 section 3); more gains nothing. */
const KEY_BYTES = 32
const LONGEST_KEY_BYTES = 128
/** The path stands in the header of the record, and Windows' keychain has 2,560 bytes for all of it. */
const LONGEST_PATH = 200

/**
 * The way to a program.
 *
 * @throws {USAGE} when it is none that may be run.
 */
export async function wayToProgram(words: readonly string[], world: World): Promise<DeliveryWay> {
  const target = await namedProgram(words, world)
  if (target.length > LONGEST_PATH)
    throw new TokenctlError('USAGE', 'The path of the program is too long.', {
      fix: `It has ${LONGEST_PATH} characters at most: have a small program of your own call it. Nothing was changed.`,
    })
  return { how: 'command', target, secrets: { command: [...words] }, newKey: null }
}

/**
 * The way to an address, which is asked for or read from standard input: alone, or as JSON with a key.
 *
 * @throws {USAGE} when it is no address that tokens may go to · {ANSWER_MISSING} naming `--stdin`.
 */
export async function wayToAddress(
  { stdin }: { readonly stdin?: boolean | undefined },
  world: World,
): Promise<DeliveryWay> {
  const { address, key } = await takeAddress(stdin === true, world)
  const problem = addressProblem(address)
  if (problem !== undefined) throw new TokenctlError('USAGE', problem, { fix: 'Nothing was changed.' })
  if (key !== undefined && !isKey(key))
    throw new TokenctlError('USAGE', `The key is not ${KEY_BYTES} bytes or more as base64.`, {
      fix: `\`openssl rand -base64 ${KEY_BYTES}\` makes one; without one in the document, tokenctl does. Nothing was changed.`,
    })
  const url = new URL(address)
  const newKey = key === undefined ? randomBytes(KEY_BYTES).toString('base64') : null
  const secrets = { url: new Secret(url.href), key: new Secret(key ?? newKey ?? '') }
  return { how: 'url', target: url.host, secrets, newKey }
}

interface GivenAddress {
  readonly address: string
  readonly key?: string
}

async function takeAddress(fromStdin: boolean, world: World): Promise<GivenAddress> {
  if (!fromStdin) {
    const prompt = await world.prompt()
    const validate = (text: string) => addressProblem(text.trim()) ?? true
    const question = 'Address of the receiver, https://…:'
    return { address: (await prompt.secret(question, { validate, insteadOf: '--stdin' })).trim() }
  }
  const text = await world.terminal.readStdin('the address')
  if (!text.trimStart().startsWith('{')) return { address: text.trim() }
  const { url, key, ...others } = parseJsonInput(text, 'delivery document') as Record<string, unknown>
  const isSound = typeof url === 'string' && (key === undefined || typeof key === 'string')
  if (!isSound || Object.keys(others).length > 0)
    throw new TokenctlError('USAGE', 'The delivery document holds something else than `url` and `key`.', {
      fix: 'Write `{"url": "https://…", "key": "…"}`; the key may be left out. Nothing was changed.',
    })
  return { address: url.trim(), ...(key === undefined ? {} : { key }) }
}

function isKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64')
  const isLongEnough = bytes.length >= KEY_BYTES && bytes.length <= LONGEST_KEY_BYTES
  return isLongEnough && bytes.toString('base64') === text
}

/**
 * Which tokens leave, from `--tokens` or from a person. There is no default: whoever holds a refresh token holds the shop.
 *
 * @throws {USAGE} when it names another · {ANSWER_MISSING} where it was not said.
 */
export async function tokensThatLeave(
  text: string | undefined,
  world: World,
): Promise<readonly DeliveredToken[]> {
  if (text === undefined) return await askTokens(world)
  const words = text.split(',').map(word => word.trim())
  const chosen = DELIVERED_TOKENS.filter(token => words.includes(token))
  if (chosen.length === words.length) return chosen
  throw new TokenctlError('USAGE', '`--tokens` takes `access`, `refresh` or `access,refresh`.', {
    fix: 'A platform that only calls the marketplace needs the access token. Nothing was changed.',
  })
}

async function askTokens(world: World): Promise<readonly DeliveredToken[]> {
  const prompt = await world.prompt()
  const choices: { readonly value: readonly DeliveredToken[]; readonly label: string }[] = [
    { value: ['access'], label: 'the access token: enough to call the marketplace, for hours or days' },
    { value: ['refresh'], label: 'the refresh token: whoever has it has the shop until the consent ends' },
    { value: ['access', 'refresh'], label: 'both' },
  ]
  return await prompt.pick('Which token shall leave?', choices, { insteadOf: '--tokens' })
}

/**
 * The length that `--margin` names, in milliseconds; null without.
 *
 * @throws {USAGE} when it is no length, or no access token leaves that it could be of.
 */
export function marginOf(text: string | undefined, tokens: readonly DeliveredToken[]): number | null {
  if (text === undefined) return null
  const length = parseDuration(text)
  const ms = length === undefined ? 0 : durationMs(length, 0)
  if (ms < MINUTE)
    throw new TokenctlError('USAGE', '`--margin` takes a length such as `7d` or `12h`.', {
      fix: 'Left out, it is a quarter of the life of the access token, 7 days at most. Nothing was changed.',
    })
  if (tokens.includes('access')) return ms
  throw new TokenctlError('USAGE', '`--margin` is of the access token, and that does not leave.', {
    fix: 'Leave it out. Nothing was changed.',
  })
}
