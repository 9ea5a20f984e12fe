/**
 * What a notice's program gets on standard input and a plain webhook in its body. Fields are always there, null when
 * unknown; dates are ISO 8601 in UTC. No token, no address to log in at, and no text of a marketplace's.
 */
import * as z from 'zod/mini'
import { DELIVERY_STATES } from '../../renewal/delivery-state.ts'
import { NOTICE_EVENTS } from '../../renewal/notices.ts'

const date = z.nullable(z.iso.datetime())

export const noticeSchema = z.strictObject({
  /** `test` when a person tries a channel. */
  event: z.enum([...NOTICE_EVENTS, 'test']),
  /** `ebay:main`; null where it is about an app. */
  account: z.nullable(z.string()),
  /** `amazon:default`; null where it is about an account. */
  app: z.nullable(z.string()),
  marketplace: z.nullable(z.string()),
  name: z.nullable(z.string()),
  state: z.nullable(z.string()),
  /** What the run did with the account; null where it did nothing. */
  outcome: z.nullable(z.string()),
  /** Of the last failure, as in `tokenctl help exit-codes`. */
  code: z.nullable(z.string()),
  /** The consent's end; of a secret the secret's. */
  ends: z.strictObject({ at: date, basis: z.nullable(z.enum(['reported', 'estimated'])) }),
  renewBy: date,
  daysLeft: z.nullable(z.int()),
  /** When the account was dead, so that orders may be missing. */
  gap: z.nullable(z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() })),
  /** Whether its newest tokens arrived where they are handed on to (a program's path, a host); null where they are not. */
  delivery: z.nullable(z.strictObject({ state: z.enum(DELIVERY_STATES), target: z.string() })),
  /** What to type; null where nothing is to be done. */
  command: z.nullable(z.string()),
  /** All of it in one line. */
  text: z.string(),
})

export const noticeMessageSchema = z.strictObject({
  version: z.literal(1),
  /** The run that tells it, as in `tokenctl history`. */
  run: z.string(),
  at: z.iso.datetime(),
  /** The first line: what, which shop, what to type. */
  text: z.string(),
  /** At least one. */
  notices: z.array(noticeSchema),
})

export type NoticeRow = z.infer<typeof noticeSchema>
export type NoticeMessage = z.infer<typeof noticeMessageSchema>
