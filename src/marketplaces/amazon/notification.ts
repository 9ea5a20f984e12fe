/**
 * What Amazon sends about an app's secret: when it ends, and the new one after a rotation by the API. Both reach a queue
 * of the developer's (SQS), so what wraps them there and on the way through SNS is taken off. Sources: NOTES.md.
 *
 * @see https://developer-docs.amazon.com/sp-api/docs/rotate-your-application-client-secret, checked 22 Nov 2026
 */
import * as z from 'zod/mini'
import { Secret } from '../../tokens/secret.ts'
import { dateAt, misshapen, otherTopic, placeOf, type ReadNotification, type Told } from '../notification.ts'

const TITLE = 'Amazon'
const ENDS = 'APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY'
const NEW = 'APPLICATION_OAUTH_CLIENT_NEW_SECRET'

const Notification = z.object({ notificationType: z.string() })

const clientId = z.string().check(z.regex(/^[\x21-\x7e]{1,256}$/))

const Ends = z.object({
  eventTime: z.string(),
  payload: z.object({
    applicationOAuthClientSecretExpiry: z.object({ clientId, clientSecretExpiryTime: z.string() }),
  }),
})

const New = z.object({
  eventTime: z.string(),
  payload: z.object({
    applicationOAuthClientNewSecret: z.object({
      clientId,
      newClientSecret: z.string().check(z.regex(/^[\x21-\x7e]{1,4096}$/)),
      newClientSecretExpiryTime: z.string(),
      oldClientSecretExpiryTime: z.optional(z.nullable(z.string())),
    }),
  }),
})

const optionalText = z.optional(z.string())

/** What SNS puts around a notification; an SQS message, as its API and as a Lambda has it; several of either. */
const Wrapped = z.object({
  Message: optionalText,
  Body: optionalText,
  body: optionalText,
  Messages: z.optional(z.array(z.object({ Body: z.string() }))),
  Records: z.optional(z.array(z.object({ body: z.string() }))),
})

/** SQS around SNS around the notification. Deeper, it is something else. */
const MOST_WRAPPERS = 3

/** What a document of Amazon's says. */
export const readNotification: ReadNotification = document => unwrapped(document, MOST_WRAPPERS)

function unwrapped(document: unknown, left: number): readonly Told[] | undefined {
  const notification = Notification.safeParse(document)
  if (notification.success) return [told(notification.data.notificationType, document)]
  const each = left === 0 ? [] : textsIn(document).map(text => unwrapped(parsed(text), left - 1))
  const inside = each.filter(list => list !== undefined)
  if (inside.length === 0) return undefined
  // One that is understood does not vouch for another.
  if (inside.length < each.length)
    throw misshapen(TITLE, 'Messages', 'holds a message that is none of its notifications')
  return inside.flat()
}

function textsIn(document: unknown): readonly string[] {
  const wrapped = Wrapped.safeParse(document)
  if (!wrapped.success) return []
  const { Message, Body, body, Messages = [], Records = [] } = wrapped.data
  const several = [...Messages.map(each => each.Body), ...Records.map(each => each.body)]
  return [Message, Body, body, ...several].filter(text => text !== undefined)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Its own message would quote the text, in which the new secret stands.
    throw misshapen(TITLE, 'Message', 'is not JSON, or was cut')
  }
}

function told(topic: string, document: unknown): Told {
  if (topic === ENDS) return secretEnds(document)
  if (topic === NEW) return secretNew(document)
  throw otherTopic(TITLE, topic, [ENDS, NEW])
}

function secretEnds(document: unknown): Told {
  const { eventTime, payload } = shaped(Ends, document)
  const { clientId, clientSecretExpiryTime } = payload.applicationOAuthClientSecretExpiry
  const place = 'payload.applicationOAuthClientSecretExpiry.clientSecretExpiryTime'
  return {
    kind: 'secret-ends',
    topic: ENDS,
    clientId,
    endsAt: dateAt(clientSecretExpiryTime, place, TITLE),
    saidAt: dateAt(eventTime, 'eventTime', TITLE),
  }
}

function secretNew(document: unknown): Told {
  const { eventTime, payload } = shaped(New, document)
  const { clientId, newClientSecret, newClientSecretExpiryTime, oldClientSecretExpiryTime } =
    payload.applicationOAuthClientNewSecret
  const place = (field: string) => `payload.applicationOAuthClientNewSecret.${field}`
  return {
    kind: 'secret-new',
    topic: NEW,
    clientId,
    clientSecret: new Secret(newClientSecret),
    endsAt: dateAt(newClientSecretExpiryTime, place('newClientSecretExpiryTime'), TITLE),
    oldEndsAt:
      oldClientSecretExpiryTime == null
        ? null
        : dateAt(oldClientSecretExpiryTime, place('oldClientSecretExpiryTime'), TITLE),
    saidAt: dateAt(eventTime, 'eventTime', TITLE),
  }
}

function shaped<Schema extends z.core.$ZodType>(schema: Schema, document: unknown): z.output<Schema> {
  const result = z.safeParse(schema, document)
  if (result.success) return result.data
  throw misshapen(TITLE, placeOf(result.error.issues[0]?.path), 'is not as Amazon documents it')
}
