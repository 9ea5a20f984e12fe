/**
 * The consent pages: who asks, who agrees, and the redirect back. They work without script. A browser stays signed in
 * as the last seller by a cookie, and the next page goes on with that seller unless the vendor's own parameter asks
 * for a fresh sign-in: leaving it out is how the wrong shop gets connected.
 */

import type { EpochMs } from '../tokens/time.ts'
import { aliexpressConsent } from './aliexpress-consent.ts'
import { detour } from './amazon-confirm.ts'
import { amazonConsent } from './amazon-consent.ts'
import { consentPage, type Offer } from './consent-page.ts'
import type { ConsentAsk, ConsentSide, Parameters } from './consent-side.ts'
import { ebayConsent } from './ebay-consent.ts'
import { htmlReply } from './html.ts'
import type { Market } from './market.ts'
import { plainConsent } from './plain-consent.ts'
import { redirectReply } from './redirect-reply.ts'
import type { Seller } from './sellers.ts'
import { ALL_VENDORS, type Vendor } from './vendors.ts'
import { type Call, isLocal, isWrong, mediaType, parseForm, type Reply } from './wire.ts'

const SIDES: Readonly<Record<Vendor, ConsentSide>> = {
  ebay: ebayConsent,
  amazon: amazonConsent,
  aliexpress: aliexpressConsent,
  etsy: plainConsent('etsy'),
  allegro: plainConsent('allegro'),
  mercadolibre: plainConsent('mercadolibre'),
}

// The simulator's own: the link that Amazon's page has for those who are signed in as somebody else.
const SWITCH = 'switch_account'

/** The marketplace that has its consent page at a path. */
export function consentVendorOf(path: string): Vendor | undefined {
  return ALL_VENDORS.find(vendor => SIDES[vendor].path === path)
}

/** The page for a GET, the redirect for the form that comes back by POST. */
export function answerConsent(vendor: Vendor, call: Call, market: Market, now: EpochMs): Reply {
  if (!isLocal(call)) return problem(403, 'The simulator is for this machine only.', 'not from this machine')
  if (call.method !== 'GET' && call.method !== 'POST') {
    return problem(405, 'This page is read by GET and answered by its form.', 'neither GET nor POST')
  }
  const side = SIDES[vendor]
  const parameters = parseForm(call.query)
  if (isWrong(parameters)) return side.malformed(parameters.wrong)
  const ask = side.read(parameters, market)
  if ('outcome' in ask) return ask
  if (call.method === 'POST') return answerForm(vendor, ask, call, market, now)
  const wantsOther = side.offersSwitch && parameters.get(SWITCH) === '1'
  const session = ask.freshSignIn || wantsOther ? undefined : signedIn(vendor, call, market)
  const address = `${call.path}?${call.query}`
  return consentPage({
    title: side.title,
    app: ask.app,
    scopes: ask.scopes,
    session,
    sellers: market.sellers.of(vendor).map(seller => offer(seller, ask, market)),
    action: address,
    switchAddress: side.offersSwitch ? `${address}&${SWITCH}=1` : undefined,
    formTargets: targetsOf(ask),
  })
}

/** The origins that an answer may lead to. */
function targetsOf({ accepted, declined, app }: ConsentAsk): readonly string[] {
  const addresses = [accepted, declined, ...(app.loginUri === undefined ? [] : [app.loginUri])]
  return [...new Set(addresses.map(address => new URL(address).origin))]
}

function offer(seller: Seller, { app }: ConsentAsk, market: Market): Offer {
  return { name: seller.name, account: market.accountOf(seller, app)?.account ?? null }
}

const cookieName = (vendor: Vendor) => `simulated-${vendor}`

/** Who the browser is signed in as; undefined for nobody, or for somebody of another simulator. */
function signedIn(vendor: Vendor, call: Call, market: Market): string | undefined {
  const pairs = (call.headers.cookie ?? '').split(/; */)
  const value = pairs
    .find(pair => pair.startsWith(`${cookieName(vendor)}=`))
    ?.slice(cookieName(vendor).length + 1)
  return market.sellers.of(vendor).find(({ name }) => encodeURIComponent(name) === value)?.name
}

function answerForm(vendor: Vendor, ask: ConsentAsk, call: Call, market: Market, now: EpochMs): Reply {
  const isForm = mediaType(call) === 'application/x-www-form-urlencoded'
  const form = isForm ? parseForm(call.body.toString('latin1')) : { wrong: 'wrong content type' }
  if (isWrong(form)) return problem(400, 'The form cannot be read.', form.wrong)
  const decision = form.get('decision')
  const seller = market.sellers.find(vendor, form.get('seller') ?? '')
  const cookie = remember(vendor, seller)
  if (decision === 'decline') {
    return redirectReply({ address: ask.declined, parameters: denied(ask) }, 'declined', {}, cookie)
  }
  if (decision !== 'agree') return problem(400, 'Press one of the two buttons.', 'no decision')
  if (seller === undefined) return problem(400, 'Choose who to sign in as.', 'no seller')
  const whom = {
    account: market.accountOf(seller, ask.app)?.account ?? null,
    detail: `by ${seller.name}`,
  }
  const first = vendor === 'amazon' ? detour(ask, seller, call, market) : undefined
  if (first !== undefined) return redirectReply(first, 'sent to the log-in page', whom, cookie)
  const { app, scopes, redirectUri, state, accepted, challenge } = ask
  const asked = { app, seller, scopes, redirectUri, ...(challenge !== undefined && { challenge }) }
  const { code } = market.newCode(asked, now)
  const parameters = [...stateOf(state), ...SIDES[vendor].granted(code, seller)]
  return redirectReply({ address: accepted, parameters }, 'agreed', whom, cookie)
}

const stateOf = (state: string | null): Parameters => (state === null ? [] : [['state', state]])

// As RFC 6749, 4.1.2.1 has it. NOT FOUND what any of the three adds to the address when a seller declines; eBay's
// pages say no more than that the RuName's "auth declined URL" is where the browser goes.
function denied({ state }: ConsentAsk): Parameters {
  return [
    ['error', 'access_denied'],
    ['error_description', 'The seller declined the request'],
    ...stateOf(state),
  ]
}

/** The browser stays signed in as whoever was chosen last. */
function remember(vendor: Vendor, seller: Seller | undefined): Readonly<Record<string, string>> {
  if (seller === undefined) return {}
  const value = `${cookieName(vendor)}=${encodeURIComponent(seller.name)}`
  return { 'set-cookie': `${value}; Path=${SIDES[vendor].path}; HttpOnly; SameSite=Lax` }
}

function problem(status: number, text: string, detail: string): Reply {
  return htmlReply(status, { title: 'That did not work', main: `<p>${text}</p>` }, 'refused', { detail })
}
