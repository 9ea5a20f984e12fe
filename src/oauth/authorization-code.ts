/**
 * The authorization code grant of RFC 6749 in pure functions: the address of the consent page, the exchange of the code
 * byte for byte, and what its answer issued. A code is no refresh token: what a vendor says against one must never read
 * as if the stored token were refused.
 */
import type { HttpRequest } from '../platform/http.ts'
import type { Secret } from '../tokens/secret.ts'
import type { Issued } from '../tokens/token-set.ts'
import type { ClientAuth } from './client-auth.ts'
import {
  type Answer,
  type ErrorRow,
  malformed,
  REFUSED,
  type ReplyRules,
  type Verdict,
} from './error-reply.ts'
import { type FormFields, formEncode } from './form.ts'
import { processRefreshResponse, type TokenRules, withoutMisshapen } from './refresh-grant.ts'
import { tokenRequest } from './token-request.ts'

/** What a vendor says of the tokens that a code gives. */
export interface CodeTokenRules extends TokenRules {
  /** How its refresh tokens begin; anything else in their place is none. */
  readonly refreshTokenShape: RegExp
}

/**
 * The address of a consent page. All but letters, digits and `* - . _` is percent-encoded, once; a space is `%20`, which
 * is read alike by those that take a query for a form and by those that do not.
 *
 * @param page scheme, host and path.
 * @see RFC 6749 section 4.1.1
 */
export function authorizeAddress(page: string, fields: FormFields): string {
  return `${page}?${formEncode(fields).replaceAll('+', '%20')}`
}

/** A code, with what it was asked for. */
export interface CodeGrant {
  readonly code: Secret
  readonly redirectUri: string | null
  readonly verifier?: Secret | undefined
}

/**
 * The request that exchanges a code.
 *
 * @param code decoded; it is encoded here, once.
 * @param redirectUri as it was named at the consent; null when it was not.
 * @param verifier what the consent's challenge was made of, where there was one.
 * @param contentType as the vendor documents it, parameters and all.
 * @see RFC 6749 section 4.1.3; RFC 7636 section 4.5
 */
export function codeRequest(
  url: string,
  { code, redirectUri, verifier }: CodeGrant,
  auth: ClientAuth,
  contentType: string,
): HttpRequest {
  const grant: FormFields = [
    ['grant_type', 'authorization_code'],
    ['code', code.reveal()],
    ...(redirectUri === null ? [] : [['redirect_uri', redirectUri] as const]),
    ...(verifier === undefined ? [] : [['code_verifier', verifier.reveal()] as const]),
  ]
  return tokenRequest(url, grant, auth, contentType)
}

/**
 * What the answer issued; the refresh token is always there.
 *
 * @throws {GRANT_REJECTED} {CLIENT_REJECTED} {RATE_LIMITED} {MARKETPLACE_DOWN} {BUG} by the vendor's table;
 *   {REPLY_MALFORMED} `ambiguous` for anything that is no token answer, or one without a refresh token.
 * @see RFC 6749 section 4.1.4
 */
export function processCodeResponse(answer: Answer, rules: CodeTokenRules): Issued {
  const issued = withoutMisshapen(processRefreshResponse(answer, rules), rules.refreshTokenShape)
  if (issued.refreshToken !== undefined) return issued
  throw malformed(answer, 'sent an answer without a refresh token', issued.requestId)
}

// It stands at the end of what mends a refused app, and speaks of a token that a consent does not have yet.
const OF_THE_TOKEN = / The refresh token was not harmed\.$/

/**
 * The rules of a refresh, made into those of a code's exchange: rows that speak of the refresh token go, and the rows
 * that only the exchange of a code can meet come first.
 */
export function codeRules(rules: ReplyRules, ofTheCode: readonly ErrorRow[]): ReplyRules {
  const kept = rules.errors.filter(({ becomes }) => becomes !== 'GRANT_REJECTED').map(silentOfTheToken)
  return {
    ...rules,
    errors: [...ofTheCode, ...kept],
    otherwise: silentOfTheToken(rules.otherwise ?? REFUSED),
  }
}

function silentOfTheToken<Meaning extends Verdict>(meaning: Meaning): Meaning {
  const { fix } = meaning
  return fix === undefined ? meaning : { ...meaning, fix: fix.replace(OF_THE_TOKEN, '') }
}

/**
 * The row for a code that the vendor refuses for good.
 *
 * @param life how long a code lives, in words: `five minutes`.
 * @param boundTo what it must be exchanged with, in words: `the same app`.
 */
export function codeRefused(
  row: Pick<ErrorRow, 'code' | 'statuses'>,
  { life, boundTo }: { readonly life: string; readonly boundTo: string },
): ErrorRow {
  return {
    ...row,
    becomes: 'GRANT_REJECTED',
    failure: 'permanent',
    words: 'refused the code of the consent',
    fix: `A code works once, for ${life}, and only with ${boundTo}: this one was used before, came too late, or belongs elsewhere. Run the login again for a new one. Nothing that is stored was changed.`,
  }
}
