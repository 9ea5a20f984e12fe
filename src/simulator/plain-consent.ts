/**
 * A plain consent page: RFC 6749 section 4.1.1, with the proof key of RFC 7636 where the vendor wants one. What the vendors'
 * own refusals look like is published nowhere; these are pages of our own.
 */
import { type ConsentAsk, type ConsentSide, LONGEST_STATE } from './consent-side.ts'
import { htmlReply } from './html.ts'
import type { Market } from './market.ts'
import { PLAIN } from './plain-vendors.ts'
import type { PlainVendor } from './vendors.ts'
import type { Reply } from './wire.ts'

function refuse(detail: string): Reply {
  const main = `<p>The address that led here is not right: ${detail}.</p>`
  return htmlReply(400, { title: 'The app cannot be authorized', main }, 'refused', { detail })
}

/** The page of one of the vendors. */
export function plainConsent(vendor: PlainVendor): ConsentSide {
  const { title, consentPath } = PLAIN[vendor]
  return {
    path: consentPath,
    title,
    offersSwitch: true,
    read: (parameters, market) => read(vendor, parameters, market),
    malformed: refuse,
    granted: code => [['code', code]],
  }
}

function read(
  vendor: PlainVendor,
  parameters: ReadonlyMap<string, string>,
  market: Market,
): ConsentAsk | Reply {
  const facts = PLAIN[vendor]
  if (parameters.get('response_type') !== 'code') return refuse('response_type is not code')
  const app = market.appOf(vendor, parameters.get('client_id') ?? '')
  if (app === undefined) return refuse('unknown client_id')
  const accepted = market.redirectUriOf(app)
  const redirectUri = parameters.get('redirect_uri')
  if (accepted === null || redirectUri !== accepted) return refuse('wrong redirect_uri')
  const state = parameters.get('state') ?? null
  if (state !== null && state.length > LONGEST_STATE) return refuse('state is too long')
  const scopes = parameters.get('scope')?.split(' ') ?? []
  if (facts.needsScope && scopes.length === 0) return refuse('no scope')
  const challenge = parameters.get('code_challenge')
  if (challenge === undefined ? facts.needsProofKey : !isChallenge(challenge, parameters))
    return refuse('no code_challenge of the method S256')
  const [name, value] = facts.freshSignIn ?? []
  const freshSignIn = name !== undefined && parameters.get(name) === value
  const ask = { app, state, scopes, freshSignIn, redirectUri, accepted, declined: accepted }
  return challenge === undefined ? ask : { ...ask, challenge }
}

/** The digest of a verifier is 43 characters of base64url (RFC 7636 section 4.2). */
function isChallenge(challenge: string, parameters: ReadonlyMap<string, string>): boolean {
  return /^[\w-]{43}$/.test(challenge) && parameters.get('code_challenge_method') === 'S256'
}
