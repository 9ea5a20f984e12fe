/**
 * AliExpress' consent page: openservice.aliexpress.com/doc/doc.htm#/?docId=1364, the same at
 * developer.alibaba.com/docs/doc.htm?articleId=120687&docType=1&treeId=727, checked 22 Nov 2026. What its refusals look
 * like is published nowhere; these are pages of our own.
 */
import { type ConsentAsk, type ConsentSide, LONGEST_STATE } from './consent-side.ts'
import { htmlReply } from './html.ts'
import type { Market } from './market.ts'
import type { Reply } from './wire.ts'

function refuse(detail: string): Reply {
  const main = `<p>The address that led here is not right: ${detail}.</p>`
  return htmlReply(400, { title: 'The app cannot be authorized', main }, 'refused', { detail })
}

function read(parameters: ReadonlyMap<string, string>, market: Market): ConsentAsk | Reply {
  if (parameters.get('response_type') !== 'code') return refuse('response_type is not code')
  const app = market.appOf('aliexpress', parameters.get('client_id') ?? '')
  if (app === undefined) return refuse('unknown client_id')
  const accepted = market.redirectUriOf(app)
  // "It must be the same with the callback URL you provided when creating the application."
  if (accepted === null || parameters.get('redirect_uri') !== accepted) return refuse('wrong redirect_uri')
  const state = parameters.get('state') ?? null
  if (state !== null && state.length > LONGEST_STATE) return refuse('state is too long')
  const freshSignIn = parameters.get('force_auth') === 'true'
  // The exchange names no address, so none is asked of it.
  return { app, state, scopes: [], freshSignIn, redirectUri: null, accepted, declined: accepted }
}

/** AliExpress' page. */
export const aliexpressConsent: ConsentSide = {
  path: '/oauth/authorize',
  title: 'AliExpress',
  offersSwitch: false,
  read,
  malformed: refuse,
  granted: code => [['code', code]],
}
