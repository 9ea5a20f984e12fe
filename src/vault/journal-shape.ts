/** What a journal's first line says in the clear, as a schema: read where there is a journal, and written before a request. */
import * as z from 'zod/mini'
import { date, generation } from './record-shapes.ts'

/**
 * Why a token was presented. `refresh`: the stored one · `pending`: a pasted one that waited in the record to be
 * proven · `brought`: one that a person just brought, which nothing else holds · `consent`: no token but the code of a
 * consent.
 */
export const PURPOSES = ['refresh', 'pending', 'brought', 'consent'] as const
export type Purpose = (typeof PURPOSES)[number]

/** The part of a head that is written. */
export const journalHead = z.strictObject({
  purpose: z.enum(PURPOSES),
  mayReplace: z.boolean(),
  generation,
  fingerprint: z.string(),
  wasLost: z.boolean(),
  at: date,
})
