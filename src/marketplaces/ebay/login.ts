/**
 * A seller's consent at eBay: the RuName stands where others have an address, `prompt=login` asks who it is even where
 * somebody is signed in (another shop's owner, as often as not), and the code goes out encoded exactly once.
 */
import {
  authorizeAddress,
  codeRequest,
  codeRules,
  processCodeResponse,
} from '../../oauth/authorization-code.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Secret } from '../../tokens/secret.ts'
import type { LoginFlow } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import { type AnswerShape, codeIn, denied } from '../redirect.ts'
import { EBAY_CODE_ERRORS } from './errors.ts'
import { identityCall } from './identity.ts'
import { IDENTITY_SCOPE, scopesOf } from './scopes.ts'
import { authOf, CONTENT_TYPE, PATH, RULES, TOKENS } from './wire.ts'

// https://developer.ebay.com/api-docs/static/oauth-consent-request.html, checked 22 Nov 2026
const HOSTS = { production: 'https://auth.ebay.com', sandbox: 'https://auth.sandbox.ebay.com' }
const CONSENT_PATH = '/oauth2/authorize'

// https://developer.ebay.com/api-docs/static/oauth-auth-code-grant-request.html, checked 22 Nov 2026
const CODE: AnswerShape = {
  id: 'ebay',
  title: 'eBay',
  codeParameter: 'code',
  longestCode: 1024,
  begins: { pattern: /^v\^1/, words: '`v^1.1`' },
}

const RULES_OF_THE_CODE = codeRules(RULES, EBAY_CODE_ERRORS)

/**
 * eBay's login.
 *
 * @see https://developer.ebay.com/api-docs/static/oauth-consent-request.html
 */
export const login: LoginFlow = {
  // `expires_in=299` beside the code: the same page.
  codeSeconds: 299,
  codeParameter: CODE.codeParameter,
  authorizeUrl({ app, state, destination: { environment, origin } }) {
    const page = `${environment === 'local' ? origin : HOSTS[environment]}${CONSENT_PATH}`
    return authorizeAddress(page, [
      ['client_id', requireAppKey(app, 'clientId', 'ebay').reveal()],
      ['redirect_uri', ruNameOf(app).reveal()],
      ['response_type', 'code'],
      ['scope', scopesOf(app).join(' ')],
      ['state', state.reveal()],
      ['prompt', 'login'],
    ])
  },
  redirectUri: app => app['redirectUri']?.reveal() ?? null,
  readRedirect(parameters) {
    // What eBay's own landing pages say, where the RuName names no page for those who decline; NOTES.md.
    if (parameters.get('isAuthSuccessful') === 'false') throw denied(CODE.title)
    return { code: codeIn(parameters, CODE), seller: null }
  },
  redeem: {
    request({ app, code, origin }) {
      const grant = { code, redirectUri: ruNameOf(app).reveal() }
      return codeRequest(`${origin}${PATH}`, grant, authOf(app), CONTENT_TYPE)
    },
    read(response, { app, code, now }) {
      const sent = [code, ...Object.values(app)]
      return processCodeResponse({ response, rules: RULES_OF_THE_CODE, now, sent }, TOKENS)
    },
  },
  identity: (app, destination) =>
    scopesOf(app).includes(IDENTITY_SCOPE) ? identityCall(destination) : undefined,
}

function ruNameOf(app: AppKeys): Secret {
  return requireAppKey(
    app,
    'ruName',
    'ebay',
    "A consent needs it: eBay's developer account has it under Application Keys > User Tokens > Get a Token from eBay via Your Application (`Name-App-…`, not an address; sandbox and production have one each). Store it with the other keys: `tokenctl app set ebay`.",
  )
}
