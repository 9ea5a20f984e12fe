/**
 * Notice channels as records of the vault, and the two things that their secrets are for: the request to an address and
 * the login at a mail server. Loaded only where a channel is opened or changed.
 */
import * as z from 'zod/mini'
import { TokenctlError } from '../errors.ts'
import type { HttpRequest } from '../platform/http.ts'
import type { MailServer } from '../platform/smtp.ts'
import { Secret } from '../tokens/secret.ts'
import { type ChannelHeader, channelKey, readChannelHeader, writeChannelHeader } from './channel-header.ts'
import { RECORD_VERSION } from './record-version.ts'
import { decode, type Revision } from './records.ts'
import type { SecretRecord } from './secret-store.ts'
import { parseStored } from './stored-json.ts'

export interface Channel {
  readonly header: ChannelHeader
  /** A webhook's or a heartbeat's whole address, a mail server's password; null where there is none. */
  readonly secret: Secret | null
}

export type StoredChannel = Channel & { readonly revision: Revision }

/** A vault's own way with records of any kind. */
export interface ChannelRecords {
  load(key: string): Promise<SecretRecord | undefined>
  save(key: string, after: Revision | null, next: SecretRecord): Promise<SecretRecord>
  remove(key: string, after: Revision | null): Promise<void>
}

const body = z.strictObject({ record: z.literal(RECORD_VERSION), secret: z.nullable(z.string()) })

/** The channels of one vault. Callers hold the lock `channels`. */
export class Channels {
  readonly #records: ChannelRecords

  constructor(records: ChannelRecords) {
    this.#records = records
  }

  /** One with its secret; undefined when there is none. @throws {RECORD_UNREADABLE} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE} */
  async get(name: string): Promise<StoredChannel | undefined> {
    const key = channelKey(name)
    const record = await this.#records.load(key)
    return record === undefined ? undefined : readChannel(key, record)
  }

  /**
   * Stores one over revision `after` (null: there must be none yet) and returns it as it was read back.
   *
   * @throws {LOCK_HELD} when another run stored it since · {WRITE_FAILED} · {RECORD_UNREADABLE} · {VAULT_LOCKED} · {VAULT_UNAVAILABLE}
   */
  async save({ header, secret }: Channel, after: Revision | null): Promise<StoredChannel> {
    const key = channelKey(header.name)
    const stored = writeChannelHeader(header, (after ?? 0) + 1)
    // A header that could be written and not read again must not get as far as the store.
    readChannelHeader(key, stored)
    const text = JSON.stringify({ record: RECORD_VERSION, secret: secret?.reveal() ?? null })
    return readChannel(
      key,
      await this.#records.save(key, after, { header: stored, body: text, perishable: null }),
    )
  }

  /** Removes one at its revision; null as for an account. @throws {LOCK_HELD} · {RECORD_UNREADABLE} · {ACCOUNT_UNKNOWN} */
  async remove(name: string, after: Revision | null): Promise<void> {
    await this.#records.remove(channelKey(name), after)
  }
}

function readChannel(key: string, record: SecretRecord): StoredChannel {
  const { header, revision } = readChannelHeader(key, record.header)
  const { secret } = decode(body, key, parseStored(record.body))
  return { header, revision, secret: secret === null ? null : new Secret(secret) }
}

/**
 * The request to a channel's own address. `below` is a path under it, such as `/fail`, put before a query.
 *
 * @throws {BUG} for a channel without an address.
 */
export function requestTo(
  { secret, header }: Channel,
  request: Omit<HttpRequest, 'url'>,
  below = '',
): HttpRequest {
  if (secret === null) throw new TokenctlError('BUG', `The channel ${header.name} has no address.`)
  const url = new URL(secret.reveal())
  if (below !== '') url.pathname = url.pathname.replace(/\/*$/, below)
  return { ...request, url: url.href }
}

/** The mail server of an e-mail channel, with the login where it needs one. @throws {BUG} for a channel of another kind. */
export function mailServerOf({ secret, header }: Channel): MailServer {
  const { way } = header
  if (way.kind !== 'email') throw new TokenctlError('BUG', `The channel ${header.name} is no e-mail.`)
  const { host, port, user } = way
  return { host, port, login: user === null ? null : { user, password: secret?.reveal() ?? '' } }
}
