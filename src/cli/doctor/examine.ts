/**
 * All checks of `doctor`, those that wait for something at the same time, and their findings in one order, each cause
 * once. A check that fails in a way that nobody foresaw is a finding too: it must not hide the others.
 */
import { asTokenctlError } from '../../errors.ts'
import { CHECKS, type CheckId, type DoctorReport, type Finding } from '../shapes/doctor-shape.ts'
import type { World } from '../world.ts'
import { accountChecks } from './account-checks.ts'
import { channelChecks } from './channel-check.ts'
import { databaseChecks } from './database-check.ts'
import { deliveryChecks } from './delivery-check.ts'
import { diskChecks, lockChecks } from './disk-checks.ts'
import { folderChecks, leftoverChecks, mendFiles } from './file-checks.ts'
import { onceEach, problem, skipped } from './findings.ts'
import { type Ground, standOn } from './ground.ts'
import { hookChecks } from './hook-check.ts'
import { journalChecks } from './journal-check.ts'
import { keyCheck } from './key-check.ts'
import { manifestChecks } from './manifest-checks.ts'
import { networkChecks } from './network-checks.ts'
import { tlsChecks } from './network-environment.ts'
import { programChecks } from './program-checks.ts'
import { type Progress, showProgress } from './progress.ts'
import { type SeeSchedules, scheduleChecks } from './schedule-checks.ts'
import { overrideChecks, settingsChecks } from './settings-checks.ts'
import { vaultChecks } from './vault-check.ts'

export interface ExamineOptions {
  readonly scheduled?: boolean
  readonly offline?: boolean
  readonly fix?: boolean
}

export interface Examined {
  readonly ground: Ground
  readonly findings: readonly Finding[]
  readonly fixed: DoctorReport['fixed']
}

/** Looks at everything; with `fix` mends first what is safe to mend. */
export async function examine(
  { scheduled = false, offline = false, fix = false }: ExamineOptions,
  world: World,
  see: SeeSchedules,
): Promise<Examined> {
  const progress = showProgress(world.terminal)
  let ground = await progress.during('the vault', standOn(world, scheduled))
  try {
    const fixed = fix ? mendFiles(ground) : []
    if (fixed.length > 0) {
      // What was closed to others can be seen into now.
      await ground.vault?.close()
      world.forgetSettings()
      ground = await progress.during('the vault', standOn(world, scheduled))
    }
    const findings = await lookAtAll(ground, offline, see, progress)
    return { ground, findings: inOrder(findings), fixed }
  } finally {
    progress.end()
    await ground.vault?.close()
  }
}

async function lookAtAll(
  ground: Ground,
  offline: boolean,
  see: SeeSchedules,
  progress: Progress,
): Promise<readonly Finding[]> {
  const [program, network, schedule, journal] = [
    guarded('native', async () => programChecks(ground)),
    offline
      ? Promise.resolve([skipped('network', 'Not tried: --offline.')])
      : progress.during(
          'the marketplaces',
          guarded('network', () => networkChecks(ground)),
        ),
    progress.during(
      'the schedule',
      guarded('schedule', () => scheduleChecks(ground, see)),
    ),
    guarded('journal', () => journalChecks(ground)),
  ]
  const isLoadable = !(await program).some(
    each => each.id === 'native' && each.where === 'fs-native-extensions' && each.state === 'problem',
  )
  const locks = progress.during(
    'the locks',
    guarded('locks', () => lockChecks(ground, isLoadable)),
  )
  const store = progress.during(
    'the store',
    guarded('vault', () => lookAtStore(ground, isLoadable)),
  )
  const channels = guarded('channels', async () => channelChecks(ground, await opensHere(ground, store)))
  const parts = await Promise.all([
    program,
    guarded('settings', async () => [
      ...settingsChecks(ground),
      ...manifestChecks(ground),
      ...overrideChecks(ground),
    ]),
    guarded('folders', async () => [...folderChecks(ground), ...leftoverChecks(ground)]),
    guarded('disk', async () => diskChecks(ground)),
    locks,
    store,
    journal,
    guarded('tls-settings', async () => tlsChecks(ground)),
    network,
    schedule,
    guarded('hooks', () => hookChecks(ground)),
    channels,
    guarded('deliveries', () => deliveryChecks(ground)),
    guarded('accounts', async () => accountChecks(ground)),
  ])
  return parts.flat()
}

async function lookAtStore(ground: Ground, isLoadable: boolean): Promise<readonly Finding[]> {
  // One after another: what the one stores is no trouble that the other finds.
  const database = await databaseChecks(ground)
  const { findings, key } = await keyCheck(ground)
  return [...database, ...findings, ...(await vaultChecks(ground, key, isLoadable))]
}

/** Whether the store gives out here what is sealed in it, as its own check found. */
async function opensHere({ vault }: Ground, store: Promise<readonly Finding[]>): Promise<boolean> {
  const findings = await store
  return vault?.store !== undefined && findings.some(({ id, state }) => id === 'vault' && state === 'ok')
}

async function guarded(id: CheckId, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    return [problem(id, asTokenctlError(error))]
  }
}

/** What fails with the database. Of the key and of single records it says nothing. */
const OVER_IT: readonly CheckId[] = ['vault', 'journal']

/** In the order of the checks; a failure that only follows from another one points to it. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const sorted = [...findings].sort((a, b) => CHECKS.indexOf(a.id) - CHECKS.indexOf(b.id))
  const hasProblem = (id: CheckId, where?: string) =>
    findings.some(
      each => each.id === id && each.state === 'problem' && (where === undefined || each.where === where),
    )
  const follows = (each: Finding): CheckId | undefined => {
    if (each.state !== 'problem') return undefined
    if (each.code === 'WRITE_FAILED' && each.id !== 'disk' && hasProblem('disk')) return 'disk'
    if (each.code === 'CLOCK_WRONG' && each.id !== 'clock' && hasProblem('clock')) return 'clock'
    if (OVER_IT.includes(each.id) && hasProblem('database')) return 'database'
    return each.id === 'keychain' && hasProblem('native', '@napi-rs/keyring') ? 'native' : undefined
  }
  return onceEach(
    sorted.map(each => {
      const cause = follows(each)
      return cause === undefined ? each : skipped(each.id, `Not tried: see \`${cause}\`.`)
    }),
  )
}
