/**
 * From a record to the bytes that a receiver gets. One of the few places where a token leaves its `Secret` (I2): what is
 * made here goes to a program's standard input or into the body of a signed POST, and nowhere else; never into a message,
 * an argument, an environment or a file.
 */
import { createHash, createHmac } from 'node:crypto'
import type { HttpRequest } from '../../platform/http.ts'
import type { HandOver } from '../../renewal/deliver.ts'
import type { DeliverySecrets } from '../../tokens/delivery.ts'
import type { Secret } from '../../tokens/secret.ts'
import { type EpochMs, SECOND, toIso } from '../../tokens/time.ts'
import { safeText } from '../render/safe-text.ts'
import { refOf } from '../selection.ts'
import type { DeliveryDocument } from '../shapes/delivery-shape.ts'

/** A document as it is handed over. */
export interface DeliveryText {
  /** The idempotency key. */
  readonly id: string
  /** One line of JSON. It holds tokens. */
  readonly text: string
}

/**
 * The document of one generation of an account's tokens. The same tokens give the same bytes each time, so that a
 * receiver can tell a second delivery from a new one.
 */
export function deliveryText({ stored, delivery, again }: HandOver): DeliveryText {
  const { header, secrets } = stored
  const tokens: DeliveryDocument['tokens'] = []
  const add = (kind: 'access' | 'refresh', token: Secret | null, expiresAt: EpochMs | null) => {
    if (token === null || !delivery.tokens.includes(kind)) return
    tokens.push({ kind, token: token.reveal(), expiresAt: iso(expiresAt) })
  }
  add('access', secrets.accessToken, header.accessExpiresAt)
  add('refresh', secrets.refreshToken, header.endsAt)
  const { account, environment, region, seller, generation } = header
  const { marketplace, name } = refOf(header)
  // A receiver that remembers ids must not take what was set up anew for what it had before.
  const parts = [account, String(delivery.setAt), String(generation), again === null ? '' : String(again)]
  const id = idOf(parts, tokens)
  const issuedAt = iso(header.acceptedAt)
  const document: DeliveryDocument = {
    version: 1,
    id,
    account,
    marketplace,
    name,
    environment,
    region,
    seller,
    setUpAt: toIso(delivery.setAt),
    generation,
    issuedAt,
    tokens,
  }
  // A receiver may log or show it: what a vendor named the seller must harm no screen there. The JSON says the same.
  return { id, text: safeText(JSON.stringify(document)) }
}

/** A digest: of use to nobody who does not have the tokens, and another for every other set-up, generation, token or request. */
function idOf(parts: readonly string[], tokens: DeliveryDocument['tokens']): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([...parts, ...tokens.map(({ kind, token }) => [kind, token])]))
  return `dlv_${hash.digest('hex').slice(0, 32)}`
}

const iso = (at: EpochMs | null) => (at === null ? null : toIso(at))

/** The header that names the time of sending and the signature. */
export const SIGNATURE_HEADER = 'tokenctl-signature'
/** The header that repeats the document's id, so that a receiver can tell a repeated delivery before it reads the body. */
export const ID_HEADER = 'tokenctl-delivery-id'

/**
 * The signed POST of a document. The signature is over the time of sending and the exact bytes of the body, as
 * `t=<unix seconds>,v1=<hex of HMAC-SHA256 over "t.body">`: the scheme that receivers of Stripe's webhooks know.
 *
 * @see https://docs.stripe.com/webhooks/signature (checked 23 Nov 2026) · RFC 2104
 */
export function signedPost(
  { url, key }: Extract<DeliverySecrets, { readonly url: Secret }>,
  { id, text }: DeliveryText,
  now: EpochMs,
): HttpRequest {
  const t = Math.floor(now / SECOND)
  const v1 = createHmac('sha256', Buffer.from(key.reveal(), 'base64')).update(`${t}.${text}`).digest('hex')
  return {
    method: 'POST',
    url: url.reveal(),
    headers: {
      'content-type': 'application/json',
      [SIGNATURE_HEADER]: `t=${t},v1=${v1}`,
      [ID_HEADER]: id,
    },
    body: text,
  }
}
