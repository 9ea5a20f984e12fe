/**
 * What is asked of a marketplace with a secret: tokens for a refresh token, or for the code of a consent. Bound to all
 * but the time, which is read anew for each try.
 */
import { TokenctlError } from '../errors.ts'
import type { Exchange, MarketplaceAdapter } from '../marketplaces/adapter.ts'
import type { AppKeys } from '../tokens/app-keys.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { Issued } from '../tokens/token-set.ts'
import type { Purpose } from '../vault/journal-head.ts'

/** What an exchange depends on that differs from try to try. */
export interface Timed {
  readonly now: EpochMs
}

export type Question = Exchange<Timed>

/** What a question is made of, besides the marketplace. */
export interface Asked {
  readonly purpose: Purpose
  /** The refresh token; with the purpose `consent`, the code. */
  readonly token: Secret
  /** With a code, what its consent was asked for with. Of no interest where an answer is only read. */
  readonly verifier?: Secret | undefined
  readonly app: AppKeys
  /** Of no interest where an answer is only read. */
  readonly origin: string
}

/**
 * The question that a secret is presented with.
 *
 * @throws {USAGE} for the code of a marketplace without a consent by the browser
 */
export async function questionOf(
  adapter: MarketplaceAdapter,
  { purpose, token, verifier, app, origin }: Asked,
): Promise<Question> {
  if (purpose !== 'consent') return bind(await adapter.refresh(), { app, refreshToken: token, origin })
  if (adapter.login === undefined)
    throw new TokenctlError('USAGE', `${adapter.title} has no consent by the browser.`)
  const { redeem } = await adapter.login()
  const question = bind(redeem, { app, code: token, verifier, origin })
  return {
    request: question.request,
    read: (response, timed) => {
      const issued = question.read(response, timed)
      // Said here, so that no journal waits for what such an answer can never give.
      refreshTokenOf(issued)
      return issued
    },
  }
}

/** The refresh token of a consent's answer. @throws {REPLY_MALFORMED} `ambiguous` where it has none: it is of no use then. */
export function refreshTokenOf({ refreshToken }: Issued): Secret {
  if (refreshToken !== undefined) return refreshToken
  throw new TokenctlError('REPLY_MALFORMED', 'The consent was answered without a refresh token.', {
    failure: 'ambiguous',
  })
}

function bind<Rest>(exchange: Exchange<Rest & Timed>, rest: Rest): Question {
  return {
    request: ({ now }) => exchange.request({ ...rest, now }),
    read: (response, { now }) => exchange.read(response, { ...rest, now }),
  }
}
