/**
 * Where an account's tokens are handed on to, and what has arrived there. The part in the header is no secret: a program's
 * path or a host's name, never an address, an argument or a token. Pure; `renewal/delivery-state.ts` says what it means.
 */
import { LONGEST_HOLD_MS } from './failing.ts'
import type { Secret } from './secret.ts'
import type { EpochMs } from './time.ts'

/** The tokens that can leave. Which of them do is said account by account, never assumed. */
export const DELIVERED_TOKENS = ['access', 'refresh'] as const
export type DeliveredToken = (typeof DELIVERED_TOKENS)[number]

/** Failed deliveries in a row with one code; another code begins anew. */
export interface DeliveryFailing {
  readonly code: string
  /** At least 1. */
  readonly count: number
  readonly since: EpochMs
  /** The last of them. */
  readonly lastAt: EpochMs
  /** The receiver asked not to come back before; null when it named no time. */
  readonly notBefore: EpochMs | null
}

/** What stands in the header of an account whose tokens are handed on. */
export interface Delivery {
  readonly how: 'command' | 'url'
  /** The program's path, or the host (with its port) of the address. */
  readonly target: string
  /** At least one, in the order of `DELIVERED_TOKENS`. */
  readonly tokens: readonly DeliveredToken[]
  /** When it was set up; tells one set-up from the next. */
  readonly setAt: EpochMs
  /** How long before the access token's end the next must be fetched, in milliseconds; null is a part of its life. */
  readonly marginMs: number | null
  /** The generation that the receiver took last; null before the first. */
  readonly deliveredGeneration: number | null
  readonly deliveredAt: EpochMs | null
  readonly failing: DeliveryFailing | null
}

/** The part that is a secret: the words of a command, or an address, whose path may be one, and the key that signs. */
export type DeliverySecrets =
  | { readonly command: readonly string[] }
  | {
      readonly url: Secret
      /** Base64 of the bytes of the key. */
      readonly key: Secret
    }

/** The delivery after the receiver took a generation. One that took a later one meanwhile stays as it is. */
export function withDelivered(before: Delivery, generation: number, at: EpochMs): Delivery {
  if (before.deliveredGeneration !== null && before.deliveredGeneration > generation) return before
  return { ...before, deliveredGeneration: generation, deliveredAt: at, failing: null }
}

/** The delivery after one more failure: one more of the same code, or the first of another. */
export function withDeliveryFailure(
  before: Delivery,
  { code, retryAfterMs }: { readonly code: string; readonly retryAfterMs?: number | undefined },
  at: EpochMs,
): Delivery {
  const same = before.failing?.code === code ? before.failing : undefined
  const asked =
    retryAfterMs !== undefined && retryAfterMs > 0
      ? at + Math.ceil(Math.min(retryAfterMs, LONGEST_HOLD_MS))
      : null
  return {
    ...before,
    failing: {
      code,
      count: (same?.count ?? 0) + 1,
      since: Math.min(same?.since ?? at, at),
      lastAt: at,
      notBefore: asked,
    },
  }
}
