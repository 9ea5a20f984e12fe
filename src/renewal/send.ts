/**
 * One exchange with a marketplace, tried again only where that is safe. It is a POST that may spend the only token or
 * code there is, so what may be repeated is decided by what the failure says about the token (RFC 9110 section
 * 9.2.2 forbids a client to repeat a request that is not idempotent unless it knows better).
 */
import { isTokenctlError, TokenctlError } from '../errors.ts'
import type { Exchange, Rotation } from '../marketplaces/adapter.ts'
import type { Clock } from '../platform/clock.ts'
import type { Http, HttpResponse } from '../platform/http.ts'
import type { EpochMs } from '../tokens/time.ts'
import type { Issued } from '../tokens/token-set.ts'
import { judge, speaksOfTokens } from './judge.ts'
import type { Timed } from './question.ts'

/** Three tries at most: a fault that outlives three is for the next run, which is soon enough for months. */
const TRIES = 3
/** The first pause is up to half a second, each next up to twice the one before; full jitter keeps runs apart. */
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 20_000
/** No try begins later than this after the first: those who wait for the account's lock give up after half of it. */
const TOTAL_MS = 60_000
/** A token that rotates is presented once more at the latest this long after it was sent the first time. */
const REPLAY_WITHIN_MS = 10_000

export interface SendPorts {
  readonly http: Http
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Told before each pause, for the person who waits. */
  readonly onPause?: (ms: number, because: TokenctlError) => void
  /** Told before each question goes out, which waits for it. */
  readonly onSend?: () => void | Promise<void>
}

/** The journal of an exchange. Never throws for a full disk. */
export interface Keeping {
  /** Whether the answer to an earlier run's question was lost: then this one is the replay, and the only one. */
  readonly wasLost: boolean
  /** Makes an answer durable before it is judged; `sentAt` is when its question went out. */
  reply(response: HttpResponse, sentAt: EpochMs): Promise<void>
  /** Makes durable that a question had no answer. */
  loss(): Promise<void>
}

/**
 * What was issued.
 *
 * @param keeping told each answer before anybody judges it (I1).
 * @throws whatever the last try threw. After an ambiguous failure of a token that rotates, GRANT_REJECTED becomes
 *   ANSWER_LOST: the vendor may have refused the token only because the lost answer had replaced it.
 */
export async function sendExchange<Input extends Timed>(
  exchange: Exchange<Input>,
  input: Input,
  rotation: Rotation,
  ports: SendPorts,
  keeping: Keeping,
): Promise<Issued> {
  const begun = ports.clock.now()
  /** When the token was sent whose answer was lost: the vendor's grace runs from there, if it has one. */
  let lostAt: EpochMs | undefined
  for (let tried = 1; ; tried += 1) {
    // The clock is read for each try: a signed request carries the time, and a long pause would make it stale.
    const now = ports.clock.now()
    const result = await ask(exchange, { ...input, now }, ports, keeping)
    if ('issued' in result) return result.issued
    const { error, isStrange } = result
    const alreadyLost = keeping.wasLost || lostAt !== undefined
    if (spendsUnseen(error, rotation)) lostAt ??= now
    const tries = { tried, rotation, alreadyLost, begun, lostAt, now: ports.clock.now() }
    // An answer that nobody can read may hold the token that took this one's place: asking again could end that.
    const pause = isStrange && rotation !== 'none' ? undefined : pauseBefore(error, tries, ports.random)
    if (pause === undefined) throw alreadyLost ? afterLoss(error) : error
    ports.onPause?.(pause, error)
    await ports.clock.sleep(pause)
  }
}

type Asked =
  | { readonly issued: Issued }
  /** `isStrange`: there was an answer that speaks of tokens, and it could not be read. */
  | { readonly error: TokenctlError; readonly isStrange: boolean }

/** One question and its answer, kept before it is judged. @throws what is not ours */
async function ask<Input extends Timed>(
  exchange: Exchange<Input>,
  input: Input,
  ports: SendPorts,
  keeping: Keeping,
): Promise<Asked> {
  let response: HttpResponse | undefined
  try {
    const request = exchange.request(input)
    await ports.onSend?.()
    response = await ports.http.send(request)
    await keeping.reply(response, input.now)
    return { issued: judge(response, exchange, input) }
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    if (response === undefined && error.failure === 'ambiguous') await keeping.loss()
    // One that broke off is a lost answer: what was whole in it was looked at.
    return {
      error,
      isStrange: response?.cut === undefined && response !== undefined && speaksOfTokens(response),
    }
  }
}

interface Tries {
  readonly tried: number
  readonly rotation: Rotation
  /** Whether the answer to an earlier try was lost. */
  readonly alreadyLost: boolean
  /** When the first try began. */
  readonly begun: EpochMs
  /** When the token was sent whose answer was lost, in this try or an earlier one. */
  readonly lostAt: EpochMs | undefined
  readonly now: EpochMs
}

/** Whether the vendor may have replaced the token in an answer that never came. */
function spendsUnseen(error: TokenctlError, rotation: Rotation): boolean {
  return error.failure === 'ambiguous' && rotation !== 'none'
}

/** How long to wait before the next try, in milliseconds; undefined when there must be none. */
export function pauseBefore(error: TokenctlError, tries: Tries, random: () => number): number | undefined {
  if (tries.tried >= TRIES || !mayRepeat(error, tries)) return undefined
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries.tried - 1))
  // A wait that is no number (NaN) is none.
  const pause = Math.max(error.retryAfterMs || 0, Math.round(random() * ceiling))
  const next = tries.now + pause
  const late = tries.lostAt !== undefined && next > tries.lostAt + REPLAY_WITHIN_MS
  return late || next > tries.begun + TOTAL_MS ? undefined : pause
}

function mayRepeat(error: TokenctlError, { rotation, alreadyLost }: Tries): boolean {
  if (error.failure === 'transient') return true
  if (error.failure !== 'ambiguous') return false
  if (rotation === 'none') return true
  // With a grace window (or nobody knows) one quick replay can only win back the answer or lose what is lost anyway;
  // a strict server would take it for theft and revoke the successor.
  return rotation !== 'strict' && !alreadyLost
}

/** A failure after a lost answer: a refusal has its own code, any other leaves the token as open as it was. */
function afterLoss(error: TokenctlError): TokenctlError {
  return error.code === 'GRANT_REJECTED' ? answerLost(error) : stillAwaited(error)
}

/** The same failure, saying of the token what an earlier try in this exchange left open. */
function stillAwaited(error: TokenctlError): TokenctlError {
  const { account, fix, retryAfterMs, requestId } = error
  return new TokenctlError(error.code, error.message, {
    fix,
    failure: 'ambiguous',
    cause: error,
    ...(account === undefined ? {} : { account }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
  })
}

/** The refusal that follows a lost answer: its own code, since the seller did nothing and the fault lies on the way. */
export function answerLost(refusal: TokenctlError): TokenctlError {
  return new TokenctlError(
    'ANSWER_LOST',
    'The answer to a renewal was lost on its way, and the marketplace now refuses the token that it had replaced.',
    {
      failure: 'permanent',
      cause: refusal,
      ...(refusal.requestId === undefined ? {} : { requestId: refusal.requestId }),
    },
  )
}
