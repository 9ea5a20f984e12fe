/**
 * The document that a receiver gets: by `accounts deliver-to --command` on standard input, by `--url` as the body of a
 * POST. One schema gives the type here, the check in tests and the tables of docs/delivery.md. Receivers are other people's
 * programs: a field is added at any time and they must not mind it; one is taken away or changed only with the version.
 */
import * as z from 'zod/mini'
import { DELIVERED_TOKENS } from '../../tokens/delivery.ts'
import { ENVIRONMENTS, REGIONS } from '../../tokens/token-set.ts'

const isoDate = z.iso.datetime()

export const deliverySchema = z.strictObject({
  version: z.literal(1),
  /** The same each time that the same tokens are handed over: an idempotency key. */
  id: z.string().check(z.regex(/^dlv_[0-9a-f]{32}$/)),
  /** `ebay:main` */
  account: z.string(),
  marketplace: z.string(),
  /** The second word of the account. */
  name: z.string(),
  /** Where the tokens are good: `production`, eBay's `sandbox`, or `local`, a simulator's. */
  environment: z.enum(ENVIRONMENTS),
  /** Amazon's region; null elsewhere. */
  region: z.nullable(z.enum(REGIONS)),
  /** Whose shop it is, as the marketplace says it; null where it did not. */
  seller: z.nullable(z.string()),
  /** When this was set up: what was set up later is newer, whatever its generation. */
  setUpAt: isoDate,
  /** Counts the account's renewals and new tokens; begins again only where an account was removed and connected anew. */
  generation: z.int().check(z.gte(0)),
  /** When the marketplace issued them; null where they were imported. */
  issuedAt: z.nullable(isoDate),
  /** One or two, each kind once. */
  tokens: z
    .array(
      z.strictObject({
        kind: z.enum(DELIVERED_TOKENS),
        token: z.string().check(z.minLength(1)),
        /** Null where the marketplace reported no end of a refresh token; an estimate is never given here. */
        expiresAt: z.nullable(isoDate),
      }),
    )
    .check(z.minLength(1), z.maxLength(2)),
})

export type DeliveryDocument = z.infer<typeof deliverySchema>
