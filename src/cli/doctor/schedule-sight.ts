/** What the machine's schedulers say, as `doctor` wants to know it. */
import type { SeeSchedules } from './schedule-checks.ts'

/** The schedules of this machine for the accounts of this home. */
export const seeSchedules: SeeSchedules = async () => undefined
