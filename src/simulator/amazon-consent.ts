/**
 * Amazon's consent page in Seller Central: developer-docs.amazon.com/sp-api/docs/website-authorization-workflow; its
 * refusals by number: …/docs/authorization-errors; both checked 22 Nov 2026. Their status, and the numbers that no
 * page tells, are a guess.
 */
import { type ConsentAsk, type ConsentSide, LONGEST_STATE } from './consent-side.ts'
import { htmlReply } from './html.ts'
import type { Market } from './market.ts'
import type { Reply } from './wire.ts'

const REFUSALS = {
  MD1000: 'The application is in draft status, and the address has no version=beta.',
  MD5101: 'The redirect address is none of those registered for the application.',
  MD5110: 'The redirect address has a fragment.',
  // From here on: NOT FOUND which number Amazon shows, if any.
  'unknown application': 'There is no application with this application_id.',
  'not a draft': 'The application is published, and the address has version=beta.',
  'no state': 'The address has no state.',
  malformed: 'The address cannot be read.',
} as const

/** A refusal as Amazon shows it: a page with a number. */
export function refuseAmazon(error: keyof typeof REFUSALS, detail: string): Reply {
  const main = `<p>${REFUSALS[error]}</p>\n<p>Error: <code>${error}</code></p>`
  return htmlReply(400, { title: 'This application cannot be authorized', main }, error, { detail })
}

function read(parameters: ReadonlyMap<string, string>, market: Market): ConsentAsk | Reply {
  const applicationId = parameters.get('application_id')
  const app = market.apps.find(
    each =>
      each.marketplace === 'amazon' &&
      each.environment !== 'sandbox' &&
      each.keys['applicationId'] !== undefined &&
      each.keys['applicationId'] === applicationId,
  )
  if (app === undefined) return refuseAmazon('unknown application', 'unknown application_id')
  const isBeta = parameters.get('version') === 'beta'
  if (app.isDraft === true && !isBeta) return refuseAmazon('MD1000', 'a draft without version=beta')
  if (app.isDraft !== true && isBeta) return refuseAmazon('not a draft', 'version=beta without a draft')
  const state = parameters.get('state')
  if (!state) return refuseAmazon('no state', 'no state')
  if (state.length > LONGEST_STATE) return refuseAmazon('malformed', 'state is too long')
  const accepted = market.redirectUriOf(app)
  const redirectUri = parameters.get('redirect_uri') ?? null
  if (redirectUri?.includes('#')) return refuseAmazon('MD5110', 'a fragment in redirect_uri')
  if (accepted === null || (redirectUri !== null && redirectUri !== accepted))
    return refuseAmazon('MD5101', 'wrong redirect_uri')
  // There is no parameter for it: whoever the browser is signed in as consents.
  return { app, state, scopes: [], freshSignIn: false, redirectUri, accepted, declined: accepted }
}

/** Amazon's page, the same path on the Seller Central of every region. */
export const amazonConsent: ConsentSide = {
  path: '/apps/authorize/consent',
  title: 'Amazon Seller Central',
  offersSwitch: true,
  read,
  malformed: detail => refuseAmazon('malformed', detail),
  granted: (code, seller) => [
    ['selling_partner_id', seller.id],
    ['spapi_oauth_code', code],
  ],
}
