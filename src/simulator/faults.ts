/**
 * Every way an exchange goes wrong, by word, and which of the next requests it happens to. What a fault looks like on
 * the wire stands in `deliver.ts` and `answer.ts`; here is only whose turn it is.
 */
import { TokenctlError } from '../errors.ts'
import { ALL_VENDORS, isVendor, type Vendor } from './vendors.ts'

/** What fails by itself: each marketplace's token endpoint, and eBay's calls that tell whose a token is and list orders. */
export const FAULT_TARGETS = [...ALL_VENDORS, 'ebay-identity', 'ebay-orders'] as const
export type FaultTarget = (typeof FAULT_TARGETS)[number]

/** Whether a text is one of the targets. */
export function isFaultTarget(text: unknown): text is FaultTarget {
  return FAULT_TARGETS.some(target => target === text)
}

/** Whose server it is. */
export function vendorOfTarget(target: FaultTarget): Vendor {
  return isVendor(target) ? target : 'ebay'
}

/**
 * The words, with what each does. `instead`: the request is not carried out, nothing is issued or spent.
 * `after`: it is carried out, and only its answer suffers, so a rotating token is spent.
 */
export const FAULTS = {
  'lost-reply': ['after', 'closes the connection without an answer'],
  reset: ['instead', 'resets the connection'],
  '500': ['instead', 'answers 500 with a web page'],
  '502': ['instead', 'answers 502 with a web page'],
  '503': ['instead', 'answers 503 with a web page'],
  '500-after': ['after', 'answers 500 with a web page'],
  '502-after': ['after', 'answers 502 with a web page'],
  '503-after': ['after', 'answers 503 with a web page'],
  '429': ['instead', 'answers 429 with Retry-After'],
  'call-limit': ['instead', "answers the vendor's own rate limit (AliExpress: 200 ApiCallLimit; else 429)"],
  html: ['instead', "answers 200 with a captive portal's web page"],
  slow: ['after', 'waits before the first byte of the answer'],
  drip: ['after', 'sends the answer one byte at a time'],
  truncated: ['after', 'promises a longer answer than it sends, and closes'],
  'error-200': ['instead', "answers 200 with a vendor's error in it (AliExpress: error_response)"],
  redirect: ['instead', 'answers 307 to another address, and logs whoever follows'],
  huge: ['after', 'answers with 8 MiB of padding, gzipped'],
  'consent-ended': ['instead', 'refuses as if the consent had ended'],
  'secret-expired': ['instead', 'refuses the client, as after a secret that ended'],
  'empty-204': ['after', 'answers 204 without a body'],
  'wrong-type': ['after', 'answers rightly, as text/plain'],
} as const satisfies Record<string, readonly ['instead' | 'after', string]>

export type Fault = keyof typeof FAULTS
/** All of them, for messages. */
export const FAULT_WORDS = Object.keys(FAULTS) as readonly Fault[]

/** Whether a text is one of the words. */
export function isFault(text: unknown): text is Fault {
  return typeof text === 'string' && Object.hasOwn(FAULTS, text)
}

export interface FaultOptions {
  /** How many of the next requests it happens to. Default 1. */
  readonly times?: number
  /** In place of `times`: the share of all further requests, above 0 and up to 1, until the faults are cleared. */
  readonly share?: number
  /** What `429` asks for. Default 30. */
  readonly retryAfterSeconds?: number
  /** How long `slow` waits (default 10 000 ms), or `drip` between bytes (default 1 000 ms). */
  readonly delayMs?: number
}

/** A fault that is to happen to one request. */
export interface PlannedFault {
  readonly fault: Fault
  readonly retryAfterSeconds: number
  readonly delayMs: number
}

interface Waiting extends PlannedFault {
  left: number
  readonly share: number
}

/** The faults in waiting, by target: counted ones in the order they were asked for, then shares. */
export class FaultPlan {
  readonly #waiting = new Map<FaultTarget, Waiting[]>(FAULT_TARGETS.map(target => [target, []]))
  readonly #random: () => number

  /** @param random numbers from 0 up to 1, which decide for a share. */
  constructor(random: () => number) {
    this.#random = random
  }

  /**
   * Puts a fault behind those in waiting.
   *
   * @throws {USAGE} when a number is out of its range.
   */
  add(target: FaultTarget, fault: Fault, options: FaultOptions = {}): void {
    const {
      times = 1,
      share = 1,
      retryAfterSeconds = 30,
      delayMs = fault === 'drip' ? 1000 : 10_000,
    } = options
    checkRange('times', times, 1, 1_000_000, true)
    checkRange('share', share, 0.000_001, 1, false)
    checkRange('retryAfterSeconds', retryAfterSeconds, 0, 1_000_000, true)
    checkRange('delayMs', delayMs, 1, 3_600_000, true)
    const left = options.share === undefined ? times : Number.POSITIVE_INFINITY
    this.#waiting.get(target)?.push({ fault, retryAfterSeconds, delayMs, left, share })
  }

  /** Takes the fault for the next request to a target; undefined when it goes well. */
  next(target: FaultTarget): PlannedFault | undefined {
    const waiting = this.#waiting.get(target) ?? []
    const counted = waiting.findIndex(each => Number.isFinite(each.left))
    const found = waiting[counted] ?? waiting.find(each => this.#random() < each.share)
    if (found === undefined) return undefined
    found.left -= 1
    if (found.left === 0) waiting.splice(counted, 1)
    return found
  }

  /** Forgets what waits for a target. */
  clear(target: FaultTarget): void {
    this.#waiting.set(target, [])
  }
}

function checkRange(name: string, value: number, least: number, most: number, whole: boolean): void {
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return
  const kind = whole ? 'a whole number' : 'a number'
  throw new TokenctlError('USAGE', `${name} must be ${kind} from ${least} to ${most}.`)
}
