/** What becomes of a refresh token when it is used, as a switch for each marketplace. Pure. */
import { type EpochMs, SECOND } from '../tokens/time.ts'
import { PLAIN } from './plain-vendors.ts'
import type { PlainVendor, Vendor } from './vendors.ts'

/** `none`: it stays · `grace`: replaced, the old one answers a little longer · `strict`: replaced and dead at once. */
export const ROTATION_MODES = ['none', 'grace', 'strict'] as const
export type RotationMode = (typeof ROTATION_MODES)[number]

export interface RotationRule {
  readonly mode: RotationMode
  /** How long a used token still answers, each time with a further new one. Only under `grace`. */
  readonly graceSeconds: number
  /** Whether presenting a used token ends the whole consent, as servers do that suspect a thief (RFC 9700, 4.14.2). */
  readonly reuseRevokes: boolean
}

/** Auth servers that have a grace give it in tens of seconds; a middle value. */
export const DEFAULT_GRACE_SECONDS = 30

/** A whole rule from what was given of it. */
export function rotationRule(given: Partial<RotationRule> & Pick<RotationRule, 'mode'>): RotationRule {
  return { graceSeconds: DEFAULT_GRACE_SECONDS, reuseRevokes: false, ...given }
}

/**
 * As the vendors document it: eBay and Amazon keep the token. AliExpress replaces it and does not say what becomes
 * of the old one, so the simulator takes the harder case.
 */
export const DEFAULT_ROTATION: Readonly<Record<Vendor, RotationRule>> = {
  ebay: rotationRule({ mode: 'none' }),
  amazon: rotationRule({ mode: 'none' }),
  aliexpress: rotationRule({ mode: 'strict' }),
  etsy: plainRule('etsy'),
  allegro: plainRule('allegro'),
  mercadolibre: plainRule('mercadolibre'),
}

function plainRule(vendor: PlainVendor): RotationRule {
  const { rotation: mode, graceSeconds } = PLAIN[vendor]
  return rotationRule({ mode, ...(graceSeconds !== undefined && { graceSeconds }) })
}

/** Whether a token that was first used at `spentAt` is still taken. */
export function stillTaken(rule: RotationRule, spentAt: EpochMs | null, now: EpochMs): boolean {
  if (spentAt === null) return true
  return rule.mode === 'grace' && now - spentAt <= rule.graceSeconds * SECOND
}
