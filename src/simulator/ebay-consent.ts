/**
 * eBay's consent page: developer.ebay.com/api-docs/static/oauth-consent-request.html; what it brings back:
 * …/oauth-auth-code-grant-request.html and …/oauth-redirect-uri.html. Its refusals are JSON in the window, as seen in
 * github.com/matecsaj/ebay_rest/issues/35 and github.com/YosefHayim/ebay-mcp/issues/175; all checked 22 Nov 2026.
 */
import { CODE_SECONDS } from './codes.ts'
import { type ConsentAsk, type ConsentSide, LONGEST_STATE } from './consent-side.ts'
import { KNOWN_SCOPES } from './ebay-scopes.ts'
import type { Market } from './market.ts'
import type { SeedApp } from './seed.ts'
import { jsonReply, type Reply } from './wire.ts'

const REFUSALS = {
  invalid_request: [400, 'Input request parameters are invalid.'],
  unauthorized_client: [401, 'The OAuth client was not found.'],
  // Seen without a description.
  invalid_scope: [400, undefined],
  // What a URL in place of the RuName was seen to bring: github.com/YosefHayim/ebay-mcp/pull/177.
  temporarily_unavailable: [500, 'The authorization server is currently unable to handle the request.'],
} as const satisfies Record<string, readonly [number, string | undefined]>

function refuse(id: keyof typeof REFUSALS, detail: string): Reply {
  const [status, text] = REFUSALS[id]
  const described = text === undefined ? {} : { error_description: text }
  return jsonReply(status, { error_id: id, ...described, http_status_code: status }, id, { detail })
}

// What another RuName than the app's own brings is published nowhere; it is refused as a wrong parameter.
function redirectRefusal(app: SeedApp, ruName: string | undefined): Reply | undefined {
  if (!ruName) return refuse('invalid_request', 'no redirect_uri')
  if (ruName.includes('://')) return refuse('temporarily_unavailable', 'a URL in place of the RuName')
  return ruName === app.keys['ruName'] ? undefined : refuse('invalid_request', 'unknown RuName')
}

function read(parameters: ReadonlyMap<string, string>, market: Market): ConsentAsk | Reply {
  const clientId = parameters.get('client_id')
  if (!clientId) return refuse('invalid_request', 'no client_id')
  const app = market.appOf('ebay', clientId)
  if (app === undefined) return refuse('unauthorized_client', 'unknown client')
  const redirect = redirectRefusal(app, parameters.get('redirect_uri'))
  if (redirect !== undefined) return redirect
  if (parameters.get('response_type') !== 'code')
    return refuse('invalid_request', 'response_type is not code')
  const state = parameters.get('state') ?? null
  if (state !== null && state.length > LONGEST_STATE) return refuse('invalid_request', 'state is too long')
  const scopes = parameters.get('scope')?.split(' ') ?? []
  if (scopes.length === 0) return refuse('invalid_request', 'no scope')
  if (scopes.some(scope => !KNOWN_SCOPES.has(scope))) return refuse('invalid_scope', 'unknown scope')
  const accepted = market.redirectUriOf(app)
  if (accepted === null) return refuse('invalid_request', 'no redirect address is registered')
  return {
    app,
    state,
    scopes,
    freshSignIn: parameters.get('prompt') === 'login',
    redirectUri: app.keys['ruName'] ?? null,
    accepted,
    declined: app.declinedUri ?? accepted,
  }
}

/** eBay's page, the same path on both of its hosts. */
export const ebayConsent: ConsentSide = {
  path: '/oauth2/authorize',
  title: 'eBay',
  offersSwitch: false,
  read,
  malformed: detail => refuse('invalid_request', detail),
  granted: code => [
    ['code', code],
    ['expires_in', String(CODE_SECONDS.ebay)],
  ],
}
