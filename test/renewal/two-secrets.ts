/** Amazon as these tests script it: it sees which secret a token was sent with, and takes the secrets that it is told. */
import { TokenctlError } from '../../src/errors.ts'
import type { MarketplaceAdapter } from '../../src/marketplaces/adapter.ts'
import { HOUR } from '../../src/tokens/time.ts'
import { issued } from '../support/accounts.ts'
import { fakeClock } from '../support/clock.ts'
import { type ScriptedRun, scriptedRun } from './scripted-run.ts'

export const clientRejected = () =>
  new TokenctlError('CLIENT_REJECTED', 'Amazon refused the app keys.', { failure: 'configuration' })

/** What became of one question, by the token and the secret that it was asked with; nothing: it was taken. */
export type Verdict = (token: string, secret: string) => Error | undefined

/** A run in which a question is logged as `send token with secret`. */
export function secretRun(verdict: Verdict, changes: Partial<MarketplaceAdapter> = {}): ScriptedRun {
  const clock = fakeClock()
  return scriptedRun({
    clock,
    answer: body => {
      const [token = '', secret = ''] = body.split(' with ')
      return verdict(token, secret) ?? issued({ accessExpiresAt: clock.now() + HOUR })
    },
    adapter: {
      appSecretOverlapDays: 7,
      refresh: async () => ({
        request: ({ refreshToken, app, origin }) => ({
          method: 'POST',
          url: `${origin}/token`,
          headers: {},
          body: `${refreshToken.reveal()} with ${app['clientSecret']?.reveal()}`,
        }),
        read: () => issued({ accessExpiresAt: clock.now() + HOUR, requestId: 'request-7' }),
      }),
      ...changes,
    },
  })
}

/** A verdict that takes these secrets, whatever the token is. */
export const takes =
  (...secrets: readonly string[]): Verdict =>
  (_, secret) =>
    secrets.includes(secret) ? undefined : clientRejected()
