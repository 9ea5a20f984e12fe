/**
 * A seller's consent by a manifest: the authorization code grant as RFC 6749 section 4.1 has it, with a proof key
 * (RFC 7636) where the manifest asks for one. The redirect address is named at both ends, always the same.
 */
import {
  authorizeAddress,
  codeRequest,
  codeRules,
  processCodeResponse,
} from '../../oauth/authorization-code.ts'
import type { FormFields } from '../../oauth/form.ts'
import { challengeOf } from '../../oauth/pkce.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Secret } from '../../tokens/secret.ts'
import type { ConsentRequest, LoginFlow } from '../adapter.ts'
import { requireAppKey } from '../app-key.ts'
import { type AnswerShape, codeIn } from '../redirect.ts'
import { plainCodeErrors } from './errors.ts'
import type { Manifest } from './manifest.ts'
import { withSeller } from './seller.ts'
import { authOf, CONTENT_TYPE, endpointAt, rulesOf, tokensOf } from './wire.ts'

/** Longer than any code there is (our guess); RFC 6749 names no limit. */
const LONGEST_CODE = 2048
/** A guess for vendors that do not say; RFC 6749 section 4.1.2 allows ten minutes at most. */
const CODE_SECONDS = 300

/** The login by a manifest. @see RFC 6749 section 4.1 */
export function loginOf(manifest: Manifest): LoginFlow {
  const { id, title, consent } = manifest
  const { codeSeconds = CODE_SECONDS } = consent
  const code: AnswerShape = { id, title, codeParameter: 'code', longestCode: LONGEST_CODE }
  const rules = codeRules(rulesOf(manifest), plainCodeErrors(title, codeSeconds))
  const tokens = tokensOf(manifest)
  return {
    codeSeconds,
    codeParameter: code.codeParameter,
    ...(consent.pkce !== undefined && { usesVerifier: true }),
    // `prompt` is how OpenID Connect asks for it (Core 1.0, section 3.1.2.1); no RFC has another word.
    ...(consent.parameters?.['prompt'] === undefined && { mayBeSignedIn: true }),
    authorizeUrl: request => authorizeAddress(pageOf(manifest, request), fieldsOf(manifest, request)),
    redirectUri: app => app['redirectUri']?.reveal() ?? null,
    readRedirect: parameters => ({ code: codeIn(parameters, code), seller: null }),
    redeem: {
      request({ app, code, origin, verifier }) {
        const redirectUri = redirectUriOf(manifest, app).reveal()
        const grant = { code, redirectUri, ...(consent.pkce !== undefined && { verifier }) }
        return codeRequest(endpointAt(manifest, origin), grant, authOf(manifest, app), CONTENT_TYPE)
      },
      read(response, { app, code, now, verifier }) {
        const sent = [code, ...Object.values(app), ...(verifier === undefined ? [] : [verifier])]
        const answer = { response, rules, now, sent }
        return withSeller(processCodeResponse(answer, tokens), answer, manifest.seller)
      },
    },
  }
}

function pageOf({ consent, sandbox }: Manifest, { app, destination }: ConsentRequest): string {
  const page = new URL(consent.address)
  const { environment, origin } = destination
  if (environment === 'local') return `${origin}${page.pathname}`
  if (environment === 'sandbox' && sandbox !== undefined) return sandbox.consent
  const chosen = app['consentHost']?.reveal()
  // One that is no longer in the manifest is passed over: it was checked when it was entered.
  return chosen !== undefined && consent.hosts?.includes(chosen) === true
    ? `https://${chosen}${page.pathname}`
    : consent.address
}

function fieldsOf(manifest: Manifest, { app, state, verifier }: ConsentRequest): FormFields {
  const { id, consent } = manifest
  const own = app['scopes']?.reveal().split(' ') ?? []
  const scopes = own.some(scope => scope !== '') ? own : (consent.scopes ?? [])
  return [
    ['response_type', 'code'],
    ['client_id', requireAppKey(app, 'clientId', id).reveal()],
    ['redirect_uri', redirectUriOf(manifest, app).reveal()],
    ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')] as const]),
    ['state', state.reveal()],
    ...(consent.pkce === undefined || verifier === undefined
      ? []
      : [
          ['code_challenge', challengeOf(verifier)] as const,
          ['code_challenge_method', consent.pkce] as const,
        ]),
    ...Object.entries(consent.parameters ?? {}),
  ]
}

function redirectUriOf({ id, title }: Manifest, app: AppKeys): Secret {
  const fix = `A consent needs it: the redirect address exactly as ${title}'s developer console has it for the app. Store it with the other keys: \`tokenctl app set ${id}\`.`
  return requireAppKey(app, 'redirectUri', id, fix)
}
