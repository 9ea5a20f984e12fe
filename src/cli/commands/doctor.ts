/**
 * `tokenctl doctor`: finds what would break, before it does, and says what mends it. It asks nobody anything and shows no
 * secret. With `--scheduled` it is the scheduled run's own look at what it can do, and leaves that in the state folder.
 */
import { isTokenctlError, TokenctlError } from '../../errors.ts'
import { toIso } from '../../tokens/time.ts'
import { type Examined, examine } from '../doctor/examine.ts'
import { exitOfFinding, onceEach, problem, summaryOf } from '../doctor/findings.ts'
import type { SeeSchedules } from '../doctor/schedule-checks.ts'
import { seeSchedules } from '../doctor/schedule-sight.ts'
import { type Exit, gravest } from '../exit.ts'
import { presentDoctor } from '../render/doctor.ts'
import { renderJson } from '../render/json.ts'
import { writeScheduledCheck } from '../schedules/scheduled-check.ts'
import type { DoctorReport, Finding, ScheduledCheck } from '../shapes/doctor-shape.ts'
import type { World } from '../world.ts'

export interface DoctorOptions {
  readonly json?: boolean
  readonly fix?: boolean
  readonly scheduled?: boolean
  readonly offline?: boolean
}

/** @param see looks into the machine's schedulers; for tests. */
export async function doctorRun(
  options: DoctorOptions,
  world: World,
  see: SeeSchedules = seeSchedules,
): Promise<Exit> {
  refuseBoth(options)
  const examined = await examine(options, world, see)
  const findings = options.scheduled === true ? recorded(examined, world) : examined.findings
  const report = reportOf({ ...examined, findings })
  if (options.json === true) world.terminal.out(renderJson(report))
  else await presentDoctor(report, options.scheduled === true, world.terminal)
  return gravest(findings.map(exitOfFinding))
}

/** The scheduled run's look at itself, beside its work: written down, and on standard error only that there is a problem. */
export async function proveQuietly(world: World): Promise<Exit> {
  const findings = recorded(await examine({ scheduled: true }, world, seeSchedules), world)
  const { problem: problems } = summaryOf(findings)
  if (problems > 0)
    world.terminal.err(
      `Note: this run looked at what it can do and found ${problems} problem${problems === 1 ? '' : 's'}; \`tokenctl doctor\` tells.\n`,
    )
  return gravest(findings.map(exitOfFinding))
}

/** @throws {USAGE} for options that exclude each other. */
function refuseBoth({ scheduled, fix, offline }: DoctorOptions): void {
  if (scheduled !== true || (fix !== true && offline !== true)) return
  throw new TokenctlError(
    'USAGE',
    `--scheduled and ${fix === true ? '--fix' : '--offline'} exclude each other.`,
    {
      fix: 'The scheduled run proves what it can do by itself: it changes nothing and leaves nothing out.',
    },
  )
}

/** The findings, with whether they could be written down, which is part of what is proven. */
function recorded({ ground, findings }: Examined, world: World): readonly Finding[] {
  try {
    writeScheduledCheck(world.folders.state, checkOf({ ground, findings }, world), world.files)
    return findings
  } catch (error) {
    if (!isTokenctlError(error)) throw error
    return onceEach([...findings, problem('scheduled-report', error, { where: world.folders.state })])
  }
}

function checkOf(
  { ground, findings }: Pick<Examined, 'ground' | 'findings'>,
  { env }: World,
): ScheduledCheck {
  const { machine, now } = ground
  return {
    version: 1,
    at: toIso(now),
    user: machine.user,
    path: env['PATH'] ?? null,
    ...programs(ground),
    exit: gravest(findings.map(exitOfFinding)),
    findings: [...findings],
  }
}

function programs({ machine }: Examined['ground']): Pick<DoctorReport, 'node' | 'tokenctl'> {
  return {
    tokenctl: { version: machine.programVersion, path: machine.programPath },
    node: { version: machine.nodeVersion, path: machine.nodePath },
  }
}

function reportOf({ ground, findings, fixed }: Examined): DoctorReport {
  return {
    version: 1,
    at: toIso(ground.now),
    ...programs(ground),
    scheduled: ground.isScheduled,
    findings: [...findings],
    fixed,
    summary: { ...summaryOf(findings) },
  }
}
