/** What `tokenctl schedule install`, `show` and `remove` print under `--json`. */
import * as z from 'zod/mini'
import { FINDINGS } from '../../schedule/drift.ts'
import { INTERVALS, SCHEDULERS } from '../../schedule/job.ts'

const part = z.strictObject({
  /** A path, `crontab`, or the name of a task. */
  place: z.string(),
  text: z.string(),
})

/** When it runs and what. */
const run = z.strictObject({
  /** As it was asked for: `HH:MM`, local time. */
  at: z.string(),
  every: z.enum(INTERVALS),
  /** `HH:MM`: when it begins at the earliest, each day. */
  times: z.array(z.string()),
  /** How much later it begins at the latest; 0 where the scheduler begins at the minute. */
  withinMinutes: z.int(),
  /** The program and its words. */
  command: z.array(z.string()),
  /** Variables that it is given. */
  variables: z.record(z.string(), z.string()),
})

const scheduler = z.enum(SCHEDULERS)

/** Lines of the crontab, made by hand, that run `tokenctl renew`. */
const handWritten = z.array(
  z.strictObject({
    line: z.int(),
    /** Whose accounts: all of this shell's home, another's, or nobody can tell. */
    home: z.enum(['this', 'other', 'unknown']),
  }),
)

export const scheduleInstallSchema = z.strictObject({
  version: z.literal(1),
  dryRun: z.boolean(),
  scheduler,
  outcome: z.enum(['installed', 'replaced', 'unchanged']),
  run,
  parts: z.array(part),
  /** Other schedulers whose schedule was taken away for this one. */
  removed: z.array(scheduler),
  handWritten,
  warnings: z.array(z.string()),
  /** What a run started by the scheduler itself saw; null where none was asked for. */
  proof: z.nullable(
    // Null in it: a later run looks, or nothing is stored yet that it could have opened.
    z.strictObject({ passed: z.nullable(z.boolean()), messages: z.array(z.string()) }),
  ),
})

export const scheduleShowSchema = z.strictObject({
  version: z.literal(1),
  schedules: z.array(
    z.strictObject({
      scheduler,
      /** Null where the scheduler did not answer. */
      active: z.nullable(z.boolean()),
      /** Null where the text no longer tells. */
      run: z.nullable(run),
      parts: z.array(part),
      findings: z.array(
        z.strictObject({ what: z.enum(FINDINGS), grave: z.boolean(), message: z.string(), fix: z.string() }),
      ),
    }),
  ),
  /** When a scheduled run last looked at what it can do, and whether it could; null where none did. */
  lastProof: z.nullable(
    // Null in it: nothing was stored yet that it could have opened.
    z.strictObject({ at: z.iso.datetime(), passed: z.nullable(z.boolean()) }),
  ),
  handWritten,
  /** Schedulers that could not be looked into; a warning says why. */
  unseen: z.array(scheduler),
  warnings: z.array(z.string()),
})

export const scheduleRemoveSchema = z.strictObject({
  version: z.literal(1),
  dryRun: z.boolean(),
  outcome: z.enum(['removed', 'nothing']),
  removed: z.array(z.strictObject({ scheduler, places: z.array(z.string()) })),
  handWritten,
  warnings: z.array(z.string()),
})

export type ScheduleInstallReport = z.infer<typeof scheduleInstallSchema>
export type ScheduleShowReport = z.infer<typeof scheduleShowSchema>
export type ScheduleRemoveReport = z.infer<typeof scheduleRemoveSchema>
export type ScheduledRun = z.infer<typeof run>
