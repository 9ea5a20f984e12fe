/** What Amazon's pages and token endpoint say in a consent, as samples for the contract. */
import { AMAZON_CODE_ERRORS } from '../../../src/marketplaces/amazon/errors.ts'
import { answer, type LoginSamples, NOW } from '../samples.ts'

export const CODE = 'RHxCANARYspapioauthcodeexample+/='
/** SellingPartnerApiDeveloperGuide.md, amzn/selling-partner-api-docs at c2888de. */
export const REPLY = {
  access_token: 'Atza|IQEBLjAsAexampleHpi0U-Dme37rR6CuUpSR',
  token_type: 'bearer',
  expires_in: 3600,
  refresh_token: 'Atzr|IQEBLzAtAhexamplewVz2Nn6f2y-tpJX2DeX',
}
export const ISSUED = {
  accessToken: REPLY.access_token,
  accessExpiresAt: NOW + 3_600_000,
  refreshToken: REPLY.refresh_token,
}
/** https://github.com/amzn/selling-partner-api-docs/issues/149 */
export const INVALID_CODE = {
  error_description: 'The request has an invalid grant parameter : code',
  error: 'invalid_grant',
}

export const LOGIN: LoginSamples = {
  code: CODE,
  redirected: { state: 'state-1', selling_partner_id: 'A3FHEXAMPLEYWS', spapi_oauth_code: CODE },
  seller: 'A3FHEXAMPLEYWS',
  keysOfTheAddress: ['applicationId'],
  keysOfTheExchange: ['clientId', 'clientSecret'],
  successes: [
    { name: 'the documented answer', response: answer(200, REPLY), issued: ISSUED },
    {
      name: 'an answer with an id of the exchange',
      response: answer(200, REPLY, { 'x-amzn-requestid': '5d0e-11' }),
      issued: { ...ISSUED, requestId: '5d0e-11' },
    },
  ],
  failures: [
    {
      name: 'a code that was used or came too late',
      response: answer(400, INVALID_CODE),
      code: 'GRANT_REJECTED',
      failure: 'permanent',
    },
    {
      name: 'wrong app keys',
      response: answer(401, { error: 'invalid_client', error_description: 'Client authentication failed' }),
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
      name: 'the reason that Amazon does not give',
      response: answer(400, { error: 'other' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a code that nobody documented',
      response: answer(403, { error: 'moon_phase' }),
      code: 'CLIENT_REJECTED',
      failure: 'configuration',
    },
    {
      name: 'a fault said politely',
      response: answer(400, { error: 'server_error' }),
      code: 'MARKETPLACE_DOWN',
      failure: 'transient',
    },
    {
      name: 'an access token in the refresh token’s place',
      response: answer(200, { ...REPLY, refresh_token: REPLY.access_token }),
      code: 'REPLY_MALFORMED',
      failure: 'ambiguous',
    },
  ],
  documentedCodes: AMAZON_CODE_ERRORS.map(row => row.code),
}
