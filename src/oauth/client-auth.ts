/**
 * How an app proves itself to a token endpoint: a plain function over headers and form fields. It only adds; the
 * secrets go nowhere else (I2).
 */
import type { Secret } from '../tokens/secret.ts'
import { type FormFields, formEncodeValue } from './form.ts'

/** A token request before it is made into bytes. Header names are in small letters. */
export interface RequestParts {
  readonly headers: Readonly<Record<string, string>>
  readonly fields: FormFields
}

/** Adds the app's proof to a request. */
export type ClientAuth = (parts: RequestParts) => RequestParts

/**
 * Id and secret in an `Authorization: Basic` header, each form-encoded before they are joined and made base64.
 *
 * eBay's pages say only "base64 of client_id:client_secret", without the encoding in between. Its ids and secrets
 * are letters, digits and hyphens (`Name-App-PRD-…`, `PRD-…`), which the encoding leaves alone, so that both
 * readings give the same bytes; for any other character the RFC's is the one that a server can take apart again.
 *
 * @see RFC 6749 section 2.3.1; https://developer.ebay.com/api-docs/static/oauth-refresh-token-request.html
 */
export function basicAuth(clientId: Secret, clientSecret: Secret): ClientAuth {
  return ({ headers, fields }) => {
    const pair = `${formEncodeValue(clientId.reveal())}:${formEncodeValue(clientSecret.reveal())}`
    const authorization = `Basic ${Buffer.from(pair, 'ascii').toString('base64')}`
    return { headers: { ...headers, authorization }, fields }
  }
}

/**
 * Id and secret as two more form fields, for endpoints that read no header (Login with Amazon).
 *
 * @see RFC 6749 section 2.3.1
 */
export function secretInBody(clientId: Secret, clientSecret: Secret): ClientAuth {
  return ({ headers, fields }) => ({
    headers,
    fields: [...fields, ['client_id', clientId.reveal()], ['client_secret', clientSecret.reveal()]],
  })
}

/**
 * The id alone as one more form field, for apps that have no secret to prove themselves with (Etsy); their codes are bound
 * to them by `pkce.ts`, their refresh tokens by being replaced at each use.
 *
 * @see RFC 6749 sections 3.2.1 and 2.1; RFC 9700 section 4.14.2
 */
export function publicClient(clientId: Secret): ClientAuth {
  return ({ headers, fields }) => ({ headers, fields: [...fields, ['client_id', clientId.reveal()]] })
}
