/**
 * The consent pages: who asks, who agrees, and the redirect back. They work without script. A browser stays signed in
 * as the last seller by a cookie, and the next page goes on with that seller unless the vendor's own parameter asks
 * for a fresh sign-in: leaving it out is how the wrong shop gets connected.
 */

import type { EpochMs } from '../tokens/time.ts'
import { aliexpressConsent } from './aliexpress-consent.ts'
import { amazonConsent } from './amazon-consent.ts'
import { consentPage, type Offer } from './consent-page.ts'
import type { ConsentAsk, ConsentSide, Parameters } from './consent-side.ts'
import { ebayConsent } from './ebay-consent.ts'
import { htmlReply } from './html.ts'
import type { Market } from './market.ts'
import type { Seller } from './sellers.ts'
import { VENDORS, type Vendor } from './vendors.ts'
import { type Call, isLocal, isWrong, mediaType, parseForm, type Reply, type Whom } from './wire.ts'

const SIDES: Readonly<Record<Vendor, ConsentSide>> = {
  ebay: ebayConsent,
  amazon: amazonConsent,
  aliexpress: aliexpressConsent,
}

// The simulator's own: the link that Amazon's page has for those who are signed in as somebody else.
const SWITCH = 'switch_account'

/** The marketplace that has its consent page at a path. */
export function consentVendorOf(path: string): Vendor | undefined {
  return VENDORS.find(vendor => SIDES[vendor].path === path)
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
    formTargets: [...new Set([ask.accepted, ask.declined].map(each => new URL(each).origin))],
  })
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
  if (decision === 'decline') return back(ask.declined, denied(ask), 'declined', {}, seller)
  if (decision !== 'agree') return problem(400, 'Press one of the two buttons.', 'no decision')
  if (seller === undefined) return problem(400, 'Choose who to sign in as.', 'no seller')
  const { app, scopes, redirectUri, state } = ask
  const { code } = market.newCode({ app, seller, scopes, redirectUri }, now)
  const parameters = [...stateOf(state), ...SIDES[vendor].granted(code, seller)]
  const account = market.accountOf(seller, app)?.account ?? null
  return back(ask.accepted, parameters, 'agreed', { account, detail: `by ${seller.name}` }, seller)
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

/** The redirect: each value encoded once, behind a query that the address may have already. */
function back(
  address: string,
  parameters: Parameters,
  outcome: string,
  whom: Whom,
  seller: Seller | undefined,
): Reply {
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const headers = {
    location: `${address}${address.includes('?') ? '&' : '?'}${query}`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    ...(seller !== undefined && {
      'set-cookie': `${cookieName(seller.vendor)}=${encodeURIComponent(seller.name)}; Path=${SIDES[seller.vendor].path}; HttpOnly; SameSite=Lax`,
    }),
  }
  return { status: 302, headers, body: '', outcome, detail: null, account: null, generation: null, ...whom }
}

function problem(status: number, text: string, detail: string): Reply {
  return htmlReply(status, { title: 'That did not work', main: `<p>${text}</p>` }, 'refused', { detail })
}
