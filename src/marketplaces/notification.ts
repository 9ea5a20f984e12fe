/**
 * What a vendor tells of its own accord that matters here: that a consent was revoked, when an app's secret ends, that
 * there is a new one. Each vendor's documents are read in its own folder. Whoever received one has checked who sent it.
 */
import { TokenctlError } from '../errors.ts'
import type { Secret } from '../tokens/secret.ts'
import type { EpochMs } from '../tokens/time.ts'
import { parseDate } from '../tokens/time.ts'

/** A seller's consent ended. At least one of its two names is there. */
export interface ConsentRevoked {
  readonly kind: 'revoked'
  /** The vendor's own word for the notification. */
  readonly topic: string
  /** The seller by an id that never changes, and by the name a person knows; null where it is not said. */
  readonly sellerId: string | null
  readonly sellerName: string | null
  readonly at: EpochMs
  /** Who or what ended it, to follow "revoked": `by the seller`; null where the vendor gave no reason known here. */
  readonly because: string | null
}

/** The day on which an app's secret ends. */
export interface SecretEnds {
  readonly kind: 'secret-ends'
  readonly topic: string
  readonly clientId: string
  readonly endsAt: EpochMs
  /** When the vendor wrote this down. */
  readonly saidAt: EpochMs
}

/** An app's new secret: as a rule the only copy there is. */
export interface SecretNew {
  readonly kind: 'secret-new'
  readonly topic: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly endsAt: EpochMs
  /** Until when the secret before it is taken; null where it is not said. */
  readonly oldEndsAt: EpochMs | null
  readonly saidAt: EpochMs
}

/** What one notification says. */
export type Told = ConsentRevoked | SecretEnds | SecretNew

/**
 * What a document of one vendor says, in its order; undefined when it is none of that vendor's.
 *
 * @throws {USAGE} when it is one of the vendor's that says nothing of use here, or is not in shape. No value is repeated.
 */
export type ReadNotification = (document: unknown) => readonly Told[] | undefined

/** What is wrong with a notification, by its place in it. */
export function misshapen(title: string, place: string, problem: string): TokenctlError {
  return new TokenctlError('USAGE', `In ${title}'s notification, \`${place}\` ${problem}.`, {
    fix: 'Give the notification as it came, whole. Nothing was changed.',
  })
}

/** A topic that is the vendor's, and of no use here. */
export function otherTopic(title: string, topic: string, known: readonly string[]): TokenctlError {
  // A vendor's own words are capitals; anything else may be whatever stood in their place.
  const shown = /^[A-Z][A-Z0-9_]{0,63}$/.test(topic) ? ` \`${topic}\`` : ''
  return new TokenctlError('USAGE', `${title}'s notification${shown} says nothing that is kept here.`, {
    fix: `Of ${title}'s are taken: ${known.join(', ')}. Nothing was changed.`,
  })
}

/** A vendor's date. @throws {USAGE} when it is none */
export function dateAt(text: string, place: string, title: string): EpochMs {
  const at = parseDate(text)
  if (at === undefined) throw misshapen(title, place, 'is no date with its time zone')
  return at
}

/** `payload.clientId`, from zod's path. */
export function placeOf(path: readonly PropertyKey[] = []): string {
  return path.length === 0 ? 'it' : path.map(String).join('.')
}
