/**
 * Amazon's detour by the app's own log-in page, for an app that has one registered: the consent goes there first, and
 * comes back to Amazon with the app's state. Step 2 and 3 of the Marketplace Appstore workflow in
 * SellingPartnerApiDeveloperGuide.md of amzn/selling-partner-api-docs; by steps 5 to 7 of
 * developer-docs.amazon.com/sp-api/docs/website-authorization-workflow it befalls every consent; checked 23 Nov 2026.
 */
import { randomUUID } from 'node:crypto'
import type { EpochMs } from '../tokens/time.ts'
import { amazonConsent, refuseAmazon } from './amazon-consent.ts'
import { type ConsentAsk, LONGEST_STATE, type Parameters } from './consent-side.ts'
import type { Market } from './market.ts'
import { type Redirect, redirectReply } from './redirect-reply.ts'
import type { Seller } from './sellers.ts'
import { type Call, isLocal, isWrong, parseForm, type Reply } from './wire.ts'

/** What the callback address begins with; the application id follows. */
export const AMAZON_CONFIRM = '/apps/authorize/confirm'

/** A consent that waits for the app to send the browser back. */
export interface Handoff {
  readonly ask: ConsentAsk
  readonly seller: Seller
}

/** Where the consent goes first; undefined for an app without a log-in page. */
export function detour(ask: ConsentAsk, seller: Seller, call: Call, market: Market): Redirect | undefined {
  const { keys, loginUri, isDraft } = ask.app
  if (loginUri === undefined) return undefined
  const amazonState = randomUUID()
  market.handoffs.set(amazonState, { ask, seller })
  const callback = `http://${call.headers.host ?? ''}${AMAZON_CONFIRM}/${keys['applicationId'] ?? ''}`
  const parameters: Parameters = [
    ['amazon_callback_uri', callback],
    ['amazon_state', amazonState],
    ['selling_partner_id', seller.id],
    ...(isDraft === true ? ([['version', 'beta']] as const) : []),
  ]
  return { address: loginUri, parameters }
}

/** Takes the browser back from the app's log-in page, and sends it on with the code. */
export function answerAmazonConfirm(call: Call, market: Market, now: EpochMs): Reply {
  const parameters = parseForm(call.query)
  if (!isLocal(call) || call.method !== 'GET' || isWrong(parameters)) {
    return refuseAmazon('malformed', 'not a GET from this machine, or not to be read')
  }
  const amazonState = parameters.get('amazon_state') ?? ''
  const handoff = market.handoffs.get(amazonState)
  const isOfApp = call.path === `${AMAZON_CONFIRM}/${handoff?.ask.app.keys['applicationId']}`
  if (handoff === undefined || !isOfApp) return refuseAmazon('malformed', 'unknown amazon_state')
  const { ask, seller } = handoff
  const state = parameters.get('state')
  if (!state) return refuseAmazon('no state', 'no state')
  if (state.length > LONGEST_STATE) return refuseAmazon('malformed', 'state is too long')
  const redirectUri = parameters.get('redirect_uri') ?? ask.redirectUri
  if (redirectUri !== null && redirectUri !== ask.accepted)
    return refuseAmazon('MD5101', 'wrong redirect_uri')
  const isBeta = parameters.get('version') === 'beta'
  if (isBeta !== (ask.app.isDraft === true)) {
    return refuseAmazon(isBeta ? 'not a draft' : 'MD1000', 'version=beta and the draft status differ')
  }
  market.handoffs.delete(amazonState)
  const { code } = market.newCode({ app: ask.app, seller, scopes: [], redirectUri }, now)
  const to = {
    address: ask.accepted,
    parameters: [['state', state], ...amazonConsent.granted(code, seller)] as const,
  }
  const account = market.accountOf(seller, ask.app)?.account ?? null
  return redirectReply(to, 'agreed', { account, detail: `by ${seller.name}` })
}
