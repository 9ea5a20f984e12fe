/**
 * eBay's `AUTHORIZATION_REVOCATION`, as its Notification API pushes it. Its `X-EBAY-SIGNATURE` is a header of that push,
 * and checked by whoever received it. Sources and doubts: NOTES.md.
 *
 * @see https://developer.ebay.com/develop/api/buy/notification_events, checked 23 Nov 2026
 */
import * as z from 'zod/mini'
import { dateAt, misshapen, otherTopic, placeOf, type ReadNotification, type Told } from '../notification.ts'

const TITLE = 'eBay'
const TOPIC = 'AUTHORIZATION_REVOCATION'

const Envelope = z.object({ metadata: z.object({ topic: z.string() }), notification: z.unknown() })

// eBay's contract marks no member as required; the two names and the date are what is needed here.
const text = z.optional(z.nullable(z.string()))
const Revocation = z.object({
  notification: z.object({
    eventDate: text,
    data: z.object({ username: text, userId: text, revokeReason: text, revocationDate: text }),
  }),
})

/** A seller's name or id, as `tokens/seller.ts` keeps them. */
const NAME = /^[^\s()\p{Cc}\p{Cf}]{1,64}$/u

const REASONS: ReadonlyMap<string, string> = new Map([
  ['REVOKED_BY_APP', 'by the app'],
  ['REVOKED_BY_USER', 'by the seller'],
  ['REVOKED_BY_EBAY', 'by eBay'],
  ['PASSWORD_CHANGE', 'by a change of the password'],
])

/** What a document of eBay's says. */
export const readNotification: ReadNotification = document => {
  const envelope = Envelope.safeParse(document)
  if (!envelope.success) return undefined
  const { topic } = envelope.data.metadata
  if (topic !== TOPIC) throw otherTopic(TITLE, topic, [TOPIC])
  const result = Revocation.safeParse(document)
  if (!result.success)
    throw misshapen(TITLE, placeOf(result.error.issues[0]?.path), 'is not as eBay documents it')
  const { eventDate, data } = result.data.notification
  const at = data.revocationDate ?? eventDate
  if (at == null) throw misshapen(TITLE, 'notification.data.revocationDate', 'is missing')
  const place = data.revocationDate == null ? 'notification.eventDate' : 'notification.data.revocationDate'
  const [sellerId, sellerName] = [nameIn(data.userId, 'userId'), nameIn(data.username, 'username')]
  if (sellerId === null && sellerName === null)
    throw misshapen(TITLE, 'notification.data', 'names no seller (`userId`, `username`)')
  const because = REASONS.get(data.revokeReason ?? '') ?? null
  const told: Told = { kind: 'revoked', topic, sellerId, sellerName, at: dateAt(at, place, TITLE), because }
  return [told]
}

function nameIn(name: string | null | undefined, field: string): string | null {
  if (name == null || name === '') return null
  if (NAME.test(name)) return name
  throw misshapen(TITLE, `notification.data.${field}`, 'is no name of a seller')
}
