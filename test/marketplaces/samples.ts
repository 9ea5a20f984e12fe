/**
 * What samples of a vendor's answers look like, and the few words in which tests speak of them. The contract suite and
 * each adapter's own tests share these.
 */
import type { ErrorCode, FailureClass } from '../../src/errors.ts'
import { isTokenctlError, type TokenctlError } from '../../src/errors.ts'
import type { HttpResponse } from '../../src/platform/http.ts'
import type { AppKeys } from '../../src/tokens/app-keys.ts'
import { Secret } from '../../src/tokens/secret.ts'
import type { EpochMs } from '../../src/tokens/time.ts'
import type { Issued } from '../../src/tokens/token-set.ts'

/** The time at which every sample is read: 22 Nov 2026, 10:00 UTC. */
export const NOW: EpochMs = Date.UTC(2026, 10, 22, 10)

/** `Issued` with its secrets laid open, to be compared. */
export type Revealed = Omit<Issued, 'accessToken' | 'refreshToken'> & {
  readonly accessToken: string
  readonly refreshToken?: string
}

export interface FailureSample {
  readonly name: string
  readonly response: HttpResponse
  readonly code: ErrorCode
  readonly failure: FailureClass
  readonly retryAfterMs?: number
}

/** A vendor's answers to one kind of question. */
export interface AnswerSamples {
  /** Answers that issue something, the fullest first, and exactly what they issue. */
  readonly successes: readonly {
    readonly name: string
    readonly response: HttpResponse
    readonly issued: Revealed
  }[]
  /** Every documented refusal. */
  readonly failures: readonly FailureSample[]
  /** The adapter's own table: each of its codes must be among the failures. */
  readonly documentedCodes: readonly string[]
}

/** A seller's consent, as the vendor's pages have it. */
export interface LoginSamples extends AnswerSamples {
  /** A code that the vendor could have made, decoded; it holds the word CANARY. */
  readonly code: string
  /** What the browser brings back, decoded; the code is among it. */
  readonly redirected: Readonly<Record<string, string>>
  /** Whom the redirect names. */
  readonly seller: string | null
  /** The app's keys that the address of the consent page needs. */
  readonly keysOfTheAddress: readonly string[]
  /** The app's keys that the exchange needs. */
  readonly keysOfTheExchange: readonly string[]
}

export interface MarketplaceSamples extends AnswerSamples {
  /** The app's keys, laid open, optional ones too; the secret ones hold the word CANARY. */
  readonly app: Readonly<Record<string, string>>
  /** A token with `^ # = + / |` that holds the word CANARY. */
  readonly refreshToken: string
  readonly contentType: string
  /** Absent where the marketplace has no consent by the browser. */
  readonly login?: LoginSamples
}

/** An answer of a token endpoint, as JSON unless said otherwise. */
export function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

/** The keys as an app holds them. */
export function asKeys(app: Readonly<Record<string, string>>): AppKeys {
  return Object.fromEntries(Object.entries(app).map(([name, value]) => [name, new Secret(value)]))
}

/** What was issued, laid open. */
export function reveal({ accessToken, refreshToken, ...rest }: Issued): Revealed {
  return {
    ...rest,
    accessToken: accessToken.reveal(),
    ...(refreshToken && { refreshToken: refreshToken.reveal() }),
  }
}

/** What a call throws. */
export function thrownBy(call: () => unknown): TokenctlError {
  try {
    call()
  } catch (error) {
    if (isTokenctlError(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
