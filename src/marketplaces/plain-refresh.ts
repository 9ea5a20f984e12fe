/** The refresh of every marketplace that keeps to RFC 6749 section 6: what differs comes in as facts. */
import type { ClientAuth } from '../oauth/client-auth.ts'
import type { Answer, ReplyRules } from '../oauth/error-reply.ts'
import {
  processRefreshResponse,
  refreshRequest,
  type TokenRules,
  withoutMisshapen,
} from '../oauth/refresh-grant.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import type { Issued } from '../tokens/token-set.ts'
import type { Exchange, RefreshInput } from './adapter.ts'

export interface RefreshFacts {
  /** Of the token endpoint. */
  readonly path: string
  /** As the vendor documents it, parameters and all. */
  readonly contentType: string
  /** How an app proves itself. */
  readonly authOf: (app: AppKeys) => ClientAuth
  readonly rules: ReplyRules
  readonly tokens: TokenRules & { readonly refreshTokenShape: RegExp }
  /** What else the answer tells; left out where nothing. */
  readonly more?: (issued: Issued, answer: Answer) => Issued
}

/** The exchange by these facts. A refresh token of another shape than the vendor's is none. */
export function plainRefresh({
  path,
  contentType,
  authOf,
  rules,
  tokens,
  more = issued => issued,
}: RefreshFacts): Exchange<RefreshInput> {
  return {
    request({ app, refreshToken, origin }) {
      return refreshRequest(`${origin}${path}`, refreshToken, authOf(app), contentType)
    },
    read(response, { app, refreshToken, now }) {
      const answer = { response, rules, now, sent: [refreshToken, ...Object.values(app)] }
      return more(withoutMisshapen(processRefreshResponse(answer, tokens), tokens.refreshTokenShape), answer)
    },
  }
}
