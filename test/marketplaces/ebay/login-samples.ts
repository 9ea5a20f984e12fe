/** What eBay's pages and token endpoint say in a consent, as samples for the contract. */
import { EBAY_CODE_ERRORS } from '../../../src/marketplaces/ebay/errors.ts'
import { answer, type LoginSamples, NOW } from '../samples.ts'

export const CODE = 'v^1.1#i^1#f^0#r^1#I^3#p^3#t^CANARY+Ul41/XzY6RjVF=='
/** https://developer.ebay.com/api-docs/static/oauth-auth-code-grant-request.html, but for the tokens' middles. */
export const REPLY = {
  access_token: 'v^1.1#i^1#p^3#r^1#AgAAAA==',
  expires_in: 7200,
  refresh_token: 'v^1.1#i^1#p^3#r^1#Ul4yXzM=',
  refresh_token_expires_in: 47_304_000,
  token_type: 'User Access Token',
}
export const ISSUED = {
  accessToken: REPLY.access_token,
  accessExpiresAt: NOW + 7_200_000,
  refreshToken: REPLY.refresh_token,
  endsAt: NOW + 47_304_000_000,
}
/** https://github.com/hendt/ebay-api/issues/122 */
export const INVALID_CODE = {
  error: 'invalid_grant',
  error_description: 'the provided authorization grant code is invalid or was issued to another client',
}

export const LOGIN: LoginSamples = {
  code: CODE,
  redirected: { state: 'state-1', code: CODE, expires_in: '299' },
  seller: null,
  keysOfTheAddress: ['clientId', 'ruName'],
  keysOfTheExchange: ['clientId', 'clientSecret', 'ruName'],
  successes: [
    {
      name: 'the documented answer, with the end of the consent',
      response: answer(200, REPLY),
      issued: ISSUED,
    },
    {
      name: 'an answer that names no end',
      response: answer(200, { ...REPLY, refresh_token_expires_in: null }, { rlogid: 't6q-19b' }),
      issued: {
        accessToken: ISSUED.accessToken,
        accessExpiresAt: ISSUED.accessExpiresAt,
        refreshToken: ISSUED.refreshToken,
        requestId: 't6q-19b',
      },
    },
  ],
  failures: [
    {
      name: 'a code that was used, came too late or is another app’s',
      response: answer(400, INVALID_CODE),
      code: 'GRANT_REJECTED',
      failure: 'permanent',
    },
    {
      name: 'invalid_grant under a status that does not go with it',
      response: answer(403, INVALID_CODE),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'wrong app keys',
      response: answer(401, { error: 'invalid_client' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'an app without the right',
      response: answer(400, { error: 'unauthorized_client' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a code that nobody documented',
      response: answer(400, { error: 'moon_phase' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a request called malformed',
      response: answer(400, { error: 'invalid_request' }),
      code: 'BUG',
      failure: 'configuration',
    },
    {
      name: 'the N/A that stands for no refresh token',
      response: answer(200, { ...REPLY, refresh_token: 'N/A' }),
      code: 'REPLY_MALFORMED',
      failure: 'ambiguous',
    },
    {
      name: 'the daily limit',
      response: answer(429, '', { 'retry-after': '3600' }),
      code: 'RATE_LIMITED',
      failure: 'transient',
      retryAfterMs: 3_600_000,
    },
    {
      name: 'a fault',
      response: answer(500, '<html></html>', { 'content-type': 'text/html' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'ambiguous',
    },
  ],
  documentedCodes: EBAY_CODE_ERRORS.map(row => row.code),
}
