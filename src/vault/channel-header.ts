/**
 * The part of a notice channel's record that is no secret: what kind it is and where it leads, by host alone. An address
 * that lets whoever knows it post (a webhook's, a heartbeat's) and a mail server's password are in the body.
 */
import * as z from 'zod/mini'
import { TokenctlError } from '../errors.ts'
import { isName } from '../tokens/account.ts'
import type { EpochMs } from '../tokens/time.ts'
import { count, date } from './record-shapes.ts'
import { RECORD_VERSION } from './record-version.ts'
import { decode, type Stored } from './records.ts'
import type { HeaderJson } from './secret-store.ts'

/** Whose words a webhook takes. */
export const NOTICE_FORMATS = ['json', 'slack', 'discord', 'teams', 'ntfy'] as const
export type NoticeFormat = (typeof NOTICE_FORMATS)[number]

const host = z.string().check(z.minLength(1), z.maxLength(300))
const way = z.discriminatedUnion('kind', [
  /** A program, by its absolute path and its arguments. */
  z.strictObject({ kind: z.literal('command'), command: z.array(z.string()).check(z.minLength(1)) }),
  z.strictObject({ kind: z.literal('webhook'), host, format: z.enum(NOTICE_FORMATS) }),
  z.strictObject({
    kind: z.literal('email'),
    to: z.string(),
    from: z.string(),
    /** The mail server's name, without its port. */
    host,
    port: z.int().check(z.gte(1), z.lte(65_535)),
    /** The name to log in with; null: none is needed. */
    user: z.nullable(z.string()),
  }),
  z.strictObject({ kind: z.literal('desktop') }),
  /** `signalsFailure`: after a run that failed, `/fail` is asked below the address. */
  z.strictObject({
    kind: z.literal('heartbeat'),
    host,
    method: z.enum(['GET', 'POST']),
    signalsFailure: z.boolean(),
  }),
])

/** Where a notice goes, or what is asked after a good run. */
export type ChannelWay = z.output<typeof way>

export interface ChannelHeader {
  readonly name: string
  readonly addedAt: EpochMs
  readonly way: ChannelWay
}

const channelHeader = z.strictObject({
  record: z.literal(RECORD_VERSION),
  revision: count,
  name: z.string().check(z.refine(isName)),
  addedAt: date,
  way,
})

/** The key of a channel's record: `channel/notice:pager`. */
export function channelKey(name: string): string {
  return `channel/notice:${name}`
}

/**
 * A channel's header from its stored form.
 *
 * @throws {RECORD_UNREADABLE} when it is of a newer version, of another channel, or not in shape.
 */
export function readChannelHeader(key: string, json: HeaderJson): Stored<ChannelHeader> {
  const { record: _, revision, ...header } = decode(channelHeader, key, json)
  if (channelKey(header.name) === key) return { header, revision }
  throw new TokenctlError(
    'RECORD_UNREADABLE',
    `The record ${key} says that it is the channel ${header.name}'s.`,
  )
}

/** A channel's header in its stored form. */
export function writeChannelHeader(header: ChannelHeader, revision: number): HeaderJson {
  return z.encode(channelHeader, { record: RECORD_VERSION, revision, ...header })
}
