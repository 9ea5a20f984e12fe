/**
 * Notifications as the vendors send them, member for member and in their order; names, ids and secrets are made up.
 *
 * eBay publishes no example of this topic: the members are those of its contract (ebay-authorization-revocation, by
 * api-evangelist/ebay, commit 8428b10 of 25 Dec 2024), the envelope's values look like those of eBay's own example of
 * another topic (test/test.json in eBay/event-notification-nodejs-sdk, commit feaf337 of 15 Jun 2023). Checked 23 Nov 2026.
 * Amazon: use-cases/lwa-rotation/docs/DEPLOYMENT.md in amzn/selling-partner-api-samples, commit 5996464 of 19 Nov 2024,
 * sections 4.1 and 4.2. Checked 23 Nov 2026.
 */

export const REVOCATION = {
  metadata: { topic: 'AUTHORIZATION_REVOCATION', schemaVersion: '1.0', deprecated: false },
  notification: {
    notificationId: '7c1d6a02-5b1e-4d0a-9a55-0c8f3e2b7d10_5a3e9f14-2c47-4b8e-8a6d-91f0c7e4b2a3',
    eventDate: '2026-11-21T20:43:59.462Z',
    publishDate: '2026-11-21T20:43:59.679Z',
    publishAttemptCount: 1,
    data: {
      username: 'shop-4711',
      userId: 'aBc123dEf45',
      eiasToken: 'nY+sHZ2PrBmdj6wVnY+sEZ2PrA2dj6canary==',
      revokeReason: 'REVOKED_BY_USER',
      revocationDate: '2026-11-21T20:43:58.000Z',
    },
  },
}

export const CLIENT_ID = 'amzn1.application-oa2-client.0123456789abcdef0123456789abcdef'
export const NEW_SECRET = 'amzn1.oa2-cs.v1.canary0123456789abcdef0123456789abcdef'

const metadata = {
  applicationId: 'amzn1.sp.solution.01234567-89ab-cdef-0123-456789abcdef',
  subscriptionId: '01234567-260c-4b05-83a4-0123456789ab',
  publishTime: '2026-11-22T09:00:04.269Z',
  notificationId: '89abcdef-4970-477a-882c-0123456789ab',
}

export const SECRET_EXPIRY = {
  notificationVersion: '1.0',
  notificationType: 'APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY',
  payloadVersion: '2023-11-30',
  eventTime: '2026-11-22T09:00:00.045Z',
  payload: {
    applicationOAuthClientSecretExpiry: {
      clientId: CLIENT_ID,
      clientSecretExpiryTime: '2027-01-14T22:06:39.224Z',
      clientSecretExpiryReason: 'PERIODIC_ROTATION',
    },
  },
  notificationMetadata: metadata,
}

export const SECRET_NEW = {
  notificationVersion: '1.0',
  notificationType: 'APPLICATION_OAUTH_CLIENT_NEW_SECRET',
  payloadVersion: '2023-11-30',
  eventTime: '2026-11-22T09:00:00.456Z',
  payload: {
    applicationOAuthClientNewSecret: {
      clientId: CLIENT_ID,
      newClientSecret: NEW_SECRET,
      // 180 days after its event, and 7 days for the old one, as in Amazon's own.
      newClientSecretExpiryTime: '2027-05-21T09:00:00.198Z',
      oldClientSecretExpiryTime: '2026-11-29T09:00:00.180Z',
    },
  },
  notificationMetadata: metadata,
}

/** As SNS hands a message on: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html, 23 Nov 2026 */
export function fromSns(notification: unknown) {
  return {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:us-west-2:123456789012:MyTopic',
    Message: JSON.stringify(notification),
    Timestamp: '2026-11-22T09:00:05.000Z',
    SignatureVersion: '1',
  }
}

/** As `aws sqs receive-message` prints messages. */
export function fromSqs(...notifications: readonly unknown[]) {
  const Messages = notifications.map((notification, index) => ({
    MessageId: `019344b7-5b7a-4c2e-8bb4-00000000000${index}`,
    ReceiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
    MD5OfBody: '9a0364b9e99bb480dd25e1f0284c8555',
    Body: JSON.stringify(notification),
  }))
  return { Messages }
}

/** As a Lambda function is handed messages of a queue. */
export function fromLambda(...notifications: readonly unknown[]) {
  return { Records: notifications.map(each => ({ messageId: 'm1', body: JSON.stringify(each) })) }
}
