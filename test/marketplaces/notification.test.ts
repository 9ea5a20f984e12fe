/** What the vendors' notifications say, and that nothing else is taken for one. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readNotification as readAmazon } from '../../src/marketplaces/amazon/notification.ts'
import { readNotification as readEbay } from '../../src/marketplaces/ebay/notification.ts'
import { at } from '../support/accounts.ts'
import {
  CLIENT_ID,
  fromLambda,
  fromSns,
  fromSqs,
  NEW_SECRET,
  REVOCATION,
  SECRET_EXPIRY,
  SECRET_NEW,
} from './notification-samples.ts'

type Json = { readonly [key: string]: unknown }

/** The value with another at a place, or without it. */
function changed(value: Json, path: string, next?: unknown): Json {
  const [step = '', ...rest] = path.split('.')
  const { [step]: before, ...others } = value
  if (rest.length > 0) return { ...value, [step]: changed(before as Json, rest.join('.'), next) }
  return next === undefined ? others : { ...value, [step]: next }
}

function failure(work: () => unknown) {
  try {
    work()
  } catch (error) {
    return error
  }
  return expect.unreachable('nothing was refused')
}

describe("eBay's AUTHORIZATION_REVOCATION", () => {
  it('names the seller, the time and the reason', () => {
    expect(readEbay(REVOCATION)).toEqual([
      {
        kind: 'revoked',
        topic: 'AUTHORIZATION_REVOCATION',
        sellerId: 'aBc123dEf45',
        sellerName: 'shop-4711',
        at: at('2026-11-21T20:43:58Z'),
        because: 'by the seller',
      },
    ])
  })

  const DATA = 'notification.data'
  it.each<[what: string, document: Json, told: object]>([
    ['by the app', changed(REVOCATION, `${DATA}.revokeReason`, 'REVOKED_BY_APP'), { because: 'by the app' }],
    ['by eBay', changed(REVOCATION, `${DATA}.revokeReason`, 'REVOKED_BY_EBAY'), { because: 'by eBay' }],
    [
      'by a new password',
      changed(REVOCATION, `${DATA}.revokeReason`, 'PASSWORD_CHANGE'),
      { because: 'by a change of the password' },
    ],
    [
      'for a reason of another day',
      changed(REVOCATION, `${DATA}.revokeReason`, 'SOMETHING'),
      { because: null },
    ],
    ['without a reason', changed(REVOCATION, `${DATA}.revokeReason`), { because: null }],
    [
      'without a name',
      changed(REVOCATION, `${DATA}.username`),
      { sellerName: null, sellerId: 'aBc123dEf45' },
    ],
    [
      'without an id',
      changed(REVOCATION, `${DATA}.userId`, null),
      { sellerId: null, sellerName: 'shop-4711' },
    ],
    [
      'without its date: the event has one',
      changed(REVOCATION, `${DATA}.revocationDate`),
      { at: at('2026-11-21T20:43:59.462Z') },
    ],
    [
      'with members of another day',
      changed(REVOCATION, `${DATA}.marketplaceId`, 'EBAY_DE'),
      { kind: 'revoked' },
    ],
  ])('%s', (_, document, told) => {
    expect(readEbay(document)).toMatchObject([told])
  })

  it.each<[what: string, document: Json, place: RegExp]>([
    ['no seller', changed(changed(REVOCATION, `${DATA}.userId`), `${DATA}.username`, ''), /names no seller/],
    ['a number for a seller', changed(REVOCATION, `${DATA}.userId`, 4711), /notification\.data\.userId/],
    ['brackets in a name', changed(REVOCATION, `${DATA}.username`, 'a (b)'), /data\.username/],
    ['an escape in a name', changed(REVOCATION, `${DATA}.username`, '\u001b[2Jcanary'), /data\.username/],
    ['a long id', changed(REVOCATION, `${DATA}.userId`, 'x'.repeat(65)), /data\.userId/],
    [
      'no date',
      changed(changed(REVOCATION, `${DATA}.revocationDate`), 'notification.eventDate'),
      /Date` is missing/,
    ],
    [
      'a date of no zone',
      changed(REVOCATION, `${DATA}.revocationDate`, '2026-11-21T20:43:58'),
      /revocationDate/,
    ],
    ['a date that is none', changed(REVOCATION, `${DATA}.revocationDate`, 'canary'), /revocationDate/],
    ['no data', changed(REVOCATION, DATA), /notification\.data/],
    ['a list for data', changed(REVOCATION, DATA, []), /notification\.data/],
    ['no notification', changed(REVOCATION, 'notification', null), /notification/],
    [
      'another topic',
      changed(REVOCATION, 'metadata.topic', 'MARKETPLACE_ACCOUNT_DELETION'),
      /`MARKETPLACE_ACC/,
    ],
    [
      'a topic that is no word',
      changed(REVOCATION, 'metadata.topic', 'v^1.1#canary'),
      /notification says nothing/,
    ],
  ])('refuses %s, by its place', (_, document, place) => {
    const error = failure(() => readEbay(document))
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(place) })
    expect(JSON.stringify(error)).not.toContain('canary')
  })
})

