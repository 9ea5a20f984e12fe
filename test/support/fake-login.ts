/** A consent whose wire is plain: the request's body is the code, its one header the app's secret. */
import { TokenctlError } from '../../src/errors.ts'
import type { LoginFlow, RedeemInput } from '../../src/marketplaces/adapter.ts'
import { Secret } from '../../src/tokens/secret.ts'
import { HOUR } from '../../src/tokens/time.ts'
import type { Issued } from '../../src/tokens/token-set.ts'
import { issued } from './accounts.ts'

/** @param read what the answer's body issued; a test writes it. */
export function fakeLogin(
  read: (body: string, input: RedeemInput) => Issued,
  changes: Partial<LoginFlow> = {},
): LoginFlow {
  return {
    codeSeconds: 300,
    codeParameter: 'code',
    authorizeUrl: ({ state, destination }) => `${destination.origin}/authorize?state=${state}`,
    redirectUri: () => null,
    readRedirect: parameters => ({
      code: new Secret(parameters.get('code') ?? ''),
      seller: parameters.get('seller') ?? null,
    }),
    redeem: {
      request: ({ app, code, origin }) => ({
        method: 'POST',
        url: `${origin}/redeem`,
        headers: { 'client-secret': app['clientSecret']?.reveal() ?? 'none' },
        body: code.reveal(),
      }),
      read: (response, input) => read(response.body, input),
    },
    ...changes,
  }
}

/** What a marketplace says to a code, as its bytes: `{"access_token": …}`, or `{"error": "refused"}`. */
export const answerText = (members: object): string => JSON.stringify(members)

const FAILURES = {
  refused: new TokenctlError('GRANT_REJECTED', 'Refused.', { failure: 'permanent' }),
  throttled: new TokenctlError('RATE_LIMITED', 'Slow down.', { failure: 'transient' }),
  down: new TokenctlError('MARKETPLACE_DOWN', 'It is down.', { failure: 'ambiguous' }),
  keys: new TokenctlError('CLIENT_REJECTED', 'Wrong keys.', { failure: 'configuration' }),
  strange: new TokenctlError('REPLY_MALFORMED', 'Not an answer.', { failure: 'ambiguous' }),
} as const

interface Members {
  readonly error?: keyof typeof FAILURES
  readonly access_token?: string
  readonly refresh_token?: string
  readonly seller?: string
  readonly request_id?: string
}

/** Reads what `answerText` wrote. It lives an hour from its question. */
export function readAnswerText(body: string, { now }: Pick<RedeemInput, 'now'>): Issued {
  const { error, access_token, refresh_token, seller, request_id } = membersOf(body)
  if (error !== undefined) throw FAILURES[error]
  if (access_token === undefined) throw FAILURES.strange
  return issued({
    accessToken: new Secret(access_token),
    accessExpiresAt: now + HOUR,
    ...(refresh_token === undefined ? {} : { refreshToken: new Secret(refresh_token) }),
    ...(seller === undefined ? {} : { seller }),
    ...(request_id === undefined ? {} : { requestId: request_id }),
  })
}

function membersOf(body: string): Members {
  try {
    return JSON.parse(body) as Members
  } catch {
    throw FAILURES.strange
  }
}
