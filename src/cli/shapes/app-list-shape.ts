/** What `tokenctl app list --json` prints. No key is ever among it. */
import * as z from 'zod/mini'
import { ENVIRONMENTS } from '../../tokens/token-set.ts'
import { appRowSchema } from './status-shape.ts'

export const appListSchema = z.strictObject({
  version: z.literal(1),
  apps: z.array(z.extend(appRowSchema, { environment: z.enum(ENVIRONMENTS) })),
})
