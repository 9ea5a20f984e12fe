/**
 * What an account's delivery means at one `now`: whether its newest token has arrived where it is handed on to, whether
 * an unattended run tries, and by when a handed-on access token must be fetched anew. Pure.
 */
import type { Delivery } from '../tokens/delivery.ts'
import { DAY, type EpochMs } from '../tokens/time.ts'
import type { AccountHeader } from '../tokens/token-set.ts'
import { askAgainAt } from './back-off.ts'

/**
 * - `delivered`: the receiver took the newest generation
 * - `pending`: it did not yet; the next run tries, after a pause where it failed again and again
 * - `failed`: it refused; nothing leaves until a person acted
 */
export const DELIVERY_STATES = ['delivered', 'pending', 'failed'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** What a delivery is judged by. */
export type DeliveryFacts = Pick<AccountHeader, 'generation'> & { readonly delivery: Delivery | null }

/** The state of an account's delivery; null where nothing is handed on. */
export function deliveryState({ delivery, generation }: DeliveryFacts): DeliveryState | null {
  if (delivery === null) return null
  const { deliveredGeneration, failing } = delivery
  if (deliveredGeneration !== null && deliveredGeneration >= generation) return 'delivered'
  return failing?.code === 'DELIVERY_FAILED' ? 'failed' : 'pending'
}

/**
 * Until when an unattended run leaves a pending delivery alone, with the pauses of a renewal that fails again and again;
 * null when it may try now.
 */
export function deliverAgainAt({ failing, setAt }: Delivery, now: EpochMs): EpochMs | null {
  if (failing === null) return null
  const { code, count, since, notBefore, lastAt } = failing
  return askAgainAt(
    {
      // Its own slack comes from what tells one delivery from the next.
      account: String(setAt),
      failing: { code, count, since, notBefore },
      lastAttempt: { at: lastAt, outcome: 'failed', code },
    },
    now,
  )
}

/** Whether a run that nobody watches hands the account's tokens on now. */
export function wantsDelivery(header: DeliveryFacts, now: EpochMs): boolean {
  const { delivery } = header
  return delivery !== null && deliveryState(header) === 'pending' && deliverAgainAt(delivery, now) === null
}

/** The longest time before its end in which a handed-on access token is fetched anew, where nobody set another. */
const LONGEST_MARGIN_MS = 7 * DAY
/** The part of its life that is enough where that is shorter: AliExpress' 30 days make it 7 days, eBay's 2 hours 30 minutes. */
const PART_OF_LIFE = 1 / 4
/** No margin takes more of the life than this, or a token would be due from the moment it is issued. */
const MOST_OF_LIFE = 1 / 2

type AccessFacts = Pick<AccountHeader, 'holdsToken' | 'accessExpiresAt' | 'acceptedAt' | 'delivery'>

/**
 * By when the access token must be fetched anew, so that the one that was handed on does not die where nobody sees it.
 * Null where none is handed on. Where none is known, or a clock that was ahead dated it, that time has come.
 */
export function accessRenewBy(header: AccessFacts, now: EpochMs): EpochMs | null {
  const { holdsToken, accessExpiresAt, acceptedAt, delivery } = header
  if (!holdsToken || delivery === null || !delivery.tokens.includes('access')) return null
  if (accessExpiresAt === null) return Math.min(delivery.setAt, now)
  if (acceptedAt !== null && acceptedAt > now + DAY) return now
  return Math.floor(accessExpiresAt - marginOf(delivery, lifeOf(accessExpiresAt, acceptedAt)))
}

/** How long the access token lives from the answer that it came in; null where that is not known. */
function lifeOf(expiresAt: EpochMs, acceptedAt: EpochMs | null): number | null {
  return acceptedAt !== null && expiresAt > acceptedAt ? expiresAt - acceptedAt : null
}

function marginOf({ marginMs }: Delivery, life: number | null): number {
  if (life === null) return marginMs ?? LONGEST_MARGIN_MS
  return Math.min(marginMs ?? Math.min(LONGEST_MARGIN_MS, life * PART_OF_LIFE), life * MOST_OF_LIFE)
}
