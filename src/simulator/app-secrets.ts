/**
 * Which secrets an app is known by. Amazon's are replaced while they live: the old one is taken for seven more days
 * (developer-docs.amazon.com/sp-api/docs/rotating-your-apps-lwa-credentials, checked 22 Nov 2026), and the new one
 * was seen to be refused at first (github.com/amzn/selling-partner-api-models/issues/4489, over 30 minutes).
 */
import { DAY, type EpochMs, SECOND } from '../tokens/time.ts'
import type { SeedApp } from './seed.ts'
import { makeAmazonSecret } from './token-shapes.ts'

interface Held {
  readonly text: string
  readonly issuedAt: EpochMs | null
  readonly from: EpochMs
  until: EpochMs
}

/** How long the secret that was replaced is still taken. */
export const SECRET_OVERLAP_DAYS = 7

export class AppSecrets {
  readonly #rotated = new Map<SeedApp, Held[]>()

  #held(app: SeedApp): Held[] {
    const first = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }
    const seeded = { text: app.keys['clientSecret'] ?? '', issuedAt: app.secretIssuedAt ?? null, ...first }
    return this.#rotated.get(app) ?? [seeded]
  }

  /** The newest secret, as the developer's console shows it. */
  newest(app: SeedApp): { readonly text: string; readonly issuedAt: EpochMs | null } {
    return this.#held(app).at(-1) ?? { text: '', issuedAt: null }
  }

  /** Whether the app is known by this secret now. */
  isTaken(app: SeedApp, text: string | undefined, now: EpochMs): boolean {
    return this.#held(app).some(held => held.text === text && held.from <= now && now < held.until)
  }

  /**
   * Makes a new secret, and gives the one before it its end.
   *
   * @param delaySeconds for how long the new one is still refused.
   */
  rotate(app: SeedApp, now: EpochMs, delaySeconds: number): { secret: string; oldEndsAt: EpochMs } {
    const before = this.#held(app)
    const oldEndsAt = now + SECRET_OVERLAP_DAYS * DAY
    // One that was replaced before keeps the earlier end it already has.
    for (const held of before) held.until = Math.min(held.until, oldEndsAt)
    const secret = makeAmazonSecret()
    const next = {
      text: secret,
      issuedAt: now,
      from: now + delaySeconds * SECOND,
      until: Number.POSITIVE_INFINITY,
    }
    this.#rotated.set(app, [...before, next])
    return { secret, oldEndsAt }
  }
}
