/**
 * The proof from the scheduler's own place, after an install: the job itself is started where the scheduler can do so
 * now, and what it saw is told; else it is told when the run comes that will look.
 */
import { isTokenctlError } from '../errors.ts'
import { parseDate } from '../tokens/time.ts'
import { requestCheck, withdrawRequest } from './check-request.ts'
import { exitOfFinding } from './doctor/findings.ts'
import { showTime } from './render/dates.ts'
import { readScheduledCheck } from './scheduled-check.ts'
import type { Prove } from './scheduling.ts'
import type { ScheduledCheck } from './shapes/doctor-shape.ts'
import type { ScheduleInstallReport } from './shapes/schedule-shape.ts'
import type { World } from './world.ts'

type Proof = NonNullable<ScheduleInstallReport['proof']>

const LATER = 'The first scheduled run looks whether it can do its work; `tokenctl doctor` tells what it saw.'

/** Has the schedule of this home prove itself. */
export function proofBySchedule(world: World): Prove {
  return async scheduler => {
    try {
      return await prove(scheduler.startNow, world)
    } catch (error) {
      if (!isTokenctlError(error)) throw error
      return { passed: false, messages: [`The scheduled run cannot be proven: ${error.message}`, error.fix] }
    }
  }
}

async function prove(startNow: (() => Promise<boolean>) | undefined, world: World): Promise<Proof> {
  requestCheck(startNow !== undefined, world)
  if (startNow === undefined) return { passed: null, messages: [LATER] }
  const begun = world.clock.now()
  const isStarted = await startNow()
  const check = readScheduledCheck(world.folders.state, world.files)
  // Seconds of the file's date may be cut.
  if (check !== undefined && (parseDate(check.at) ?? 0) >= begun - 1000) return toldBy(check)
  if (!isStarted) return { passed: null, messages: [`The scheduler did not start it now. ${LATER}`] }
  withdrawRequest(world)
  return {
    passed: false,
    messages: [
      'The scheduled run was started and did not look into the state folder of this home.',
      '`tokenctl schedule show` says what it is given, `journalctl --user -u tokenctl-renew` what it said.',
    ],
  }
}

/** What a run saw, for people. */
function toldBy({ findings, user, node }: ScheduledCheck): Proof {
  const failed = findings.filter(each => exitOfFinding(each) !== 0)
  if (failed.length === 0) {
    const what = 'opened the vault, reached the marketplaces and wrote its state'
    return {
      passed: true,
      messages: [`Proven: started by the scheduler as ${user}, by Node ${node.version}, it ${what}.`],
    }
  }
  const words = failed.flatMap(({ what, mend }) => [
    `Problem: ${what}`,
    ...(mend === null ? [] : [`Fix: ${mend}`]),
  ])
  return { passed: false, messages: ['Started by the scheduler it cannot do its work:', ...words] }
}

/** When the scheduled run last looked at what it can do, and whether it could; for `schedule show`. */
export function lastProof(world: Pick<World, 'folders' | 'files'>): { at: string; passed: boolean } | null {
  const check = readScheduledCheck(world.folders.state, world.files)
  return check === undefined ? null : { at: check.at, passed: check.exit === 0 }
}

/** The same as a sentence. */
export function lastProofWords({ at, passed }: NonNullable<ReturnType<typeof lastProof>>): string {
  const when = showTime(parseDate(at) ?? 0)
  return passed
    ? `The scheduled run last proved itself ${when}.`
    : `The scheduled run last looked ${when}, and could not do its work: \`tokenctl doctor\` says why.`
}
