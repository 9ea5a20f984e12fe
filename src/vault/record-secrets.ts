/**
 * How bodies are stored: the tokens of an account, the keys of an app. Loaded only when a body is opened or written,
 * so that a listing never touches it. Texts leave their `Secret` here and nowhere else in this room but on the way
 * into a store.
 */
import * as z from 'zod/mini'
import { TokenctlError } from '../errors.ts'
import type { App, AppKeys } from '../tokens/app-keys.ts'
import { Secret } from '../tokens/secret.ts'
import type { AccountSecrets } from '../tokens/token-set.ts'
import { RECORD_VERSION } from './record-version.ts'
import { decode } from './records.ts'

const secret = z.codec(z.string(), z.instanceof(Secret), {
  decode: text => new Secret(text),
  encode: value => value.reveal(),
})

const delivery = z.union([
  z.strictObject({ command: z.readonly(z.array(z.string()).check(z.minLength(1))) }),
  z.strictObject({ url: secret, key: secret }),
])

const accountBody = z.strictObject({
  record: z.literal(RECORD_VERSION),
  refreshToken: z.nullable(secret),
  previous: z.nullable(z.strictObject({ refreshToken: secret, generation: z.int() })),
  pending: z.nullable(secret),
  delivery: z._default(z.nullable(delivery), null),
})

const appKeys = z.record(z.string(), secret)
const appBody = z.strictObject({
  record: z.literal(RECORD_VERSION),
  keys: appKeys,
  previous: z.nullable(appKeys),
})

/**
 * An account's tokens from the two texts that a store keeps.
 *
 * @throws {RECORD_UNREADABLE}
 */
export function readAccountSecrets(key: string, body: string, perishable: string | null): AccountSecrets {
  const { record: _, ...kept } = decode(accountBody, key, parse(key, body))
  return { ...kept, accessToken: perishable === null ? null : new Secret(perishable) }
}

/** An account's tokens as the two texts that a store keeps. */
export function writeAccountSecrets(secrets: AccountSecrets): { body: string; perishable: string | null } {
  const { accessToken, ...kept } = secrets
  const body = JSON.stringify(z.encode(accountBody, { record: RECORD_VERSION, ...kept }))
  return { body, perishable: accessToken?.reveal() ?? null }
}

/** What of an app is secret. */
export type AppSecrets = Pick<App, 'keys' | 'previous'>

/**
 * An app's keys from the text that a store keeps.
 *
 * @throws {RECORD_UNREADABLE}
 */
export function readAppSecrets(key: string, body: string): AppSecrets {
  const { keys, previous } = decode(appBody, key, parse(key, body))
  return { keys: plain(keys), previous: previous === null ? null : plain(previous) }
}

/** An app's keys as the text that a store keeps. */
export function writeAppSecrets({ keys, previous }: AppSecrets): string {
  const kept = { keys: { ...keys }, previous: previous === null ? null : { ...previous } }
  return JSON.stringify(z.encode(appBody, { record: RECORD_VERSION, ...kept }))
}

/** A field named `__proto__` must be a key like any other, or none; never a prototype. */
function plain(keys: AppKeys): AppKeys {
  return Object.fromEntries(Object.entries(keys))
}

function parse(key: string, body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // The parser's own message quotes the text, which is a secret.
    throw new TokenctlError('RECORD_UNREADABLE', `The body of the record ${key} is not JSON.`)
  }
}
