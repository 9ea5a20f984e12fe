/**
 * A seller's consent at Amazon, for public apps: on the Seller Central of the seller's region, which no other stands in
 * for. A private app has no consent page; its seller makes the token by hand (`set-amazon`).
 */
import { TokenctlError } from '../../errors.ts'
import {
  authorizeAddress,
  codeRequest,
  codeRules,
  processCodeResponse,
} from '../../oauth/authorization-code.ts'
import { showableCode } from '../../oauth/vendor-text.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { LoginFlow } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import { type AnswerShape, codeIn } from '../redirect.ts'
import { AMAZON_CODE_ERRORS } from './errors.ts'
import { onward } from './onward.ts'
import { consentHost } from './seller-central.ts'
import { authOf, CONTENT_TYPE, PATH, RULES, TOKENS } from './wire.ts'

// https://developer-docs.amazon.com/sp-api/docs/website-authorization-workflow, checked 22 Nov 2026
const CONSENT_PATH = '/apps/authorize/consent'

const CODE: AnswerShape = {
  id: 'amazon',
  title: 'Amazon',
  codeParameter: 'spapi_oauth_code',
  // Documented nowhere: as long as Amazon lets its tokens be (our choice).
  longestCode: 2048,
}

const RULES_OF_THE_CODE = codeRules(RULES, AMAZON_CODE_ERRORS)

const NO_APPLICATION_ID =
  "Without it the app is taken for a private one, which has no consent page: its seller's way is `tokenctl set-amazon`. A public app's Application ID stands under Develop Apps, in Seller Central or the Solution Provider Portal (`amzn1.sp.solution…`); store it with the other keys: `tokenctl app set amazon`."

/**
 * Amazon's login.
 *
 * @see https://developer-docs.amazon.com/sp-api/docs/website-authorization-workflow
 */
export const login: LoginFlow = {
  // "An LWA authorization code expires after five minutes": SellingPartnerApiDeveloperGuide.md, checked 22 Nov 2026
  codeSeconds: 300,
  codeParameter: CODE.codeParameter,
  authorizeUrl({ app, state, destination, region, sellerCentral, isDraft }) {
    const applicationId = requireAppKey(app, 'applicationId', 'amazon', NO_APPLICATION_ID).reveal()
    const redirectUri = redirectUriOf(app)
    return authorizeAddress(`${originOf(destination, region, sellerCentral)}${CONSENT_PATH}`, [
      ['application_id', applicationId],
      ['state', state.reveal()],
      ...(isDraft ? [['version', 'beta'] as const] : []),
      ...(redirectUri === null ? [] : [['redirect_uri', redirectUri] as const]),
    ])
  },
  redirectUri: redirectUriOf,
  readRedirect(parameters) {
    const code = codeIn(parameters, CODE)
    // Nothing else ever tells: the exchange names no seller, and Amazon has no call that does.
    const seller = showableCode(parameters.get('selling_partner_id'), [code])
    if (seller === undefined) throw withoutSeller()
    return { code, seller }
  },
  onward,
  redeem: {
    request({ app, code, origin }) {
      const grant = { code, redirectUri: redirectUriOf(app) }
      return codeRequest(`${origin}${PATH}`, grant, authOf(app), CONTENT_TYPE)
    },
    read(response, { app, code, now }) {
      const sent = [code, ...Object.values(app)]
      return processCodeResponse({ response, rules: RULES_OF_THE_CODE, now, sent }, TOKENS)
    },
  },
}

function originOf(
  { environment, origin }: Parameters<LoginFlow['authorizeUrl']>[0]['destination'],
  ...where: Parameters<typeof consentHost>
): string {
  // A simulator has one host for all; a name that is none of Amazon's is a slip there as well.
  if (environment === 'local' && where[1] === null) return origin
  const host = consentHost(...where)
  return environment === 'local' ? origin : `https://${host}`
}

function withoutSeller(): TokenctlError {
  return new TokenctlError(
    'USAGE',
    "This does not say whose shop it is: Amazon's whole address has `selling_partner_id` in it, a code alone has not.",
    {
      fix: "Copy the whole address from the browser's address bar as it stands after the consent at Amazon, and paste it. Nothing was changed.",
    },
  )
}

/** Left out, it means the first address that the app has registered. */
function redirectUriOf(app: AppKeys): string | null {
  return app['redirectUri']?.reveal() ?? null
}
