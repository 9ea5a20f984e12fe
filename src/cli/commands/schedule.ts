/** `tokenctl schedule`: the daily run by the machine's own scheduler. Of the vault it reads headers alone. */
import { DamagedMarks } from '../../schedule/crontab.ts'
import { driftOf } from '../../schedule/drift.ts'
import type { Exit } from '../exit.ts'
import { renderJson } from '../render/json.ts'
import { presentInstall, presentRemove, presentShow } from '../render/schedule.ts'
import { jobToCompare } from '../schedules/schedule-here.ts'
import { lastProof } from '../schedules/schedule-proof.ts'
import { type Survey, survey } from '../schedules/schedule-survey.ts'
import {
  type InstallOptions,
  installSchedule,
  notesHere,
  type Prove,
  removeSchedule,
  runOf,
} from '../schedules/scheduling.ts'
import type { ScheduleShowReport } from '../shapes/schedule-shape.ts'
import type { World } from '../world.ts'

export interface ScheduleInstallOptions extends InstallOptions {
  readonly json?: boolean
}

export interface ScheduleRemoveOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** @param prove what looks from the scheduled run's own place; 3 where it sees a fault. */
export async function scheduleInstallRun(
  { json, ...options }: ScheduleInstallOptions,
  world: World,
  prove?: Prove,
): Promise<Exit> {
  const report = await installSchedule(options, world, prove)
  if (json === true) world.terminal.out(renderJson(report))
  else presentInstall(report, world.terminal)
  return report.proof?.passed === false ? 3 : 0
}

export async function scheduleShowRun({ json }: { readonly json?: boolean }, world: World): Promise<Exit> {
  const host = await world.scheduleHost()
  const seen = await survey(host, world)
  const report: ScheduleShowReport = {
    version: 1,
    schedules: seen.found.map(({ scheduler, installed }) => ({
      scheduler: scheduler.kind,
      active: installed.isActive,
      run: installed.job === undefined ? null : runOf(installed.job, scheduler),
      parts: installed.parts.map(each => ({ ...each })),
      findings: driftOf(installed, jobToCompare(host, world.env, installed.job), host.files.exists).map(
        ({ isGrave, ...finding }) => ({ ...finding, grave: isGrave }),
      ),
    })),
    lastProof: lastProof(world),
    handWritten: seen.handWritten.map(each => ({ ...each })),
    unseen: seen.unseen.map(({ scheduler }) => scheduler.kind),
    warnings: [...notesHere(seen, host, world)],
  }
  for (const { scheduler, installed } of seen.found)
    if (installed.job !== undefined) report.warnings.push(...(await scheduler.notes(installed.job)))
  if (json === true) world.terminal.out(renderJson(report))
  else presentShow(report, world.terminal)
  const isGrave = report.schedules.some(({ findings }) => findings.some(({ grave }) => grave))
  return isGrave || isBlind(seen) ? 3 : 0
}

/** Whether "nothing" would be a guess, or what is there was damaged by hand: it may run, and cannot be replaced. */
function isBlind({ found, unseen }: Survey): boolean {
  return unseen.some(({ error }) => found.length === 0 || error instanceof DamagedMarks)
}

export async function scheduleRemoveRun(
  { dryRun, json }: ScheduleRemoveOptions,
  world: World,
): Promise<Exit> {
  const report = await removeSchedule(dryRun === true, world)
  if (json === true) world.terminal.out(renderJson(report))
  else presentRemove(report, world.terminal)
  return 0
}