describe("Amazon's about an app's secret", () => {
  const ends = {
    kind: 'secret-ends',
    topic: 'APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY',
    clientId: CLIENT_ID,
    endsAt: at('2027-01-14T22:06:39.224Z'),
    saidAt: at('2026-11-22T09:00:00.045Z'),
  }

  it('say when it ends', () => {
    expect(readAmazon(SECRET_EXPIRY)).toEqual([ends])
  })

  it('bring the new one, which shows nowhere', () => {
    const [told] = readAmazon(SECRET_NEW) ?? []
    expect(told).toMatchObject({
      kind: 'secret-new',
      topic: 'APPLICATION_OAUTH_CLIENT_NEW_SECRET',
      clientId: CLIENT_ID,
      endsAt: at('2027-05-21T09:00:00.198Z'),
      oldEndsAt: at('2026-11-29T09:00:00.180Z'),
      saidAt: at('2026-11-22T09:00:00.456Z'),
    })
    expect(told?.kind === 'secret-new' && told.clientSecret.reveal()).toBe(NEW_SECRET)
    expect(JSON.stringify(told)).not.toContain('canary')
  })

  it.each<[what: string, document: unknown]>([
    ['SNS', fromSns(SECRET_EXPIRY)],
    ['SQS', fromSqs(SECRET_EXPIRY)],
    ['one message of SQS', fromSqs(SECRET_EXPIRY).Messages[0]],
    ['SNS to SQS', fromSqs(fromSns(SECRET_EXPIRY))],
    ['a Lambda', fromLambda(SECRET_EXPIRY)],
    ['SNS to SQS to a Lambda', fromLambda(fromSns(SECRET_EXPIRY))],
  ])('by way of %s', (_, document) => {
    expect(readAmazon(document)).toEqual([ends])
  })

  it('several at once, in their order', () => {
    const told = readAmazon(fromSqs(SECRET_NEW, SECRET_EXPIRY)) ?? []
    expect(told.map(({ kind }) => kind)).toEqual(['secret-new', 'secret-ends'])
  })

  const OF_END = 'payload.applicationOAuthClientSecretExpiry'
  const OF_NEW = 'payload.applicationOAuthClientNewSecret'
  it('the end of the old one may be left out', () => {
    expect(readAmazon(changed(SECRET_NEW, `${OF_NEW}.oldClientSecretExpiryTime`))).toMatchObject([
      { oldEndsAt: null },
    ])
  })

  it.each<[what: string, document: unknown, message: RegExp]>([
    ['no client', changed(SECRET_EXPIRY, `${OF_END}.clientId`), /clientId/],
    ['a client of two words', changed(SECRET_EXPIRY, `${OF_END}.clientId`, 'a b'), /clientId/],
    ['no date', changed(SECRET_EXPIRY, `${OF_END}.clientSecretExpiryTime`), /clientSecretExpiryTime/],
    ['a date that is none', changed(SECRET_EXPIRY, `${OF_END}.clientSecretExpiryTime`, 'soon'), /is no date/],
    [
      'a number for a date',
      changed(SECRET_EXPIRY, `${OF_END}.clientSecretExpiryTime`, 1),
      /clientSecretExpiryTime/,
    ],
    ['no event time', changed(SECRET_EXPIRY, 'eventTime'), /eventTime/],
    [
      'the payload of the other',
      changed(SECRET_EXPIRY, 'payload', SECRET_NEW.payload),
      /applicationOAuthClientSecretExp/,
    ],
    ['no secret', changed(SECRET_NEW, `${OF_NEW}.newClientSecret`), /newClientSecret/],
    ['an empty secret', changed(SECRET_NEW, `${OF_NEW}.newClientSecret`, ''), /newClientSecret/],
    [
      'a secret of two lines',
      changed(SECRET_NEW, `${OF_NEW}.newClientSecret`, 'canary\nx'),
      /newClientSecret/,
    ],
    [
      'a document for a secret',
      changed(SECRET_NEW, `${OF_NEW}.newClientSecret`, 'canary'.repeat(700)),
      /newClientSecret/,
    ],
    ['no end', changed(SECRET_NEW, `${OF_NEW}.newClientSecretExpiryTime`), /newClientSecretExpiryTime/],
    [
      'an old end that is none',
      changed(SECRET_NEW, `${OF_NEW}.oldClientSecretExpiryTime`, 'canary'),
      /oldClientSecret/,
    ],
    ['another type', changed(SECRET_NEW, 'notificationType', 'ANY_OFFER_CHANGED'), /`ANY_OFFER_CHANGED`/],
    [
      'a message that was cut',
      { Message: JSON.stringify(SECRET_NEW).slice(0, 400) },
      /`Message` is not JSON/,
    ],
    ['one strange among several', fromSqs(SECRET_NEW, { hello: 'canary' }), /none of its/],
  ])('refuses %s, and shows no value', (_, document, message) => {
    const error = failure(() => readAmazon(document))
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) })
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain('canary')
  })
})

describe('what is none of a vendor', () => {
  it.each([
    null,
    7,
    'text',
    [],
    {},
    [REVOCATION],
    { metadata: {} },
    { Messages: [] },
    { notificationType: 7 },
  ])('%j', document => {
    expect([readEbay(document), readAmazon(document)]).toEqual([undefined, undefined])
  })

  it('is not taken by the other', () => {
    expect([readEbay(SECRET_NEW), readAmazon(REVOCATION)]).toEqual([undefined, undefined])
  })

  it('wrapped without end is none either', () => {
    let document: unknown = SECRET_EXPIRY
    for (let depth = 0; depth < 4; depth++) document = { Message: JSON.stringify(document) }
    expect(readAmazon(document)).toBeUndefined()
  })

  it('whatever it is: understood, none, or USAGE', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        for (const read of [readEbay, readAmazon]) {
          try {
            expect(read(JSON.parse(text))).toBeUndefined()
          } catch (error) {
            expect(error).toMatchObject({ code: 'USAGE' })
          }
        }
      }),
    )
  })
})
