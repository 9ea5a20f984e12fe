/**
 * What `tokenctl doctor --json` prints, and what the scheduled run leaves in `scheduled-check.json`. No secret in either;
 * fields are always there, null when there is nothing to say. Dates are ISO 8601 in UTC.
 */
import * as z from 'zod/mini'

/** What is looked at, in the order in which it is told. Adding one is a minor change, renaming one a major. */
export const CHECKS = [
  'tokenctl',
  'node',
  'native',
  'settings',
  'overrides',
  'folders',
  'leftovers',
  'disk',
  'file-system',
  'locks',
  'database',
  'key',
  'keychain',
  'vault',
  'opened-record',
  'records',
  'journal',
  'tls-settings',
  'proxy',
  'dns',
  'tls',
  'network',
  'clock',
  'schedule',
  'scheduled-run',
  'scheduled-report',
  'last-run',
  'hooks',
  'channels',
  'deliveries',
  'accounts',
  'apps',
] as const

/** `skipped`: it could not be looked at, or does not matter here; `what` says which. */
export const FINDING_STATES = ['ok', 'warning', 'problem', 'skipped'] as const

const findingFields = {
  id: z.enum(CHECKS),
  state: z.enum(FINDING_STATES),
  /** A whole sentence. */
  what: z.string(),
  /** The path, host or account that it is about. */
  where: z.nullable(z.string()),
  /** What mends it, with the command to type in backticks where there is one. */
  mend: z.nullable(z.string()),
  /** The code of the error that a command would end with; as in `tokenctl help exit-codes`. */
  code: z.nullable(z.string()),
}
const finding = z.strictObject(findingFields)

const program = z.strictObject({ version: z.string(), path: z.string() })

export const doctorSchema = z.strictObject({
  version: z.literal(1),
  at: z.iso.datetime(),
  tokenctl: program,
  node: program,
  /** Whether this was the scheduled run's own look at what it can do. */
  scheduled: z.boolean(),
  findings: z.array(finding),
  /** What `--fix` did. */
  fixed: z.array(z.strictObject({ what: z.string(), where: z.string() })),
  summary: z.strictObject({ ok: z.int(), warning: z.int(), problem: z.int(), skipped: z.int() }),
})

/** What the scheduled run saw of itself. A newer version's is no such thing here. */
export const scheduledCheckSchema = z.object({
  version: z.literal(1),
  at: z.iso.datetime(),
  /** The user it ran as. */
  user: z.string(),
  /** Its PATH; null where it had none. */
  path: z.nullable(z.string()),
  node: program,
  tokenctl: program,
  /** The exit status that it ended with. */
  exit: z.int(),
  findings: z.array(z.object(findingFields)),
})

export type Finding = z.infer<typeof finding>
export type CheckId = Finding['id']
export type DoctorReport = z.infer<typeof doctorSchema>
export type ScheduledCheck = z.infer<typeof scheduledCheckSchema>
