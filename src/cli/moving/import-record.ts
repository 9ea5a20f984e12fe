/** What `export` adds to an account or an app, and nobody writes by hand: read as it was stored once, all or nothing. */
import type { MarketplaceAdapter } from '../../marketplaces/adapter.ts'
import type { AppKeys } from '../../tokens/app-keys.ts'
import type { Secret } from '../../tokens/secret.ts'
import { sellerProblem } from '../../tokens/seller.ts'
import { type EpochMs, requireDate } from '../../tokens/time.ts'
import type { AccountHeader, AccountSecrets } from '../../tokens/token-set.ts'
import { keysFromObject } from '../keys/app-keys.ts'
import type { ImportAccount, ImportApp } from '../shapes/import-shape.ts'
import { at, faulty, pastDateAt, tokenAt } from './import-values.ts'

/** More of an account than its token and dates. */
export interface GivenRecord
  extends Pick<AccountHeader, 'generation' | 'acceptedAt' | 'seller' | 'refused' | 'gap'>,
    Pick<AccountSecrets, 'previous'> {
  readonly pending: { readonly refreshToken: Secret; readonly at: EpochMs } | null
}

/** More of an app than its keys. */
export interface GivenAppRecord {
  readonly isPublic: boolean
  /** The keys before a rotation, and until when the marketplace takes them. */
  readonly previous: { readonly keys: AppKeys; readonly endsAt: EpochMs } | null
}

/** An account's record; `place` is the account's, and nothing was done after `latest`. @throws {USAGE} naming the place of what is wrong. */
export function readRecord(
  given: NonNullable<ImportAccount['record']>,
  place: string,
  latest: EpochMs,
): GivenRecord {
  const { generation, acceptedAt, seller, refused, gap, previous, pending } = given
  const inside = `${place}.record`
  const problem = seller === null ? undefined : sellerProblem(seller)
  if (problem !== undefined) throw faulty(`${inside}.seller ${problem}`)
  const day = (text: string, name: string) => requireDate(text, `In the import document, ${inside}.${name}`)
  return {
    generation,
    acceptedAt: pastDateAt(acceptedAt, `${inside}.acceptedAt`, latest),
    seller,
    refused: refused === null ? null : { code: refused.code, at: day(refused.at, 'refused.at') },
    gap: gap === null ? null : { from: day(gap.from, 'gap.from'), to: day(gap.to, 'gap.to') },
    previous:
      previous === null
        ? null
        : {
            refreshToken: tokenAt(previous.refreshToken, `${inside}.previous.refreshToken`),
            generation: previous.generation,
          },
    pending:
      pending === null
        ? null
        : {
            refreshToken: tokenAt(pending.refreshToken, `${inside}.pending.refreshToken`),
            at: day(pending.at, 'pending.at'),
          },
  }
}

/** An app's record; `place` is the app's. @throws {USAGE} naming the place of what is wrong. */
export function readAppRecord(
  { isPublic, previous }: NonNullable<ImportApp['record']>,
  adapter: MarketplaceAdapter,
  place: string,
): GivenAppRecord {
  if (previous === null) return { isPublic, previous: null }
  const inside = `${place}.record.previous`
  const keys = at(place, () => keysFromObject(previous.keys, adapter, 'record.previous.keys'))
  return {
    isPublic,
    previous: { keys, endsAt: requireDate(previous.endsAt, `In the import document, ${inside}.endsAt`) },
  }
}
