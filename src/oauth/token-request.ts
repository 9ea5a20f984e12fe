/** A request to a token endpoint, whatever the grant: a POST of form fields, with the app's proof beside them. */
import type { HttpRequest } from '../platform/http.ts'
import type { ClientAuth } from './client-auth.ts'
import { type FormFields, formEncode } from './form.ts'

/**
 * The request, byte for byte.
 *
 * @param contentType as the vendor documents it, parameters and all.
 * @see RFC 6749 section 3.2
 */
export function tokenRequest(
  url: string,
  grant: FormFields,
  auth: ClientAuth,
  contentType: string,
): HttpRequest {
  const { headers, fields } = auth({
    headers: { 'content-type': contentType, accept: 'application/json' },
    fields: grant,
  })
  return { method: 'POST', url, headers, body: formEncode(fields) }
}
