/** What a person should know before trusting a delivery, in whole sentences. Pure. */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import { accessRenewBy } from '../../renewal/delivery-state.ts'
import type { Delivery } from '../../tokens/delivery.ts'
import { DAY, type EpochMs, MINUTE } from '../../tokens/time.ts'
import type { AccountHeader } from '../../tokens/token-set.ts'
import { showSpan } from '../render/dates.ts'
import { rhythmCommand } from './delivery-rhythm.ts'

/** The notes on a delivery that has just been set up. */
export function deliveryNotes(
  header: AccountHeader,
  { tokens }: Delivery,
  { title, rotation }: Pick<MarketplaceAdapter, 'title' | 'rotation'>,
  now: EpochMs,
): string[] {
  const notes: string[] = []
  if (tokens.includes('refresh') && rotation !== 'none')
    notes.push(
      `${title} replaces a refresh token when it is used. Whoever gets this one must not use it, or the one here is spent: only tokenctl may refresh.`,
    )
  if (tokens.includes('access')) notes.push(...accessNotes(header, title, now))
  return notes
}

function accessNotes(header: AccountHeader, title: string, now: EpochMs): string[] {
  const { account, accessExpiresAt, acceptedAt } = header
  const renewBy = accessRenewBy(header, now)
  if (accessExpiresAt === null || acceptedAt === null || renewBy === null || accessExpiresAt <= acceptedAt)
    return [
      `How long its access tokens live is known after the next renewal (\`tokenctl renew ${account}\`): \`tokenctl renew --all --due\` has to run more often than that.`,
    ]
  const life = accessExpiresAt - acceptedAt
  if (life > DAY) return []
  const command = rhythmCommand(accessExpiresAt - renewBy)
  return [
    `An access token of ${title} lives ${span(life)}, so the account is due again ${span(renewBy - acceptedAt)} after each renewal: a run each day leaves the receiver without a good token for most of it. Have \`tokenctl renew --all --due\` run more often than every ${span(accessExpiresAt - renewBy)}${command === undefined ? '' : `: ${command}`}.`,
  ]
}

function span(ms: number): string {
  return showSpan(Math.floor(ms / MINUTE) * 60)
}
